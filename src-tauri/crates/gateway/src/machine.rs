//! What every start of an upstream needs. Only the settings change while the daemon runs.

use std::{path::PathBuf, pin::Pin, sync::Arc};

use arc_swap::ArcSwap;
use headgate_model::{SecretRef, Settings};
use tokio::sync::watch;

use crate::{environment::Environment, process::Warden};

/// Reads a secret value; an error is a sentence for people.
pub type SecretReader =
    Arc<dyn Fn(SecretRef) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// The surroundings of the gateway.
#[derive(Clone)]
pub struct Machine {
    /// The environment that children start with.
    pub environment: Environment,
    /// Kills what we leave behind.
    pub warden: Arc<Warden>,
    /// Reads secret values of definitions.
    pub secrets: SecretReader,
    /// This program, which also is the demo server.
    pub program: PathBuf,
    /// What a person may tune, as it holds now.
    pub settings: Arc<ArcSwap<Settings>>,
    /// Counts what faces would see change: states, the catalog, sessions. Never on the way of a call.
    pub changes: watch::Sender<u64>,
}

impl Machine {
    /// Tells faces to look again.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}
