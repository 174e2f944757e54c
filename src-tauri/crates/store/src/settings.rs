//! The table of settings: what a person changed, as text under a key.
//!
//! Keys, defaults and meaning belong to the callers.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE settings (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// New values by key; `None` forgets one.
pub type SettingChanges = BTreeMap<String, Option<String>>;

impl Store {
    /// A setting, if it was ever set.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.run(move |connection| get(connection, &key)).await
    }

    /// Everything that was set.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.run(|connection| list(connection)).await
    }

    /// Sets settings, or forgets those without a value: all or nothing.
    pub async fn write_settings(&self, changes: SettingChanges) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            write(&transaction, &changes)?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Sets a setting.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.run(move |connection| set(connection, &key, &value)).await
    }
}

fn list(connection: &Connection) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement = connection.prepare("SELECT key, value FROM settings")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Within a transaction of the caller's.
pub(crate) fn write(connection: &Connection, changes: &SettingChanges) -> Result<(), StoreError> {
    for (key, value) in changes {
        match value {
            Some(value) => set(connection, key, value)?,
            None => {
                connection.execute("DELETE FROM settings WHERE key = ?1", [key])?;
            }
        }
    }
    Ok(())
}

fn get(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let value = connection.query_row("SELECT value FROM settings WHERE key = ?1", [key], |row| row.get(0));
    Ok(value.optional()?)
}

fn set(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO settings (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )?;
    Ok(())
}
