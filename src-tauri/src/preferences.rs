//! What a person wants of the app itself: a small file in the app's own folder. What they want of the
//! gateway is among the gateway's settings, and whether it starts with the login knows the system, which
//! is asked by `headgate autostart`.

#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager};
use tokio::sync::watch;

use crate::{
    failure::{self, Failure},
    sidecar,
    words::Language,
};

const FILE: &str = "preferences.json";

/// What is in the file. What a newer version wrote beside it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    quit_stops_gateway: bool,
    notifications: bool,
    /// As a page told last; until one did, the system's.
    language: Option<Language>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { quit_stops_gateway: false, notifications: true, language: None }
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
    /// What the tray and notices speak.
    pub(crate) language: Language,
}

/// What is to become otherwise.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) autostart: Option<bool>,
    pub(crate) quit_stops_gateway: Option<bool>,
    pub(crate) notifications: Option<bool>,
    pub(crate) language: Option<Language>,
}

/// The owner of all this.
pub(crate) struct Preferences {
    file: PathBuf,
    kept: Mutex<Kept>,
    wishes: watch::Sender<Wishes>,
    /// Held while the system is told of the login, so that a second click undoes what the first one does.
    login: tokio::sync::Mutex<()>,
}

/// What `headgate autostart --json` prints, as far as it matters here.
#[derive(Deserialize)]
struct Login {
    on: bool,
}

impl Preferences {
    /// As they were left. A file that cannot be read is as good as none: the defaults do no harm.
    pub(crate) fn read(app: &AppHandle) -> tauri::Result<Self> {
        let preferences = Self::at(app.path().app_config_dir()?.join(FILE));
        preferences.wishes().language.speak();
        Ok(preferences)
    }

    fn at(file: PathBuf) -> Self {
        let kept = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let kept: Kept = kept.unwrap_or_default();
        let Kept { quit_stops_gateway, notifications, language } = kept;
        let language = language.unwrap_or_else(Language::of_system);
        let wishes = Wishes { autostart: None, quit_stops_gateway, notifications, language };
        Self { file, kept: Mutex::new(kept), wishes: watch::channel(wishes).0, login: Default::default() }
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
        self.wishes().language.speak();
        if let Some(on) = patch.autostart {
            let _turn = self.login.lock().await;
            self.set_login(app, on).await?;
        }
        Ok(self.wishes())
    }

    /// Has the gateway start with the login if it does not, and the other way round.
    pub(crate) async fn turn_login(&self, app: &AppHandle) -> Result<(), Failure> {
        let _turn = self.login.lock().await;
        self.set_login(app, self.wishes().autostart != Some(true)).await
    }

    async fn set_login(&self, app: &AppHandle, on: bool) -> Result<(), Failure> {
        let switch = if on { "on" } else { "off" };
        let changed = sidecar::run(app, &["autostart", switch, "--json"]).await;
        // What the tray shows was perhaps switched by the click already.
        let on = changed.as_ref().ok().and_then(|output| login(output));
        self.wishes.send_modify(|wishes| wishes.autostart = on.or(wishes.autostart));
        changed?;
        Ok(())
    }

    fn keep(&self, patch: Patch) -> Result<(), Failure> {
        let mut before = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Kept {
            quit_stops_gateway: patch.quit_stops_gateway.unwrap_or(before.quit_stops_gateway),
            notifications: patch.notifications.unwrap_or(before.notifications),
            language: patch.language.or(before.language),
        };
        if kept == *before {
            return Ok(());
        }
        write(&self.file, &kept).map_err(|e| {
            let file = self.file.display().to_string();
            Failure::new(failure::SYSTEM, Language::spoken().cannot_keep(&file, &e.to_string()))
        })?;
        *before = kept;
        self.learn(|wishes| {
            wishes.quit_stops_gateway = kept.quit_stops_gateway;
            wishes.notifications = kept.notifications;
            wishes.language = kept.language.unwrap_or(wishes.language);
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
