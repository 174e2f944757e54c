//! `headgate autostart`: starts the daemon with the login, by what the system has for that. Whether it
//! then runs is for `serve --at-login` to decide: a person who stopped Headgate stays in charge.
//!
//! What is made carries a mark. What lies there under our name without it is somebody else's.

#[cfg(any(unix, test))]
mod file;
#[cfg(all(unix, not(target_os = "macos")))]
mod linux;
#[cfg(all(unix, not(target_os = "macos")))]
use linux as platform;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;
mod text;

use std::{env, fmt::Write, path::PathBuf};

use anyhow::Context;
use headgate_api::Home;
use serde::Serialize;

use crate::{
    args::{Autostart, Output, Switch},
    failure::Failure,
    output,
};

/// Windows gives a console to each program of the command line that the login starts.
pub(crate) const OPENS_CONSOLE: bool = cfg!(windows);

/// What the login starts.
#[derive(Debug, Clone)]
struct Startup {
    program: PathBuf,
    /// Set when it is not the usual one.
    home: Option<PathBuf>,
}

/// How it stands.
#[derive(Debug, Default, Serialize)]
struct State {
    on: bool,
    /// The file or the registry value that says so.
    place: Option<String>,
    /// What a person should know besides.
    notes: Vec<String>,
}

/// `headgate autostart [on|off]`
pub(crate) async fn run(args: Autostart) -> Result<(), Failure> {
    let state = match args.switch {
        Some(Switch::On) => platform::on(&Startup::find()?).await?,
        Some(Switch::Off) => platform::off().await?,
        None => platform::state().await?,
    };
    print(&state, &args.output)
}

/// For `serve --at-login`: false when a person stopped Headgate, or somebody was faster.
pub(crate) fn may_start(home: &Home) -> bool {
    !headgate_api::is_stopped(home) && !headgate_api::daemon_lives(home)
}

impl Startup {
    /// Prefers the place that outlives updates; where this program lies may vanish, as an AppImage's does.
    fn find() -> anyhow::Result<Self> {
        let home = Home::locate()?;
        let stable = home.folder().join("bin").join(format!("headgate{}", env::consts::EXE_SUFFIX));
        let program = match stable.exists() {
            true => stable,
            false => env::current_exe().context("find this program")?,
        };
        let is_named = env::var_os("HEADGATE_HOME").is_some_and(|value| !value.is_empty());
        Ok(Self { program, home: is_named.then(|| home.folder().to_owned()) })
    }
}

fn print(state: &State, output: &Output) -> Result<(), Failure> {
    match output.json {
        true => output::print_json(state),
        false => output::print(&state_text(state)),
    }
}

fn state_text(state: &State) -> String {
    let mut text = match (&state.place, state.on) {
        (Some(place), true) => format!("on: Headgate starts with your login ({place})"),
        _ => "off: Headgate does not start with your login".to_owned(),
    };
    for note in &state.notes {
        let _ = write!(text, "\n{note}");
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_state_is_a_sentence() {
        let on = State { on: true, place: Some("/x.service".into()), notes: vec!["a note".into()] };
        expect!["on: Headgate starts with your login (/x.service)\na note"].assert_eq(&state_text(&on));
        expect!["off: Headgate does not start with your login"].assert_eq(&state_text(&State::default()));
    }

    #[test]
    fn a_stopped_headgate_stays_stopped_at_login() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert!(may_start(&home));
        std::fs::write(folder.path().join("stopped"), "").unwrap();
        assert!(!may_start(&home));
    }
}
