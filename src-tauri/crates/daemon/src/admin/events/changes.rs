//! What a watcher is told: the difference between two states. What only grows with time is no change, and
//! what things take, which is never the same twice, is compared by itself.

use std::time::Duration;

use headgate_api::{Event, Figures, Saving, SessionView, Status, UpstreamView, Usage};

use super::Sight;

/// A process at rest comes and goes with less than this part of its memory.
const MEMORY_NOISE_PERCENT: u64 = 1;
/// And with less of a processor; a look itself takes some.
const CPU_NOISE_PERCENT: f64 = 1.0;

/// The events that lead from one state to another.
pub(super) fn between(before: &Sight, after: &Sight) -> Vec<Event> {
    let mut events = Vec::new();
    if std::ptr::eq(before, after) {
        return events;
    }
    let (old, new, elapsed) = (&before.state, &after.state, after.at - before.at);
    for (at, upstream) in new.upstreams.iter().enumerate() {
        // Most often it is the same, in the same place.
        if old.upstreams.get(at) != Some(upstream) && !old.upstreams.contains(upstream) {
            let usage = after.figures.upstreams.get(&upstream.spec.name).cloned();
            events.push(Event::Upstream(Box::new(UpstreamView { usage, ..upstream.clone() })));
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
    if let Some(questions) = &new.questions
        && old.questions != new.questions
    {
        events.push(Event::Questions(questions.clone()));
    }
    if timeless(&old.status) != timeless(&new.status) {
        events.push(Event::Status(new.status.clone()));
    }
    events
}

fn timeless(status: &Status) -> Status {
    let (gateway, total, saving) = (Usage::default(), Usage::default(), Saving::default());
    Status { uptime_ms: 0, gateway, total, saving, ..status.clone() }
}

/// Whether people would see that something takes more or less than they were told.
pub(super) fn figures_differ(told: &Figures, now: &Figures) -> bool {
    let counts = |saving: &Saving| (saving.sessions, saving.processes, saving.without_processes);
    differs(&told.gateway, &now.gateway)
        || differs(&told.total, &now.total)
        || counts(&told.saving) != counts(&now.saving)
        || !told.upstreams.keys().eq(now.upstreams.keys())
        || told.upstreams.values().zip(now.upstreams.values()).any(|(told, now)| differs(told, now))
}

fn differs(told: &Usage, now: &Usage) -> bool {
    let memory_bytes = told.memory_bytes.abs_diff(now.memory_bytes);
    told.processes != now.processes
        || memory_bytes.saturating_mul(100) > told.memory_bytes.saturating_mul(MEMORY_NOISE_PERCENT)
        || (told.cpu_percent - now.cpu_percent).abs() > CPU_NOISE_PERCENT
}

/// A session that was not used since is the same. One that is being used all the time has no age.
fn is_same_session(old: &SessionView, new: &SessionView, elapsed: Duration) -> bool {
    let used = u128::from(new.idle_ms) < elapsed.as_millis() && old.idle_ms != new.idle_ms;
    !used && SessionView { idle_ms: new.idle_ms, ..old.clone() } == *new
}

#[cfg(test)]
mod tests {
    use headgate_api::{CatalogCounts, State};
    use serde_json::{Value, json};
    use tokio::time::Instant;

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
            questions: None,
        }
    }

    fn session(id: &str, idle_ms: u64) -> Value {
        json!({
            "id": id, "client": "c", "client_info": null, "protocol_version": "2025-11-25", "path": "/mcp",
            "calls": 0, "children": 0, "idle_ms": idle_ms, "asleep": false,
        })
    }

    fn seen(at: Instant, state: &State) -> Sight {
        Sight::new(at, 0, state.clone())
    }

    fn check(old: &State, new: &State, expected: &[&str]) {
        let now = Instant::now();
        let (old, new) = (seen(now, old), seen(now + Duration::from_secs(1), new));
        let events = between(&old, &new);
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

    fn usage(processes: usize, memory_bytes: u64, cpu_percent: f64, uptime_ms: u64) -> Usage {
        Usage { processes, memory_bytes, cpu_percent, uptime_ms }
    }

    #[test]
    fn what_things_take_changes_neither_the_status_nor_an_upstream() {
        let upstream = json!({
            "name": "a", "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
            "state": "ready", "pids": [7], "tools": 1, "resources": 0, "resource_templates": 0, "prompts": 0,
            "held_back": [], "noise_lines": 0, "restarts": 0,
        });
        let mut old = state(json!([]));
        old.upstreams = vec![serde_json::from_value(upstream).unwrap()];
        let mut new = old.clone();
        new.upstreams[0].usage = Some(usage(1, 1000, 0.0, 5));
        new.status.gateway = usage(1, 1000, 90.0, 5);
        new.status.total = usage(2, 2000, 90.0, 5);
        new.status.saving.sessions = 1;
        check(&old, &new, &[]);
        let figures = |state: &State| seen(Instant::now(), state).figures;
        assert!(figures_differ(&figures(&old), &figures(&new)));
        new.upstreams[0].restarts = 1;
        check(&old, &new, &["upstream"]);
    }

    #[test]
    fn noise_and_age_are_no_difference() {
        let told = usage(1, 1000, 1.0, 5);
        let cases = [
            (usage(1, 1010, 2.0, 9000), false),
            (usage(1, 990, 0.0, 9000), false),
            (usage(1, 1011, 1.0, 5), true),
            (usage(1, 989, 1.0, 5), true),
            (usage(1, 1000, 2.1, 5), true),
            (usage(2, 1000, 1.0, 5), true),
        ];
        for (now, expected) in cases {
            assert_eq!(differs(&told, &now), expected, "{now:?}");
        }
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
