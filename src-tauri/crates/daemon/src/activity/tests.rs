//! The writer with a real database: few transactions for many calls, and bodies where they belong.

use headgate_gateway::CallOutcome;
use headgate_store::CallFilter;

use super::*;

async fn activity(settings: Settings) -> (tempfile::TempDir, Activity) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("headgate.db")).await.unwrap();
    (home, Activity::new(Arc::default(), store, &settings))
}

fn record(target: &str) -> CallRecord {
    let bodies =
        Bodies { request: br#"{"password":"hunter2"}"#.as_slice().into(), answer: b"{}".as_slice().into() };
    CallRecord {
        at_ms: now_ms(),
        session: "0123abcd".to_owned(),
        client: "claude".to_owned(),
        project: None,
        upstream: Some("demo".parse().unwrap()),
        method: "tools/call".to_owned(),
        target: Some(target.to_owned()),
        duration: Duration::from_micros(1500),
        request_bytes: bodies.request.len(),
        answer_bytes: bodies.answer.len(),
        outcome: CallOutcome::Ok,
        bodies: Some(bodies),
        kept: true,
    }
}

async fn rows(activity: &Activity) -> Vec<headgate_store::CallRow> {
    let filter = CallFilter { limit: 100_000, ..CallFilter::default() };
    activity.store.recorded_calls(filter).await.unwrap()
}

#[tokio::test]
async fn ten_thousand_calls_are_written_in_few_transactions() {
    const CALLS: usize = 10_000;
    let (_home, activity) = activity(Settings::default()).await;
    let writing = tokio::spawn(activity.clone().write_forever());
    for number in 0..CALLS {
        while !activity.recorder.offer(|| record(&format!("tool-{number}"))) {
            // The buffer is full: a storm of calls is slower than this loop.
            activity.flush().await;
        }
    }
    activity.flush().await;
    writing.abort();
    let rows = rows(&activity).await;
    assert_eq!(rows.len(), CALLS);
    assert_eq!(rows[0].call.target.as_deref(), Some("tool-9999"), "in their order");
    let writes = activity.writes.load(Relaxed) as usize;
    // One to look for old calls, full ones, and a few that began before the buffer had much.
    assert!(writes <= CALLS / MAX_BATCH + 10, "{writes} transactions");
}

#[tokio::test]
async fn bodies_are_masked_and_stay_where_the_settings_say() {
    for (bodies, remembered, on_disk) in [
        (RecordBodies::Off, false, false),
        (RecordBodies::Memory, true, false),
        (RecordBodies::Disk, true, true),
    ] {
        let (_home, activity) = activity(Settings { record_bodies: bodies, ..Settings::default() }).await;
        activity.recorder.offer(|| record("login?password=hunter2"));
        activity.flush().await;
        let texts = activity.bodies(1).await.unwrap();
        let masked = Arc::new((r#"{"password":"***"}"#.to_owned(), "{}".to_owned()));
        assert_eq!(texts, remembered.then_some(masked), "{bodies:?}");
        assert_eq!(activity.store.call_bodies(1).await.unwrap().is_some(), on_disk, "{bodies:?}");
        assert_eq!(rows(&activity).await[0].call.target.as_deref(), Some("login?password=***"));
        activity.clear().await.unwrap();
        assert_eq!(activity.bodies(1).await.unwrap(), None, "{bodies:?}");
        assert!(rows(&activity).await.is_empty());
    }
}

#[tokio::test]
async fn nothing_is_recorded_when_that_is_off() {
    let (_home, activity) = activity(Settings { recording: false, ..Settings::default() }).await;
    assert!(!activity.recorder.offer(|| record("a")));
    activity.flush().await;
    assert!(rows(&activity).await.is_empty());
}

#[tokio::test]
async fn calls_are_told_and_kept_nowhere_when_recording_is_off() {
    let (_home, activity) = activity(Settings { recording: false, ..Settings::default() }).await;
    let (watching, mut place) = activity.watch();
    let offer = |target: &str| activity.recorder.offer(|| CallRecord { kept: false, ..record(target) });
    assert!(offer("login?password=hunter2"));
    activity.flush().await;
    let unread = activity.unread(&mut place);
    let targets: Vec<_> = unread.calls.iter().map(|row| row.call.target.as_deref()).collect();
    assert_eq!((targets, unread.missed), (vec![Some("login?password=***")], 0));
    assert!(rows(&activity).await.is_empty());
    assert_eq!(activity.bodies(unread.calls[0].id).await.unwrap(), None);
    drop(watching);
    offer("b");
    activity.flush().await;
    assert!(!offer("c"), "nobody watches any more");
    assert!(activity.unread(&mut place).calls.is_empty());
}

#[test]
fn a_body_that_was_cut_says_so() {
    let bodies = Bodies { request: "1ü".as_bytes()[..2].into(), answer: b"12".as_slice().into() };
    let texts = texts(&bodies, 3, 2);
    assert_eq!((texts.0.as_str(), texts.1.as_str()), ("1…", "12"));
}
