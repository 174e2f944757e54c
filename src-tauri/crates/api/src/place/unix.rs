//! Unix: a hard link where the file system allows one, and a symbolic link under the name that stays.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::{MetadataExt, symlink},
    path::Path,
};

use super::{copy, draft_of};
use crate::{Home, manifest::remove_if_there};

pub(super) fn link_or_copy(program: &Path, draft: &Path) -> io::Result<()> {
    // Refused across file systems, and for other people's files.
    fs::hard_link(program, draft).or_else(|_| copy(program, draft))
}

pub(super) fn replace(draft: &Path, place: &Path) -> io::Result<()> {
    fs::rename(draft, place)?;
    // Renaming a file over another link to itself does nothing.
    remove_if_there(draft)
}

pub(super) fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The version that the link points to: the folder in `VERSION/headgate`.
pub(super) fn linked_version(home: &Home) -> Option<String> {
    let target = fs::read_link(home.program()).ok()?;
    Some(target.parent()?.file_name()?.to_str()?.to_owned())
}

pub(super) fn link(home: &Home, version: &str) -> io::Result<()> {
    let link = home.program();
    let target = Path::new(version).join(link.file_name().unwrap_or_default());
    if fs::read_link(&link).is_ok_and(|current| current == target) {
        return Ok(());
    }
    let draft = draft_of(&link);
    remove_if_there(&draft)?;
    symlink(&target, &draft)?;
    fs::rename(&draft, &link)
}
