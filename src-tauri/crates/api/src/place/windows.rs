//! Windows: links need a privilege, so the name that stays is a copy, and a file beside it says of which
//! version. A running program cannot be replaced but renamed.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::{copy, draft_of, same_content};
use crate::{Home, manifest::remove_if_there};

/// Older programs that may still run beside the newest one.
const MAX_OLD: usize = 16;

pub(super) fn link_or_copy(program: &Path, draft: &Path) -> io::Result<()> {
    copy(program, draft)
}

pub(super) fn replace(draft: &Path, place: &Path) -> io::Result<()> {
    if fs::rename(draft, place).is_ok() {
        return Ok(());
    }
    move_away(place)?;
    fs::rename(draft, place)
}

/// Several older programs may still run, and none of them can be removed before it ends; each has a name of its own.
fn move_away(place: &Path) -> io::Result<()> {
    let names = (0..MAX_OLD).map(|number| place.with_added_extension(format!("old{number}")));
    let free: Vec<_> = names.filter(|old| remove_if_there(old).is_ok()).collect();
    let old = free.first().ok_or_else(|| io::Error::other("too many older programs are still running"))?;
    fs::rename(place, old)
}

/// Two paths are never known to be one file.
pub(super) fn is_same_file(_one: &Metadata, _other: &Metadata) -> bool {
    false
}

pub(super) fn linked_version(home: &Home) -> Option<String> {
    fs::read_to_string(version_file(home)).ok()
}

pub(super) fn link(home: &Home, version: &str) -> io::Result<()> {
    let (place, link) = (home.program_of(version), home.program());
    if !same_content(&place, &link)? {
        let draft = draft_of(&link);
        remove_if_there(&draft)?;
        copy(&place, &draft)?;
        replace(&draft, &link)?;
    }
    fs::write(version_file(home), version)
}

fn version_file(home: &Home) -> PathBuf {
    home.program().with_extension("version")
}
