//! Which program a definition runs, as people are told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a command resolves to with the PATH of children, and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Program {
    /// As the definition names it.
    pub command: String,
    /// The file that runs; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who put it there: a version manager, a package manager or the system, where its folder tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Both in words: `/home/x/.nvm/versions/node/v22/bin/npx, from nvm`.
    pub origin_sentence: String,
    /// What to do, when it is missing or will not work as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}
