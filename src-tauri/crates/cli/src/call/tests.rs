//! What of a result is printed, and what of an argument is accepted.

use super::*;

fn check(result: &str, expected: &str) {
    assert_eq!(serde_json::from_str::<CallResult>(result).unwrap().text(), expected, "{result}");
}

#[test]
fn text_is_printed_plainly_and_the_rest_is_named() {
    check(r#"{"content":[{"type":"text","text":"a\nb"},{"type":"text","text":"c"}]}"#, "a\nb\nc");
    check(
        r#"{"content":[{"type":"image","data":"AAAAAAAA","mimeType":"image/png"}]}"#,
        "[image, image/png, about 6 bytes]",
    );
    check(r#"{"content":[{"type":"resource","resource":{"uri":"a://b","text":"t"}}]}"#, "t");
    check(r#"{"content":[{"type":"resource","resource":{"uri":"a://b","blob":"AA"}}]}"#, "[resource a://b]");
    check(r#"{"content":[{"type":"resource_link","uri":"a://b"}]}"#, "[resource a://b]");
    check(r#"{"content":[{"type":"hologram"}]}"#, "[hologram]");
    check(r#"{"content":[],"structuredContent":{"sum":3}}"#, "{\n  \"sum\": 3\n}");
    check("{}", "");
}

#[test]
fn arguments_are_an_object_and_stay_as_typed() {
    let check = |text: &str, expected: Option<&str>| {
        let raw = object(text).ok();
        assert_eq!(raw.as_ref().map(Raw::as_bytes), expected.map(str::as_bytes), "{text}");
    };
    check(
        r#" {"b": 1.0, "a": 12345678901234567890123} "#,
        Some(r#"{"b": 1.0, "a": 12345678901234567890123}"#),
    );
    check("[1]", None);
    check("1", None);
    check("{", None);
    check("", None);
}

#[test]
fn progress_is_a_short_line() {
    let check = |report: &str, expected: &str| {
        assert_eq!(progress_text(&serde_json::from_str(report).unwrap()), expected);
    };
    check(r#"{"progress":1,"total":3,"message":"step\u001b[2J one"}"#, "1/3 step one");
    check(r#"{"progress":0.5}"#, "0.5");
}
