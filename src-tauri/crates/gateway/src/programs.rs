//! Which program a command is: where the PATH of children finds it, who put it there, and what to do when
//! it is missing. Failed starts, the API and the doctor all tell what is found out here.
//!
//! Everything but the cache looks at the file system, which may be slow: not for async threads.

mod advice;
mod cache;
mod origin;
mod resolve;
mod shim;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use headgate_model::Program;

pub use advice::advice;
pub(crate) use cache::Cache;
pub use origin::Origin;
pub use resolve::resolve;

/// A program that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where the PATH finds it.
    pub path: PathBuf,
    /// Who put it there, when its folder tells.
    pub origin: Option<Origin>,
    /// Why it will not run as it is, and what to do about it.
    pub fault: Option<String>,
}

/// Looks `command` up as the start of a child does.
pub fn find(command: &str, path: &OsStr, cwd: &Path) -> Option<Place> {
    let found = resolve(command, path, cwd)?;
    let target = std::fs::canonicalize(&found).ok();
    let origin = origin::of(&found, target.as_deref());
    let fault = shim::fault(&found, path, cwd);
    Some(Place { path: found, origin, fault })
}

/// The same, in words.
pub fn look_up(command: &str, path: &OsStr, cwd: &Path) -> Program {
    in_words(command, find(command, path, cwd))
}

fn in_words(command: &str, place: Option<Place>) -> Program {
    let command = command.to_owned();
    let Some(place) = place else {
        let advice = Some(advice(&command));
        let origin_sentence = missing(&command);
        return Program { command, path: None, origin: None, origin_sentence, advice };
    };
    let path = place.path.display().to_string();
    let from = place.origin.map_or_else(String::new, |origin| format!(", from {}", origin.name));
    let passing = place.origin.is_some_and(|origin| origin.is_passing).then(|| PASSING.to_owned());
    Program {
        command,
        origin_sentence: format!("{path}{from}"),
        path: Some(path),
        origin: place.origin.map(|origin| origin.name.to_owned()),
        advice: place.fault.or(passing),
    }
}

const PASSING: &str = "its folder goes away with the shell that made it: let a start-up file of your login shell put a \
                       folder that stays on PATH";

/// That there is no such program, in words.
pub fn missing(command: &str) -> String {
    match is_on_path(command) {
        true => format!("there is no program `{command}` on the PATH that servers get"),
        false => format!("there is no program at `{command}`"),
    }
}

/// A bare name is looked for on the PATH, anything else is a path itself.
pub(crate) fn is_on_path(command: &str) -> bool {
    Path::new(command).components().count() <= 1
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
