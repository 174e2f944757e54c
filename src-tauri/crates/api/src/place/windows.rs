//! Windows: links need a privilege, so the name that stays is a copy, and a file beside it says of which
//! version. A running program cannot be replaced but renamed.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::{copy, draft_of, same_content};
use crate::{Home, manifest::remove_if_there};

pub(super) fn link_or_copy(program: &Path, draft: &Path) -> io::Result<()> {
    copy(program, draft)
}

pub(super) fn replace(draft: &Path, place: &Path) -> io::Result<()> {
    if fs::rename(draft, place).is_ok() {
        return Ok(());
    }
    let old = place.with_added_extension("old");
    remove_if_there(&old)?;
    fs::rename(place, &old)?;
    fs::rename(draft, place)
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
