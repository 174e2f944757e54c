//! The table of upstreams: their definitions as JSON, in the order of their registration.
//!
//! Secret values never get here: a definition holds references into the secret store.

use headgate_model::{UpstreamName, UpstreamSpec};
use rusqlite::Connection;

use crate::{Store, StoreError};

/// The position is the row id, which SQLite chooses above all others.
pub(crate) const CREATE: &str = "
    CREATE TABLE upstreams (
        position INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        spec TEXT NOT NULL
    ) STRICT;";

impl Store {
    /// All upstreams, in the order of their registration.
    pub async fn upstreams(&self) -> Result<Vec<UpstreamSpec>, StoreError> {
        self.run(|connection| list(connection)).await
    }

    /// Adds an upstream at the end, or replaces the one of that name in its place.
    pub async fn put_upstream(&self, spec: UpstreamSpec) -> Result<(), StoreError> {
        self.run(move |connection| put(connection, &spec)).await
    }

    /// Removes an upstream; false when there is none of that name.
    pub async fn remove_upstream(&self, name: &UpstreamName) -> Result<bool, StoreError> {
        let name = name.clone();
        self.run(move |connection| remove(connection, &name)).await
    }
}

fn list(connection: &Connection) -> Result<Vec<UpstreamSpec>, StoreError> {
    let mut statement = connection.prepare("SELECT name, spec FROM upstreams ORDER BY position")?;
    let mut rows = statement.query([])?;
    let mut specs = Vec::new();
    while let Some(row) = rows.next()? {
        specs.push(read(row.get(0)?, row.get(1)?)?);
    }
    Ok(specs)
}

fn read(name: String, spec: String) -> Result<UpstreamSpec, StoreError> {
    serde_json::from_str(&spec).map_err(|error| StoreError::Unreadable {
        what: "upstream",
        name,
        source: error.into(),
    })
}

pub(crate) fn put(connection: &Connection, spec: &UpstreamSpec) -> Result<(), StoreError> {
    let name = spec.name.as_str();
    let spec = serde_json::to_string(spec).map_err(|source| StoreError::Unwritable {
        what: "upstream",
        name: name.to_owned(),
        source,
    })?;
    connection.execute(
        "INSERT INTO upstreams (name, spec) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET spec = excluded.spec",
        (name, spec),
    )?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, name: &UpstreamName) -> Result<bool, StoreError> {
    Ok(connection.execute("DELETE FROM upstreams WHERE name = ?1", [name.as_str()])? > 0)
}
