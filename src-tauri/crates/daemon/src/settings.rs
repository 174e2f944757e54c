//! The settings as they hold: the default, what the database keeps, and the environment, which wins. One
//! owner changes them while the gateway runs.

use std::{
    collections::BTreeMap,
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use headgate_api::{Problem, SettingSource, SettingView, code};
use headgate_model::{SETTINGS, SecretStoreKind, Setting, Settings, Unit, setting};
use headgate_store::{SettingChanges, Store};
use serde_json::Value;

/// Values by key, as text.
type Texts = BTreeMap<String, String>;

/// Knows where the value of each setting comes from. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Tuning {
    kept: Arc<Mutex<Texts>>,
    /// What was kept when the gateway started: what needs a restart still holds so.
    at_start: Arc<Texts>,
    environment: Arc<Texts>,
}

impl Tuning {
    /// Reads what is kept and what the environment says. A variable that makes no sense stops the start;
    /// what is kept and makes none any more is left out, since a person could not mend it otherwise.
    pub(crate) async fn read(store: &Store) -> anyhow::Result<Self> {
        let kept = store.settings().await.context("read the settings")?;
        let environment: Texts = SETTINGS.iter().filter_map(from_environment).collect();
        for (key, text) in &environment {
            if let Some(row) = setting(key) {
                row.write(&mut Settings::default(), text).context("read the environment")?;
            }
        }
        for (key, text) in &kept {
            let row = setting(key);
            if let Some(Err(error)) = row.map(|row| row.write(&mut Settings::default(), text)) {
                tracing::warn!("{error}; the kept value does not hold");
            }
        }
        let at_start = Arc::new(kept.clone());
        Ok(Self { kept: Arc::new(Mutex::new(kept)), at_start, environment: environment.into() })
    }

    /// The settings as they hold now.
    pub(crate) fn settings(&self) -> Settings {
        let kept = self.kept();
        let mut settings = Settings::default();
        for row in SETTINGS {
            let texts = [kept.get(row.key), self.environment.get(row.key)];
            for text in texts.into_iter().flatten() {
                // What makes no sense was warned of when it was read, and changes nothing.
                let _ = row.write(&mut settings, text);
            }
        }
        settings
    }

    /// What each setting is and where that comes from.
    pub(crate) fn views(&self) -> Vec<SettingView> {
        let settings = self.settings();
        SETTINGS.iter().map(|row| self.view(row, &settings)).collect()
    }

    fn view(&self, row: &Setting, settings: &Settings) -> SettingView {
        let kept = self.kept().get(row.key).cloned();
        let from_environment = self.environment.get(row.key).cloned();
        let default = row.read(&Settings::default());
        let source = match (&from_environment, &kept) {
            (Some(_), _) => SettingSource::Environment,
            (None, Some(_)) => SettingSource::Kept,
            (None, None) => SettingSource::Default,
        };
        let needs_restart = row.at_start && kept.as_ref() != self.at_start.get(row.key);
        let value = match row.at_start {
            true => from_environment.or(kept).or(default.clone()),
            false => row.read(settings),
        };
        SettingView {
            key: row.key.to_owned(),
            value: json(row.unit, value),
            default: json(row.unit, default),
            source,
            unit: row.unit,
            meaning: row.meaning().to_owned(),
            at_start: row.at_start,
            needs_restart,
        }
    }

    /// What is kept of the settings that a person may change.
    pub(crate) fn kept_values(&self) -> BTreeMap<String, Value> {
        let kept = self.kept();
        let value = |row: &Setting| Some((row.key.to_owned(), json(row.unit, kept.get(row.key).cloned())?));
        SETTINGS.iter().filter_map(value).collect()
    }

    /// Takes what was just written to the database.
    pub(crate) fn written(&self, changes: &SettingChanges) {
        let mut kept = self.kept();
        for (key, value) in changes {
            match value {
                Some(value) => kept.insert(key.clone(), value.clone()),
                None => kept.remove(key),
            };
        }
    }

    fn kept(&self) -> MutexGuard<'_, Texts> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks new values; `null` forgets one.
pub(crate) fn checked(changes: &BTreeMap<String, Value>) -> Result<SettingChanges, Problem> {
    let invalid = |detail: String| Problem::new(400, code::INVALID, detail);
    let check = |(key, value): (&String, &Value)| {
        let row = setting(key).ok_or_else(|| {
            invalid(format!("there is no setting `{key}`"))
                .advise("`headgate settings` tells which there are".to_owned())
        })?;
        let text = match value {
            Value::Null => return Ok((key.clone(), None)),
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        row.write(&mut Settings::default(), &text).map_err(|error| invalid(error.to_string()))?;
        Ok((key.clone(), Some(text)))
    };
    changes.iter().map(check).collect()
}

fn from_environment(row: &Setting) -> Option<(String, String)> {
    // Port 0 is an order for one start and nothing that could be kept.
    let text = env::var(format!("HEADGATE_{}", row.key.to_ascii_uppercase())).ok()?;
    let says_nothing = text.is_empty() || (row.key == "port" && text == "0");
    (!says_nothing).then(|| (row.key.to_owned(), text))
}

/// The text of a value as the JSON that fits its unit.
fn json(unit: Unit, text: Option<String>) -> Option<Value> {
    let text = text?;
    let read = match unit {
        Unit::Seconds | Unit::Count | Unit::Switch => serde_json::from_str(&text).ok(),
        Unit::Choice => None,
    };
    Some(read.unwrap_or(Value::String(text)))
}

/// Where secrets go. A choice is kept, since whoever starts the gateway next may be a face that does not
/// know of it.
pub(crate) async fn secret_store(
    store: &Store,
    chosen: Option<SecretStoreKind>,
) -> anyhow::Result<SecretStoreKind> {
    const KEY: &str = "secret_store";
    if let Some(kind) = chosen {
        store.set_setting(KEY, word(kind)).await.context("keep the choice of the secret store")?;
        return Ok(kind);
    }
    let kept = store.setting(KEY).await.with_context(|| format!("read setting `{KEY}`"))?;
    Ok(match kept.as_deref() {
        Some(kept) if kept == word(SecretStoreKind::File) => SecretStoreKind::File,
        _ => SecretStoreKind::Keychain,
    })
}

fn word(kind: SecretStoreKind) -> &'static str {
    match kind {
        SecretStoreKind::Keychain => "keychain",
        SecretStoreKind::File => "file",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_choice_of_the_secret_store_is_kept() {
        let path = std::env::temp_dir().join(format!("headgate-settings-{}.db", std::process::id()));
        let store = Store::open(&path).await.unwrap();
        let check = async |chosen, expected| {
            assert_eq!(secret_store(&store, chosen).await.unwrap(), expected, "{chosen:?}");
        };
        check(None, SecretStoreKind::Keychain).await;
        check(Some(SecretStoreKind::File), SecretStoreKind::File).await;
        check(None, SecretStoreKind::File).await;
        check(Some(SecretStoreKind::Keychain), SecretStoreKind::Keychain).await;
        check(None, SecretStoreKind::Keychain).await;
        store.close().await.unwrap();
        std::fs::remove_file(path).unwrap();
    }

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_environment_wins_over_what_is_kept_over_the_default() {
        let kept =
            texts(&[("call_timeout", "7"), ("session_life", "8"), ("page_size", "none"), ("port", "4290")]);
        let tuning = Tuning {
            at_start: Arc::new(kept.clone()),
            kept: Arc::new(Mutex::new(kept)),
            environment: Arc::new(texts(&[("session_life", "9")])),
        };
        let settings = tuning.settings();
        assert_eq!(settings.call_timeout, Duration::from_secs(7));
        assert_eq!(settings.session_life, Duration::from_secs(9));
        assert_eq!(settings.page_size, Settings::default().page_size, "nonsense that is kept is passed over");

        let check = |key: &str, value: Value, source: SettingSource, needs_restart: bool| {
            let views = tuning.views();
            let view = views.iter().find(|view| view.key == key).unwrap();
            let found = (view.value.clone(), view.source, view.needs_restart);
            assert_eq!(found, (Some(value), source, needs_restart), "{key}");
        };
        check("call_timeout", json!(7), SettingSource::Kept, false);
        check("session_life", json!(9), SettingSource::Environment, false);
        check("start_timeout", json!(60), SettingSource::Default, false);
        check("port", json!(4290), SettingSource::Kept, false);
        check("secret_store", json!("keychain"), SettingSource::Default, false);
        let changes = checked(&BTreeMap::from([
            ("port".to_owned(), json!(4291)),
            ("call_timeout".to_owned(), Value::Null),
        ]));
        tuning.written(&changes.unwrap());
        check("port", json!(4291), SettingSource::Kept, true);
        check("call_timeout", json!(300), SettingSource::Default, false);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_sentence() {
        let check = |key: &str, value: Value, part: &str| {
            let problem = checked(&BTreeMap::from([(key.to_owned(), value)])).unwrap_err();
            assert!(problem.status == 400 && problem.detail.contains(part), "{problem:?}");
        };
        check("colour", json!("red"), "there is no setting `colour`");
        check("call_timeout", json!("soon"), "not `soon`");
        check("call_timeout", json!([1]), "not `[1]`");
        check("page_size", json!(0.5), "a whole number");
        check("secret_store", json!(true), "`keychain` or `file`");
    }
}
