use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(text: &'static str, expected: Expect) {
    let shown = match parse(&Bytes::from_static(text.as_bytes())) {
        Ok(Incoming::One(message)) => shown(&message),
        Ok(Incoming::Batch(messages)) => format!(
            "batch [{}]",
            messages
                .iter()
                .map(|m| m.as_ref().map_or_else(|e| e.to_string(), shown))
                .collect::<Vec<_>>()
                .join("; ")
        ),
        Err(error) => format!("{} -> {:?}", error, error.response().to_bytes()),
    };
    expected.assert_eq(&shown);
}

fn shown(message: &Message) -> String {
    match message {
        Message::Request(r) => format!("request {:?} {} {:?} {:?}", r.id, r.method, r.params, r.extra),
        Message::Notification(n) => format!("notification {} {:?}", n.method, n.params),
        Message::Response(r) => format!("response {:?} {:?}", r.id, r.outcome),
    }
}

#[test]
fn messages_are_told_apart() {
    check(
        r#"{"jsonrpc":"2.0","id":1.0,"method":"a","params":{"x":null},"new":[1]}"#,
        expect![[r#"request 1.0 a Some({"x":null}) [("new", [1])]"#]],
    );
    check(r#"{"method":"n","jsonrpc":"2.0"}"#, expect!["notification n None"]);
    check(r#"{"result":null,"jsonrpc":"2.0","id":"1"}"#, expect![[r#"response Some("1") Result(null)"#]]);
    check(
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#,
        expect![[r#"response None Error({"code":1,"message":""})"#]],
    );
    check(
        r#"[{"jsonrpc":"2.0","method":"n"}, 7]"#,
        expect!["batch [notification n None; not a JSON-RPC 2.0 message: expected an object]"],
    );
}

#[test]
fn what_is_no_message_is_refused_with_its_id() {
    check(
        "{oops",
        expect![[
            r#"not valid JSON: key must be a string at line 1 column 2 -> b"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"not valid JSON: key must be a string at line 1 column 2\"},\"id\":null}""#
        ]],
    );
    check(
        r#"{"jsonrpc":"1.0","id":7,"method":"a"}"#,
        expect![[
            r#"not a JSON-RPC 2.0 message: member `jsonrpc` must be "2.0" -> b"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32600,\"message\":\"not a JSON-RPC 2.0 message: member `jsonrpc` must be \\\"2.0\\\"\"}}""#
        ]],
    );
    for text in [
        "[]",
        "7",
        r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#,
        r#"{"jsonrpc":"2.0","result":1}"#,
    ] {
        let error = parse(&Bytes::from_static(text.as_bytes())).map(|_| text).unwrap_err();
        assert!(matches!(error, ParseError::NotJsonRpc { .. }), "{text}: {error}");
    }
}

#[test]
fn a_null_beside_the_outcome_is_no_outcome() {
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"n":1.0},"error":null}"#,
        expect![[r#"response Some(1) Result({"n":1.0})"#]],
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1}}"#,
        expect![[r#"response Some(1) Error({"code":1})"#]],
    );
    check(r#"{"jsonrpc":"2.0","id":1,"result":null,"error":null}"#, expect!["response Some(1) Result(null)"]);
}

#[test]
fn a_broken_answer_names_its_request() {
    for (text, answered) in [
        (r#"{"id":7,"result":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"result":1,"error":{}}"#, true),
        (r#"{"jsonrpc":"1.0","id":7,"method":"a"}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"method":7}"#, false),
        (r#"{"jsonrpc":"2.0","result":1}"#, false),
        ("7", false),
    ] {
        let error = parse(&Bytes::from_static(text.as_bytes())).map(|_| text).unwrap_err();
        assert_eq!(error.answered().and_then(Id::as_number), answered.then_some(7), "{text}: {error}");
    }
}

#[test]
fn line_breaks_between_tokens_become_spaces() {
    let Ok(Incoming::One(message)) = parse(&Bytes::from_static(
        b"{\"jsonrpc\":\"2.0\",\r\n\"method\":\"n\",\"params\":{\n\t\"a\":\r\n\"x\\ny\"}}",
    )) else {
        panic!("a notification");
    };
    assert_eq!(
        message.to_bytes(),
        Bytes::from_static(b"{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{ \t\"a\":  \"x\\ny\"}}")
    );
}

proptest! {
    /// Whatever is inside an envelope comes out as the same text.
    #[test]
    fn envelopes_cross_unchanged(id in "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,5})?", method in "\\PC{1,20}", key in "[a-z]{1,8}", text in "\\PC{0,40}") {
        let params = format!(r#"{{"{key}x": {}, "n":null ,"big":123456789012345678901234567890.10e5}}"#, Raw::of(&text).read::<Box<serde_json::value::RawValue>>().unwrap());
        let line = format!(r#"{{"params":{params},"method":{},"id":{id},"jsonrpc":"2.0"}}"#, serde_json::to_string(&method).unwrap());
        let Ok(Incoming::One(Message::Request(request))) = parse(&Bytes::from(line)) else { panic!("a request") };
        prop_assert_eq!(request.id.raw().as_bytes(), id.as_bytes());
        let Ok(Incoming::One(Message::Request(again))) = parse(&request.to_bytes()) else { panic!("a request") };
        prop_assert_eq!(again.id, request.id);
        prop_assert_eq!(again.method, method);
        let params_again = again.params.unwrap();
        prop_assert_eq!(params_again.as_bytes(), params.as_bytes());
    }
}
