//! `headgate ui`: makes a link that lets a browser in, prints it, and opens it where there is a screen.

#[cfg(test)]
mod tests;

use std::{env, ffi::OsString, path::Path};

use headgate_api::NewUiCode;
use serde_json::json;
use tokio::process::Command;

use crate::{args::Ui, ask, failure::Failure, gateway, output};

/// Here snaps have their desktop entries.
const SNAPS: &str = "/var/lib/snapd/desktop/applications";

/// What a screen on Linux is known by.
const DISPLAYS: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];

/// `headgate ui`
pub(crate) async fn run(args: &Ui) -> Result<(), Failure> {
    let client = gateway::ensure().await?;
    let obstacle = match args.print {
        true => Some("only the link was asked for".to_owned()),
        false => match default_browser().await {
            Some(entry) if is_snap(&entry, Path::new(SNAPS)) => Some(walled(&entry)),
            _ => obstacle(cfg!(target_os = "linux"), |variable| env::var_os(variable)),
        },
    };
    // What opens a browser passes on by arguments, which other people of this machine can read: they could be
    // in before the browser is. So it gets the path of a page that only this person can read, and that leads
    // to the link; the gateway removes it when the code was used.
    let code = client.ui_code(&NewUiCode { page: obstacle.is_none() }).await?;
    let failed = code.page.as_ref().and_then(|page| open::that_detached(page).err());
    let obstacle = obstacle.or(failed.map(|error| format!("no browser could be started ({error})")));
    if args.output.json {
        let (opened, why) = (obstacle.is_none(), obstacle);
        let json = json!({ "url": code.url, "valid_s": code.valid_s, "opened": opened, "why_not": why });
        return output::print_json(&json);
    }
    output::print(&code.url)?;
    let valid_s = code.valid_s;
    output::tell(&match obstacle {
        None => format!(
            "opened the browser; should it not get in, use this link, which works once and for {valid_s} seconds"
        ),
        Some(_) if args.print => format!("this link works once and for {valid_s} seconds"),
        Some(why) => format!(
            "no browser was opened: {why}; open this link on this machine, it works once and for {valid_s} seconds"
        ),
    });
    Ok(())
}

/// The desktop entry of the browser that opens links, where the system tells.
async fn default_browser() -> Option<String> {
    let mut question = Command::new("xdg-settings");
    question.args(["get", "default-web-browser"]);
    let answer = match cfg!(target_os = "linux") && Path::new(SNAPS).exists() {
        true => ask::output(&mut question).await?,
        false => return None,
    };
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// True for the desktop entry of a snap, which may not read the hidden folders of a home, and so not our page.
fn is_snap(entry: &str, snaps: &Path) -> bool {
    !entry.is_empty() && !entry.contains('/') && snaps.join(entry).exists()
}

fn walled(entry: &str) -> String {
    let name = entry.split(['_', '.']).next().unwrap_or(entry);
    format!("`{name}` is a snap, which may not read the page that would let it in")
}

/// Why no browser can be opened here.
fn obstacle(is_linux: bool, variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    match !is_linux || DISPLAYS.iter().any(is_set) {
        true => None,
        false => Some("there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()),
    }
}
