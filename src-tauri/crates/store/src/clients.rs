//! The table of clients: who may come in, known by the hash of a key.
//!
//! The key itself is shown once and kept by the client alone; comparing hashes is the caller's.

use headgate_model::ClientName;
use rusqlite::Connection;

use crate::{Store, StoreError};

pub(crate) const CREATE: &str = "
    CREATE TABLE clients (
        position INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        key_sha256 BLOB NOT NULL CHECK (length(key_sha256) = 32),
        created_ms INTEGER NOT NULL
    ) STRICT;";

/// A client as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRecord {
    /// Unique among clients.
    pub name: ClientName,
    /// The hash of its key.
    pub key_sha256: [u8; 32],
    /// When it was added, in milliseconds since 1970.
    pub created_ms: u64,
}

impl Store {
    /// All clients, in the order in which they were added.
    pub async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        self.run(|connection| list(connection)).await
    }

    /// Adds a client; `StoreError::Exists` when the name is taken.
    pub async fn add_client(&self, client: ClientRecord) -> Result<(), StoreError> {
        self.run(move |connection| add(connection, client)).await
    }

    /// Gives a client another key; false when there is none of that name.
    pub async fn set_client_key(&self, name: &ClientName, key_sha256: [u8; 32]) -> Result<bool, StoreError> {
        let name = name.clone();
        self.run(move |connection| {
            let sql = "UPDATE clients SET key_sha256 = ?2 WHERE name = ?1";
            Ok(connection.execute(sql, (name.as_str(), key_sha256))? > 0)
        })
        .await
    }

    /// Removes a client; false when there is none of that name.
    pub async fn remove_client(&self, name: &ClientName) -> Result<bool, StoreError> {
        let name = name.clone();
        self.run(move |connection| remove(connection, &name)).await
    }
}

fn list(connection: &Connection) -> Result<Vec<ClientRecord>, StoreError> {
    let mut statement =
        connection.prepare("SELECT name, key_sha256, created_ms FROM clients ORDER BY position")?;
    let mut rows = statement.query([])?;
    let mut clients = Vec::new();
    while let Some(row) = rows.next()? {
        clients.push(ClientRecord {
            name: read_name(row.get(0)?)?,
            key_sha256: row.get(1)?,
            created_ms: row.get::<_, i64>(2)?.cast_unsigned(),
        });
    }
    Ok(clients)
}

fn read_name(name: String) -> Result<ClientName, StoreError> {
    name.parse().map_err(|error| StoreError::Unreadable {
        what: "client",
        name,
        source: Box::<headgate_model::InvalidName>::new(error),
    })
}

pub(crate) fn add(connection: &Connection, client: ClientRecord) -> Result<(), StoreError> {
    let added = connection.execute(
        "INSERT INTO clients (name, key_sha256, created_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO NOTHING",
        // SQLite has signed integers only: the same 64 bits go in and come out.
        (client.name.as_str(), client.key_sha256, client.created_ms.cast_signed()),
    )?;
    if added == 0 { Err(StoreError::Exists(client.name)) } else { Ok(()) }
}

pub(crate) fn remove(connection: &Connection, name: &ClientName) -> Result<bool, StoreError> {
    Ok(connection.execute("DELETE FROM clients WHERE name = ?1", [name.as_str()])? > 0)
}
