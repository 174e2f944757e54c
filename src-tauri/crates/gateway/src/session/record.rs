//! What of a session outlives this process: enough to go on under its id after a restart.

use std::path::PathBuf;

use headgate_model::UpstreamName;
use headgate_protocol::Raw;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Client;
use crate::router::Scope;

/// A session that can be woken. The id is not in it: it is known by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Who opened it.
    pub(crate) client: Client,
    /// What it sees.
    pub(crate) scope: Scope,
    /// The client's own `initialize` parameters.
    pub(crate) parameters: Raw,
    /// The negotiated revision.
    pub(crate) revision: String,
    /// The log level it asked for.
    pub(crate) level: Option<String>,
    /// The resources it subscribed to, by their own URIs.
    pub(crate) subscribed: Vec<(UpstreamName, String)>,
    /// The folder of the project that its client named.
    #[serde(default)]
    pub(crate) project: Option<PathBuf>,
}

/// The hash by which a session's id is kept.
pub type SessionHash = [u8; 32];

/// Hashes a session's id.
pub(crate) fn hash(id: &str) -> SessionHash {
    Sha256::digest(id.as_bytes()).into()
}

/// What happened to a session that should outlive this process.
#[derive(Debug, Clone)]
pub enum SessionChange {
    /// It is new, or something of its record changed.
    Kept(SessionHash, Box<SessionRecord>),
    /// It was used.
    Used(SessionHash),
    /// It is over.
    Ended(SessionHash),
}
