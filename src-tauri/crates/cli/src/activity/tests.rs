use expect_test::expect;

use super::*;

fn call(id: i64, method: &str, target: Option<&str>, outcome: &str) -> CallView {
    CallView {
        id,
        at_ms: 1_700_000_000_000,
        session: "0123abcd".to_owned(),
        client: "claude".to_owned(),
        project: None,
        upstream: (outcome != "error").then(|| "files".to_owned()),
        method: method.to_owned(),
        target: target.map(str::to_owned),
        duration_us: 1234 * id.cast_unsigned().pow(6),
        request_bytes: 9,
        answer_bytes: 700 * id.cast_unsigned().pow(9),
        outcome: outcome.to_owned(),
        code: (outcome == "error").then_some(-32602),
    }
}

#[test]
fn calls_stand_in_a_table_newest_last() {
    let calls = [
        call(3, "resources/read", Some("file:///a\u{1b}[2J"), "timed_out"),
        call(2, "tools/call", Some("read"), "ok"),
        call(1, "tools/call", Some("nothing"), "error"),
    ];
    let text = anstream::adapter::strip_str(&table_text(&calls)).to_string();
    expect![[r#"
        ID  TIME                  CLIENT  UPSTREAM  WHAT                      TOOK    SIZE       OUTCOME
        1   2023-11-14T22:13:20Z  claude  -         nothing                   1.2 ms  700 B      error -32602
        2   2023-11-14T22:13:20Z  claude  files     read                      78 ms   350.0 KiB  ok
        3   2023-11-14T22:13:20Z  claude  files     resources/read file:///a  899 ms  13.1 MiB   timed out
    "#]]
    .assert_eq(&text);
    assert_eq!(lines_text(&calls).lines().count(), 3);
}

#[test]
fn a_call_is_shown_with_what_was_said() {
    let detail = CallDetail {
        call: call(2, "tools/call", Some("read"), "ok"),
        request: Some(r#"{"name":"read"}"#.to_owned()),
        answer: None,
    };
    expect![[r#"
        id        2
        time      2023-11-14T22:13:20Z
        client    claude (session 0123abcd)
        upstream  files
        what      tools/call read
        took      78 ms
        outcome   ok
        asked     9 B: {"name":"read"}
        answered  350.0 KiB: not kept, or not any more (setting `record_bodies`)
    "#]]
    .assert_eq(&detail_text(&detail));
}

#[test]
fn what_is_missing_is_said() {
    let page = |calls: usize, recording, dropped| ActivityPage {
        calls: vec![call(1, "ping", None, "ok"); calls],
        next_before: None,
        recording,
        dropped,
    };
    assert_eq!(beside(&page(1, true, 0)), None);
    assert_eq!(beside(&page(0, true, 0)).unwrap(), "no calls to show");
    let said = beside(&page(0, false, 7)).unwrap();
    assert!(said.contains("not recorded now") && said.contains("7 calls came too fast"), "{said}");
}

#[test]
fn who_follows_hears_once_what_is_missing() {
    for (told, now, expected) in [
        (None, None, None),
        (None, Some("off"), Some("off")),
        (Some("off"), Some("off"), None),
        (Some("1 lost"), Some("2 lost"), Some("2 lost")),
        (Some("off"), None, Some("calls are recorded again")),
    ] {
        assert_eq!(news(told, now), expected, "{told:?} {now:?}");
    }
}
