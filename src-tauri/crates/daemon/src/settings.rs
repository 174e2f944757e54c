//! Reads the settings: the default, what the database keeps, and the environment, which wins.

use std::{env, time::Duration};

use anyhow::Context;
use headgate_model::Settings;
use headgate_store::Store;

/// All settings as they hold for this run.
pub(crate) async fn read(store: &Store) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    let durations = [
        ("start_timeout", &mut settings.start_timeout),
        ("call_timeout", &mut settings.call_timeout),
        ("session_sleep", &mut settings.session_sleep),
        ("session_life", &mut settings.session_life),
    ];
    for (key, place) in durations {
        if let Some(text) = value(store, key).await? {
            *place = seconds(key, &text)?;
        }
    }
    let counts = [("max_sessions", &mut settings.max_sessions), ("page_size", &mut settings.page_size)];
    for (key, place) in counts {
        if let Some(text) = value(store, key).await? {
            let count: usize =
                text.parse().with_context(|| format!("setting `{key}`: `{text}` is no number"))?;
            *place = count.max(1);
        }
    }
    Ok(settings)
}

async fn value(store: &Store, key: &str) -> anyhow::Result<Option<String>> {
    match env::var(format!("HEADGATE_{}", key.to_ascii_uppercase())) {
        Ok(text) if !text.is_empty() => Ok(Some(text)),
        _ => store.setting(key).await.with_context(|| format!("read setting `{key}`")),
    }
}

fn seconds(key: &str, text: &str) -> anyhow::Result<Duration> {
    let seconds: f64 =
        text.parse().with_context(|| format!("setting `{key}`: `{text}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).with_context(|| format!("setting `{key}`: `{text}` is no duration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        assert_eq!(seconds("x", "0.5").unwrap(), Duration::from_millis(500));
        assert!(seconds("x", "-1").is_err());
        assert!(seconds("x", "soon").is_err());
    }
}
