//! Files that only their owner can read, on Unix.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

const OWNER_ONLY: u32 = 0o600;

/// Makes the file if it is missing; either way nobody but its owner can read it afterwards.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path) {
        // Not through an open file: closing one drops every lock that this process has on it, and
        // SQLite may have some.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))
        }
        created => created.map(|_| ()),
    }
}

/// The mode of the file when others than its owner can read or change it.
pub(crate) fn mode_open_to_others(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Makes a rename in this folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
