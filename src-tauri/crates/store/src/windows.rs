//! Files that only their owner can read, on Windows: a person's folders give their files an access
//! list with that person, the system and the administrators, so nothing is left to do.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Makes the file if it is missing.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path).map(|_| ())
}

/// Never: there is no mode.
pub(crate) fn mode_open_to_others(_file: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

/// Nothing: NTFS keeps a journal of renames, and a folder cannot be opened as a file.
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
