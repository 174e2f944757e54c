//! What people read of a test.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

#[track_caller]
fn check(fields: Value, expected: Expect) {
    let step =
        |step: &str, ok: bool, detail: &str| json!({ "step": step, "ok": ok, "ms": 7, "detail": detail });
    let mut report = json!({
        "ok": true, "command_line": "TOKEN=${TOKEN} npx -y x", "clashes": [], "stderr": [], "noise_lines": 0,
        "steps": [step("resolve", true, "/usr/bin/npx, from the system"), step("list", fields["ok"] != false, "1 tool")],
    });
    for (name, value) in fields.as_object().unwrap() {
        report[name] = value.clone();
    }
    let report = serde_json::from_value(report).unwrap();
    expected.assert_eq(&anstream::adapter::strip_str(&to_text(&report)).to_string());
}

#[test]
fn what_works_is_short_and_what_does_not_says_why() {
    let clash = json!({ "kind": "tool", "name": "search", "own_name": "search", "owner": "github" });
    let counts = json!({ "tools": 1, "resources": 0, "resource_templates": 0, "prompts": 2 });
    let suggestion = json!({ "isolation": "session", "reason": "it keeps a browser" });
    check(
        json!({ "counts": counts, "clashes": [clash], "suggestion": suggestion, "noise_lines": 1, "stderr": ["hi"] }),
        expect![[r#"
            runs TOKEN=${TOKEN} npx -y x

            ✓ ok      resolve          7 ms  /usr/bin/npx, from the system
            ✓ ok      list             7 ms  1 tool

            works: 1 tool, 0 resources, 0 resource templates, 2 prompts
            clash: tool `search` (`github` has it)
            better: an own copy for each session, since it keeps a browser
            noise: 1 line on stdout are no MCP
        "#]],
    );
    check(
        json!({ "ok": false, "reason": "`x` does not work: it said nothing", "advice": "try it", "stderr": ["a\u{1b}[2J", "b"] }),
        expect![[r#"
            runs TOKEN=${TOKEN} npx -y x

            ✓ ok      resolve          7 ms  /usr/bin/npx, from the system
            ✗ failed  list             7 ms  1 tool

            failed: `x` does not work: it said nothing
            advice: try it
            stderr: a
            stderr: b
        "#]],
    );
}
