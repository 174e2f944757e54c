//! Advice on how an upstream should be shared; a person decides.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Isolation;

/// Another isolation than the upstream has, and why it would fit better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// What to choose.
    pub isolation: Isolation,
    /// Why, in a sentence.
    pub reason: String,
}
