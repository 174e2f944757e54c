//! Files that carry our mark: written and removed when they are ours, never touched when they are not.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::text::MARK;

/// A declaration may stand before the mark.
const MARKED_LINES: usize = 3;

/// Whose file lies at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    We,
    SomebodyElse,
}

/// Looks whose file it is.
pub(super) fn owner(path: &Path) -> anyhow::Result<Owner> {
    match fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let ours = text.lines().take(MARKED_LINES).any(|line| line.contains(MARK));
            Ok(if ours { Owner::We } else { Owner::SomebodyElse })
        }
        // A link to nowhere is something, and not of our making.
        Err(e) if e.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(Owner::Nobody),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Owner::SomebodyElse),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes our file, in place of an older one of ours.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    refuse_foreign(path)?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let draft = path.with_added_extension("new");
    fs::write(&draft, text).with_context(|| format!("cannot write {}", draft.display()))?;
    fs::rename(&draft, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes our file, if it is there.
pub(super) fn remove(path: &Path) -> anyhow::Result<()> {
    refuse_foreign(path)?;
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Fails when somebody else's file is in our place.
pub(super) fn refuse_foreign(path: &Path) -> anyhow::Result<()> {
    if owner(path)? == Owner::SomebodyElse {
        bail!(
            "{} was not made by `headgate autostart on`, so it is left as it is; move it away first",
            path.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_file_is_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/headgate.service");
        remove(&path).unwrap();
        for text in ["one", "two"] {
            write(&path, &format!("# {MARK}\n{text}\n")).unwrap();
            assert!(fs::read_to_string(&path).unwrap().contains(text));
        }
        assert_eq!(owner(&path).unwrap(), Owner::We);
        remove(&path).unwrap();
        assert_eq!(owner(&path).unwrap(), Owner::Nobody);
    }

    #[test]
    fn a_foreign_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headgate.service");
        fs::write(&path, "[Unit]\n").unwrap();
        for result in [write(&path, "x"), remove(&path)] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("was not made by `headgate autostart on`"), "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "[Unit]\n");
    }
}
