//! The database: one file, one thread that owns its connection, one handle.
//!
//! Opens and checks the file, brings its tables up to date and closes it. The tables and their
//! queries are in `upstreams`, `catalogs`, `clients`, `sessions`, `settings` and `activity`.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use headgate_model::ClientName;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, config::DbConfig};

use crate::{
    activity, catalogs, clients, platform, secret_times, sessions, settings, upstreams, worker::Worker,
};

/// A handle to the database.
#[derive(Clone)]
pub struct Store {
    worker: Worker<Connection>,
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or read.
    #[error("open database `{}`", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A later version of Headgate has changed the tables.
    #[error(
        "database `{}` was written by a newer headgate (it has version {found}, this program knows {known}); \
         it was left as it is: start the newer program, or update this one",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version of its tables.
        found: usize,
        /// The version this program would make.
        known: usize,
    },
    /// The file is not a sound SQLite database.
    #[error(
        "database `{}` is damaged ({detail}); it was left as it is: put a copy back, or move it away to start afresh",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// SQLite refused.
    #[error("query the database")]
    Sql(#[from] rusqlite::Error),
    /// What is stored under a name no longer makes sense.
    #[error("read {what} `{name}` from the database")]
    Unreadable {
        /// The kind of thing.
        what: &'static str,
        /// Its name, as stored.
        name: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A definition that has no JSON form, such as a folder whose name is not Unicode.
    #[error("write {what} `{name}` as JSON")]
    Unwritable {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The name is taken.
    #[error("client `{0}` already exists")]
    Exists(ClientName),
    /// The database was closed, or its thread has ended.
    #[error("the database is closed")]
    Closed,
}

/// Every change to the tables since the first, oldest first. Only ever append: their number is the
/// version of the file (`user_version`).
const MIGRATIONS: &[&str] = &[
    settings::CREATE,
    upstreams::CREATE,
    clients::CREATE,
    sessions::CREATE,
    catalogs::CREATE,
    activity::CREATE,
    secret_times::CREATE,
];

/// The daemon owns the file, but a person may look into it with a tool: wait for the tool's lock,
/// and give up before a client does.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the database, makes it if it is missing, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let connection = blocking(move || open_connection(&path)).await?;
        Ok(Self { worker: Worker::start("headgate-database", connection) })
    }

    /// Runs a query on the thread of the database.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.worker.run(query).await.unwrap_or(Err(StoreError::Closed))
    }

    /// Finishes what is queued, writes everything into the one file and closes it. Other handles
    /// get `Closed` from then on.
    pub async fn close(self) -> Result<(), StoreError> {
        let connection = self.worker.stop().await.ok_or(StoreError::Closed)?;
        blocking(move || close_connection(connection)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed))
}

fn open_connection(path: &Path) -> Result<Connection, StoreError> {
    // SQLite gives the files it puts beside the database the mode of the database.
    platform::make_private(path).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Until the file has been found sound, nothing may move into it from the log of a crashed run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    check(&connection, path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    // FULL: an acknowledged write survives a power cut as well as a crash. Writes are rare enough
    // to wait for the disk.
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Refuses a file that is damaged or too new, before anything is written.
fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let damaged = |detail| StoreError::Damaged { path: path.to_owned(), detail };
    let known = MIGRATIONS.len();
    match inspect(connection) {
        Ok((found, _)) if found > known => Err(StoreError::Newer { path: path.to_owned(), found, known }),
        Ok((_, verdict)) if verdict == "ok" => Ok(()),
        Ok((_, verdict)) => Err(damaged(verdict)),
        Err(error) if tells_damage(&error) => Err(damaged(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn inspect(connection: &Connection) -> rusqlite::Result<(usize, String)> {
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((version(connection)?, verdict))
}

fn tells_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).map(|v| v as usize)
}

/// Applies what is missing, all or nothing.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version(&transaction)?) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index as u32 + 1)?;
    }
    Ok(transaction.commit()?)
}

fn close_connection(connection: Connection) -> Result<(), StoreError> {
    // Closing does this by itself, but would not tell of a full disk.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error.into())
}
