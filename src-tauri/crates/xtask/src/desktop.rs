//! The desktop app: its page, its program, and the program `headgate` beside it.
//!
//! Built by cargo, both programs lie in the folder of the profile, where the app finds its sidecar; nothing
//! is copied that could be older than what it is a copy of. Bundles are another matter: tauri wants the
//! sidecar under a name with the target in it, and copies it back into the profile's folder. What is staged
//! for that lies outside, and only `tauri.bundle.json`, which cargo alone never reads, names it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    debian::{self, Need},
    page, shell,
};

/// What the app is linked with. Windows and macOS bring their own.
#[cfg(target_os = "linux")]
const LIBRARIES: &[Need] = &[
    Need { name: "pkg-config", packages: &["pkg-config"], is_there: || debian::has("pkg-config") },
    Need {
        name: "WebKitGTK 4.1",
        packages: &["libwebkit2gtk-4.1-dev"],
        is_there: || has_library("webkit2gtk-4.1"),
    },
    Need { name: "GTK 3", packages: &["libgtk-3-dev"], is_there: || has_library("gtk+-3.0") },
    Need {
        name: "the library for tray icons",
        packages: &["libayatana-appindicator3-dev"],
        is_there: || has_library("ayatana-appindicator3-0.1"),
    },
    Need { name: "librsvg", packages: &["librsvg2-dev"], is_there: || has_library("librsvg-2.0") },
    Need { name: "libxdo", packages: &["libxdo-dev"], is_there: || Path::new("/usr/include/xdo.h").exists() },
];
#[cfg(not(target_os = "linux"))]
const LIBRARIES: &[Need] = &[];

/// A screen that nobody sees, a bus, and what drives the page.
#[cfg(target_os = "linux")]
const STAGE: &[Need] = &[
    Need { name: "Xvfb", packages: &["xvfb"], is_there: || on_path("Xvfb") },
    Need { name: "dbus-daemon", packages: &["dbus"], is_there: || debian::has("dbus-daemon") },
    Need {
        name: "WebKitWebDriver",
        packages: &["webkit2gtk-driver"],
        is_there: || on_path("WebKitWebDriver"),
    },
];
#[cfg(not(target_os = "linux"))]
const STAGE: &[Need] = &[];

/// Builds everything and runs the app; returns when the app ends.
pub(crate) fn desktop(release: bool) -> Result<()> {
    shell::step("libraries", provide_libraries)?;
    shell::step("page", page::build)?;
    let app = shell::step("programs", || build(release))?;
    eprintln!("\n==> app");
    shell::run(&mut Command::new(app))
}

/// Sees to it that the app can be compiled.
pub(crate) fn provide_libraries() -> Result<()> {
    debian::provide(LIBRARIES)
}

/// Sees to it that the app can be tried without a screen.
pub(crate) fn provide_stage() -> Result<()> {
    debian::provide(STAGE)
}

/// Tauri's command line, in the version that `ui/package-lock.json` names.
pub(crate) fn tauri() -> Command {
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    Command::new(shell::root().join("ui").join("node_modules").join(".bin").join(name))
}

/// Builds for release what bundles are made of.
pub(crate) fn build_for_bundles() -> Result<()> {
    shell::step("libraries", provide_libraries)?;
    // The page comes first: both programs carry it.
    shell::step("page", page::build)?;
    // Each program by itself, so that neither carries what only the other asks of a library.
    sidecar(true)?;
    shell::step("app", || shell::run(shell::cargo().args(["build", "--release", "--package", "desktop"])))
}

/// Puts the program `headgate` where bundles take it from: `tauri build --config tauri.bundle.json`.
pub(crate) fn sidecar(release: bool) -> Result<()> {
    shell::step("sidecar", || {
        let mut cargo = shell::cargo();
        cargo.args(["build", "--package", "headgate-cli"]);
        if release {
            cargo.arg("--release");
        }
        shell::run(&mut cargo)?;
        // In the checkout, wherever cargo builds to: the bundle's configuration names a place beside it.
        let folder = shell::root().join("target").join("sidecar");
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let staged = folder.join(format!("headgate-{}{}", host()?, env::consts::EXE_SUFFIX));
        fs::copy(program("headgate", release)?, &staged)
            .with_context(|| format!("write {}", staged.display()))?;
        eprintln!("    staged {}", staged.display());
        Ok(())
    })
}

/// The target that cargo builds for when nobody names one.
fn host() -> Result<String> {
    let version = shell::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

/// Where cargo puts a program of ours.
pub(crate) fn program(name: &str, release: bool) -> Result<PathBuf> {
    let profile = if release { "release" } else { "debug" };
    Ok(shell::target_folder()?.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

fn build(release: bool) -> Result<PathBuf> {
    let mut build = shell::cargo();
    build.args(["build", "--package", "desktop", "--package", "headgate-cli"]);
    if release {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    program("headgate-desktop", release)
}

#[cfg(target_os = "linux")]
fn has_library(name: &str) -> bool {
    shell::succeeds(Command::new("pkg-config").args(["--exists", name]))
}

/// For a program that has no `--version`.
pub(crate) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
