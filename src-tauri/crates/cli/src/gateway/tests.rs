//! What `status` prints.

use expect_test::expect;

use super::*;

fn upstream(name: &str, state: &str, enabled: bool) -> serde_json::Value {
    json!({
        "name": name, "transport": { "type": "demo" }, "isolation": "shared", "enabled": enabled,
        "state": state, "pids": [], "tools": 0, "resources": 0, "resource_templates": 0, "prompts": 0,
        "held_back": [], "noise_lines": 0, "restarts": 0,
    })
}

fn status() -> (Status, Upstreams, Sessions) {
    let status = json!({
        "version": "0.1.0", "pid": 7, "instance": "i", "url": "http://127.0.0.1:4283",
        "uptime_ms": 180_000, "calls": 1, "stopping": false,
        "gateway": { "processes": 2, "memory_bytes": 24_000_000, "cpu_percent": 0.5, "uptime_ms": 180_000 },
        "saving": {
            "sentence": "no client is connected; 2 processes, 30 MB", "sessions": 0, "processes": 2,
            "memory_bytes": 30_000_000, "without_processes": 0, "without_memory_bytes": 0,
        },
    });
    let upstreams =
        [upstream("a", "ready", true), upstream("b", "stopped", false), upstream("c", "ready", true)];
    (
        serde_json::from_value(status).unwrap(),
        serde_json::from_value(json!({ "upstreams": upstreams })).unwrap(),
        Sessions { sessions: Vec::new() },
    )
}

#[test]
fn status_is_a_few_lines() {
    let (status, upstreams, sessions) = status();
    let text = status_text(&status, &upstreams, &sessions);
    expect![[r#"
        url        http://127.0.0.1:4283
        process    7
        version    0.1.0
        up for     3m
        takes      24 MB in 2 processes, 0.5% CPU
        upstreams  2 ready, 1 disabled
        sessions   0, 1 call in flight

        UPSTREAM  STATE     PROCESSES  MEMORY  CPU  UP  CALLS  ERRORS  RESTARTS  FIRST USE  NOTE
        a         ready                                 0      0       0
        b         disabled                              0      0       0
        c         ready                                 0      0       0

        no client is connected; 2 processes, 30 MB
    "#]]
    .assert_eq(&anstream::adapter::strip_str(&text).to_string());
}

#[test]
fn status_counts_upstreams_by_state_for_programs() {
    let (status, upstreams, sessions) = status();
    let json = status_json(&status, &upstreams, &sessions);
    assert_eq!(json["upstreams"], json!({ "ready": 2, "disabled": 1 }));
    assert_eq!((&json["running"], &json["calls"]), (&json!(true), &json!(1)));
}
