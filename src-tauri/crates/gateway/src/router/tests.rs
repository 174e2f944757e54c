use std::sync::Arc;

use expect_test::{Expect, expect};
use headgate_model::switched_off;
use headgate_protocol::Id;
use serde_json::{Value, json};

use super::*;
use crate::{catalog::Part, upstream::listing::Offer};

fn part(upstream: &str, prefix: Option<&str>, off: &[&str]) -> Part {
    let one = |value: Value| vec![Raw::of(&value)];
    let offer = Offer {
        initialize: Raw::constant(r#"{"capabilities":{"resources":{}}}"#),
        tools: vec![
            Raw::of(&json!({"name": format!("search_{upstream}")})),
            Raw::of(&json!({"name": "off"})),
        ],
        prompts: one(json!({"name": format!("greet_{upstream}")})),
        resources: one(json!({"uri": format!("mem:{upstream}")})),
        templates: one(json!({"uriTemplate": format!("file:///{upstream}/{{path}}")})),
    };
    Part {
        upstream: upstream.parse().unwrap(),
        prefix: prefix.map(str::to_owned),
        tool_choices: switched_off(off.iter().map(|name| (*name).to_owned())),
        offer: Arc::new(offer),
    }
}

fn check(scope: Scope, parts: &[Part], method: &str, params: Value, expected: Expect) {
    let catalog = Catalog::build(parts.to_vec(), &Catalog::default(), 10);
    let request = Request::new(Id::number(1), method, Some(Raw::of(&params)));
    expected.assert_eq(&match route(&catalog, &scope, &request) {
        Route::Answer(Outcome::Result(result)) => format!("answer {result:?}"),
        Route::Answer(Outcome::Error(error)) => format!("refuse {error:?}"),
        Route::Forward(upstream, call) => format!("{upstream} <- {} {:?}", call.method, call.params.unwrap()),
    });
}

fn two() -> [Part; 2] {
    [part("a", None, &["off"]), part("b", Some("p"), &["off"])]
}

#[test]
fn calls_go_to_their_owner_under_its_own_name() {
    let all =
        |method: &str, params: Value, expected: Expect| check(Scope::All, &two(), method, params, expected);
    all(
        "tools/call",
        json!({"name": "p_search_b", "arguments": {"n": 1.0}}),
        expect![[r#"b <- tools/call {"arguments":{"n":1.0},"name":"search_b"}"#]],
    );
    all("prompts/get", json!({"name": "greet_a"}), expect![[r#"a <- prompts/get {"name":"greet_a"}"#]]);
    all("resources/read", json!({"uri": "p+mem:b"}), expect![[r#"b <- resources/read {"uri":"mem:b"}"#]]);
    all(
        "resources/subscribe",
        json!({"uri": "file:///a/x"}),
        expect![[r#"a <- resources/subscribe {"uri":"file:///a/x"}"#]],
    );
    all(
        "completion/complete",
        json!({"ref": {"type": "ref/prompt", "name": "p_greet_b"}}),
        expect![[r#"b <- completion/complete {"ref":{"name":"greet_b","type":"ref/prompt"}}"#]],
    );
    all(
        "completion/complete",
        json!({"ref": {"type": "ref/resource", "uri": "p+file:///b/{path}"}}),
        expect![[r#"b <- completion/complete {"ref":{"type":"ref/resource","uri":"file:///b/{path}"}}"#]],
    );
}

#[test]
fn what_nobody_offers_is_refused_with_a_way_out() {
    let all =
        |method: &str, params: Value, expected: Expect| check(Scope::All, &two(), method, params, expected);
    all(
        "tools/call",
        json!({"name": "nope"}),
        expect![[
            r#"refuse {"code":-32602,"message":"unknown tool: `nope`; `tools/list` tells which there are"}"#
        ]],
    );
    all(
        "tools/call",
        json!({"name": 7}),
        expect![[r#"refuse {"code":-32602,"message":"`tools/call` needs a string `name`"}"#]],
    );
    all(
        "resources/read",
        json!({"uri": "x:1"}),
        expect![[r#"refuse {"code":-32002,"message":"resource not found: x:1"}"#]],
    );
    all(
        "tools/list",
        json!({"cursor": "mine"}),
        expect![[
            r#"refuse {"code":-32602,"message":"`cursor` is not one that this server gave; list from the start"}"#
        ]],
    );
    all(
        "x/y",
        json!({}),
        expect![[
            r#"refuse {"code":-32601,"message":"unknown method `x/y`; with several servers behind this one, call it at /mcp/{name}"}"#
        ]],
    );
}

#[test]
fn one_upstream_hears_everything_but_what_is_off() {
    let one = |method: &str, params: Value, expected: Expect| {
        check(Scope::One("a".parse().unwrap()), &two()[..1], method, params, expected);
    };
    one("x/y", json!({"z": null}), expect![[r#"a <- x/y {"z":null}"#]]);
    one("tools/call", json!({"name": "hidden"}), expect![[r#"a <- tools/call {"name":"hidden"}"#]]);
    one(
        "tools/call",
        json!({"name": "off"}),
        expect![[
            r#"refuse {"code":-32602,"message":"unknown tool: `off`; `tools/list` tells which there are"}"#
        ]],
    );
    one("ping", json!({}), expect!["answer {}"]);
    one("tools/list", json!({"cursor": null}), expect![[r#"answer {"tools":[{"name":"search_a"}]}"#]]);
}

#[test]
fn the_other_eras_first_question_reaches_no_upstream() {
    check(
        Scope::One("a".parse().unwrap()),
        &two()[..1],
        "server/discover",
        json!({}),
        expect![[r#"refuse {"code":-32601,"message":"this session speaks an earlier revision"}"#]],
    );
}

#[test]
fn a_name_that_is_given_twice_is_none() {
    let catalog = Catalog::build(two()[..1].to_vec(), &Catalog::default(), 10);
    let scope = Scope::One("a".parse().unwrap());
    for (method, params) in [
        ("tools/call", r#"{"name":"search_a","name":"off"}"#),
        ("resources/read", r#"{"uri":"mem:a","uri":"mem:b"}"#),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","name":"a","name":"b"}}"#),
    ] {
        let request = Request::new(Id::number(1), method, Some(Raw::constant(params)));
        assert!(matches!(route(&catalog, &scope, &request), Route::Answer(Outcome::Error(_))), "{params}");
    }
}
