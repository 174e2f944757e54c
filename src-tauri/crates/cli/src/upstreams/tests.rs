//! What people read, as plain text.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;

/// A ready upstream with these fields in place of the usual ones.
fn upstream(fields: Value) -> UpstreamView {
    let mut view = json!({
        "name": "files", "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
        "state": "ready", "pids": [41], "tools": 14, "resources": 0, "resource_templates": 1,
        "prompts": 2, "held_back": [], "noise_lines": 0, "restarts": 0,
    });
    for (key, value) in fields.as_object().unwrap() {
        view[key] = value.clone();
    }
    serde_json::from_value(view).unwrap()
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&anstream::adapter::strip_str(text).to_string());
}

#[test]
fn a_list_is_aligned() {
    let clash = json!({ "kind": "tool", "name": "search", "own_name": "search", "owner": "github" });
    let upstreams = [
        upstream(json!({})),
        upstream(json!({ "name": "long-name.v2", "state": "starting" })),
        upstream(json!({ "name": "docs", "held_back": [clash] })),
        upstream(json!({ "name": "leaky", "last_exit": "`leaky` was restarted" })),
        upstream(json!({ "name": "fresh", "state": "known" })),
        upstream(json!({ "name": "off", "enabled": false, "state": "stopped", "tools": 0 })),
        upstream(json!({
            "name": "time", "state": "backing_off", "tools": 2,
            "reason": "exit code 1: \u{1b}[31mno module\nnamed mcp",
        })),
    ];
    check(
        &list_text(&upstreams),
        expect![[r#"
            NAME          STATE        TOOLS  RESOURCES  PROMPTS  NOTE
            files         ready        14     0          2
            long-name.v2  starting     14     0          2
            docs          ready        14     0          2        1 name held back by a clash
            leaky         ready        14     0          2        last failure: `leaky` was restarted
            fresh         known        14     0          2        ready to be called
            off           disabled     0      0          2
            time          backing off  2      0          2        exit code 1: no module named mcp
        "#]],
    );
}

#[test]
fn show_tells_all_of_it() {
    let one = upstream(json!({
        "transport": {
            "type": "stdio", "command": "npx", "args": ["-y", "some server", "it's"],
            "env": { "A": "b", "TOKEN": { "secret": "files/TOKEN" } }, "cwd": "/home/me",
        },
        "isolation": "session", "prefix": "f", "tool_choices": { "rm": { "off": true }, "mv": { "off": true, "name": "move" }, "ls": { "description": "x" } }, "tokens": 1234, "server": "files 1.2",
        "held_back": [{ "kind": "tool", "name": "search", "own_name": "search", "owner": "github" }],
        "noise_lines": 3, "restarts": 2,
        "usage": { "processes": 2, "memory_bytes": 61_000_000, "cpu_percent": 3.5, "uptime_ms": 60_000 }, "state": "failed", "reason": "it exited with code 1",
        "last_exit": "it exited with code 1",
    }));
    check(
        &show_text(&one),
        expect![[r#"
        name          files
        state         failed
        reason        it exited with code 1
        runs          npx -y 'some server' 'it'\''s'
        folder        /home/me
        env           A=b
        env           TOKEN=(secret)
        isolation     an own copy for each session
        prefix        f
        switched off  mv, rm
        renamed       mv to move
        described     ls
        server        files 1.2
        offers        14 tools, 0 resources, 1 resource template, 2 prompts
        tokens        1234
        held back     tool search (github has it)
        processes     41
        takes         61 MB in 2 processes, 3.5% CPU
        restarts      2
        noise         3 lines on stdout are no MCP
    "#]],
    );
    let http = upstream(json!({
        "transport": {
            "type": "http", "url": "https://example.com/mcp",
            "headers": { "Authorization": { "secret": "docs/Authorization" } },
        },
        "pids": [],
    }));
    check(
        &show_text(&http),
        expect![[r#"
        name          files
        state         ready
        calls         https://example.com/mcp
        header        Authorization: (secret)
        isolation     shared by all sessions
        offers        14 tools, 0 resources, 1 resource template, 2 prompts
        restarts      0
    "#]],
    );
}
