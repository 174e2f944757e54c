//! `headgate settings`: what a person may tune, where each value comes from, and changes to it.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use headgate_api::{Client, Home, SettingList, SettingSource, SettingView, SettingsPatch};
use headgate_model::Unit;
use serde_json::Value;

use crate::{
    args::{SettingCommand, SettingsArgs},
    failure::Failure,
    output,
    table::{Table, cell},
};

/// `headgate settings`, `settings set` and `settings unset`
pub(crate) async fn run(args: SettingsArgs) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    let (key, value, json) = match args.command {
        None => return list(&client.settings().await?, args.output.json),
        Some(SettingCommand::Set { key, value, output }) => (key, Value::String(value), output.json),
        Some(SettingCommand::Unset { key, output }) => (key, Value::Null, output.json),
    };
    let patch = SettingsPatch([(key.clone(), value)].into());
    let mut settings = client.patch_settings(&patch).await?.settings;
    settings.retain(|setting| setting.key == key);
    match (json, settings.first()) {
        (true, _) => output::print_json(&settings.first()),
        (false, Some(setting)) => output::print(&outcome(setting)),
        (false, None) => Ok(()),
    }
}

fn list(list: &SettingList, json: bool) -> Result<(), Failure> {
    match json {
        true => output::print_json(list),
        false => output::print(&table(&list.settings)),
    }
}

fn table(settings: &[SettingView]) -> String {
    let mut table = Table::new(["SETTING", "VALUE", "FROM", "MEANING"]);
    for setting in settings {
        let waits = if setting.needs_restart { " (after a restart)" } else { "" };
        table.row([
            cell(&setting.key),
            cell(value_text(setting)),
            cell(format!("{}{waits}", setting.source.word())),
            cell(&setting.meaning),
        ]);
    }
    table.to_string()
}

fn outcome(setting: &SettingView) -> String {
    let SettingView { key, source, .. } = setting;
    let mut text = format!("{key} = {} ({})", value_text(setting), source.word());
    if *source == SettingSource::Environment {
        let variable = format!("HEADGATE_{}", key.to_ascii_uppercase());
        let _ = write!(text, "; {variable} of the gateway's environment wins over what is kept");
    }
    if setting.needs_restart {
        text.push_str("; it holds after `headgate restart`");
    }
    text
}

fn value_text(setting: &SettingView) -> String {
    match (&setting.value, setting.unit) {
        (None, _) => "-".to_owned(),
        (Some(value), Unit::Seconds) => format!("{value} s"),
        (Some(Value::String(text)), _) => text.clone(),
        (Some(value), _) => value.to_string(),
    }
}
