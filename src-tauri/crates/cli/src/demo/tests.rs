//! The demo's answers, without its process.

use expect_test::{Expect, expect};

use super::*;

fn check(method: &str, params: &str, expected: Expect) {
    let params = Some(Raw::parse(params.to_owned()).unwrap());
    let request = Request::new(Id::number(1), method, params);
    let text = match reply(&request) {
        Reply::Now(Outcome::Result(result)) => format!("{result:?}"),
        Reply::Now(Outcome::Error(error)) => format!("error {error:?}"),
        Reply::Later(slow) => format!("{:?} x {:?}, then {:?}", slow.steps, slow.step_time(), slow.result()),
    };
    expected.assert_eq(&text);
}

#[test]
fn tools_answer() {
    check(
        "tools/call",
        r#"{"name":"echo","arguments":{"message":"a\u0000é"}}"#,
        expect![[r#"{"content":[{"text":"a\u0000é","type":"text"}]}"#]],
    );
    check(
        "tools/call",
        r#"{"name":"add","arguments":{"a":1,"b":2}}"#,
        expect![[r#"{"content":[{"text":"{\"sum\":3}","type":"text"}],"structuredContent":{"sum":3}}"#]],
    );
    check(
        "tools/call",
        r#"{"name":"add","arguments":{"a":9223372036854775807,"b":1}}"#,
        expect![[
            r#"{"content":[{"text":"{\"sum\":9.223372036854776e+18}","type":"text"}],"structuredContent":{"sum":9.223372036854776e+18}}"#
        ]],
    );
    check(
        "tools/call",
        r#"{"name":"slow"}"#,
        expect![[r#"3 x 1s, then Result({"content":[{"text":"Took 3 s in 3 steps.","type":"text"}]})"#]],
    );
    check(
        "tools/call",
        r#"{"name":"slow","arguments":{"seconds":1,"steps":4}}"#,
        expect![[r#"4 x 250ms, then Result({"content":[{"text":"Took 1 s in 4 steps.","type":"text"}]})"#]],
    );
}

#[test]
fn bad_parameters_are_refused() {
    check(
        "tools/call",
        r#"{"name":"echo"}"#,
        expect![[r#"error {"code":-32602,"message":"arguments of `echo`: missing field `message`"}"#]],
    );
    check(
        "tools/call",
        r#"{"name":"add","arguments":{"a":"1","b":2}}"#,
        expect![[
            r#"error {"code":-32602,"message":"arguments of `add`: invalid type: string \"1\", expected a JSON number"}"#
        ]],
    );
    check(
        "tools/call",
        r#"{"name":"slow","arguments":{"steps":0}}"#,
        expect![[r#"error {"code":-32602,"message":"seconds must be 0 to 600, steps 1 to 1000"}"#]],
    );
    check(
        "tools/call",
        r#"{"name":"nope"}"#,
        expect![[r#"error {"code":-32602,"message":"unknown tool `nope`; there are echo, add and slow"}"#]],
    );
    check(
        "tools/call",
        "[]",
        expect![[
            r#"error {"code":-32602,"message":"`tools/call`: invalid length 0, expected struct ToolCall with 2 elements at line 1 column 2"}"#
        ]],
    );
    check(
        "tools/list",
        r#"{"cursor":"x"}"#,
        expect![[r#"error {"code":-32602,"message":"unknown cursor `x`"}"#]],
    );
    check(
        "prompts/get",
        r#"{"name":"greet"}"#,
        expect![[r#"error {"code":-32602,"message":"the argument `name` is missing"}"#]],
    );
    check(
        "resources/read",
        r#"{"uri":"demo://nope"}"#,
        expect![[r#"error {"code":-32002,"message":"no resource `demo://nope`; there is demo://welcome"}"#]],
    );
    check(
        "nope",
        "{}",
        expect![[r#"error {"code":-32601,"message":"the demo server does not know the method `nope`"}"#]],
    );
}

#[test]
fn each_legacy_revision_is_answered_with_itself() {
    for (asked, answered) in
        [("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")]
    {
        let params = Raw::of(&json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": {} }));
        let request = Request::new(Id::number(1), "initialize", Some(params));
        let Reply::Now(Outcome::Result(result)) = reply(&request) else { panic!("{asked}") };
        assert_eq!(result.text_at(&["protocolVersion"]).as_deref(), Some(answered));
    }
}

#[test]
fn a_prompt_is_completed_and_filled() {
    let r#ref = r#"{"type":"ref/prompt","name":"greet"}"#;
    check(
        "completion/complete",
        &format!(r#"{{"ref":{ref},"argument":{{"name":"name","value":"a"}}}}"#),
        expect![[r#"{"completion":{"hasMore":false,"total":2,"values":["Ada","Alan"]}}"#]],
    );
    check(
        "completion/complete",
        &format!(r#"{{"ref":{ref},"argument":{{"name":"mood","value":""}}}}"#),
        expect![[
            r#"error {"code":-32602,"message":"only the argument `name` of the prompt `greet` can be completed"}"#
        ]],
    );
    check(
        "prompts/get",
        r#"{"name":"greet","arguments":{"name":"Ada"}}"#,
        expect![[
            r#"{"description":"A greeting for Ada","messages":[{"content":{"text":"Write a short, friendly greeting for Ada.","type":"text"},"role":"user"}]}"#
        ]],
    );
}
