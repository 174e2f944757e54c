//! Programs of different versions at one home folder. The manifest is all by which a version is known, so
//! a real daemon becomes an older or a newer one there.
#![cfg(target_os = "linux")]

use std::fs;

use e2e::{Sandbox, UpstreamOptions, request_text, wait_until};
use serde_json::{Value, json};

use super::Pipe;

/// The daemon says from now on that it is of this version.
fn pretend(sandbox: &Sandbox, version: &str) {
    let path = sandbox.home().join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["version"] = version.into();
    fs::write(&path, manifest.to_string()).unwrap();
}

async fn calls_in_flight(sandbox: &Sandbox) -> u64 {
    sandbox.look("/status").await["calls"].as_u64().unwrap()
}

#[tokio::test]
async fn an_older_daemon_is_replaced_once_nobody_needs_it_and_sessions_go_on() {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let mut client = sandbox.client("http", "/mcp").await;
    let mut bridge = Pipe::open(&sandbox, "pipe").await;
    pretend(&sandbox, "0.0.1");
    let hold = json!({ "name": "hold", "arguments": { "key": "gate" } }).to_string();
    bridge.write(&request_text("\"held\"", "tools/call", &hold)).await;
    wait_until("the call is in flight", async || calls_in_flight(&sandbox).await == 1).await;

    let old = sandbox.pid();
    sandbox.restart().await;
    assert_eq!(sandbox.pid(), old, "a daemon with a call in flight was replaced");
    client.call("release", json!({ "key": "gate" })).await;
    let answer = bridge.output.answer_to("\"held\"").await;
    assert!(answer.member("result").is_some(), "{}", answer.text);

    wait_until("no call is in flight", async || calls_in_flight(&sandbox).await == 0).await;
    sandbox.restart().await;
    assert_ne!(sandbox.pid(), old, "an idle older daemon goes on");
    assert_ne!(sandbox.manifest()["version"], "0.0.1");
    client.move_to(&sandbox.at("/mcp"));
    assert_eq!(client.try_call("echo", json!({ "a": 1 })).await.status, 200, "its session goes on");
    bridge.call("echo", json!({ "a": 2 })).await;
    bridge.end().await;
}

#[tokio::test]
async fn a_newer_daemon_serves_older_programs() {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    pretend(&sandbox, "99.0.0");
    let newer = sandbox.pid();
    sandbox.restart().await;
    assert_eq!(sandbox.pid(), newer, "an older program replaced a newer daemon");
    let mut bridge = Pipe::open(&sandbox, "pipe").await;
    bridge.call("echo", json!({ "a": 1 })).await;
    bridge.end().await;
}
