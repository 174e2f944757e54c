//! Finds the program that a definition names: on the PATH, or at its path.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

/// Looks `command` up. `None` when there is no such program.
pub fn resolve(command: &str, path: &OsStr, cwd: &Path) -> Option<PathBuf> {
    which::which_in(expand_home(command), Some(path), cwd).ok()
}

/// `~/bin/server` as people write it in configs; no shell is there to expand it.
fn expand_home(command: &str) -> PathBuf {
    match (command.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(command),
    }
}
