//! Faults that only a close reading found: two readers of one text, places that are never given back, waits
//! without an end.

use std::fs;

use e2e::{
    DEADLINE, Exchange, Mcp, Sandbox, UpstreamOptions, processes, request_text, wait_for, wait_until, within,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    bridge::Pipe,
    ways::{Ways, column, one, words},
};

/// Everything the server received.
async fn seen(client: &Mcp) -> Vec<String> {
    words(&client.call("seen", json!({})).await["seen"])
}

/// Starts a call that is held, and waits until the server holds it.
async fn hold(client: &Mcp, id: &str, key: &str) -> Exchange {
    let params = format!(r#"{{"name":"hold","arguments":{{"key":"{key}"}}}}"#);
    let call = client.start_as(id, "tools/call", &params).await;
    wait_until("the server holds the call", async || {
        words(&client.call("count", json!({})).await["count"]["held"]).contains(&key.to_owned())
    })
    .await;
    call
}

// ---- members that occur twice --------------------------------------------------------------------------

#[tokio::test]
async fn a_tool_that_is_named_twice_is_not_called() {
    let sandbox = Sandbox::start().await;
    let options = UpstreamOptions { off: vec!["mark"], ..UpstreamOptions::default() };
    sandbox.add_fake("fake", &[], options).await;
    for path in ["/mcp", "/mcp/fake"] {
        let client = sandbox.client(&format!("tester{}", path.len()), path).await;
        for names in [
            r#""name":"echo","name":"mark""#,
            r#""name":"mark","name":"echo""#,
            r#""name":"echo","n\u0061me":"mark""#,
            r#""name":"echo","name":"echo""#,
        ] {
            let params = format!(r#"{{{names},"arguments":{{"marker":"two names"}}}}"#);
            let answer = client.request_as("1", "tools/call", &params).await;
            assert_eq!(answer.error().0, -32602, "{path} {names}: {answer:?}");
        }
        let seen = seen(&client).await;
        assert!(!seen.iter().any(|text| text.contains("two names")), "{path}: {seen:?}");
    }
}

#[tokio::test]
async fn a_cancellation_that_names_two_calls_cancels_none() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let first = hold(&client, "101", "first").await;
        let second = hold(&client, "102", "second").await;
        for ids in [
            r#""requestId":101,"requestId":102"#,
            r#""requestId":102,"requestId":101"#,
            r#""requestId":101,"request\u0049d":999"#,
        ] {
            let text =
                format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{{ids}}}}}"#);
            assert_eq!(client.post_bytes(text).await.status, 202, "{way} {ids}");
        }
        let seen = seen(&client).await;
        assert!(!seen.iter().any(|text| text.contains("notifications/cancelled")), "{way}: {seen:?}");
        for (key, call) in [("first", first), ("second", second)] {
            client.call("release", json!({ "key": key })).await;
            assert_eq!(call.finish().await.result()["held"], key, "{way}");
        }
    }
}

#[tokio::test]
async fn two_progress_tokens_are_refused() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for meta in [
            r#""_meta":{"progressToken":"a","progressToken":"b"}"#,
            r#""_meta":{"progressToken":"a","progress\u0054oken":"b"}"#,
            r#""_meta":{"progressToken":"a"},"_meta":{"progressToken":"b"}"#,
        ] {
            let params = format!(r#"{{"name":"progress","arguments":{{"marker":"two tokens"}},{meta}}}"#);
            let answer = client.request_as("1", "tools/call", &params).await;
            assert_eq!(answer.error().0, -32602, "{way} {meta}: {answer:?}");
            assert_eq!(answer.messages().count(), 1, "{way} {meta}: {answer:?}");
        }
        let seen = seen(&client).await;
        assert!(!seen.iter().any(|text| text.contains("two tokens")), "{way}: {seen:?}");
    }
}

// ---- servers -------------------------------------------------------------------------------------------

#[tokio::test]
async fn streams_that_stay_open_after_the_answer_take_no_place() {
    let sandbox = Sandbox::start().await;
    let _server = sandbox.add_fake_http("fake", &["--sse", "--linger"], UpstreamOptions::shared()).await;
    let client = sandbox.client("tester", "/mcp").await;
    // More than may be in flight at once.
    for number in 0..600 {
        let echo = client.call("echo", json!({ "number": number })).await;
        assert_eq!(echo["echo"]["arguments"]["number"], number);
    }
}

#[tokio::test]
async fn a_stop_answers_who_waits_for_a_restart() {
    let sandbox = Sandbox::start().await;
    let file = sandbox.home().join("works");
    fs::write(&file, "").unwrap();
    sandbox
        .add_fake("fake", &["--crash", "3", "--unless", file.to_str().unwrap()], UpstreamOptions::default())
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    fs::remove_file(&file).unwrap();
    client.try_call("die", json!({})).await;
    // The pauses double; this one is long enough to stop the server in it.
    wait_until("it is tried again later", async || {
        let upstream = sandbox.upstream("fake").await;
        upstream["state"] == "backing_off" && upstream["restarts"].as_u64() >= Some(3)
    })
    .await;
    let (answer, stop) = tokio::join!(client.try_call("echo", json!({})), async {
        wait_until("the call waits", async || calls(&sandbox).await == 1).await;
        // What `headgate stop fake` does; to start a program first might outlast the pause.
        sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await
    });
    assert!((200..300).contains(&stop.0), "{stop:?}");
    let (code, sentence) = answer.error();
    assert_eq!(code, -32603);
    assert!(sentence.contains("`fake`") && sentence.contains("stopped"), "{sentence}");
    assert_eq!(sandbox.upstream("fake").await["state"], "stopped");
}

/// Calls in flight, of all sessions.
async fn calls(sandbox: &Sandbox) -> u64 {
    let sessions = sandbox.look("/sessions").await;
    sessions["sessions"].as_array().unwrap().iter().filter_map(|session| session["calls"].as_u64()).sum()
}

#[tokio::test]
async fn a_listing_that_is_never_answered_does_not_hide_later_changes() {
    let sandbox = Sandbox::builder().env("HEADGATE_START_TIMEOUT", "3").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let listings = async || seen(&client).await.iter().filter(|text| text.contains("/list")).count();
    let before = listings().await;
    client.call("lists", json!({ "answered": false })).await;
    client.call("offer", json!({ "tools": ["early"] })).await;
    wait_until("the server is asked for its lists", async || listings().await > before).await;
    client.call("lists", json!({ "answered": true })).await;
    wait_until("the log tells", async || {
        let log = sandbox.upstream_log("fake").await;
        log.iter().any(|line| line.contains("could not be listed anew"))
    })
    .await;
    client.call("offer", json!({ "tools": ["late"] })).await;
    let tools = wait_for("the change is followed", async || {
        let tools = column(&client.request("tools/list", json!({})).await.result()["tools"], "name");
        tools.contains(&"late".to_owned()).then_some(tools)
    })
    .await;
    assert!(tools.contains(&"early".to_owned()), "{tools:?}");
}

#[tokio::test]
async fn a_list_that_is_refused_half_way_loses_no_tools() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--many", "30", "--page", "20"], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let names = async || column(&client.request("tools/list", json!({})).await.result()["tools"], "name");
    let before = names().await;
    client.call("lists", json!({ "later_pages": -32603 })).await;
    client.call("offer", json!({ "tools": ["early"], "prompts": ["early"] })).await;
    wait_until("the log tells", async || {
        let log = sandbox.upstream_log("fake").await;
        log.iter().any(|line| line.contains("refused `tools/list`: fake lost its place"))
    })
    .await;
    wait_until("the other lists are followed", async || {
        let prompts = client.request("prompts/list", json!({})).await.result();
        column(&prompts["prompts"], "name").contains(&"early".to_owned())
    })
    .await;
    assert_eq!(names().await, before);
}

// ---- clients -------------------------------------------------------------------------------------------

const QUESTION: &str = "elicitation/create";

#[tokio::test]
async fn a_question_to_nobody_ends_with_the_timeout_of_its_call() {
    let sandbox = Sandbox::builder().env("HEADGATE_CALL_TIMEOUT", "1").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut call = client.start_call("ask", json!({ "method": QUESTION })).await;
    call.next_of(QUESTION).await;
    assert_eq!(calls(&sandbox).await, 1);
    drop(call);
    let session = idle_session(&sandbox).await;
    assert_eq!(session["calls"], 0, "{session}");
}

#[tokio::test]
async fn a_question_to_a_bridge_that_died_ends_as_well() {
    let sandbox = Sandbox::builder().env("HEADGATE_CALL_TIMEOUT", "1").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let ask = json!({ "name": "ask", "arguments": { "method": QUESTION } });
    bridge.write(&request_text("1", "tools/call", &ask.to_string())).await;
    bridge.output.next_of(QUESTION).await;
    processes::kill(bridge.pid());
    let session = idle_session(&sandbox).await;
    assert_eq!(session["calls"], 0, "{session}");
}

/// Waits until the only session does nothing.
async fn idle_session(sandbox: &Sandbox) -> Value {
    wait_for("the session is idle", async || {
        let session = sandbox.look("/sessions").await["sessions"][0].clone();
        (session["idle_ms"].as_u64() > Some(0)).then_some(session)
    })
    .await
}

#[tokio::test]
async fn a_person_may_think_longer_than_a_call_may_be_silent() {
    let sandbox = Sandbox::builder().env("HEADGATE_CALL_TIMEOUT", "3").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut call = client.start_call("ask", json!({ "method": QUESTION })).await;
    let question = call.next_of(QUESTION).await;
    // Each of these takes as long as a silent call may.
    for _ in 0..3 {
        assert_eq!(client.try_call("mute", json!({})).await.error().1, "Request timeout");
    }
    assert_eq!(client.respond(&question.id(), r#"{"action":"decline"}"#).await.status, 202);
    assert_eq!(call.finish().await.result()["answer"]["result"]["action"], "decline");
}

#[tokio::test]
async fn only_a_bridge_is_answered_elsewhere() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut client = sandbox.client("tester", "/mcp").await;
    client.set_header("x-headgate-bridge", "1");
    let answer = client.try_call("echo", json!({ "n": 1 })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.result()["echo"]["arguments"]["n"], 1);
}

#[tokio::test]
async fn the_other_eras_first_question_reaches_no_server() {
    let (sandbox, client) = one(&[]).await;
    let key = sandbox.client_key("other").await;
    for client in [client, Mcp::open(&sandbox.at("/mcp/fake"), &key).await] {
        let answer = client.request("server/discover", json!({})).await;
        let (code, sentence) = answer.error();
        assert_eq!(code, -32601, "{answer:?}");
        assert!(!sentence.contains("fake knows no"), "{sentence}");
        let seen = seen(&client).await;
        assert!(!seen.iter().any(|text| text.contains("server/discover")), "{seen:?}");
    }
}

// ---- the bridge ----------------------------------------------------------------------------------------

#[cfg(unix)]
#[tokio::test]
async fn a_bridge_goes_on_while_a_daemon_with_a_slow_server_ends() {
    use crate::bridge::is_answer;

    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--ignore-eof", "--ignore-term"], UpstreamOptions::shared()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let server = bridge.call("count", json!({})).await["count"]["pid"].clone();
    let held = json!({ "name": "hold", "arguments": { "key": "never" } });
    bridge.write(&request_text("\"held\"", "tools/call", &held.to_string())).await;
    wait_until("the server holds the call", async || {
        !words(&bridge.call("count", json!({})).await["count"]["held"]).is_empty()
    })
    .await;

    processes::terminate(sandbox.pid());
    let mut answered = Vec::new();
    let mut results = Vec::new();
    let back = async {
        for number in 0.. {
            let id = format!("\"call {number}\"");
            bridge.write(&request_text(&id, "tools/call", r#"{"name":"count"}"#)).await;
            while !answered.contains(&id) {
                let message = bridge.output.next().await.expect("the bridge goes on");
                if is_answer(&message) {
                    assert!(!answered.contains(&message.id()), "a second answer: {}", message.text);
                    answered.push(message.id());
                    results.push(message.json());
                }
            }
            let pid = &results[results.len() - 1]["result"]["count"]["pid"];
            if pid.is_number() && *pid != server {
                break;
            }
        }
    };
    within(2 * DEADLINE, "a result by the next gateway", back).await;
    assert!(answered.contains(&"\"held\"".to_owned()), "the call that was held is answered: {results:?}");
    for error in results.iter().map(|answer| &answer["error"]).filter(|error| !error.is_null()) {
        let sentence = error["message"].as_str().unwrap_or_default();
        assert!(!sentence.is_empty() && !sentence.contains("headgate down"), "{error}");
        assert_ne!(error["code"], Value::Null);
    }
    sandbox.follow().await;
    bridge.end().await;
}

// ---- secrets -------------------------------------------------------------------------------------------

const SECRET: &str = "hunter2-and-more";

/// Runs through a shell that tells the secret it was given, first.
fn telling(then: &str) -> Value {
    let script = format!("echo \"the token is $TOKEN\" >&2; {then}");
    json!({ "type": "stdio", "command": "/bin/sh", "args": ["-c", script] })
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_tells_its_secret_is_not_quoted() {
    let sandbox = Sandbox::start().await;
    let secrets = || [("TOKEN".to_owned(), SECRET.to_owned())].into();
    let options = || UpstreamOptions { secrets: secrets(), ..UpstreamOptions::default() };
    let (status, problem) = sandbox.try_add("dies", telling("exit 3"), options()).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        status == 502 && detail.contains("the token is ${TOKEN}") && !detail.contains(SECRET),
        "{detail}"
    );

    let fake = e2e::programs::fake_upstream();
    let runs = telling(&format!("exec {} --stdio", fake.display()));
    assert_eq!(sandbox.try_add("tells", runs, options()).await.0, 201);
    let client = sandbox.client("tester", "/mcp").await;
    let (_, sentence) = client.try_call("die", json!({ "code": 5 })).await.error();
    assert!(sentence.contains("code 5") && !sentence.contains("the token is"), "{sentence}");
    let log = sandbox.upstream_log("tells").await;
    assert!(log.iter().any(|line| line == "stderr: the token is ${TOKEN}"), "{log:?}");
    let view = sandbox.upstream("tells").await.to_string();
    assert!(view.contains("the token is ${TOKEN}"), "{view}");
    assert!(!view.contains(SECRET) && !sandbox.log().contains(SECRET), "{view}");
}
