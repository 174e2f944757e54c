//! Recorded calls: what is kept of them and for how long, how they are found, and what is never kept.

use std::path::Path;

use e2e::{Mcp, Sandbox, UpstreamOptions, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

async fn with_fake(sandbox: Sandbox) -> (Sandbox, Mcp) {
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let client = sandbox.client("claude", "/mcp/fake").await;
    (sandbox, client)
}

async fn calls(sandbox: &Sandbox, query: &str) -> Vec<Value> {
    let page = sandbox.look(&format!("/activity?{query}")).await;
    page["calls"].as_array().expect("calls are a list").clone()
}

/// `target: outcome`, oldest first.
async fn outcomes(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let word = |call: &Value, member: &str| call[member].as_str().unwrap_or("-").to_owned();
    let calls = calls(sandbox, query).await;
    calls.iter().rev().map(|call| format!("{}: {}", word(call, "target"), word(call, "outcome"))).collect()
}

#[tokio::test]
async fn calls_are_recorded_with_what_came_of_them_and_survive_a_restart() {
    let sandbox = Sandbox::builder().env("HEADGATE_CALL_TIMEOUT", "3").start().await;
    let (mut sandbox, client) = with_fake(sandbox).await;
    client.call("echo", json!({ "n": 1 })).await;
    client.call("is_error", json!({})).await;
    client.try_call("error", json!({})).await;
    client.try_call("mute", json!({})).await;
    client.request("prompts/get", json!({ "name": "greet" })).await;
    client.request("resources/read", json!({ "uri": "fake://item/1" })).await;
    client.request("tools/list", json!({})).await;
    client.try_call("die", json!({})).await;
    let expected = [
        "echo: ok",
        "is_error: tool_error",
        "error: error",
        "mute: timed_out",
        "greet: ok",
        "fake://item/1: ok",
        "die: lost",
    ];
    assert_eq!(outcomes(&sandbox, "").await, expected);
    let all = calls(&sandbox, "").await;
    let mute = all.iter().find(|call| call["target"] == "mute").unwrap();
    assert!(mute["duration_us"].as_u64().unwrap() >= 3_000_000, "{mute}");
    let error = all.iter().find(|call| call["target"] == "error").unwrap();
    assert_eq!(error["code"], -32001);
    for (member, value) in [("client", "claude"), ("upstream", "fake"), ("method", "tools/call")] {
        assert_eq!(error[member], value, "{error}");
    }
    assert!(client.session().unwrap().starts_with(error["session"].as_str().unwrap()), "{error}");
    let upstream = sandbox.upstream("fake").await;
    assert_eq!((&upstream["calls"], &upstream["errors"]), (&json!(7), &json!(4)), "{upstream}");
    assert!(upstream["last_used_ms"].as_u64() >= error["at_ms"].as_u64());

    let detail = sandbox.look(&format!("/activity/{}", error["id"])).await;
    assert!(detail["request"].as_str().unwrap().contains(r#""name":"error""#), "{detail}");
    assert!(detail["answer"].as_str().unwrap().contains("asked to fail"), "{detail}");
    sandbox.down().await;
    sandbox.restart().await;
    assert_eq!(outcomes(&sandbox, "").await, expected);
    let detail = sandbox.look(&format!("/activity/{}", error["id"])).await;
    assert_eq!((&detail["target"], &detail["request"]), (&json!("error"), &Value::Null), "{detail}");
}

#[tokio::test]
async fn a_cancelled_call_and_one_that_goes_to_nobody_are_recorded() {
    let (sandbox, client) = with_fake(Sandbox::start().await).await;
    let everything = sandbox.client("cursor", "/mcp").await;
    everything.try_call("nothing", json!({})).await;
    let held = client.start_as("7", "tools/call", r#"{"name":"mute"}"#);
    let cancel = async {
        wait_until("the call is in flight", async || {
            sandbox.look("/sessions").await["sessions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["calls"] == 1)
        })
        .await;
        client.notify("notifications/cancelled", Some(json!({ "requestId": 7 }))).await;
    };
    let (held, ()) = tokio::join!(held, cancel);
    held.finish().await;
    assert_eq!(outcomes(&sandbox, "").await, ["nothing: error", "mute: cancelled"]);
    let refused = &calls(&sandbox, "outcome=error").await[0];
    assert_eq!((&refused["upstream"], &refused["code"]), (&Value::Null, &json!(-32602)), "{refused}");
    let upstream = sandbox.upstream("fake").await;
    assert_eq!((&upstream["calls"], &upstream["errors"]), (&json!(1), &json!(0)), "{upstream}");
}

#[tokio::test]
async fn calls_are_filtered_paged_summed_up_and_cleared() {
    let (sandbox, client) = with_fake(Sandbox::start().await).await;
    let other = sandbox.client("cursor", "/mcp/fake").await;
    for n in 0..3 {
        client.call("echo", json!({ "n": n })).await;
    }
    other.try_call("error", json!({})).await;
    other.request("prompts/get", json!({ "name": "greet" })).await;
    let check = async |query: &str, expected: &[&str]| {
        assert_eq!(outcomes(&sandbox, query).await, expected, "{query}");
    };
    check("client=claude&limit=2", &["echo: ok", "echo: ok"]).await;
    check("client=cursor", &["error: error", "greet: ok"]).await;
    check("method=prompts/get", &["greet: ok"]).await;
    let session = &other.session().unwrap()[..8];
    check(&format!("session={session}"), &["error: error", "greet: ok"]).await;
    check("session=00000000", &[]).await;
    let summary = sandbox.look(&format!("/activity/summary?session={session}&bucket_ms=10000000")).await;
    assert_eq!(summary["buckets"][0]["calls"], 2, "{summary}");
    check("outcome=error,lost", &["error: error"]).await;
    check("q=GRE", &["greet: ok"]).await;
    check("upstream=other", &[]).await;
    for (query, word) in [("limit=x", "limit"), ("outcome=bad", "outcome"), ("q=1&q=2", "twice")] {
        let (status, problem) = sandbox.admin(Method::GET, &format!("/activity?{query}"), None).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(status == 400 && detail.contains(word), "{query}: {status} {problem}");
    }

    let mut seen = Vec::new();
    let mut before = String::new();
    loop {
        let page = sandbox.look(&format!("/activity?limit=2{before}")).await;
        seen.extend(page["calls"].as_array().unwrap().iter().map(|call| call["id"].as_i64().unwrap()));
        match page["next_before"].as_i64() {
            Some(id) => before = format!("&before={id}"),
            None => break,
        }
    }
    assert!(seen.len() == 5 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");

    let summary = sandbox.look("/activity/summary?since_ms=0&bucket_ms=10000000000000").await;
    let bucket = &summary["buckets"][0];
    assert_eq!((&bucket["calls"], &bucket["errors"]), (&json!(5), &json!(1)), "{summary}");
    assert!(bucket["p95_ms"].as_f64() >= bucket["p50_ms"].as_f64() && bucket["p50_ms"].as_f64() > Some(0.0));
    let (status, _) = sandbox.admin(Method::GET, "/activity/summary?since_ms=0&bucket_ms=1", None).await;
    assert_eq!(status, 400, "millions of stretches");

    let shown = sandbox.cli(&["activity", "--errors"]).await;
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success() && text.contains("error -32001") && !text.contains("echo"), "{shown:?}");
    let shown = sandbox.cli(&["activity", &seen[0].to_string()]).await;
    assert!(String::from_utf8_lossy(&shown.stdout).contains(r#""name":"greet""#), "{shown:?}");
    let cleared = sandbox.cli(&["activity", "clear"]).await;
    assert!(cleared.status.success(), "{cleared:?}");
    assert_eq!(outcomes(&sandbox, "").await, [""; 0]);
    let (status, problem) = sandbox.admin(Method::GET, &format!("/activity/{}", seen[0]), None).await;
    assert_eq!(status, 404, "{problem}");
}

/// True when a file below `folder` holds this text.
fn is_kept(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).any(|entry| {
        if entry.file_type().unwrap().is_dir() {
            return entry.file_name() != "bin" && is_kept(&entry.path(), text);
        }
        // A file may go while we look.
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[tokio::test]
async fn secrets_are_neither_kept_nor_shown() {
    let sandbox = Sandbox::builder().env("HEADGATE_RECORD_BODIES", "disk").start().await;
    let (sandbox, client) = with_fake(sandbox).await;
    let secrets = ["hunter2-by-name", "ghp_hunter2hunter2hunter2", "hunter2-in-json", "hunter2-in-uri"];
    client
        .call(
            "echo",
            json!({
                "apiKey": secrets[0], "note": format!("use {}", secrets[1]),
                "text": json!({ "deep": { "password": secrets[2] } }).to_string(), "plain": "kept-as-it-is",
            }),
        )
        .await;
    client.request("resources/read", json!({ "uri": format!("fake://item/?token={}", secrets[3]) })).await;
    let page = sandbox.look("/activity").await;
    let mut shown = page.to_string();
    for call in page["calls"].as_array().unwrap() {
        shown += &sandbox.look(&format!("/activity/{}", call["id"])).await.to_string();
    }
    assert!(shown.contains("kept-as-it-is") && shown.contains("fake://item/?token=***"), "{shown}");
    let home = sandbox.stop();
    assert!(is_kept(home.path(), "kept-as-it-is"), "bodies are on the disk");
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} is shown");
        assert!(!is_kept(home.path(), secret), "{secret} is kept");
    }
    let sandbox = Sandbox::builder().home(home).start().await;
    let detail = sandbox.look("/activity/1").await;
    assert!(detail["request"].as_str().unwrap().contains("kept-as-it-is"), "{detail}");
}

#[tokio::test]
async fn bodies_stay_off_the_disk_unless_that_is_asked_for() {
    let (sandbox, client) = with_fake(Sandbox::start().await).await;
    client.call("echo", json!({ "text": "only-in-memory" })).await;
    let detail = sandbox.look("/activity/1").await;
    assert!(detail["request"].as_str().unwrap().contains("only-in-memory"), "{detail}");
    assert!(!is_kept(sandbox.stop().path(), "only-in-memory"));
}

#[tokio::test]
async fn the_oldest_calls_go_when_there_are_too_many() {
    let sandbox = Sandbox::builder().env("HEADGATE_RECORDING_ROWS", "4").start().await;
    let (sandbox, client) = with_fake(sandbox).await;
    for n in 0..9 {
        client.call("echo", json!({ "n": n })).await;
        assert!(calls(&sandbox, "").await.len() <= 4);
    }
    let ids: Vec<_> = calls(&sandbox, "").await.iter().map(|call| call["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [9, 8, 7, 6]);
}

#[tokio::test]
async fn nothing_is_recorded_when_that_is_off() {
    let sandbox = Sandbox::builder().env("HEADGATE_RECORDING", "off").start().await;
    let (sandbox, client) = with_fake(sandbox).await;
    client.call("echo", json!({})).await;
    let page = sandbox.look("/activity").await;
    assert_eq!((&page["recording"], &page["calls"]), (&json!(false), &json!([])), "{page}");
    assert_eq!(sandbox.upstream("fake").await["calls"], 1, "it is counted all the same");
}
