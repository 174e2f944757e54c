//! The two kernel locks of a home folder, as faces see them. `start.lock` is theirs: who holds it may
//! start or stop a daemon. `daemon.lock` is the daemon's: that it is held says that a daemon lives.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
};

use crate::Home;

/// Held while a daemon is started or stopped. A crash frees it.
pub(crate) struct StartLock {
    _file: File,
}

impl StartLock {
    /// Takes the lock; `None` when another face has it. It never waits.
    pub(crate) fn try_take(home: &Home) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(home.start_lock())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// True while a daemon lives for this home, whether it answers or not. A shared lock asks, so that two
/// who ask do not take each other for a daemon.
pub fn daemon_lives(home: &Home) -> bool {
    let Ok(file) = File::open(home.daemon_lock()) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
