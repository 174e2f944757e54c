//! What every start of an upstream needs and nobody changes while the daemon runs.

use std::{path::PathBuf, pin::Pin, sync::Arc};

use headgate_model::{SecretRef, Settings};

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
    /// What a person may tune.
    pub settings: Settings,
}
