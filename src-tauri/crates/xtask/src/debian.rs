//! Missing programs: installed on Debian when we are root, else named with the command that
//! installs them. The package manager is asked only when something is missing.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::shell;

/// A program that a task needs.
pub(crate) struct Need {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Debian's packages that bring it.
    pub(crate) packages: &'static [&'static str],
    /// Whether it is there.
    pub(crate) is_there: fn() -> bool,
}

/// Sees to it that every need is met.
pub(crate) fn provide(needs: &[Need]) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    if !(is_debian() && is_root()) {
        bail!("{} not found; {}", names(&missing), advice(&packages));
    }
    install(&packages)?;
    let missing = self::missing(needs);
    if !missing.is_empty() {
        bail!("{} still not found after installing {}", names(&missing), packages.join(", "));
    }
    Ok(())
}

/// Whether a program is on the `PATH`: it answers to `--version`.
pub(crate) fn has(program: &str) -> bool {
    shell::succeeds(Command::new(program).arg("--version"))
}

fn missing(needs: &[Need]) -> Vec<&Need> {
    needs.iter().filter(|need| !(need.is_there)()).collect()
}

fn names(needs: &[&Need]) -> String {
    needs.iter().map(|need| need.name).collect::<Vec<_>>().join(", ")
}

fn advice(packages: &[&str]) -> String {
    if is_debian() {
        format!("install with `sudo apt-get install {}`", packages.join(" "))
    } else {
        "please install and put on the PATH".to_owned()
    }
}

fn install(packages: &[&str]) -> Result<()> {
    shell::run(apt_get().arg("update"))?;
    shell::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}
