//! The table of what upstreams offered when they were last listed, so that lists are answered before anything
//! is started.

use rusqlite::Connection;

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE catalogs (
        fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 32),
        upstream TEXT NOT NULL,
        offer TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        listed_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX catalogs_of_upstream ON catalogs (upstream, listed_ms);";

/// Definitions of one upstream that are remembered: those of its projects, and a few that were changed.
const MAX_FOR_UPSTREAM: i64 = 64;

/// What is known of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRecord {
    /// Hash of the definition.
    pub fingerprint: [u8; 32],
    /// Whose definition it is.
    pub upstream: String,
    /// What it offered, as JSON; its meaning is the gateway's.
    pub offer: String,
    /// How long its last start took, in milliseconds; 0 when nobody knows.
    pub start_ms: u64,
    /// When it was listed, in milliseconds since 1970.
    pub listed_ms: u64,
}

impl Store {
    /// What is known of the upstreams that are registered, in the order in which it was found out. Everything else is
    /// forgotten.
    pub async fn catalogs(&self) -> Result<Vec<CatalogRecord>, StoreError> {
        self.run(|connection| all(connection)).await
    }

    /// Keeps what an upstream offers now. The oldest of too many definitions are forgotten.
    pub async fn put_catalog(&self, record: CatalogRecord) -> Result<(), StoreError> {
        self.run(move |connection| put(connection, &record)).await
    }

    /// Notes that a definition was started, and listed as before, and how long that took.
    pub async fn note_start(
        &self,
        fingerprint: [u8; 32],
        start_ms: u64,
        listed_ms: u64,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            let sql = "UPDATE catalogs SET start_ms = ?2, listed_ms = ?3 WHERE fingerprint = ?1";
            connection.execute(sql, (fingerprint, start_ms.cast_signed(), listed_ms.cast_signed()))?;
            Ok(())
        })
        .await
    }
}

fn all(connection: &Connection) -> Result<Vec<CatalogRecord>, StoreError> {
    connection.execute("DELETE FROM catalogs WHERE upstream NOT IN (SELECT name FROM upstreams)", [])?;
    let mut statement = connection.prepare(
        "SELECT fingerprint, upstream, offer, start_ms, listed_ms FROM catalogs ORDER BY listed_ms",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(CatalogRecord {
            fingerprint: row.get(0)?,
            upstream: row.get(1)?,
            offer: row.get(2)?,
            start_ms: row.get::<_, i64>(3)?.cast_unsigned(),
            listed_ms: row.get::<_, i64>(4)?.cast_unsigned(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn put(connection: &mut Connection, record: &CatalogRecord) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO catalogs (fingerprint, upstream, offer, start_ms, listed_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (fingerprint) DO UPDATE SET upstream = ?2, offer = ?3, start_ms = ?4, listed_ms = ?5",
        (
            record.fingerprint,
            &record.upstream,
            &record.offer,
            record.start_ms.cast_signed(),
            record.listed_ms.cast_signed(),
        ),
    )?;
    transaction.execute(
        "DELETE FROM catalogs WHERE upstream = ?1 AND fingerprint NOT IN
         (SELECT fingerprint FROM catalogs WHERE upstream = ?1 ORDER BY listed_ms DESC LIMIT ?2)",
        (&record.upstream, MAX_FOR_UPSTREAM),
    )?;
    Ok(transaction.commit()?)
}
