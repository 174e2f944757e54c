//! Makes the files that systems want from the drawings in `icons`. They are kept in the repository, since
//! only who changes a drawing needs the programs for this.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    debian::{self, Need},
    desktop, page, shell,
};

/// What is taken of all that tauri makes; the rest is for shops and telephones.
const APP_ICONS: [&str; 6] =
    ["32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.icns", "icon.ico"];

const TRAY_ICONS: [&str; 3] = ["running", "stopped", "trouble"];
/// Panels scale it down; the densest show it at this size.
const TRAY_SIZE: &str = "64";

const NEEDS: [Need; 1] =
    [Need { name: "rsvg-convert", packages: &["librsvg2-bin"], is_there: || debian::has("rsvg-convert") }];

/// Makes all files anew.
pub(crate) fn icons() -> Result<()> {
    let folder = shell::root().join("icons");
    shell::step("icons", || {
        debian::provide(&NEEDS)?;
        page::install()?;
        app_icons(&folder)?;
        tray_icons(&folder)
    })
}

fn app_icons(folder: &Path) -> Result<()> {
    let made = shell::target_folder()?.join("icons");
    let mut tauri = desktop::tauri();
    tauri.arg("icon").arg(folder.join("headgate.svg")).arg("--output").arg(&made);
    // Below `target` it finds no app, which it does not need.
    shell::run(tauri.current_dir(folder))?;
    for name in APP_ICONS {
        fs::copy(made.join(name), folder.join(name)).with_context(|| format!("copy {name}"))?;
    }
    Ok(())
}

fn tray_icons(folder: &Path) -> Result<()> {
    let made = folder.join("tray");
    fs::create_dir_all(&made).with_context(|| format!("create {}", made.display()))?;
    for name in TRAY_ICONS {
        let drawing = folder.join(format!("tray-{name}.svg"));
        draw(&drawing, None, made.join(format!("{name}.png")))?;
        let shape = Some(folder.join("template.css"));
        draw(&drawing, shape.as_deref(), made.join(format!("{name}-template.png")))?;
    }
    Ok(())
}

fn draw(drawing: &Path, style: Option<&Path>, to: PathBuf) -> Result<()> {
    let mut draw = Command::new("rsvg-convert");
    draw.args(["--width", TRAY_SIZE, "--height", TRAY_SIZE, "--output"]).arg(to);
    if let Some(style) = style {
        draw.arg("--stylesheet").arg(style);
    }
    shell::run(draw.arg(drawing))
}
