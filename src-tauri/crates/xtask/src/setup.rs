//! Installs the real MCP servers, clients and tools of `tests/peers` with their locked versions. A stamp
//! beside them remembers for what they were installed, so that a second run costs nothing.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    debian::{self, Need},
    shell,
};

const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// What decides which versions are installed.
const LOCKS: [&str; 5] = [
    "package.json",
    "package-lock.json",
    "requirements-servers.txt",
    "requirements-client.txt",
    "requirements-schemathesis.txt",
];

const NEEDS: [Need; 4] = [
    Need { name: "node", packages: &["nodejs"], is_there: || debian::has("node") },
    Need { name: "npm", packages: &["npm"], is_there: || debian::has(NPM) },
    Need {
        name: "python3 with venv",
        packages: &["python3", "python3-venv"],
        is_there: has_python_with_venv,
    },
    // mcp-server-git runs it.
    Need { name: "git", packages: &["git"], is_there: || debian::has("git") },
];

/// Installs the peers unless they are there in the locked versions.
pub(crate) fn setup() -> Result<()> {
    shell::step("peers", || {
        let peers = shell::root().join("tests").join("peers");
        debian::provide(&NEEDS)?;
        let wanted = stamp(&peers)?;
        let stamp_file = peers.join(".installed");
        if fs::read_to_string(&stamp_file).is_ok_and(|installed| installed == wanted) {
            eprintln!("    installed already");
            return Ok(());
        }
        forget(&stamp_file)?;
        install_npm(&peers)?;
        install_python(&peers, "servers")?;
        install_python(&peers, "client")?;
        install_python(&peers, "schemathesis")?;
        fs::write(&stamp_file, wanted).context("write the stamp")
    })
}

/// Changes with the lock files, and with the folder: virtualenvs name it in every script.
fn stamp(peers: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    peers.hash(&mut hasher);
    for lock in LOCKS {
        let path = peers.join(lock);
        fs::read(&path).with_context(|| format!("read {}", path.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Takes the stamp away first, so that an installation that breaks off is not taken for whole.
fn forget(stamp_file: &Path) -> Result<()> {
    match fs::remove_file(stamp_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).context("remove the old stamp"),
        _ => Ok(()),
    }
}

fn install_npm(peers: &Path) -> Result<()> {
    let mut npm = Command::new(NPM);
    shell::run(npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(peers))
}

fn install_python(peers: &Path, name: &str) -> Result<()> {
    let venv = peers.join(format!(".venv-{name}"));
    shell::run(Command::new(PYTHON).args(["-m", "venv", "--clear"]).arg(&venv))?;
    shell::run(
        Command::new(venv_python(&venv))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(peers.join(format!("requirements-{name}.txt"))),
    )
}

fn venv_python(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts").join("python.exe") } else { venv.join("bin").join("python") }
}

/// Debian ships `venv` in two halves; without `ensurepip` it makes environments that lack pip.
fn has_python_with_venv() -> bool {
    shell::succeeds(Command::new(PYTHON).args(["-c", "import venv, ensurepip"]))
}
