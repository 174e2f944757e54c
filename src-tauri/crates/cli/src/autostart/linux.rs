//! Linux and its kin: a unit of systemd's user manager; where there is no systemd, an entry that
//! desktops start.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{
    Startup, State,
    file::{self, Owner},
    text,
};
use crate::ask;

/// Our unit's name.
const UNIT: &str = "headgate.service";

/// There only while systemd runs the system (sd_booted).
const SYSTEMD_RUNS: &str = "/run/systemd/system";

/// Where our files lie.
struct Places {
    unit: PathBuf,
    /// By this link the user manager knows that it shall start the unit.
    link: PathBuf,
    desktop_entry: PathBuf,
}

/// By what the daemon is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// systemd, whose user manager answers.
    Manager,
    /// systemd, whose user manager is not to be reached from here.
    Link,
    /// The desktop.
    Desktop,
}

pub(super) async fn on(startup: &Startup) -> anyhow::Result<State> {
    turn_on(startup, &Places::find()?, way(manager_answers().await, Path::new(SYSTEMD_RUNS).exists())).await
}

pub(super) async fn off() -> anyhow::Result<State> {
    turn_off(&Places::find()?, manager_answers().await).await
}

pub(super) async fn state() -> anyhow::Result<State> {
    let places = Places::find()?;
    let mut state = State::default();
    for (path, starts) in [(&places.unit, places.links_to_unit()), (&places.desktop_entry, true)] {
        match file::owner(path)? {
            Owner::Nobody => {}
            Owner::We if starts => {
                state.on = true;
                state.place = Some(path.display().to_string());
            }
            Owner::We => state.notes.push(format!(
                "{} is there, but not enabled; `headgate autostart on` enables it",
                path.display()
            )),
            Owner::SomebodyElse => state
                .notes
                .push(format!("{} is there, but `headgate autostart on` did not make it", path.display())),
        }
    }
    Ok(state)
}

fn way(manager_answers: bool, systemd_runs: bool) -> Way {
    match (manager_answers, systemd_runs) {
        (true, _) => Way::Manager,
        (false, true) => Way::Link,
        (false, false) => Way::Desktop,
    }
}

async fn turn_on(startup: &Startup, places: &Places, way: Way) -> anyhow::Result<State> {
    let mut notes = Vec::new();
    let place = match way {
        Way::Desktop => write_desktop_entry(startup, places)?,
        Way::Manager | Way::Link => write_unit(startup, places)?,
    };
    match way {
        Way::Manager => enable(places, &mut notes).await?,
        Way::Link => {
            places.make_link()?;
            notes.push(format!(
                "no user manager of systemd answers here; made the link {} instead",
                places.link.display()
            ));
        }
        Way::Desktop => notes.push("there is no systemd here; the desktop starts it".to_owned()),
    }
    Ok(State { on: true, place: Some(place.display().to_string()), notes })
}

/// Two ways at once would start it twice, so what was made for the other way goes.
fn write_unit<'a>(startup: &Startup, places: &'a Places) -> anyhow::Result<&'a Path> {
    file::write(&places.unit, &text::unit(startup)?)?;
    if file::owner(&places.desktop_entry)? == Owner::We {
        file::remove(&places.desktop_entry)?;
    }
    Ok(&places.unit)
}

fn write_desktop_entry<'a>(startup: &Startup, places: &'a Places) -> anyhow::Result<&'a Path> {
    file::write(&places.desktop_entry, &text::desktop_entry(startup)?)?;
    if file::owner(&places.unit)? == Owner::We {
        remove_unit(places)?;
    }
    Ok(&places.desktop_entry)
}

async fn enable(places: &Places, notes: &mut Vec<String>) -> anyhow::Result<()> {
    systemctl(&["daemon-reload"]).await;
    if systemctl(&["enable", UNIT]).await && places.links_to_unit() {
        return Ok(());
    }
    places.make_link()?;
    notes.push(format!("`systemctl --user enable` failed; made the link {} instead", places.link.display()));
    Ok(())
}

/// The daemon that runs now goes on.
async fn turn_off(places: &Places, manager_answers: bool) -> anyhow::Result<State> {
    if file::owner(&places.unit)? == Owner::We && manager_answers {
        systemctl(&["disable", UNIT]).await;
    }
    let unit = remove_unit(places);
    let desktop_entry = file::remove(&places.desktop_entry);
    if manager_answers {
        systemctl(&["daemon-reload"]).await;
    }
    unit.and(desktop_entry)?;
    Ok(State::default())
}

fn remove_unit(places: &Places) -> anyhow::Result<()> {
    file::refuse_foreign(&places.unit)?;
    places.remove_link()?;
    file::remove(&places.unit)
}

impl Places {
    fn find() -> anyhow::Result<Self> {
        let named = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let usual = || env::home_dir().map(|home| home.join(".config"));
        let config = named.or_else(usual).context("cannot find your home folder; set HOME")?;
        Ok(Self::below(&config))
    }

    fn below(config: &Path) -> Self {
        let units = config.join("systemd/user");
        Self {
            link: units.join("default.target.wants").join(UNIT),
            unit: units.join(UNIT),
            desktop_entry: config.join("autostart/headgate.desktop"),
        }
    }

    fn links_to_unit(&self) -> bool {
        let target = fs::read_link(&self.link).ok();
        let target = target.zip(self.link.parent()).map(|(target, folder)| folder.join(target));
        target.is_some_and(|target| target == self.unit || same_file(&target, &self.unit))
    }

    fn make_link(&self) -> anyhow::Result<()> {
        if self.links_to_unit() {
            return Ok(());
        }
        let made = self.link.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| std::os::unix::fs::symlink(&self.unit, &self.link))
            .with_context(|| format!("cannot make the link {}", self.link.display()))
    }

    /// A link to somewhere else is not ours.
    fn remove_link(&self) -> anyhow::Result<()> {
        if !self.links_to_unit() {
            return Ok(());
        }
        match fs::remove_file(&self.link) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(e).with_context(|| format!("cannot remove {}", self.link.display()))
            }
            _ => Ok(()),
        }
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

async fn manager_answers() -> bool {
    systemctl(&["show-environment"]).await
}

async fn systemctl(words: &[&str]) -> bool {
    ask::text("systemctl", &[&["--user"], words].concat()).await.is_some()
}

#[cfg(test)]
mod tests;
