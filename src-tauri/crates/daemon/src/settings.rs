//! Reads the settings: the default, what the database keeps, and the environment, which wins.

use std::{env, time::Duration};

use anyhow::Context;
use headgate_model::{SecretStoreKind, Settings};
use headgate_store::Store;

/// All settings as they hold for this run.
pub(crate) async fn read(store: &Store) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    let durations = [
        ("start_timeout", &mut settings.start_timeout),
        ("call_timeout", &mut settings.call_timeout),
        ("upstream_sleep", &mut settings.upstream_sleep),
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
    if let Some(text) = value(store, "memory_limit").await? {
        let limit: u64 =
            text.parse().with_context(|| format!("setting `memory_limit`: `{text}` is no number of MiB"))?;
        settings.memory_limit_mib = Some(limit).filter(|limit| *limit > 0);
    }
    Ok(settings)
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

    #[test]
    fn durations_are_seconds() {
        assert_eq!(seconds("x", "0.5").unwrap(), Duration::from_millis(500));
        assert!(seconds("x", "-1").is_err());
        assert!(seconds("x", "soon").is_err());
    }
}
