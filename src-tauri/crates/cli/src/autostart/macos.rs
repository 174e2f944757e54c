//! macOS: a LaunchAgent of this person.

use std::{env, path::PathBuf};

use anyhow::Context;

use super::{
    Startup, State,
    file::{self, Owner},
    text,
};
use crate::ask;

pub(super) async fn on(startup: &Startup) -> anyhow::Result<State> {
    let place = place()?;
    file::write(&place, &text::plist(startup)?)?;
    // Takes effect at the next login anyway, and fails when the agent is known already.
    let domain = format!("gui/{}", rustix::process::getuid().as_raw());
    let path = place.display().to_string();
    ask::text("launchctl", &["bootstrap", &domain, &path]).await;
    Ok(State { on: true, place: Some(path), notes: Vec::new() })
}

/// The daemon that runs now goes on: to let launchd forget the agent would end it.
pub(super) async fn off() -> anyhow::Result<State> {
    file::remove(&place()?)?;
    Ok(State::default())
}

pub(super) async fn state() -> anyhow::Result<State> {
    let place = place()?;
    let mut state = State::default();
    match file::owner(&place)? {
        Owner::Nobody => {}
        Owner::We => {
            state.on = true;
            state.place = Some(place.display().to_string());
        }
        Owner::SomebodyElse => state
            .notes
            .push(format!("{} is there, but `headgate autostart on` did not make it", place.display())),
    }
    Ok(state)
}

fn place() -> anyhow::Result<PathBuf> {
    let home = env::home_dir().context("cannot find your home folder; set HOME")?;
    Ok(home.join("Library/LaunchAgents").join(format!("{}.plist", text::LABEL)))
}
