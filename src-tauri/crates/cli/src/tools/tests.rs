use expect_test::{Expect, expect};
use headgate_api::TokenTotals;
use serde_json::{Value, json, value::to_raw_value};

use super::*;

fn check(text: &str, expected: Expect) {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    expected.assert_eq(&format!("{}\n", anstream::adapter::strip_str(&lines.join("\n"))));
}

fn tool(name: &str, description: &str) -> ToolItem {
    ToolItem {
        name: format!("f_{name}"),
        upstream: "files".parse().unwrap(),
        own_name: name.to_owned(),
        on: true,
        definition: to_raw_value(&json!({ "description": description })).unwrap(),
        renamed: false,
        held_back: false,
        own_description: None,
        tokens: Some(100),
    }
}

#[test]
fn tools_are_listed_with_their_first_line_and_their_cost() {
    let mut off = tool("write_file", &"long ".repeat(20));
    (off.on, off.renamed) = (false, true);
    let mut renamed = tool("find", "");
    (renamed.renamed, renamed.name) = (true, "search".to_owned());
    let held_back = ToolItem { held_back: true, ..tool("taken", "") };
    let uncounted = ToolItem { tokens: None, ..tool("bare", "") };
    let items = vec![tool("read", "Reads a file.\nSecond line."), off, renamed, held_back, uncounted];
    check(
        &list_text(&Tools { tokens: TokenTotals::of(&items), items }),
        expect![[r#"
            TOOL          UPSTREAM  TOKENS                                DESCRIPTION
            f_read        files     100                                   Reads a file.
            f_write_file  files     100     off, renamed from write_file  long long long long long long long long long long long long…
            search        files     100     renamed from find
            f_taken       files     100     held back
            f_bare        files     ?

            files: 200 tokens
            all: 200 tokens (o200k_base)
        "#]],
    );
}

fn check_change(command: ToolsCommand, expected: Value) {
    let Change { upstream, tools, patch, .. } = Change::new(command);
    assert_eq!(json!({ "upstream": upstream, "tools": tools, "patch": patch }), expected);
}

#[test]
fn every_change_is_one_patch_for_its_tools() {
    let output = || Output { json: false };
    let upstream = || "a".parse::<UpstreamName>().unwrap();
    let some = || args::SomeTools {
        upstream: upstream(),
        tools: vec!["x".to_owned(), "y".to_owned()],
        output: output(),
    };
    let one = || OneTool { upstream: upstream(), tool: "x".to_owned() };
    let expected = |tools: Value, patch: Value| json!({ "upstream": "a", "tools": tools, "patch": patch });
    check_change(ToolsCommand::Off(some()), expected(json!(["x", "y"]), json!({ "off": true })));
    check_change(ToolsCommand::On(some()), expected(json!(["x", "y"]), json!({ "off": false })));
    check_change(
        ToolsCommand::Rename { tool: one(), name: "n".to_owned(), output: output() },
        expected(json!(["x"]), json!({ "name": "n" })),
    );
    check_change(
        ToolsCommand::Describe { tool: one(), text: String::new(), output: output() },
        expected(json!(["x"]), json!({ "description": "" })),
    );
    check_change(
        ToolsCommand::Reset { upstream: upstream(), tools: vec![], output: output() },
        expected(json!([]), Value::Null),
    );
}

#[test]
fn the_outcome_tells_how_the_tools_are() {
    let upstream: UpstreamView = serde_json::from_value(json!({
        "name": "a", "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
        "state": "ready", "pids": [], "tools": 1, "resources": 0, "resource_templates": 0, "prompts": 0,
        "held_back": [], "noise_lines": 0, "restarts": 0,
        "tool_choices": { "x": { "off": true }, "y": { "name": "z", "description": "d" } },
    }))
    .unwrap();
    check(
        &outcome(&upstream, &["x", "y", "w"].map(str::to_owned)),
        expect![[r#"
        `x` is off
        `y` is on, named `z`, described anew
        `w` is on
    "#]],
    );
    check(
        &outcome(&upstream, &[]),
        expect![[r#"
        `a` has all its tools as they are
    "#]],
    );
}

#[test]
fn a_tool_is_looked_for_at_its_upstream_by_its_own_name() {
    let names = ["read", "f_read", "gone"].map(str::to_owned);
    let unlisted_of =
        |upstream: &str| unlisted(&upstream.parse().unwrap(), &names, &[tool("read", "")]).len();
    assert_eq!((unlisted_of("files"), unlisted_of("other")), (2, 3));
}
