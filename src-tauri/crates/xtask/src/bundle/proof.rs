//! Proves a .deb on a clean Debian 12, which `src-tauri/linux/prove.sh` makes, uses and compares.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use crate::{
    debian::{self, Need},
    desktop, shell,
};

const SCRIPT: &str = "src-tauri/linux/prove.sh";

/// A Debian with all that the app needs is a download of 200 MB; the rest takes a minute.
const LIMIT: Duration = Duration::from_secs(30 * 60);

const NEEDS: [Need; 6] = [
    Need { name: "debootstrap", packages: &["debootstrap"], is_there: || debian::has("debootstrap") },
    Need { name: "Xvfb", packages: &["xvfb"], is_there: || desktop::on_path("Xvfb") },
    Need { name: "xdotool", packages: &["xdotool"], is_there: || debian::has("xdotool") },
    Need { name: "xprop", packages: &["x11-utils"], is_there: || desktop::on_path("xprop") },
    Need { name: "ImageMagick", packages: &["imagemagick"], is_there: || desktop::on_path("import") },
    Need { name: "curl", packages: &["curl"], is_there: || debian::has("curl") },
];

/// Installs, starts, calls and removes.
pub(super) fn prove(deb: &Path) -> Result<()> {
    if !can_mount() {
        shell::skipped("proof", "only root may make a Debian to install the package in");
        return Ok(());
    }
    debian::provide(&NEEDS)?;
    let folder = shell::target_folder()?.join("proof");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    // In name spaces of its own, so that all mounts and processes end with it.
    let mut script = Command::new("unshare");
    script.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash"]);
    script.arg(shell::root().join(SCRIPT)).arg(deb).arg(&folder);
    shell::run_within(LIMIT, &mut script)?;
    let root = folder.join("root");
    fs::remove_dir_all(&root).with_context(|| format!("remove {}", root.display()))
}

/// Root in a container may lack the right to.
fn can_mount() -> bool {
    cfg!(target_os = "linux")
        && shell::succeeds(Command::new("unshare").args([
            "--mount",
            "--pid",
            "--fork",
            "--mount-proc",
            "true",
        ]))
}
