//! Type-checks everything for the other operating systems from Linux. Nothing is linked, so their C
//! compilers are not needed: two scripts stand in and write empty objects. What this machine
//! cannot do is skipped loudly, never failed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{debian, shell};

/// One for Windows, one for macOS.
const TARGETS: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Compiles the resources of the desktop app for Windows, its icon for example.
const WINDOWS_RESOURCES: &str = "x86_64-w64-mingw32-windres";

/// A target's standard library is about 30 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(180);

/// Creates the file that `-o` names.
const EMPTY_CC: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    -o) : > "$2"; shift ;;
    -o*) : > "${1#-o}" ;;
  esac
  shift
done
"#;

/// Creates an archive without members.
const EMPTY_AR: &str = r#"#!/bin/sh
for argument; do
  case "$argument" in *.a | *.lib) printf '!<arch>\n' > "$argument" ;; esac
done
"#;

/// Checks every target that can be had.
pub(crate) fn check() -> Result<()> {
    if !cfg!(target_os = "linux") {
        shell::skipped("type-check for other systems", "done from Linux only");
        return Ok(());
    }
    let stand_ins = StandIns::write()?;
    for target in TARGETS {
        shell::step(&format!("type-check for {target}"), || check_target(target, &stand_ins))?;
    }
    Ok(())
}

fn check_target(target: &str, stand_ins: &StandIns) -> Result<()> {
    if let Err(error) = provide_target(target) {
        shell::skipped(target, &format!("its standard library cannot be had ({error:#})"));
        return Ok(());
    }
    let mut cargo = shell::cargo();
    cargo.args(["check", "--package", "headgate-cli", "--target", target]);
    if target.contains("windows") && !debian::has(WINDOWS_RESOURCES) {
        shell::skipped(&format!("desktop for {target}"), &format!("there is no {WINDOWS_RESOURCES}"));
    } else {
        cargo.args(["--package", "desktop"]);
    }
    stand_ins.name_to(&mut cargo, target);
    shell::run(&mut cargo)
}

fn provide_target(target: &str) -> Result<()> {
    if has_target(target) {
        return Ok(());
    }
    shell::run_within(DOWNLOAD_LIMIT, Command::new("rustup").args(["target", "add", target]))
}

fn has_target(target: &str) -> bool {
    shell::output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| Path::new(&folder).exists())
}

/// The two scripts, in the target folder.
struct StandIns {
    cc: PathBuf,
    ar: PathBuf,
}

impl StandIns {
    fn write() -> Result<Self> {
        let folder = shell::target_folder()?.join("stand-ins");
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        Ok(Self { cc: script(&folder, "cc", EMPTY_CC)?, ar: script(&folder, "ar", EMPTY_AR)? })
    }

    /// Tells crate `cc` of them; `SDKROOT` keeps it from asking Xcode.
    fn name_to(&self, cargo: &mut Command, target: &str) {
        let target = target.replace('-', "_");
        cargo
            .env(format!("CC_{target}"), &self.cc)
            .env(format!("CXX_{target}"), &self.cc)
            .env(format!("AR_{target}"), &self.ar)
            .env("SDKROOT", "/");
    }
}

fn script(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    ensure!(
        shell::succeeds(Command::new("chmod").arg("+x").arg(&path)),
        "cannot make {} executable",
        path.display()
    );
    Ok(path)
}
