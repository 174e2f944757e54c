//! What a person wants of the app itself: a small file in the app's own folder. What they want of the
//! gateway is among the gateway's settings, and whether it starts with the login knows the system, which
//! is asked by `headgate autostart`.

#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager};
use tokio::sync::watch;

use crate::{
    failure::{self, Failure},
    sidecar,
};

const FILE: &str = "preferences.json";

/// What is in the file. What a newer version wrote beside it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    quit_stops_gateway: bool,
    notifications: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self { quit_stops_gateway: false, notifications: true }
    }
}

/// Everything, as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Wishes {
    /// The gateway starts with the login; `None` while nobody could tell.
    pub(crate) autostart: Option<bool>,
    /// The usual way to quit stops the gateway too.
    pub(crate) quit_stops_gateway: bool,
    /// The app may notify.
    pub(crate) notifications: bool,
}

/// What is to become otherwise.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) autostart: Option<bool>,
    pub(crate) quit_stops_gateway: Option<bool>,
    pub(crate) notifications: Option<bool>,
}

/// The owner of all this.
pub(crate) struct Preferences {
    file: PathBuf,
    wishes: watch::Sender<Wishes>,
}

/// What `headgate autostart --json` prints, as far as it matters here.
#[derive(Deserialize)]
struct Login {
    on: bool,
}

impl Preferences {
    /// As they were left. A file that cannot be read is as good as none: the defaults do no harm.
    pub(crate) fn read(app: &AppHandle) -> tauri::Result<Self> {
        Ok(Self::at(app.path().app_config_dir()?.join(FILE)))
    }

    fn at(file: PathBuf) -> Self {
        let kept = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Kept { quit_stops_gateway, notifications } = kept.unwrap_or_default();
        let (wishes, _) = watch::channel(Wishes { autostart: None, quit_stops_gateway, notifications });
        Self { file, wishes }
    }

    /// As they are now.
    pub(crate) fn wishes(&self) -> Wishes {
        *self.wishes.borrow()
    }

    /// Tells of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Wishes> {
        self.wishes.subscribe()
    }

    /// Looks whether the gateway starts with the login, which a person may have changed elsewhere.
    pub(crate) async fn look_at_login(&self, app: &AppHandle) {
        let on = sidecar::run(app, &["autostart", "--json"]).await.ok().and_then(|output| login(&output));
        self.learn(|wishes| wishes.autostart = on);
    }

    /// Changes what the patch names, and answers how everything is then.
    pub(crate) async fn change(&self, app: &AppHandle, patch: Patch) -> Result<Wishes, Failure> {
        self.keep(patch)?;
        if let Some(on) = patch.autostart {
            let switch = if on { "on" } else { "off" };
            let changed = sidecar::run(app, &["autostart", switch, "--json"]).await;
            // What the tray shows was perhaps switched by the click already.
            let on = changed.as_ref().ok().and_then(|output| login(output));
            self.wishes.send_modify(|wishes| wishes.autostart = on.or(wishes.autostart));
            changed?;
        }
        Ok(self.wishes())
    }

    fn keep(&self, patch: Patch) -> Result<(), Failure> {
        let Wishes { quit_stops_gateway, notifications, .. } = self.wishes();
        let kept = Kept {
            quit_stops_gateway: patch.quit_stops_gateway.unwrap_or(quit_stops_gateway),
            notifications: patch.notifications.unwrap_or(notifications),
        };
        if kept == (Kept { quit_stops_gateway, notifications }) {
            return Ok(());
        }
        write(&self.file, &kept).map_err(|e| {
            let detail = format!("cannot keep this in {}: {e}; nothing was changed", self.file.display());
            Failure::new(failure::SYSTEM, detail)
        })?;
        self.learn(|wishes| {
            wishes.quit_stops_gateway = kept.quit_stops_gateway;
            wishes.notifications = kept.notifications;
        });
        Ok(())
    }

    fn learn(&self, change: impl FnOnce(&mut Wishes)) {
        self.wishes.send_if_modified(|wishes| {
            let before = *wishes;
            change(wishes);
            *wishes != before
        });
    }
}

fn login(output: &[u8]) -> Option<bool> {
    serde_json::from_slice::<Login>(output).ok().map(|login| login.on)
}

/// A reader sees the old file or the new one, never half of it.
fn write(file: &Path, kept: &Kept) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = file.with_added_extension("new");
    fs::write(&draft, serde_json::to_vec_pretty(kept)?)?;
    fs::rename(draft, file)
}
