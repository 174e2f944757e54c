//! The table of client sessions, so that clients go on with theirs after a restart.
//!
//! An id is its session's secret, so only its hash is kept.

use rusqlite::Connection;

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE sessions (
        id_sha256 BLOB PRIMARY KEY CHECK (length(id_sha256) = 32),
        record TEXT NOT NULL,
        last_used_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The hash of its id.
    pub id_sha256: [u8; 32],
    /// What was negotiated, as JSON; its meaning is the gateway's.
    pub record: String,
    /// When it was last used, in milliseconds since 1970.
    pub last_used_ms: u64,
}

/// What happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionWrite {
    /// It is new, or something of it changed.
    Keep(SessionRecord),
    /// It was used.
    Touch([u8; 32], u64),
    /// It is over.
    Forget([u8; 32]),
}

impl Store {
    /// The newest `limit` sessions; older ones are forgotten.
    pub async fn sessions(&self, limit: usize) -> Result<Vec<SessionRecord>, StoreError> {
        self.run(move |connection| newest(connection, limit)).await
    }

    /// Writes what happened to sessions, all at once.
    pub async fn write_sessions(&self, writes: Vec<SessionWrite>) -> Result<(), StoreError> {
        self.run(move |connection| write(connection, writes)).await
    }
}

fn newest(connection: &mut Connection, limit: usize) -> Result<Vec<SessionRecord>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection.execute(
        "DELETE FROM sessions WHERE id_sha256 NOT IN
         (SELECT id_sha256 FROM sessions ORDER BY last_used_ms DESC LIMIT ?1)",
        [limit],
    )?;
    let mut statement = connection
        .prepare("SELECT id_sha256, record, last_used_ms FROM sessions ORDER BY last_used_ms DESC")?;
    let rows = statement.query_map([], |row| {
        Ok(SessionRecord {
            id_sha256: row.get(0)?,
            record: row.get(1)?,
            last_used_ms: row.get::<_, i64>(2)?.cast_unsigned(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn write(connection: &mut Connection, writes: Vec<SessionWrite>) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    for write in writes {
        match write {
            SessionWrite::Keep(session) => transaction.execute(
                "INSERT INTO sessions (id_sha256, record, last_used_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id_sha256) DO UPDATE SET record = ?2, last_used_ms = ?3",
                (session.id_sha256, session.record, session.last_used_ms.cast_signed()),
            ),
            SessionWrite::Touch(id, at_ms) => transaction.execute(
                "UPDATE sessions SET last_used_ms = ?2 WHERE id_sha256 = ?1",
                (id, at_ms.cast_signed()),
            ),
            SessionWrite::Forget(id) => {
                transaction.execute("DELETE FROM sessions WHERE id_sha256 = ?1", [id])
            }
        }?;
    }
    Ok(transaction.commit()?)
}
