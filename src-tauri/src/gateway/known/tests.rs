use serde_json::json;

use super::*;

const OWN: &str = env!("CARGO_PKG_VERSION");

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
    known.runs_at("http://127.0.0.1:4283", OWN);
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
    known.runs_at("http://127.0.0.1:4283", OWN);
    known.failed("no room".to_owned());
    let expected =
        Known { phase: Phase::Failed, reason: Some("no room".to_owned()), crashes: 2, ..Known::default() };
    assert_eq!(known, expected);
    assert!(!known.looks_like(&Known::default()));
}

/// A gateway's words about itself.
fn status(calls: usize, stopping: bool) -> Event {
    event(json!({ "status": {
        "version": "1", "pid": 1, "instance": "i", "url": "u", "uptime_ms": 5, "calls": calls, "stopping": stopping,
    } }))
}

#[test]
fn an_older_gateway_makes_room_after_its_last_call() {
    let mut known = Known::default();
    known.runs_at("u", "0.0.1");
    assert!(!known.makes_room(), "it has not told yet");
    for (calls, makes_room) in [(1, false), (0, true), (2, false)] {
        known.hear(status(calls, false));
        assert_eq!(known.makes_room(), makes_room, "{calls}");
    }
    assert!(known.reason.is_some_and(|reason| reason.contains("0.0.1")));
    let mut known = Known::default();
    known.runs_at("u", OWN);
    known.hear(status(0, false));
    assert!(!known.makes_room());
    assert_eq!(known.reason, None);
}

#[test]
fn a_gateway_that_ends_says_so_also_in_its_first_event() {
    let mut known = Known::default();
    known.runs_at("u", OWN);
    let Event::Status(status) = status(1, true) else { unreachable!() };
    let catalog = json!({ "serial": 1, "tools": 0, "resources": 0, "resource_templates": 0, "prompts": 0 });
    let state = json!({
        "status": status, "upstreams": [], "sessions": [], "clients": [], "settings": [], "catalog": catalog,
    });
    known.hear(event(json!({ "state": state })));
    assert_eq!(known.phase, Phase::Stopping);
}

#[test]
fn what_went_wrong_is_over_when_it_goes_on_and_an_update_is_not() {
    let mut known = Known::default();
    known.runs_at("u", OWN);
    (known.phase, known.reason) = (Phase::Running, Some("it does not end".to_owned()));
    known.goes_on();
    assert_eq!(known.reason, None);
    known.was_installed("99.0.0".to_owned());
    known.is(Phase::Starting, None);
    assert_eq!(known.reason, None);
    known.runs_at("u", OWN);
    assert!(known.reason.is_some_and(|reason| reason.contains("99.0.0")));
}
