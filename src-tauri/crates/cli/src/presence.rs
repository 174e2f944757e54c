//! Whether a daemon lives for a home folder, and whether a person wants none. Looking changes nothing.

use std::fs::{File, TryLockError};

use headgate_api::Home;

/// True while a daemon lives, whether it answers or not. A shared lock asks, so that two who ask do not
/// take each other for a daemon.
pub(crate) fn daemon_lives(home: &Home) -> bool {
    let Ok(file) = File::open(home.daemon_lock()) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// True after a person stopped Headgate: nothing but a person starts it then.
pub(crate) fn is_stopped(home: &Home) -> bool {
    home.folder().join("stopped").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_is_known_by_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert!(!daemon_lives(&home) && !is_stopped(&home));
        let lock = File::create(home.daemon_lock()).unwrap();
        assert!(!daemon_lives(&home), "a lock file alone is from a daemon that ended");
        lock.lock().unwrap();
        assert!(daemon_lives(&home));
    }
}
