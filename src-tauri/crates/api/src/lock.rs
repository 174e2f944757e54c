//! The two kernel locks of a home folder, as faces see them. `start.lock` is theirs: who holds it may
//! start or stop a daemon. `daemon.lock` is the daemon's: that it is held says that a daemon lives.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::{Home, manifest::open_private};

/// Held while a daemon is started or stopped. A crash frees it.
pub(crate) struct StartLock {
    file: File,
}

impl StartLock {
    /// Gets in line.
    pub(crate) fn open(home: &Home) -> io::Result<Self> {
        Ok(Self { file: open_lock(&home.start_lock())? })
    }

    /// True when this face has the lock from now on, until it is dropped; false when another one has it.
    pub(crate) fn try_hold(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Opens a file to be locked. Nobody else may, since anybody who can open it could lock it.
pub fn open_lock(path: &Path) -> io::Result<File> {
    open_private(path)
}

/// True while a daemon lives for this home, whether it answers or not. A shared lock asks, so that two
/// who ask do not take each other for a daemon.
pub fn daemon_lives(home: &Home) -> bool {
    let Ok(file) = File::open(home.daemon_lock()) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
