//! What is shown of a log, and what is new in it.

use std::fs;

use expect_test::expect;
use serde_json::json;

use super::*;

fn lines(texts: &[&str]) -> Vec<LogLine> {
    let line = |text: &&str| LogLine { at_ms: 0, source: "stderr".to_owned(), text: (*text).to_owned() };
    texts.iter().map(line).collect()
}

#[test]
fn logs_cannot_steer_the_terminal() {
    let logs = serde_json::from_value(json!({ "lines": [
        { "at_ms": 1_790_000_000_123_u64, "source": "stderr", "text": "\u{1b}]0;title\u{7}hello\rthere" },
        { "at_ms": 1_790_000_001_000_u64, "source": "life", "text": "ready" },
    ] }));
    let logs: headgate_api::Logs = logs.unwrap();
    expect![[r#"
        2026-09-21T14:13:20.123Z stderr hello there
        2026-09-21T14:13:21.000Z life   ready
    "#]]
    .assert_eq(&lines_text(&logs.lines));
}

#[test]
fn only_what_is_new_is_shown_again() {
    let check = |before: &[&str], now: &[&str], expected: &[&str]| {
        let (before, now) = (lines(before), lines(now));
        let texts: Vec<_> = news(&before, &now).iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, expected);
    };
    check(&[], &["a"], &["a"]);
    check(&["a", "b"], &["a", "b"], &[]);
    check(&["a", "b"], &["b", "c"], &["c"]);
    check(&["a", "a"], &["a", "a", "a"], &["a"]);
    check(&["a", "b"], &["c", "d"], &["c", "d"]);
    check(&["a"], &[], &[]);
}

#[test]
fn the_last_lines_are_counted_from_the_end() {
    let check =
        |text: &str, number, expected| assert_eq!(last_lines(text, number), expected, "{text:?} {number}");
    check("", 5, "");
    check("a\nb\nc\n", 2, "b\nc\n");
    check("a\nb\nc\n", 3, "a\nb\nc\n");
    check("a\nb\nc\n", 9, "a\nb\nc\n");
    check("a\nb\n", 0, "");
}

#[test]
fn a_file_is_followed_line_by_line_and_from_its_start_when_it_began_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, "one\ntw").unwrap();
    assert_eq!(read_from(&path, 0).unwrap(), ("one\n".to_owned(), 4));
    fs::write(&path, "one\ntwo\n").unwrap();
    assert_eq!(read_from(&path, 4).unwrap(), ("two\n".to_owned(), 8));
    fs::write(&path, "new\n").unwrap();
    assert_eq!(read_from(&path, 8).unwrap(), ("new\n".to_owned(), 4));
}
