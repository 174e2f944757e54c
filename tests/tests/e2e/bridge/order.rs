//! A pipe has one order in each direction, and the bridge keeps both.

use e2e::{Message, Sandbox, UpstreamOptions, request_text};
use serde_json::Value;

use super::{Output, Pipe, is_answer};

/// As many as a session may have in flight, nearly.
const BURST: u64 = 1000;

/// Numbered calls of one tool, a numbered notification after each.
fn burst(tool: &str) -> Vec<String> {
    let lines = (0..BURST).flat_map(|number| {
        let params = format!(r#"{{"name":"{tool}","arguments":{{"number":{number}}}}}"#);
        let note =
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/x","params":{{"number":{number}}}}}"#);
        [request_text(&format!("\"call {number}\""), "tools/call", &params), note]
    });
    lines.collect()
}

/// Writes all of it while everything is read; gives what came until all calls were answered.
async fn exchange(bridge: &mut Pipe, lines: &[String]) -> Vec<Message> {
    let Pipe { input, output, .. } = bridge;
    let input = input.as_mut().expect("its input is open");
    let writing = async {
        for line in lines {
            input.write(line).await;
        }
    };
    tokio::join!(writing, all_answers(output)).1
}

async fn all_answers(output: &mut Output) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut answers = 0;
    while answers < BURST {
        let message = output.next().await.expect("the bridge goes on");
        if is_answer(&message) {
            assert!(message.member("result").is_some(), "{}", message.text);
            answers += 1;
        }
        messages.push(message);
    }
    messages
}

/// What the server received of a burst, as `c5` and `n5`.
async fn arrived(bridge: &mut Pipe, tool: &str) -> Vec<String> {
    let seen: Value = bridge.call("seen", Value::Null).await;
    let texts = seen["seen"].as_array().expect("a list").iter().filter_map(Value::as_str);
    let messages = texts.map(|text| serde_json::from_str::<Value>(text).expect("messages are JSON"));
    let kind = |message: &Value| match message["method"].as_str()? {
        "tools/call" if message["params"]["name"] == tool => {
            Some(format!("c{}", message["params"]["arguments"]["number"]))
        }
        "notifications/x" => Some(format!("n{}", message["params"]["number"])),
        _ => None,
    };
    messages.filter_map(|message| kind(&message)).collect()
}

fn in_order() -> Vec<String> {
    (0..BURST).flat_map(|number| [format!("c{number}"), format!("n{number}")]).collect()
}

/// The first place where two lists differ, with what is around it.
fn check_order<T: PartialEq + std::fmt::Debug>(got: &[T], expected: &[T]) {
    let differs = got.iter().zip(expected).position(|(got, expected)| got != expected);
    if let Some(at) = differs {
        let around = at.saturating_sub(2)..(at + 6).min(got.len().min(expected.len()));
        panic!("at {at}: {:?} instead of {:?}", &got[around.clone()], &expected[around]);
    }
    assert_eq!(got.len(), expected.len());
}

#[tokio::test]
async fn a_burst_arrives_in_order_at_a_shared_server() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("client", Value::Null).await;
    exchange(&mut bridge, &burst("echo")).await;
    check_order(&arrived(&mut bridge, "echo").await, &in_order());
    bridge.end().await;
}

#[tokio::test]
async fn a_burst_arrives_in_order_at_a_server_that_is_only_starting() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::per_session()).await;
    // The session's own copy starts with the first call.
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    exchange(&mut bridge, &burst("echo")).await;
    let arrived = arrived(&mut bridge, "echo").await;
    let calls: Vec<_> = arrived.iter().filter(|what| what.starts_with('c')).cloned().collect();
    check_order(&calls, &(0..BURST).map(|number| format!("c{number}")).collect::<Vec<_>>());
    check_order(&arrived, &in_order());
    bridge.end().await;
}

#[tokio::test]
async fn what_a_server_writes_comes_out_in_its_order() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("client", Value::Null).await;
    let said = exchange(&mut bridge, &burst("stamp")).await;
    let stamps: Vec<u64> = said.iter().map(|message| stamp(&message.json())).collect();
    check_order(&stamps, &(0..2 * BURST).collect::<Vec<_>>());
    bridge.end().await;
}

/// The place that the server gave a notification or an answer.
fn stamp(message: &Value) -> u64 {
    let place = message["result"]["stamp"].as_u64().or(message["params"]["data"].as_u64());
    place.unwrap_or_else(|| panic!("no stamp: {message}"))
}
