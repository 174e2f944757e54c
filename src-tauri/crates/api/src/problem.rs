//! RFC 9457 problem details: a stable code for programs, a sentence for people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Clash, FieldFault};

/// Stable codes of the admin API; the last part of a problem's `type`.
pub mod code {
    /// The body or a name in the path is not valid.
    pub const INVALID: &str = "invalid";
    /// No such upstream, client or page.
    pub const NOT_FOUND: &str = "not-found";
    /// The name is taken.
    pub const EXISTS: &str = "exists";
    /// A tool, prompt or resource has a name that another upstream offers.
    pub const CLASH: &str = "clash";
    /// Several things bear the name.
    pub const AMBIGUOUS: &str = "ambiguous";
    /// Something else would be done than what was agreed to.
    pub const PLAN_CHANGED: &str = "plan-changed";
    /// Nobody can listen on that port.
    pub const PORT_TAKEN: &str = "port-taken";
    /// The upstream could not be started or did not answer.
    pub const UPSTREAM: &str = "upstream-failed";
    /// The secret store refused.
    pub const SECRETS: &str = "secrets-unavailable";
    /// The upstream is switched off.
    pub const DISABLED: &str = "disabled";
    /// The definition names secrets that have no value.
    pub const SECRETS_NEEDED: &str = "secrets-needed";
    /// No or a wrong admin token.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// A key or page without the power to do this.
    pub const FORBIDDEN: &str = "forbidden";
    /// The method does not fit the path.
    pub const METHOD: &str = "method-not-allowed";
    /// The question was answered already.
    pub const ANSWERED: &str = "answered";
    /// What was filled in does not fit the form.
    pub const CONTENT: &str = "invalid-content";
    /// There are calls in flight.
    pub const BUSY: &str = "busy";
    /// As many as allowed are there.
    pub const TOO_MANY: &str = "too-many";
    /// The body is larger than allowed.
    pub const TOO_LARGE: &str = "too-large";
    /// Something broke inside Headgate.
    pub const INTERNAL: &str = "internal";
}

/// An error of the admin API (RFC 9457), sent as `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:headgate:problem:{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, to which thing, and what to do as far as it holds everywhere.
    pub detail: String,
    /// What to type about it, for those who have a command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The stable code.
    pub code: String,
    /// With code `clash`: every name that clashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clashes: Vec<Clash>,
    /// With code `invalid-content`: what is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldFault>,
}

impl Problem {
    /// A problem without further members.
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:headgate:problem:{code}"),
            title: code.replace('-', " "),
            status,
            detail: detail.into(),
            advice: None,
            code: code.to_owned(),
            clashes: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// The same problem with what to type about it.
    #[must_use]
    pub fn advise(self, advice: impl Into<Option<String>>) -> Self {
        Self { advice: advice.into(), ..self }
    }
}

/// What people at a command line read: what happened, and what to type about it.
pub fn with_advice(sentence: &str, advice: Option<&str>) -> String {
    match advice {
        Some(advice) => format!("{sentence}; {advice}"),
        None => sentence.to_owned(),
    }
}
