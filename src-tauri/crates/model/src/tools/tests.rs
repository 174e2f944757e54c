use serde_json::{Value, json};

use super::*;
use crate::UpstreamSpec;

fn stored(member: &str, value: Value) -> UpstreamSpec {
    let mut spec =
        json!({ "name": "a", "transport": { "type": "demo" }, "isolation": "shared", "enabled": true });
    spec[member] = value;
    serde_json::from_value(spec).unwrap()
}

#[test]
fn an_old_list_of_tools_that_are_off_is_read_as_choices() {
    let old = stored("off", json!(["b", "a"]));
    assert_eq!(old.tool_choices, switched_off(["a".to_owned(), "b".to_owned()]));
    let written = serde_json::to_value(&old).unwrap();
    assert_eq!(written["tool_choices"], json!({ "a": { "off": true }, "b": { "off": true } }));
    assert_eq!(written.get("off"), None);
    assert_eq!(serde_json::from_value::<UpstreamSpec>(written).unwrap(), old);
}

#[test]
fn what_is_as_the_upstream_has_it_is_not_written() {
    let spec = stored("tool_choices", json!({ "a": { "name": "b" } }));
    let written = serde_json::to_value(&spec).unwrap();
    assert_eq!(written["tool_choices"], json!({ "a": { "name": "b" } }));
    let plain = serde_json::to_value(stored("tool_choices", json!({}))).unwrap();
    assert_eq!(plain.get("tool_choices"), None);
}

fn check_choice(own: &str, choice: Value, expected: Result<usize, &str>) {
    let choice = serde_json::from_value(choice).unwrap();
    let checked = checked_choices([(own.to_owned(), choice)].into());
    let outcome = checked.map(|kept| kept.len()).map_err(|error| error.to_string());
    assert_eq!(outcome, expected.map_err(str::to_owned), "{own:.40}");
}

#[test]
fn choices_are_held_to_what_mcp_allows() {
    check_choice("a", json!({}), Ok(0));
    check_choice("a", json!({ "off": false }), Ok(0));
    check_choice("two words/é", json!({ "off": true }), Ok(1));
    check_choice("a", json!({ "name": "A.b-c_7" }), Ok(1));
    check_choice("a", json!({ "name": "x".repeat(128) }), Ok(1));
    check_choice("a", json!({ "description": "é".repeat(4096) }), Ok(1));
    let own = "can be no tool's own name: use 1 to 1024 bytes without control characters";
    check_choice("", json!({ "off": true }), Err(&format!("`` {own}")));
    check_choice("a\nb", json!({ "off": true }), Err(&format!("`a\\nb` {own}")));
    check_choice(&"x".repeat(1025), json!({ "off": true }), Err(&format!("`{}` {own}", "x".repeat(80))));
    for name in ["", "two words", "a/b", "é", "a\n"] {
        let detail = format!(
            "tool `a` cannot be renamed to `{}`: use 1 to 128 letters, digits, `_`, `-` or `.`",
            name.escape_debug()
        );
        check_choice("a", json!({ "name": name }), Err(&detail));
    }
    let long = "the description of tool `a` has 8193 bytes, and 8192 are allowed; shorten it";
    check_choice("a", json!({ "description": "x".repeat(8193) }), Err(long));
}

#[test]
fn choices_do_not_gather_without_bound() {
    let many = |count: usize| switched_off((0..count).map(|number| number.to_string()));
    assert!(checked_choices(many(5_000)).is_ok());
    assert_eq!(checked_choices(many(5_001)), Err(InvalidChoice::TooMany(5_001)));
}
