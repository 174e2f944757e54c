//! The lock by which one daemon owns a home folder. The kernel frees it when the daemon dies.

use std::{
    fs::{File, TryLockError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use headgate_api::{Home, Manifest};
use tokio::time::sleep;

/// A face that asks whether a daemon lives has the lock for a moment, and a daemon that was just ended
/// for a little longer. A daemon that runs has it for good.
const PATIENCE: Duration = Duration::from_millis(300);

/// The kernel tells nobody that a lock is free.
const POLL: Duration = Duration::from_millis(5);

/// Held for the daemon's life.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(crate) async fn take(home: &Home) -> anyhow::Result<Self> {
        let path = home.daemon_lock();
        let file =
            headgate_api::open_lock(&path).with_context(|| format!("open the lock {}", path.display()))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL).await,
                Err(TryLockError::WouldBlock) => return lost(home),
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("lock {}", path.display()));
                }
            }
        }
    }
}

/// Says who has the lock.
fn lost(home: &Home) -> anyhow::Result<Lock> {
    match Manifest::read(home) {
        Ok(manifest) => bail!(
            "a gateway is running for {} at {} (process {}); stop it first with `headgate down`, or set \
             HEADGATE_HOME to another folder",
            home.folder().display(),
            manifest.url,
            manifest.pid
        ),
        Err(_) => bail!("another gateway is just starting for {}", home.folder().display()),
    }
}
