//! Recorded calls on a real file: their numbers, their bounds, and how they are found.

use tempfile::TempDir;

use super::*;

async fn store() -> (TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("headgate.db")).await.unwrap();
    (home, store)
}

const ALL: Bounds = Bounds { oldest_ms: 0, rows: 1_000 };

fn call(at_ms: u64, upstream: &str, target: &str, outcome: &str) -> NewCall {
    NewCall {
        at_ms,
        session: format!("session-of-{upstream}"),
        client: format!("client-of-{upstream}"),
        project: None,
        upstream: Some(upstream.to_owned()),
        method: "tools/call".to_owned(),
        target: Some(target.to_owned()),
        duration_us: at_ms * 10,
        request_bytes: 1,
        answer_bytes: 2,
        outcome: outcome.to_owned(),
        code: (outcome == "error").then_some(-32602),
        bodies: None,
    }
}

fn with_bodies(call: NewCall, request: &str) -> NewCall {
    NewCall { bodies: Some(Arc::new((request.to_owned(), "answer".to_owned()))), ..call }
}

async fn targets(store: &Store, filter: CallFilter) -> Vec<String> {
    let rows = store.recorded_calls(CallFilter { limit: filter.limit.max(1), ..filter }).await.unwrap();
    rows.into_iter().filter_map(|row| row.call.target).collect()
}

#[tokio::test]
async fn calls_are_found_newest_first_and_by_every_word() {
    let (_home, store) = store().await;
    let calls = vec![
        call(1, "files", "read_100%", "ok"),
        call(2, "files", "Write", "error"),
        call(3, "github", "search", "lost"),
        call(4, "github", "search_code", "ok"),
    ];
    let ids = store.record_calls(calls.clone(), ALL).await.unwrap();
    assert_eq!(ids, [1, 2, 3, 4]);
    let all = CallFilter { limit: 10, ..CallFilter::default() };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let text = |text: &str| Some(text.to_owned());
    let check = async |filter: CallFilter, expected: &[&str]| {
        assert_eq!(targets(&store, filter.clone()).await, expected, "{filter:?}");
    };
    check(all.clone(), &["search_code", "search", "Write", "read_100%"]).await;
    check(CallFilter { before: Some(3), ..all.clone() }, &["Write", "read_100%"]).await;
    check(CallFilter { limit: 1, ..all.clone() }, &["search_code"]).await;
    check(CallFilter { upstream: text("files"), ..all.clone() }, &["Write", "read_100%"]).await;
    check(CallFilter { client: text("client-of-files"), before: Some(2), ..all.clone() }, &["read_100%"])
        .await;
    check(CallFilter { session: text("session-of-github"), ..all.clone() }, &["search_code", "search"]).await;
    check(CallFilter { session: text("session"), ..all.clone() }, &[]).await;
    check(CallFilter { method: text("prompts/get"), ..all.clone() }, &[]).await;
    check(CallFilter { outcomes: words(&["error", "lost"]), ..all.clone() }, &["search", "Write"]).await;
    check(CallFilter { text: text("WRITE"), ..all.clone() }, &["Write"]).await;
    check(CallFilter { text: text("0%"), ..all.clone() }, &["read_100%"]).await;
    check(CallFilter { text: text("' OR 1 --"), ..all.clone() }, &[]).await;
    let row = store.recorded_call(2).await.unwrap().unwrap();
    assert_eq!(row, CallRow { id: 2, call: calls[1].clone() });
    assert_eq!(store.recorded_call(9).await.unwrap(), None);
    let points = store.call_points(2, CallFilter { upstream: text("files"), ..all }).await.unwrap();
    assert_eq!(points, [CallPoint { at_ms: 2, duration_us: 20, failed: true }]);
}

#[tokio::test]
async fn what_is_too_old_or_too_much_goes() {
    let (_home, store) = store().await;
    let calls = |range: std::ops::Range<u64>| {
        range.map(|at| with_bodies(call(at, "u", &at.to_string(), "ok"), "asked")).collect::<Vec<_>>()
    };
    let all = CallFilter { limit: 100, ..CallFilter::default() };
    store.record_calls(calls(0..10), Bounds { oldest_ms: 0, rows: 4 }).await.unwrap();
    assert_eq!(targets(&store, all.clone()).await, ["9", "8", "7", "6"]);
    assert_eq!(store.call_bodies(6).await.unwrap(), None, "its bodies went with it");
    assert_eq!(store.call_bodies(7).await.unwrap().unwrap().0, "asked");
    let nothing = store.record_calls(Vec::new(), Bounds { oldest_ms: 8, rows: 4 }).await.unwrap();
    assert!(nothing.is_empty());
    assert_eq!(targets(&store, all.clone()).await, ["9", "8"]);
    let many = usize::try_from(MAX_KEPT_BODIES).unwrap() + 100;
    store.record_calls(calls(10..many as u64), Bounds { oldest_ms: 0, rows: many * 2 }).await.unwrap();
    assert!(store.recorded_call(100).await.unwrap().is_some());
    assert_eq!(store.call_bodies(100).await.unwrap(), None, "only the newest keep theirs");
    assert!(store.call_bodies(many as i64).await.unwrap().is_some());
}

#[tokio::test]
async fn cleared_calls_leave_no_trace_and_their_numbers_are_not_used_again() {
    let (home, store) = store().await;
    let call = with_bodies(call(1, "u", "one-of-a-kind", "ok"), "a body of its own kind");
    store.record_calls(vec![call.clone()], ALL).await.unwrap();
    store.clear_calls().await.unwrap();
    for file in std::fs::read_dir(home.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for trace in ["one-of-a-kind", "a body of its own kind"] {
            assert!(!bytes.windows(trace.len()).any(|part| part == trace.as_bytes()), "{path:?}: {trace}");
        }
    }
    assert_eq!(store.record_calls(vec![call], ALL).await.unwrap(), [2]);
}
