//! Where the program runs from. The place that a person started it from may vanish (an AppImage's mount),
//! move (macOS) or be locked by running it (Windows), so a daemon runs from `bin/VERSION/` of its home,
//! and settings of clients name the link `bin/headgate`, which never goes back to an older version.

#[cfg_attr(unix, path = "place/unix.rs")]
#[cfg_attr(windows, path = "place/windows.rs")]
mod platform;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use crate::{Home, manifest::create_private_folder, manifest::remove_if_there, version};

/// Puts `program`, which is of our version, in its place and answers that place. Only for the holder of
/// `start.lock`.
pub(crate) fn install(home: &Home, program: &Path) -> io::Result<PathBuf> {
    install_as(home, program, version::OWN)
}

fn install_as(home: &Home, program: &Path, version: &str) -> io::Result<PathBuf> {
    let place = home.program_of(version);
    // A program that was replaced while it ran has no place any more; what replaced it is as good.
    if !program.exists() {
        let replacement = [place, home.program()].into_iter().find(|other| other.exists());
        return replacement.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, gone(program)));
    }
    if let Some(folder) = place.parent() {
        create_private_folder(folder)?;
    }
    if !same_content(program, &place)? {
        let draft = draft_of(&place);
        remove_if_there(&draft)?;
        platform::link_or_copy(program, &draft)?;
        platform::replace(&draft, &place)?;
    }
    let older = platform::linked_version(home).is_some_and(|linked| version::is_newer(&linked, version));
    if !older {
        // The one before it serves clients just as well, and the next start tries again.
        platform::link(home, version).or_else(|error| match home.program().exists() {
            true => Ok(()),
            false => Err(error),
        })?;
    }
    Ok(place)
}

fn gone(program: &Path) -> String {
    format!("{} is not there any more", program.display())
}

/// The draft of a file, in its folder, so that it can be renamed over it. There is one writer at a time.
fn draft_of(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

/// A development build has the version of the one before it, so only the bytes tell.
fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = match (File::open(one), File::open(other)) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(error), _) => return Err(error),
        (_, Err(_)) => return Ok(false),
    };
    let (one_metadata, other_metadata) = (one.metadata()?, other.metadata()?);
    if platform::is_same_file(&one_metadata, &other_metadata) {
        return Ok(true);
    }
    Ok(one_metadata.len() == other_metadata.len() && same_bytes(one, other)?)
}

fn same_bytes(one: File, other: File) -> io::Result<bool> {
    let (mut one, mut other) =
        (BufReader::with_capacity(1 << 16, one), BufReader::with_capacity(1 << 16, other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// A copy with the permissions of the original.
fn copy(program: &Path, draft: &Path) -> io::Result<()> {
    fs::copy(program, draft)?;
    File::options().write(true).open(draft)?.sync_all()
}
