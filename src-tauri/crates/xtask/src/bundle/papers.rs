//! What packages for Linux carry beside the programs: the manual and the completions of shells, which the
//! program writes itself, and what desktops read, which is checked by their own tools.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    debian::{self, Need},
    desktop, shell,
};

/// The shells, as `headgate completions` calls them; also the ends of the staged files' names.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// What tauri calls the entry, by the app's name.
const DESKTOP_ENTRY: &str = "Headgate.desktop";
const METADATA: &str = "app.headgate.desktop.metainfo.xml";

const CHECKERS: [Need; 2] = [
    Need {
        name: "desktop-file-validate",
        packages: &["desktop-file-utils"],
        is_there: || desktop::on_path("desktop-file-validate"),
    },
    Need { name: "appstreamcli", packages: &["appstream"], is_there: || debian::has("appstreamcli") },
];

/// Puts what `headgate` tells of itself where `tauri.bundle.json` takes it from.
pub(super) fn write(headgate: &Path) -> Result<()> {
    // In the checkout, as the sidecar.
    let folder = shell::root().join("target").join("package");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    let manual = folder.join("man1");
    fs::create_dir_all(&manual).with_context(|| format!("create {}", manual.display()))?;
    shell::run(Command::new(headgate).arg("manual").arg(&manual))?;
    // Without time and name in them, so that the same pages give the same bytes.
    shell::run(Command::new("gzip").args(["--best", "--no-name"]).args(files(&manual)?))?;
    for name in SHELLS {
        let script = shell::output(Command::new(headgate).args(["completions", name]))?;
        let file = folder.join(format!("headgate.{name}"));
        fs::write(&file, script + "\n").with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}

/// Has the entry and the metadata of the package below `bundles` judged.
pub(super) fn check(bundles: &Path) -> Result<()> {
    debian::provide(&CHECKERS)?;
    let package = files(bundles)?.into_iter().find(|path| path.is_dir());
    let share = package.context("tauri left no folder of the package")?.join("data/usr/share");
    let entry = share.join("applications").join(DESKTOP_ENTRY);
    shell::run(Command::new("desktop-file-validate").arg(entry))?;
    let metadata = share.join("metainfo").join(METADATA);
    shell::run(Command::new("appstreamcli").args(["validate", "--no-net"]).arg(metadata))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
