//! What servers run with: the login shell's PATH, which they get, against ours, and the programs that
//! most of them need. A missing program is a problem only when a registered server needs it.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use headgate_api::{Home, UpstreamView};
use headgate_daemon::diagnosis::{
    self, Teller, missing_folders,
    programs::{self, Place, advice, resolve},
};
use headgate_model::Transport;
use tokio::process::Command;

use super::Check;
use crate::{ask, output::plain};

/// What servers are usually started with. Starting `npx` and `uvx` to hear a version takes long; they
/// have that of `node` and `uv`.
const USUAL: [(&str, bool); 6] =
    [("node", true), ("npx", false), ("uv", true), ("uvx", false), ("python3", true), ("docker", true)];

/// macOS has this even where there is no Python; to run it opens a window that offers developer tools.
const PYTHON_STUB: &str = "/usr/bin/python3";

/// The two PATHs.
pub(super) struct Paths {
    here: OsString,
    at_login: OsString,
    teller: Teller,
}

/// A program, and where it is.
#[derive(Debug, Default)]
pub(super) struct Program {
    name: String,
    /// Names of the servers that run with it.
    needed_by: Vec<String>,
    /// By the PATH that servers get.
    at_login: Option<Place>,
    /// By the PATH of this process.
    here: Option<PathBuf>,
    version: Option<String>,
}

impl Paths {
    pub(super) async fn collect(home: &Home) -> Self {
        let here = env::var_os("PATH").unwrap_or_default();
        match diagnosis::upstreams_path(home).await {
            Some(path) => Self { here, at_login: path.value, teller: path.teller },
            None => Self { at_login: here.clone(), here, teller: Teller::System },
        }
    }
}

/// Looks for the usual programs, and for whatever else registered servers run.
pub(super) async fn collect(paths: &Paths, upstreams: Option<&[UpstreamView]>) -> Vec<Program> {
    let mut needs = needs(upstreams.unwrap_or_default());
    let usual = USUAL.map(|(name, tells)| (name.to_owned(), tells, needs.remove(name).unwrap_or_default()));
    let others = needs.into_iter().map(|(name, needed_by)| (name, false, needed_by));
    let mut programs = Vec::new();
    for (name, tells_version, needed_by) in usual.into_iter().chain(others) {
        programs.push(Program::find(paths, name, tells_version, needed_by).await);
    }
    programs
}

/// The commands of the servers that are on, and which servers those are.
fn needs(upstreams: &[UpstreamView]) -> BTreeMap<String, Vec<String>> {
    let mut needs = BTreeMap::<_, Vec<_>>::new();
    for upstream in upstreams.iter().filter(|upstream| upstream.spec.enabled) {
        // One with a PATH of its own is looked up by the gateway alone.
        if let Transport::Stdio { command, env, .. } = &upstream.spec.transport
            && !env.contains_key("PATH")
        {
            needs.entry(command.clone()).or_default().push(upstream.spec.name.to_string());
        }
    }
    needs
}

impl Program {
    async fn find(paths: &Paths, name: String, tells_version: bool, needed_by: Vec<String>) -> Self {
        let home = env::home_dir().unwrap_or_default();
        let at_login = programs::find(&name, &paths.at_login, &home);
        let here = resolve(&name, &paths.here, &home);
        let version = match &at_login {
            Some(place) if tells_version && !is_python_stub(&place.path) => version(&place.path, paths).await,
            _ => None,
        };
        Self { name, needed_by, at_login, here, version }
    }
}

fn is_python_stub(path: &Path) -> bool {
    cfg!(target_os = "macos") && path == Path::new(PYTHON_STUB)
}

async fn version(program: &Path, paths: &Paths) -> Option<String> {
    let output = ask::output(Command::new(program).arg("--version").env("PATH", &paths.at_login)).await?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// The first word that looks like a version: `v22.1.0`, `uv 0.9.1 (x)`, `Docker version 27.3, build x`.
fn version_in(text: &str) -> Option<String> {
    let words = text.split_whitespace().map(|word| word.trim_matches([',', 'v']));
    words.into_iter().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(plain)
}

/// Whether servers are started with our own PATH.
pub(super) fn path_check(paths: &Paths) -> Check {
    let folders = |folders: Vec<PathBuf>| {
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    let (lacks, has) = (
        folders(missing_folders(&paths.at_login, &paths.here)),
        folders(missing_folders(&paths.here, &paths.at_login)),
    );
    let shell = match &paths.teller {
        Teller::System => return Check::ok("PATH", "servers get the one of this system"),
        Teller::Nobody(why) => {
            return Check::warning(
                "PATH",
                format!("servers get the one that the gateway was started with, since {why}"),
                "let the start-up files of your login shell end by themselves, then `headgate restart`",
            );
        }
        Teller::Shell(shell) => shell.display(),
    };
    let which = match (lacks.as_str(), has.as_str()) {
        ("", "") => "which is this one".to_owned(),
        ("", has) => format!("which has {has} besides"),
        (lacks, "") => format!("which lacks {lacks}"),
        (lacks, has) => format!("which has {has} besides, and lacks {lacks}"),
    };
    let found = format!("servers get the one of your login shell ({shell}), {which}");
    Check::ok("PATH", found)
}

/// Whether a program is where servers look for it.
pub(super) fn check(program: &Program, upstreams_are_known: bool) -> Check {
    let name = &program.name;
    let needed_by = program.needed_by.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (&program.at_login, &program.here) {
        (Some(place), _) => found(program, place),
        (None, Some(path)) if !needed_by.is_empty() => Check::problem(
            name,
            format!(
                "{} is not on your login shell's PATH, which servers get; {needed_by} cannot start",
                path.display()
            ),
            format!(
                "add {} to PATH in the start-up files of your login shell, then `headgate restart`",
                path.parent().unwrap_or(path).display()
            ),
        ),
        (None, Some(path)) => Check::ok(
            name,
            format!("{}, which is not on your login shell's PATH; no server needs it", path.display()),
        ),
        (None, None) if !needed_by.is_empty() => {
            Check::problem(name, format!("not found; {needed_by} cannot start"), advice(name))
        }
        (None, None) if upstreams_are_known => Check::ok(name, "not found; no server needs it"),
        (None, None) => Check::ok(name, "not found; only servers that run with it need it"),
    }
}

fn found(program: &Program, place: &Place) -> Check {
    let version = program.version.as_ref().map_or_else(String::new, |version| format!("{version}, "));
    let path = place.path.display();
    let from = place.origin.map_or_else(String::new, |origin| format!(" (from {})", origin.name));
    match (&place.fault, place.origin) {
        (Some(fault), _) if !program.needed_by.is_empty() => {
            Check::problem(&program.name, format!("{path}{from}"), fault.clone())
        }
        (Some(fault), _) => Check::ok(&program.name, format!("{path}{from}; {fault}")),
        (None, Some(origin)) if origin.is_passing && !program.needed_by.is_empty() => Check::warning(
            &program.name,
            format!("{version}{path}{from}, a folder that goes away with the shell that made it"),
            "let a start-up file of your login shell put a folder that stays on PATH",
        ),
        _ => Check::ok(&program.name, format!("{version}{path}{from}")),
    }
}
