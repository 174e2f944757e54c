//! How the bridge ends: with its client, soon, and without a trace but the daemon.

use std::time::{Duration, Instant};

use e2e::{Sandbox, UpstreamOptions, processes, request_text, wait_until};
use serde_json::{Value, json};

use super::{Pipe, is_answer};

/// Clients end a server that takes longer; a goodbye takes a second at most, and a busy machine the rest.
const PATIENCE: Duration = Duration::from_secs(5);
/// The bridge gives calls in flight ten seconds after its input has ended, and then says goodbye.
const LAST_ANSWERS: Duration = Duration::from_secs(18);

async fn gateway() -> Sandbox {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    sandbox
}

async fn sessions(sandbox: &Sandbox) -> usize {
    sandbox.look("/sessions").await["sessions"].as_array().expect("a list").len()
}

/// Only the gateway and its shared server are there, and nobody is connected.
async fn check_nothing_is_left(sandbox: &Sandbox, children: &[u32]) {
    wait_until("the session has ended", async || sessions(sandbox).await == 0).await;
    assert_eq!(sandbox.children(), children);
    assert!(processes::is_alive(sandbox.pid()));
}

#[tokio::test]
async fn the_end_of_its_input_ends_it() {
    let sandbox = gateway().await;
    let children = sandbox.children();
    for used in [false, true] {
        let mut bridge = match used {
            true => Pipe::open(&sandbox, "tester").await,
            false => Pipe::connect(&sandbox, "tester"),
        };
        if used {
            bridge.call("echo", Value::Null).await;
            assert_eq!(sessions(&sandbox).await, 1);
        }
        let before = Instant::now();
        bridge.close();
        assert!(bridge.ended().await.success());
        assert!(before.elapsed() < PATIENCE, "{:?}", before.elapsed());
        assert_eq!(bridge.output.next().await, None);
        check_nothing_is_left(&sandbox, &children).await;
    }
}

#[tokio::test]
async fn answers_that_are_on_their_way_come_before_the_end() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    // More than fits into a pipe, so that the end comes before everything was read.
    let calls = 200;
    for number in 0..calls {
        let params = r#"{"name":"say","arguments":{"bytes":65536}}"#;
        bridge.write(&request_text(&number.to_string(), "tools/call", params)).await;
    }
    bridge.close();
    let mut answers = 0;
    while let Some(message) = bridge.output.next().await {
        answers += usize::from(is_answer(&message));
    }
    assert_eq!(answers, calls);
    assert!(bridge.ended().await.success());
}

#[tokio::test]
async fn a_client_that_reads_late_gets_all_answers() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let (calls, read_at_once) = (200, 160);
    for number in 0..calls {
        let params = r#"{"name":"say","arguments":{"bytes":65536}}"#;
        bridge.write(&request_text(&number.to_string(), "tools/call", params)).await;
    }
    for _ in 0..read_at_once {
        bridge.output.next().await.expect("it goes on");
    }
    bridge.close();
    // The bridge must not take a client for gone that reads nothing for a moment.
    let _ = tokio::time::timeout(PATIENCE, bridge.ended()).await;
    let mut answers = read_at_once;
    while bridge.output.next_text().await.is_some() {
        answers += 1;
    }
    assert_eq!(answers, calls);
}

#[tokio::test]
async fn a_last_line_without_its_end_is_read() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let line = request_text("\"last\"", "tools/call", r#"{"name":"echo"}"#);
    bridge.input.as_mut().unwrap().write_bytes(line.as_bytes()).await;
    bridge.close();
    let answer = bridge.output.answer_to("\"last\"").await;
    assert!(answer.member("result").is_some(), "{}", answer.text);
    assert!(bridge.ended().await.success());
}

#[tokio::test]
async fn sigterm_ends_it_in_the_middle_of_a_call() {
    let sandbox = gateway().await;
    let children = sandbox.children();
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.write(&request_text("1", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#)).await;
    let other = sandbox.client("other", "/mcp").await;
    wait_until("the call is held", async || held(&other.call("count", json!({})).await)).await;
    other.delete().await;
    let before = Instant::now();
    processes::terminate(bridge.pid());
    bridge.ended().await;
    assert!(before.elapsed() < PATIENCE, "{:?}", before.elapsed());
    check_nothing_is_left(&sandbox, &children).await;
    let other = sandbox.client("another", "/mcp").await;
    wait_until("the call is cancelled at the server", async || {
        other.call("seen", json!({})).await.to_string().contains("notifications/cancelled")
    })
    .await;
}

fn held(result: &Value) -> bool {
    result["count"]["held"].as_array().is_some_and(|held| !held.is_empty())
}

#[tokio::test]
async fn sigterm_ends_it_though_nobody_reads_what_it_says() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    // Refusals that no one reads, more than pipes and queues hold; then the bridge stands still.
    let line = format!("{}\n", "x".repeat(100)).repeat(100);
    let flood = async {
        for _ in 0..200 {
            bridge.input.as_mut().unwrap().write_bytes(line.as_bytes()).await;
        }
    };
    // The bridge standing still is what is wanted, and that cannot be waited for.
    let _ = tokio::time::timeout(Duration::from_secs(1), flood).await;
    processes::terminate(bridge.pid());
    let ended = tokio::time::timeout(PATIENCE, bridge.ended()).await;
    assert!(ended.is_ok(), "the bridge does not end while nobody reads");
}

#[tokio::test]
async fn sigterm_ends_it_though_the_gateway_hangs() {
    check_hanging(terminate, PATIENCE).await;
}

#[tokio::test]
async fn the_end_of_its_input_ends_it_though_the_gateway_hangs() {
    check_hanging(Pipe::close, LAST_ANSWERS).await;
}

/// With a gateway that takes the call and is never heard of again.
async fn check_hanging(tell: fn(&mut Pipe), limit: Duration) {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", Value::Null).await;
    signal(sandbox.pid(), "STOP");
    bridge.write(&request_text("1", "tools/call", r#"{"name":"echo"}"#)).await;
    tell(&mut bridge);
    let ended = tokio::time::timeout(limit, bridge.ended()).await;
    signal(sandbox.pid(), "CONT");
    assert!(ended.is_ok(), "the bridge does not end within {} s while the gateway hangs", limit.as_secs());
}

#[tokio::test]
async fn sigterm_ends_it_while_there_is_no_gateway() {
    check_without(terminate, PATIENCE).await;
}

#[tokio::test]
async fn the_end_of_its_input_ends_it_while_there_is_no_gateway() {
    check_without(Pipe::close, LAST_ANSWERS).await;
}

/// With a call, when a person has stopped the gateway.
async fn check_without(tell: fn(&mut Pipe), limit: Duration) {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", Value::Null).await;
    sandbox.down().await;
    bridge.write(&request_text("1", "tools/call", r#"{"name":"echo"}"#)).await;
    tell(&mut bridge);
    let ended = tokio::time::timeout(limit, bridge.ended()).await;
    sandbox.restart().await;
    assert!(ended.is_ok(), "the bridge does not end within {} s without a gateway", limit.as_secs());
}

fn terminate(bridge: &mut Pipe) {
    processes::terminate(bridge.pid());
}

#[tokio::test]
async fn a_client_that_dies_takes_its_bridge_along() {
    let sandbox = gateway().await;
    let children = sandbox.children();
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.write(&request_text("1", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#)).await;
    let other = sandbox.client("other", "/mcp").await;
    wait_until("the call is held", async || held(&other.call("count", json!({})).await)).await;
    other.delete().await;
    // Both ends are gone at once, with a call in flight.
    let pid = bridge.pid();
    bridge.let_go();
    wait_until("the bridge has ended", async || !processes::is_alive(pid)).await;
    check_nothing_is_left(&sandbox, &children).await;
}

fn signal(pid: u32, name: &str) {
    let status = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(status.expect("run kill").success());
}
