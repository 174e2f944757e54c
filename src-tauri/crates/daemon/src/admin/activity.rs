//! `/api/activity`: the calls that ended, one by one and in sum.

use headgate_api::{ActivityPage, ActivitySummary, CallDetail, CallView, Problem, code};
use headgate_store::{CallFilter, CallRow};

use super::{Admin, Answer, done, internal, ok, query::Query};
use crate::activity::{now_ms, summarize};

/// Calls of one page, unless it asks for fewer or more.
const PAGE: u64 = 100;
/// As many as a person scrolls through and a window shows without stumbling.
const MAX_PAGE: u64 = 1000;
/// The last hour, minute by minute.
const SUMMARY_MS: u64 = 60 * 60 * 1000;
const BUCKET_MS: u64 = 60 * 1000;
/// A chart has fewer pixels.
const MAX_BUCKETS: u64 = 2000;

/// Every word for what came of a call.
const OUTCOMES: &[&str] = &["ok", "tool_error", "error", "cancelled", "timed_out", "lost"];

impl Admin {
    pub(super) async fn activity_page(&self, query: &str) -> Answer {
        let query = Query::read(query)?;
        let limit = query.number("limit")?.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize;
        let mut filter = filter(&query)?;
        filter.before = query.number("before")?.map(|id| i64::try_from(id).unwrap_or(i64::MAX));
        // One more tells whether there is a next page.
        filter.limit = limit + 1;
        self.activity.flush().await;
        let mut calls: Vec<CallView> =
            self.store.recorded_calls(filter).await.map_err(internal)?.into_iter().map(view).collect();
        let has_more = calls.len() > limit;
        calls.truncate(limit);
        let next_before = calls.last().map(|call| call.id).filter(|_| has_more);
        let (recording, dropped) = (self.activity.is_on(), self.activity.dropped());
        ok(&ActivityPage { calls, next_before, recording, dropped })
    }

    pub(super) async fn activity_call(&self, id: &str) -> Answer {
        let missing = || {
            let detail = format!("no call `{id}` is recorded, or not any more");
            Problem::new(404, code::NOT_FOUND, detail)
                .advise("`headgate activity` tells which there are".to_owned())
        };
        let number = id.parse().map_err(|_| missing())?;
        self.activity.flush().await;
        let row = self.store.recorded_call(number).await.map_err(internal)?.ok_or_else(missing)?;
        let texts = self.activity.bodies(number).await.map_err(internal)?;
        let (request, answer) = texts.map(|texts| (*texts).clone()).unzip();
        ok(&CallDetail { call: view(row), request, answer })
    }

    pub(super) async fn activity_summary(&self, query: &str) -> Answer {
        let query = Query::read(query)?;
        let now = now_ms();
        let since_ms = query.number("since_ms")?.unwrap_or(now.saturating_sub(SUMMARY_MS));
        let bucket_ms = query.number("bucket_ms")?.unwrap_or(BUCKET_MS);
        if bucket_ms == 0 || now.saturating_sub(since_ms) / bucket_ms > MAX_BUCKETS {
            let detail = format!(
                "`bucket_ms={bucket_ms}` makes more than {MAX_BUCKETS} stretches since {since_ms}; make them longer"
            );
            return Err(Problem::new(400, code::INVALID, detail));
        }
        let filter = filter(&query)?;
        self.activity.flush().await;
        let points = self.store.call_points(since_ms, filter).await.map_err(internal)?;
        let buckets = summarize(&points, since_ms, bucket_ms);
        ok(&ActivitySummary { since_ms, bucket_ms, buckets, dropped: self.activity.dropped() })
    }

    pub(super) async fn clear_activity(&self) -> Answer {
        self.activity.clear().await.map_err(internal)?;
        done()
    }
}

/// The conditions that pages and sums share.
fn filter(query: &Query) -> Result<CallFilter, Problem> {
    let words = query.text("outcome").unwrap_or_default();
    let mut outcomes: Vec<String> =
        words.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    if let Some(word) = outcomes.iter().find(|word| !OUTCOMES.contains(&word.as_str())) {
        let known = OUTCOMES.join(", ");
        return Err(Problem::new(400, code::INVALID, format!("`outcome={word}` is none of {known}")));
    }
    Ok(CallFilter {
        before: None,
        limit: 0,
        upstream: query.text("upstream"),
        client: query.text("client"),
        session: query.text("session"),
        method: query.text("method"),
        outcomes,
        text: query.text("q"),
    })
}

pub(super) fn view(CallRow { id, call }: CallRow) -> CallView {
    CallView {
        id,
        at_ms: call.at_ms,
        session: call.session,
        client: call.client,
        project: call.project,
        upstream: call.upstream,
        method: call.method,
        target: call.target,
        duration_us: call.duration_us,
        request_bytes: call.request_bytes,
        answer_bytes: call.answer_bytes,
        outcome: call.outcome,
        code: call.code,
    }
}
