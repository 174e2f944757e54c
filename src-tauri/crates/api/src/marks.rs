//! What faces tell each other through files in the home folder: that a person stopped Headgate, and
//! why a start failed.

use std::{
    fs, io,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    Home,
    manifest::{append_private, remove_if_there, write_private},
    proof,
};

/// True while nothing may start a daemon but a person.
pub fn is_stopped(home: &Home) -> bool {
    home.stopped_mark().exists()
}

/// From now on only a person starts a daemon.
pub(crate) fn stop(home: &Home) -> io::Result<()> {
    append_private(&home.stopped_mark()).map(drop)
}

/// From now on whoever needs a daemon may start it. `serve` and `up` say this.
pub fn allow_starts(home: &Home) -> io::Result<()> {
    remove_if_there(&home.stopped_mark())
}

/// Why a start failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartFailure {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// The last words of the daemon, or why it could not even be started.
    pub reason: String,
    /// Random, so that two failures of one kind are told apart.
    attempt: String,
}

impl StartFailure {
    /// The failure of the last start, if it failed.
    pub fn read(home: &Home) -> Option<Self> {
        serde_json::from_slice(&fs::read(home.start_failure()).ok()?).ok()
    }

    /// Keeps it for those who waited for this start. Only for the holder of `start.lock`.
    pub(crate) fn keep(home: &Home, reason: &str) -> io::Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let failure = Self {
            at_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            reason: reason.to_owned(),
            attempt: proof::new_nonce()?,
        };
        write_private(&home.start_failure(), &serde_json::to_vec_pretty(&failure)?)
    }

    /// The last start worked.
    pub(crate) fn forget(home: &Home) -> io::Result<()> {
        remove_if_there(&home.start_failure())
    }
}
