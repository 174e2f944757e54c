//! Strangers' JSON stays whole: random envelopes through a child and through HTTP, compared as text on
//! both ends. Only line breaks between tokens may become spaces.

use e2e::Mcp;
use futures_util::future::join_all;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::ways::Ways;

/// Envelopes that are sent together.
const AT_ONCE: usize = 8;

fn space() -> impl Strategy<Value = String> {
    prop_oneof![12 => Just(String::new()), 4 => Just(" ".to_owned()), 1 => Just("\t".to_owned()), 1 => Just("\n".to_owned()), 1 => Just("\r\n ".to_owned())]
}

fn number() -> impl Strategy<Value = String> {
    let odd = [
        "0",
        "-0",
        "-1",
        "1.0",
        "-0.0",
        "1e0",
        "1E+2",
        "1e-7",
        "9007199254740993",
        "-9007199254740993",
        "18446744073709551616",
        "123456789012345678901234567890.123456789012345678901234567890",
        "0.1",
        "1e400",
        "2.2250738585072011e-308",
    ];
    prop_oneof![
        2 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
    ]
}

/// A string as JSON text: plain, escaped without need, and as surrogates, paired or not.
fn string() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_map(|letter| match letter {
        '"' | '\\' | '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    });
    let escape = prop::sample::select(vec![
        "\\n", "\\r", "\\t", "\\b", "\\f", "\\/", "\\\\", "\\\"", "\\u0000", "\\u00E9", "\\u2028",
    ]);
    let surrogate = prop::sample::select(vec![
        "\\ud83d\\ude00",
        "\\uD83D",
        "\\uDE00",
        "\u{2028}",
        "\u{feff}",
        "\u{85}",
        "\u{7f}",
    ]);
    let piece =
        prop_oneof![6 => plain, 2 => escape.prop_map(str::to_owned), 1 => surrogate.prop_map(str::to_owned)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// Keys may repeat, and may be the names of members that matter elsewhere.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "id",
        "method",
        "params",
        "result",
        "name",
        "jsonrpc",
        "_meta",
        "requestId",
        "uri",
        "cursor",
        "",
        "__proto__",
    ];
    prop_oneof![2 => prop::sample::select(known.to_vec()).prop_map(|key| format!("\"{key}\"")), 3 => string()]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        1 => prop::sample::select(vec!["null", "true", "false", "{}", "[]"]).prop_map(str::to_owned),
        2 => number(),
        3 => string(),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        let entry = (space(), inner.clone(), space())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
            .boxed();
        let member = (space(), key(), space(), entry.clone())
            .prop_map(|(before, key, after, value)| format!("{before}{key}{after}:{value}"));
        prop_oneof![
            prop::collection::vec(entry, 0..6).prop_map(|entries| format!("[{}]", entries.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

/// A deep nesting of one value.
fn deep() -> impl Strategy<Value = String> {
    (1usize..120, string()).prop_map(|(depth, value)| {
        format!("{}{value}{}", "[{\"k\":".repeat(depth / 2), "}]".repeat(depth / 2))
    })
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![8 => value(), 1 => deep()]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![number(), string()]
}

/// Members of the envelope in any order, with some that nobody knows.
fn envelope(id: &str, method: &str, params: &str, extra: &[String], order: u64) -> String {
    let mut members = vec![
        "\"jsonrpc\":\"2.0\"".to_owned(),
        format!("\"id\": {id}"),
        format!("\"method\":\"{method}\""),
        format!("\"params\":{params}"),
    ];
    members.extend(extra.iter().enumerate().map(|(at, value)| format!("\"x-{at}\":{value}")));
    let count = members.len();
    members.rotate_left(order as usize % count);
    members.swap(0, (order / 7) as usize % count);
    format!("{{{}}}", members.join(","))
}

#[derive(Debug, Clone)]
enum Probe {
    /// Arguments of a tool.
    Tool { arguments: String, name_last: bool },
    /// Parameters of a method that nobody knows.
    Params(String),
    /// A result.
    Result(String),
    /// An error.
    Error(String),
    /// Members of the envelope.
    Envelope(Vec<String>),
}

fn probe() -> impl Strategy<Value = Probe> {
    prop_oneof![
        (any_value(), any::<bool>()).prop_map(|(arguments, name_last)| Probe::Tool { arguments, name_last }),
        any_value().prop_map(Probe::Params),
        any_value().prop_map(Probe::Result),
        any_value().prop_map(Probe::Error),
        prop::collection::vec(any_value(), 1..4).prop_map(Probe::Envelope),
    ]
}

/// What a line break between tokens becomes on the way.
fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

impl Probe {
    async fn check(&self, client: &Mcp, id: &str, order: u64) -> Result<(), String> {
        let (method, params, extra) = match self {
            Self::Tool { arguments, name_last: false } => {
                ("tools/call", format!(r#"{{"name":"echo","arguments":{arguments}}}"#), &[][..])
            }
            Self::Tool { arguments, name_last: true } => {
                ("tools/call", format!(r#"{{"arguments":{arguments} , "n\u0061me" : "echo"}}"#), &[][..])
            }
            Self::Params(params) => ("x/echo", params.clone(), &[][..]),
            Self::Result(result) => ("x/return", format!(r#"{{"result":{result}}}"#), &[][..]),
            Self::Error(error) => ("x/fail", format!(r#"{{"error":{error}}}"#), &[][..]),
            Self::Envelope(extra) => ("tools/call", r#"{"name":"envelope"}"#.to_owned(), &extra[..]),
        };
        let text = envelope(id, method, &params, extra, order);
        let answer = client.post_bytes(text.clone()).await;
        let last = answer.last();
        let same = |what: &str, got: Option<String>, expected: String| match got {
            Some(got) if got == on_one_line(&expected) => Ok(()),
            got => Err(format!(
                "{what}\n     got {got:?}\nexpected {expected:?}\n      in {text}\n  answer {}",
                last.text
            )),
        };
        same("the id", last.member("id"), id.to_owned())?;
        match self {
            Self::Tool { .. } => {
                same("the params", last.member("result"), format!(r#"{{"content":[],"echo":{params}}}"#))
            }
            Self::Params(params) => {
                same("the params", last.member("result"), format!(r#"{{"params":{params}}}"#))
            }
            Self::Result(result) => same("the result", last.member("result"), result.clone()),
            Self::Error(error) => same("the error", last.member("error"), error.clone()),
            Self::Envelope(extra) => {
                let received = last.member("result").unwrap_or_default();
                let lost = extra
                    .iter()
                    .enumerate()
                    .find(|(at, value)| !received.contains(&format!("\"x-{at}\":{}", on_one_line(value))));
                lost.map_or(Ok(()), |(at, value)| {
                    Err(format!("member x-{at} ({value}) is lost in {received}"))
                })
            }
        }
    }
}

fn check_way(way: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_ways, client) = runtime.block_on(async {
        let ways = Ways::open().await;
        let client = ways.client(&format!("/mcp/{way}")).await;
        (ways, client)
    });
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    // Ids of one batch must differ; what follows them keeps them apart.
    let envelopes = prop::collection::vec((id(), probe(), any::<u64>()), AT_ONCE);
    let outcome = TestRunner::new(config).run(&envelopes, |envelopes| {
        let mut ids = std::collections::BTreeSet::new();
        let unique = envelopes.iter().filter(|(id, ..)| ids.insert(id.clone()));
        let checks = unique.map(|(id, probe, order)| probe.check(&client, id, *order));
        let results = runtime.block_on(join_all(checks));
        results.into_iter().find_map(Result::err).map_or(Ok(()), |problem| Err(TestCaseError::fail(problem)))
    });
    if let Err(problem) = outcome {
        panic!("{problem}");
    }
    // The sandbox ends its children in the runtime that it was made in.
    let _inside = runtime.enter();
    drop((client, _ways));
}

#[test]
fn through_a_child() {
    check_way("stdio");
}

#[test]
fn through_http() {
    check_way("http");
}
