//! Looks for recorded calls: one condition for each word of a filter, newest first.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

use super::{CallRow, NewCall};
use crate::StoreError;

/// Which recorded calls are wanted. The default wants none, since its limit is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Below this number only.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Answered by this upstream.
    pub upstream: Option<String>,
    /// Made by this client.
    pub client: Option<String>,
    /// In the session that is shown with this id.
    pub session: Option<String>,
    /// With this method.
    pub method: Option<String>,
    /// With one of these words for what came of it; all when empty.
    pub outcomes: Vec<String>,
    /// With this text somewhere in the tool, prompt or URI.
    pub text: Option<String>,
}

/// What a chart needs of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPoint {
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// In microseconds; longer than an hour counts as an hour.
    pub duration_us: u32,
    /// It failed: neither `ok` nor `cancelled`.
    pub failed: bool,
}

const COLUMNS: &str = "id, at_ms, session, client, project, upstream, method, target, duration_us, \
    request_bytes, answer_bytes, outcome, code";

/// Conditions and their values, in one order.
struct Where {
    text: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Where {
    fn of(filter: &CallFilter) -> Self {
        let mut conditions = Self { text: "TRUE".to_owned(), values: Vec::new() };
        if let Some(before) = filter.before {
            conditions.and("id < ?", before);
        }
        let equal = [
            ("upstream = ?", &filter.upstream),
            ("client = ?", &filter.client),
            ("session = ?", &filter.session),
            ("method = ?", &filter.method),
        ];
        for (condition, value) in equal {
            if let Some(value) = value {
                conditions.and(condition, value.clone());
            }
        }
        if let Some(text) = &filter.text {
            // `instr` knows no wildcards, so the text of a person needs no escapes.
            conditions.and("instr(lower(coalesce(target, '')), lower(?)) > 0", text.clone());
        }
        if !filter.outcomes.is_empty() {
            let places = vec!["?"; filter.outcomes.len()].join(", ");
            conditions.text.push_str(&format!(" AND outcome IN ({places})"));
            let values = filter.outcomes.iter().map(|word| Box::new(word.clone()) as Box<dyn ToSql>);
            conditions.values.extend(values);
        }
        conditions
    }

    fn and(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.push(Box::new(value));
    }
}

pub(super) fn page(connection: &Connection, filter: &CallFilter) -> Result<Vec<CallRow>, StoreError> {
    let mut conditions = Where::of(filter);
    conditions.values.push(Box::new(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    let sql = format!("SELECT {COLUMNS} FROM activity WHERE {} ORDER BY id DESC LIMIT ?", conditions.text);
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(conditions.values), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn one(connection: &Connection, id: i64) -> Result<Option<CallRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM activity WHERE id = ?1");
    Ok(connection.query_row(&sql, [id], read).optional()?)
}

pub(super) fn bodies(connection: &Connection, id: i64) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT request, answer FROM activity_bodies WHERE id = ?1";
    Ok(connection.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(super) fn points(
    connection: &Connection,
    since_ms: u64,
    filter: &CallFilter,
) -> Result<Vec<CallPoint>, StoreError> {
    let mut conditions = Where::of(filter);
    conditions.and("at_ms >= ?", since_ms.cast_signed());
    let sql = format!(
        "SELECT at_ms, duration_us, outcome NOT IN ('ok', 'cancelled') FROM activity WHERE {}",
        conditions.text
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(conditions.values), |row| {
        let duration_us: i64 = row.get(1)?;
        Ok(CallPoint {
            at_ms: row.get::<_, i64>(0)?.cast_unsigned(),
            duration_us: u32::try_from(duration_us).unwrap_or(u32::MAX),
            failed: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    let unsigned = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
    let call = NewCall {
        at_ms: unsigned(1)?,
        session: row.get(2)?,
        client: row.get(3)?,
        project: row.get(4)?,
        upstream: row.get(5)?,
        method: row.get(6)?,
        target: row.get(7)?,
        duration_us: unsigned(8)?,
        request_bytes: unsigned(9)?,
        answer_bytes: unsigned(10)?,
        outcome: row.get(11)?,
        code: row.get(12)?,
        bodies: None,
    };
    Ok(CallRow { id: row.get(0)?, call })
}
