//! The table of settings: what a person changed, as text under a key.
//!
//! Keys, defaults and meaning belong to the callers.

use rusqlite::{Connection, OptionalExtension};

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE settings (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;";

impl Store {
    /// A setting, if it was ever set.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.run(move |connection| get(connection, &key)).await
    }

    /// Sets a setting.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.run(move |connection| set(connection, &key, &value)).await
    }
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
