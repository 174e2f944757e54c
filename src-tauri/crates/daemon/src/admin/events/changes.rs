//! What a watcher is told: the difference between two states. What only grows with time is no change.

use std::time::Duration;

use headgate_api::{Event, SessionView, State, Status};

/// The events that lead from one state to the other, which was seen `elapsed` later.
pub(super) fn between(old: &State, new: &State, elapsed: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    for upstream in &new.upstreams {
        if !old.upstreams.contains(upstream) {
            events.push(Event::Upstream(Box::new(upstream.clone())));
        }
    }
    for upstream in &old.upstreams {
        let name = &upstream.spec.name;
        if !new.upstreams.iter().any(|other| other.spec.name == *name) {
            events.push(Event::UpstreamRemoved(name.clone()));
        }
    }
    let same_session = |(a, b): (&SessionView, &SessionView)| is_same_session(a, b, elapsed);
    let same_number = old.sessions.len() == new.sessions.len();
    if !(same_number && old.sessions.iter().zip(&new.sessions).all(same_session)) {
        events.push(Event::Sessions(new.sessions.clone()));
    }
    if old.clients != new.clients {
        events.push(Event::Clients(new.clients.clone()));
    }
    if old.settings != new.settings {
        events.push(Event::Settings(new.settings.clone()));
    }
    if old.catalog != new.catalog {
        events.push(Event::Catalog(new.catalog));
    }
    let timeless = |status: &Status| Status { uptime_ms: 0, ..status.clone() };
    if timeless(&old.status) != timeless(&new.status) {
        events.push(Event::Status(new.status.clone()));
    }
    events
}

/// A session that was not used since is the same. One that is being used all the time has no age.
fn is_same_session(old: &SessionView, new: &SessionView, elapsed: Duration) -> bool {
    let ageless = |session: &SessionView| SessionView { idle_ms: 0, ..session.clone() };
    let used = u128::from(new.idle_ms) < elapsed.as_millis() && old.idle_ms != new.idle_ms;
    ageless(old) == ageless(new) && !used
}

#[cfg(test)]
mod tests {
    use headgate_api::CatalogCounts;
    use serde_json::{Value, json};

    use super::*;

    fn state(sessions: Value) -> State {
        let status = json!({
            "version": "1", "pid": 1, "instance": "i", "url": "u", "uptime_ms": 5, "calls": 0, "stopping": false,
        });
        State {
            status: serde_json::from_value(status).unwrap(),
            upstreams: Vec::new(),
            sessions: serde_json::from_value(sessions).unwrap(),
            clients: Vec::new(),
            settings: Vec::new(),
            catalog: CatalogCounts { serial: 1, tools: 0, resources: 0, resource_templates: 0, prompts: 0 },
        }
    }

    fn session(id: &str, idle_ms: u64) -> Value {
        json!({
            "id": id, "client": "c", "client_info": null, "protocol_version": "2025-11-25", "path": "/mcp",
            "calls": 0, "children": 0, "idle_ms": idle_ms, "asleep": false,
        })
    }

    fn check(old: &State, new: &State, expected: &[&str]) {
        let events = between(old, new, Duration::from_secs(1));
        let kind = |event: &Event| {
            let value = serde_json::to_value(event).unwrap();
            value.as_object().unwrap().keys().next().unwrap().clone()
        };
        assert_eq!(events.iter().map(kind).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn time_alone_is_no_change() {
        let old = state(json!([session("a", 0), session("b", 2000)]));
        let mut new = state(json!([session("a", 0), session("b", 3000)]));
        new.status.uptime_ms = 1005;
        check(&old, &new, &[]);
    }

    #[test]
    fn what_differs_is_told() {
        let old = state(json!([session("a", 2000)]));
        check(&old, &state(json!([])), &["sessions"]);
        check(&old, &state(json!([session("a", 3000), session("b", 3000)])), &["sessions"]);
        check(&old, &state(json!([session("a", 200)])), &["sessions"]);
        let mut busy = old.clone();
        busy.status.calls = 1;
        busy.catalog.serial = 2;
        check(&old, &busy, &["catalog", "status"]);
    }
}
