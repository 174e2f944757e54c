//! The lock by which one daemon owns a home folder. The kernel frees it when the daemon dies.

use std::fs::{File, OpenOptions, TryLockError};

use anyhow::{Context, bail};
use headgate_api::{Home, Manifest};

/// Held for the daemon's life.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(crate) fn take(home: &Home) -> anyhow::Result<Self> {
        let path = home.daemon_lock();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("open the lock {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => match Manifest::read(home) {
                Ok(manifest) => bail!(
                    "a gateway is running for {} at {} (process {}); stop it first, or set HEADGATE_HOME to another folder",
                    home.folder().display(),
                    manifest.url,
                    manifest.pid
                ),
                Err(_) => bail!("another gateway is just starting for {}", home.folder().display()),
            },
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
        }
    }
}
