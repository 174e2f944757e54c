use serde_json::json;

use super::*;

fn event(value: serde_json::Value) -> Event {
    serde_json::from_value(value).unwrap()
}

#[test]
fn the_page_gets_the_state_and_nothing_else() {
    let mut known = Known::default();
    assert_eq!(
        serde_json::to_value(&known).unwrap(),
        json!({"state": "starting", "reason": null, "url": null})
    );
    known.runs_at("http://127.0.0.1:4283");
    known.hear(event(json!({ "sessions": [] })));
    assert_eq!(
        serde_json::to_value(&known).unwrap(),
        json!({"state": "running", "reason": null, "url": "http://127.0.0.1:4283"})
    );
    assert_eq!(known.mcp_url().as_deref(), Some("http://127.0.0.1:4283/mcp"));
}

#[test]
fn what_does_not_run_offers_nothing() {
    let mut known = Known { sessions: 3, crashes: 2, ..Known::default() };
    known.runs_at("http://127.0.0.1:4283");
    known.failed("no room".to_owned());
    let expected =
        Known { phase: Phase::Failed, reason: Some("no room".to_owned()), crashes: 2, ..Known::default() };
    assert_eq!(known, expected);
    assert!(!known.looks_like(&Known::default()));
}
