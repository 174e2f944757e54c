//! Settings of the gateway, with their defaults and the reason for each number.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where secret values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretStoreKind {
    /// The keychain of the operating system.
    Keychain,
    /// A file of mode 0600 that any program of the same person can read: an explicit choice only.
    File,
}

/// What a person may tune. Every duration counts silence, not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Silence of a starting upstream. A first `npx` download speaks on stderr meanwhile.
    pub start_timeout: Duration,
    /// Silence of a call. Five minutes let slow tools work; progress starts it anew.
    pub call_timeout: Duration,
    /// An upstream that nobody has called for this long is stopped; the next call starts it again. Long
    /// enough that a conversation does not wait twice.
    pub upstream_sleep: Duration,
    /// Memory of one running copy of an upstream, in MiB, above which it is restarted.
    pub memory_limit_mib: Option<u64>,
    /// A session without stream, call or request for this long ends its own children.
    pub session_sleep: Duration,
    /// A session is forgotten this long after its last use.
    pub session_life: Duration,
    /// Sessions at once, so that a client that opens one for every call cannot fill the memory.
    pub max_sessions: usize,
    /// Entries of one list page; real catalogs fit one, and many clients never ask for a second.
    pub page_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start_timeout: Duration::from_secs(60),
            call_timeout: Duration::from_secs(300),
            upstream_sleep: Duration::from_secs(600),
            memory_limit_mib: None,
            session_sleep: Duration::from_secs(300),
            session_life: Duration::from_secs(24 * 60 * 60),
            max_sessions: 10_000,
            page_size: 5_000,
        }
    }
}
