//! What a command of the page answers when it fails: a code for the page, a sentence for the person.

use serde::Serialize;

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Failure {
    /// Stable, for the page.
    pub(crate) code: &'static str,
    /// What happened, to which thing, and what to do.
    pub(crate) detail: String,
}

/// Nobody runs the gateway.
pub(crate) const NOT_RUNNING: &str = "not-running";
/// The gateway could not be started.
pub(crate) const START_FAILED: &str = "start-failed";
/// The gateway could not be stopped.
pub(crate) const STOP_FAILED: &str = "stop-failed";
/// The page asked for what it may not have.
pub(crate) const REFUSED: &str = "refused";
/// As many as allowed are under way.
pub(crate) const TOO_MANY: &str = "too-many";
/// The gateway answered, and the answer broke off.
pub(crate) const BROKEN: &str = "broken-off";
/// The program beside this one could not be run.
pub(crate) const SIDECAR: &str = "sidecar";
/// The system did not do what it was asked for.
pub(crate) const SYSTEM: &str = "system";

impl Failure {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}
