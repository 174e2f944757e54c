//! Finds the program that a definition names: on the PATH, or at its path.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

/// Looks `command` up. `None` when there is no such program.
pub(crate) fn resolve(command: &str, path: &OsStr, cwd: &Path) -> Option<PathBuf> {
    which::which_in(expand_home(command), Some(path), cwd).ok()
}

/// `~/bin/server` as people write it in configs; no shell is there to expand it.
fn expand_home(command: &str) -> PathBuf {
    match (command.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(command),
    }
}

/// What to install when a well-known launcher is missing, in a sentence.
pub(crate) fn advice(command: &str) -> Option<&'static str> {
    let name = Path::new(command).file_stem()?.to_str()?;
    Some(match name {
        "npx" | "npm" | "node" => "install Node.js, which brings `npx`",
        "uvx" | "uv" => "install uv, which brings `uvx`",
        "python" | "python3" | "pipx" => "install Python 3",
        "docker" => "install Docker and start it",
        "bun" | "bunx" => "install Bun, which brings `bunx`",
        "deno" => "install Deno",
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_path() {
        let path = OsStr::new("/bin:/usr/bin");
        assert!(resolve("sh", path, Path::new("/")).is_some());
        assert!(resolve("/bin/sh", OsStr::new(""), Path::new("/")).is_some());
        assert!(resolve("no-such-program-here", path, Path::new("/")).is_none());
    }
}
