//! The table of when secrets were set: what people may know of them. The values lie in the secret store.

use std::collections::HashMap;

use headgate_model::SecretRef;

use crate::{Store, StoreError};

/// Secrets of earlier versions are not in it.
pub(crate) const CREATE: &str = "
    CREATE TABLE secret_times (
        reference TEXT PRIMARY KEY,
        set_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;";

impl Store {
    /// When each secret was set, in milliseconds since 1970.
    pub async fn secret_times(&self) -> Result<HashMap<SecretRef, u64>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT reference, set_ms FROM secret_times")?;
            let times = statement
                .query_map([], |row| Ok((SecretRef(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned())))?;
            Ok(times.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Notes that a secret was set.
    pub async fn note_secret(&self, secret: &SecretRef, set_ms: u64) -> Result<(), StoreError> {
        let reference = secret.0.clone();
        self.run(move |connection| {
            let sql = "INSERT OR REPLACE INTO secret_times (reference, set_ms) VALUES (?1, ?2)";
            connection.execute(sql, (reference, set_ms.cast_signed()))?;
            Ok(())
        })
        .await
    }

    /// Forgets that a secret was there.
    pub async fn forget_secret(&self, secret: &SecretRef) -> Result<(), StoreError> {
        let reference = secret.0.clone();
        self.run(move |connection| {
            connection.execute("DELETE FROM secret_times WHERE reference = ?1", [reference])?;
            Ok(())
        })
        .await
    }
}
