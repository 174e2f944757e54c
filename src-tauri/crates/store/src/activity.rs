//! The tables of recorded calls. Many are written in one transaction, which also forgets those that are
//! too old or too many; the numbers that tell what that is come from the caller.
//!
//! Numbers of calls rise and are never used again, so a page of newer or older calls can be asked for by
//! one. What the words mean, and that nothing in here is secret, is up to the callers.

mod query;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::{Store, StoreError};
pub use query::{CallFilter, CallPoint};

pub(crate) const CREATE: &str = "
    CREATE TABLE activity (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        session TEXT NOT NULL,
        client TEXT NOT NULL,
        project TEXT,
        upstream TEXT,
        method TEXT NOT NULL,
        target TEXT,
        duration_us INTEGER NOT NULL,
        request_bytes INTEGER NOT NULL,
        answer_bytes INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        code INTEGER
    ) STRICT;
    CREATE INDEX activity_at ON activity (at_ms);
    CREATE INDEX activity_upstream ON activity (upstream, id);
    CREATE INDEX activity_client ON activity (client, id);
    CREATE TABLE activity_bodies (
        id INTEGER PRIMARY KEY REFERENCES activity (id) ON DELETE CASCADE,
        request TEXT NOT NULL,
        answer TEXT NOT NULL
    ) STRICT;";

/// Calls whose bodies stay in the database: at most 32 KiB each, so 64 MiB in all.
const MAX_KEPT_BODIES: i64 = 2_000;

/// A call that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The first characters of its session's id.
    pub session: String,
    /// The client's name.
    pub client: String,
    /// The project that the client works in.
    pub project: Option<String>,
    /// Who answered.
    pub upstream: Option<String>,
    /// For example `tools/call`.
    pub method: String,
    /// The tool, prompt or URI.
    pub target: Option<String>,
    /// From its arrival to its answer, in microseconds.
    pub duration_us: u64,
    /// Size of its parameters.
    pub request_bytes: u64,
    /// Size of its result or error.
    pub answer_bytes: u64,
    /// The word for what came of it.
    pub outcome: String,
    /// The code of an error.
    pub code: Option<i64>,
    /// Parameters and result, when they are to be kept here.
    pub bodies: Option<Arc<(String, String)>>,
}

/// A recorded call and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// Rises from call to call, in the order in which they ended.
    pub id: i64,
    /// The call; its bodies are read by [`Store::call_bodies`].
    pub call: NewCall,
}

/// How many recorded calls stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Calls that began before this are forgotten, in milliseconds since 1970.
    pub oldest_ms: u64,
    /// The newest so many stay.
    pub rows: usize,
}

impl Store {
    /// Writes calls, all at once, and forgets what is beyond the bounds. Answers their numbers.
    pub async fn record_calls(&self, calls: Vec<NewCall>, bounds: Bounds) -> Result<Vec<i64>, StoreError> {
        self.run(move |connection| record(connection, &calls, bounds)).await
    }

    /// Parameters and result of a call, while they are kept.
    pub async fn call_bodies(&self, id: i64) -> Result<Option<(String, String)>, StoreError> {
        self.run(move |connection| query::bodies(connection, id)).await
    }

    /// One recorded call.
    pub async fn recorded_call(&self, id: i64) -> Result<Option<CallRow>, StoreError> {
        self.run(move |connection| query::one(connection, id)).await
    }

    /// The newest `limit` calls that fit, those that began to be written before number `before`.
    pub async fn recorded_calls(&self, filter: CallFilter) -> Result<Vec<CallRow>, StoreError> {
        self.run(move |connection| query::page(connection, &filter)).await
    }

    /// Time, duration and fate of every call that fits and began at `since_ms` or later.
    pub async fn call_points(&self, since_ms: u64, filter: CallFilter) -> Result<Vec<CallPoint>, StoreError> {
        self.run(move |connection| query::points(connection, since_ms, &filter)).await
    }

    /// Forgets every recorded call, so that nothing of it stays in the files.
    pub async fn clear_calls(&self) -> Result<(), StoreError> {
        self.run(clear).await
    }
}

fn record(connection: &mut Connection, calls: &[NewCall], bounds: Bounds) -> Result<Vec<i64>, StoreError> {
    let transaction = connection.transaction()?;
    let mut ids = Vec::with_capacity(calls.len());
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO activity (at_ms, session, client, project, upstream, method, target, duration_us,
                request_bytes, answer_bytes, outcome, code)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let mut keep = transaction
            .prepare_cached("INSERT INTO activity_bodies (id, request, answer) VALUES (?1, ?2, ?3)")?;
        for call in calls {
            let id = insert.insert(params![
                call.at_ms.cast_signed(),
                call.session,
                call.client,
                call.project,
                call.upstream,
                call.method,
                call.target,
                call.duration_us.cast_signed(),
                call.request_bytes.cast_signed(),
                call.answer_bytes.cast_signed(),
                call.outcome,
                call.code,
            ])?;
            if let Some(bodies) = &call.bodies {
                keep.execute(params![id, bodies.0, bodies.1])?;
            }
            ids.push(id);
        }
    }
    prune(&transaction, bounds)?;
    transaction.commit()?;
    Ok(ids)
}

/// Numbers have no gaps but those that a cleared table left, so counting down from the newest keeps no
/// more than it should.
fn prune(connection: &Connection, bounds: Bounds) -> rusqlite::Result<()> {
    let rows = i64::try_from(bounds.rows).unwrap_or(i64::MAX);
    connection.execute("DELETE FROM activity WHERE at_ms < ?1", [bounds.oldest_ms.cast_signed()])?;
    connection.execute("DELETE FROM activity WHERE id <= (SELECT max(id) FROM activity) - ?1", [rows])?;
    let bodies = "DELETE FROM activity_bodies WHERE id <= (SELECT max(id) FROM activity) - ?1";
    connection.execute(bodies, [MAX_KEPT_BODIES])?;
    Ok(())
}

fn clear(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch("DELETE FROM activity_bodies; DELETE FROM activity;")?;
    // Deleted rows stay readable in the file until it is written anew; what is left is small.
    connection.execute_batch("VACUUM")?;
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}
