//! How each shell is asked for the PATH of its terminals, and what its answer means. Pure.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
};

/// Stands around the value, since start-up files may print anything.
const MARK: &str = "__HEADGATE_PATH__";

/// The words that a shell is started with, in the order in which they are tried: start-up files for terminals
/// may end the shell, or become another one, before it answers.
pub(super) fn questions(shell: &Path) -> Vec<Vec<String>> {
    // Not every shell knows `"$PATH"`, but every shell can run another program.
    let say = format!("/bin/sh -c 'printf %s \"{MARK}${{PATH}}{MARK}\"'");
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    match shell.file_name().and_then(OsStr::to_str).unwrap_or_default() {
        // A login shell of bash leaves out what its terminals read, where nvm and others set themselves up.
        "bash" => vec![
            words(&["-l", "-i", "-c", &format!("[ -r ~/.bashrc ] && . ~/.bashrc; {say}")]),
            words(&["-l", "-c", &say]),
        ],
        // It takes `-l` alone only, and sets its PATH in a file that it always reads.
        "csh" | "tcsh" => vec![words(&["-c", &say])],
        _ => vec![words(&["-l", "-i", "-c", &say]), words(&["-l", "-c", &say])],
    }
}

/// The value in what a shell printed.
pub(super) fn answer(output: &str) -> Option<OsString> {
    let (_, rest) = output.split_once(MARK)?;
    let (path, _) = rest.split_once(MARK)?;
    (!path.is_empty()).then(|| without_doubles(path))
}

/// Start-up files that are read twice add everything twice.
fn without_doubles(path: &str) -> OsString {
    let mut folders = Vec::new();
    for folder in env::split_paths(path) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    env::join_paths(folders).unwrap_or_else(|_| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_found_among_noise() {
        for (output, expected) in [
            ("hi\n__HEADGATE_PATH__/a:/b__HEADGATE_PATH__bye", Some("/a:/b")),
            ("__HEADGATE_PATH__/a:/b:/a:/c:/b__HEADGATE_PATH__", Some("/a:/b:/c")),
            ("__HEADGATE_PATH____HEADGATE_PATH__", None),
            ("__HEADGATE_PATH__", None),
            ("nothing", None),
        ] {
            assert_eq!(answer(output), expected.map(OsString::from), "{output}");
        }
    }

    #[test]
    fn each_shell_is_asked_in_its_own_way() {
        let first = |shell: &str| questions(Path::new(shell))[0].join(" ");
        assert!(first("/bin/zsh").starts_with("-l -i -c /bin/sh -c '"));
        assert!(first("/usr/local/bin/bash").contains(". ~/.bashrc; /bin/sh -c '"));
        assert!(first("/bin/tcsh").starts_with("-c /bin/sh"));
        assert_eq!(questions(Path::new("/usr/bin/fish")).len(), 2);
    }
}
