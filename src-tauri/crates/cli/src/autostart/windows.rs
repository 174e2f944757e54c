//! Windows: a value under this person's `Run` key.

use anyhow::{Context, bail};
use windows_registry::CURRENT_USER;

use super::{Startup, State, text};

const KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const VALUE: &str = "Headgate";

/// Here the Task Manager keeps what a person switched off: the first byte is odd then.
const APPROVED_KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";

pub(super) async fn on(startup: &Startup) -> anyhow::Result<State> {
    let text = text::run_value(startup)?;
    refuse_foreign()?;
    let key = CURRENT_USER.create(KEY).with_context(|| format!(r"cannot open HKCU\{KEY}"))?;
    key.set_string(VALUE, &text).with_context(|| format!("cannot write {}", place()))?;
    // Asking for it again takes back what was switched off there; absent means on.
    if let Ok(approved) = CURRENT_USER.options().read().write().open(APPROVED_KEY) {
        let _ = approved.remove_value(VALUE);
    }
    Ok(State { on: true, place: Some(place()), notes: Vec::new() })
}

pub(super) async fn off() -> anyhow::Result<State> {
    refuse_foreign()?;
    if value().is_some() {
        let key = CURRENT_USER.create(KEY).with_context(|| format!(r"cannot open HKCU\{KEY}"))?;
        key.remove_value(VALUE).with_context(|| format!("cannot remove {}", place()))?;
    }
    Ok(State::default())
}

pub(super) async fn state() -> anyhow::Result<State> {
    let mut state = State::default();
    match value() {
        Some(text) if !text::is_run_value(&text) => {
            state.notes.push(format!("{} is there, but `headgate autostart on` did not make it", place()));
        }
        Some(_) if is_switched_off() => state.notes.push(
            "it is switched off in the Task Manager; `headgate autostart on` switches it on".to_owned(),
        ),
        Some(_) => {
            state.on = true;
            state.place = Some(place());
        }
        None => {}
    }
    Ok(state)
}

fn value() -> Option<String> {
    CURRENT_USER.open(KEY).and_then(|key| key.get_string(VALUE)).ok()
}

fn is_switched_off() -> bool {
    let value = CURRENT_USER.open(APPROVED_KEY).and_then(|key| key.get_value(VALUE));
    value.is_ok_and(|value| value.first().is_some_and(|byte| byte % 2 == 1))
}

fn refuse_foreign() -> anyhow::Result<()> {
    if value().is_some_and(|text| !text::is_run_value(&text)) {
        bail!("{} was not made by `headgate autostart on`, so it is left as it is; remove it first", place());
    }
    Ok(())
}

fn place() -> String {
    format!(r"HKCU\{KEY}\{VALUE}")
}
