//! Servers on standard streams that misbehave. Who called them is told what happened and what to do;
//! other sessions go on.

use e2e::{Mcp, Sandbox, UpstreamOptions, processes, programs, wait_until};
use serde_json::{Value, json};

/// A gateway with the fake upstream twice: the one that misbehaves, and a good one.
async fn neighbours(builder: e2e::Builder, flags: &[&str]) -> (Sandbox, Mcp, Mcp) {
    let sandbox = builder.start().await;
    sandbox.add_fake("bad", flags, UpstreamOptions::default()).await;
    sandbox.add_fake("good", &["--name", "good"], UpstreamOptions::prefixed("good")).await;
    let client = sandbox.client("tester", "/mcp").await;
    let other = client.another().await;
    (sandbox, client, other)
}

fn impatient() -> e2e::Builder {
    Sandbox::builder().env("HEADGATE_CALL_TIMEOUT", "2").env("HEADGATE_START_TIMEOUT", "3")
}

async fn works(client: &Mcp, tool: &str) {
    let echo = client.call(tool, json!({ "still": "here" })).await;
    assert_eq!(echo["echo"]["arguments"]["still"], "here", "{tool}");
}

async fn pid(client: &Mcp) -> u64 {
    client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap()
}

#[tokio::test]
async fn a_server_that_dies_is_told_of_and_started_again() {
    let (sandbox, client, other) = neighbours(Sandbox::builder(), &[]).await;
    let first = pid(&client).await;
    let held = other.start_call("good_hold", json!({ "key": "k" })).await;
    let waiting = other.start_call("hold", json!({ "key": "never" })).await;
    let (code, sentence) = client.try_call("die", json!({ "code": 7 })).await.error();
    assert_eq!(code, -32603);
    for part in ["bad", "code 7", "headgate logs bad"] {
        assert!(sentence.contains(part), "`{part}` is not in: {sentence}");
    }
    // What it wrote may be anything, and whoever has a key reads the answer.
    assert!(!sentence.contains("out of cheese"), "{sentence}");
    let view = sandbox.upstream("bad").await;
    assert!(view["last_exit"].as_str().unwrap().contains("out of cheese"), "{view}");
    let (code, sentence) = waiting.finish().await.error();
    assert!(code == -32603 && sentence.contains("code 7"), "{code} {sentence}");
    // The next calls of the same sessions work.
    works(&client, "echo").await;
    works(&other, "echo").await;
    assert_ne!(pid(&client).await, first);
    let view = sandbox.upstream("bad").await;
    assert_eq!((&view["state"], &view["restarts"]), (&json!("ready"), &json!(1)), "{view}");
    let log = sandbox.upstream_log("bad").await;
    assert!(log.iter().any(|line| line == "stderr: fake: out of cheese"), "{log:?}");
    other.call("good_release", json!({ "key": "k" })).await;
    assert_eq!(held.finish().await.result()["held"], "k", "another server's call goes on");
}

#[tokio::test]
async fn a_server_that_dies_while_its_grandchild_lives_is_noticed() {
    let (sandbox, client, _) = neighbours(Sandbox::builder(), &[]).await;
    // It holds the server's output open.
    let grandchild = client.call("grandchild", json!({})).await["grandchild"].as_u64().unwrap() as u32;
    assert!(processes::is_alive(grandchild));
    let (code, sentence) = client.try_call("die", json!({ "code": 7 })).await.error();
    assert!(code == -32603 && sentence.contains("code 7"), "{code} {sentence}");
    works(&client, "echo").await;
    wait_until("the grandchild is gone", async || !processes::is_alive(grandchild)).await;
    wait_until("two servers run", async || sandbox.children().len() == 2).await;
}

#[tokio::test]
async fn a_sessions_own_server_dies_alone() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let other = client.another().await;
    let (first, others) = (pid(&client).await, pid(&other).await);
    assert!(client.try_call("die", json!({})).await.error().1.contains("code 7"));
    // It is not started at once after a crash, but soon.
    wait_until("the next call of the same session works", async || {
        let answer = client.try_call("count", json!({})).await.last().json();
        assert!(
            answer["result"].is_object() || answer["error"]["message"].as_str().unwrap().contains("own"),
            "{answer}"
        );
        answer["result"]["count"]["pid"].as_u64().is_some_and(|pid| pid != first)
    })
    .await;
    assert_eq!(pid(&other).await, others);
}

#[tokio::test]
async fn a_server_that_dies_again_and_again_is_tried_less_often() {
    let (sandbox, client, other) = neighbours(Sandbox::builder(), &[]).await;
    let mut refusal = String::new();
    for _ in 0..12 {
        let answer = client.try_call("die", json!({ "code": 9 })).await;
        refusal = answer.error().1;
        if refusal.contains("tried again") {
            break;
        }
    }
    for part in ["bad", "code 9", "headgate start bad"] {
        assert!(refusal.contains(part), "`{part}` is not in: {refusal}");
    }
    let view = sandbox.upstream("bad").await;
    assert!(["backing_off", "failed"].contains(&view["state"].as_str().unwrap()), "{view}");
    assert!(view["reason"].as_str().unwrap().contains("code 9"), "{view}");
    works(&other, "good_echo").await;
    // A person can start it at once.
    let (status, view) = sandbox.admin(reqwest::Method::POST, "/upstreams/bad/start", None).await;
    assert_eq!((status, &view["state"]), (200, &json!("ready")), "{view}");
    works(&client, "echo").await;
}

#[tokio::test]
async fn the_first_of_two_answers_counts() {
    let (sandbox, client, _) = neighbours(Sandbox::builder(), &[]).await;
    for _ in 0..5 {
        let answer = client.try_call("twice", json!({})).await;
        assert_eq!(answer.messages().count(), 1, "{answer:?}");
        assert_eq!(answer.result()["which"], "first");
    }
    works(&client, "echo").await;
    let log = sandbox.upstream_log("bad").await.join("\n");
    assert!(log.contains("no call is waiting"), "{log}");
}

#[tokio::test]
async fn an_answer_under_a_strangers_id_is_nobodys() {
    let (sandbox, client, other) = neighbours(Sandbox::builder(), &[]).await;
    let held = other.start_call("hold", json!({ "key": "k" })).await;
    for _ in 0..5 {
        let answer = client.try_call("foreign", json!({})).await;
        assert_eq!(answer.messages().count(), 1, "{answer:?}");
        assert_eq!(answer.result()["whose"], "yours");
    }
    other.call("release", json!({ "key": "k" })).await;
    assert_eq!(held.finish().await.result()["held"], "k");
    assert!(sandbox.upstream_log("bad").await.join("\n").contains("4711"));
}

#[tokio::test]
async fn half_a_line_and_the_end_is_a_failure_with_a_reason() {
    let (_sandbox, client, other) = neighbours(Sandbox::builder(), &[]).await;
    let (code, sentence) = client.try_call("half", json!({ "exit": true })).await.error();
    assert!(code == -32603 && sentence.contains("bad") && sentence.contains("code 0"), "{code} {sentence}");
    works(&client, "echo").await;
    works(&other, "good_echo").await;
}

#[tokio::test]
async fn half_a_line_and_silence_times_out_and_the_server_recovers() {
    let (_sandbox, client, other) = neighbours(impatient(), &[]).await;
    let half = client.start_call("half", json!({})).await;
    works(&other, "good_echo").await;
    assert_eq!(half.finish().await.error(), (-32603, "Request timeout".to_owned()));
    // The next line is glued to the half; the one after it stands alone.
    client.try_call("echo", json!({ "still": "here" })).await;
    works(&client, "echo").await;
    works(&other, "good_echo").await;
}

#[tokio::test]
async fn silence_times_out_and_the_server_is_told() {
    let (_sandbox, client, other) = neighbours(impatient(), &[]).await;
    let answer = client.request_as("\"slow\"", "tools/call", r#"{"name":"mute"}"#).await;
    assert_eq!(answer.error(), (-32603, "Request timeout".to_owned()));
    assert_eq!(answer.last().id(), "\"slow\"");
    assert_eq!(answer.last().json()["error"]["data"]["upstream"], "bad");
    wait_until("the server is told", async || {
        other.call("seen", json!({})).await.to_string().contains("notifications/cancelled")
    })
    .await;
    works(&client, "echo").await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_its_call_at_once() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("bad", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp/bad").await;
    let members = async |members: &str| client.try_call("members", json!({ "members": members })).await;
    for broken in [
        r#""result":{"content":[]}"#,
        r#""jsonrpc":"2.0","extra":1"#,
        r#""jsonrpc":"2.0","result":{},"error":{}"#,
    ] {
        let (code, sentence) = members(broken).await.error();
        assert!(code == -32603 && sentence.contains("JSON-RPC 2.0"), "{broken}: {code} {sentence}");
    }
    let answer = members(r#""jsonrpc":"2.0","error":null,"result":{"content":[],"n":1.0}"#).await;
    assert_eq!(answer.raw_result(), r#"{"content":[],"n":1.0}"#);
    works(&client, "echo").await;
}

#[tokio::test]
async fn progress_is_a_sign_of_life() {
    let (_sandbox, client, other) = neighbours(impatient(), &[]).await;
    let arguments = json!({ "key": "k", "every_ms": 200 });
    let params = json!({ "name": "hold", "arguments": arguments, "_meta": { "progressToken": 1 } });
    let mut held = client.start("tools/call", params).await;
    // Longer than the limit of two seconds in total, never silent for so long.
    for _ in 0..12 {
        held.next_of("notifications/progress").await;
    }
    other.call("release", json!({ "key": "k" })).await;
    assert_eq!(held.finish().await.result()["held"], "k");
}

#[tokio::test]
async fn a_hundred_mib_without_a_line_break_is_skipped() {
    let (sandbox, client, other) = neighbours(Sandbox::builder(), &[]).await;
    let flood = client.start_call("long_line", json!({ "mib": 100 })).await;
    works(&other, "good_echo").await;
    assert_eq!(flood.finish().await.result()["survived"], true);
    works(&client, "echo").await;
    let log = sandbox.upstream_log("bad").await.join("\n");
    assert!(log.contains("64 MiB"), "{log}");
    assert!(resident_mib(sandbox.pid()) < 400, "{} MiB stay in use", resident_mib(sandbox.pid()));
}

#[tokio::test]
async fn a_hundred_mib_without_an_end_times_out() {
    let (_sandbox, client, other) = neighbours(impatient(), &[]).await;
    let flood = client.start_call("long_line", json!({ "mib": 100, "stop": true })).await;
    works(&other, "good_echo").await;
    assert_eq!(flood.finish().await.error(), (-32603, "Request timeout".to_owned()));
    works(&other, "good_echo").await;
}

fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[tokio::test]
async fn noise_on_stdout_is_skipped_counted_and_shown() {
    let (sandbox, client, _) = neighbours(Sandbox::builder(), &["--noise", "3"]).await;
    assert_eq!(client.try_call("noise", json!({ "lines": 2 })).await.result()["noisy"], true);
    works(&client, "echo").await;
    assert_eq!(sandbox.upstream("bad").await["noise_lines"], 3 + 2 * 3);
    let log = sandbox.upstream_log("bad").await;
    assert!(log.contains(&"noise: Welcome to the fake server, line 0!".to_owned()), "{log:?}");
}

#[tokio::test]
async fn a_flood_on_stderr_stops_nobody() {
    let (sandbox, client, _) = neighbours(Sandbox::builder(), &["--stderr-kib", "5000"]).await;
    assert_eq!(client.try_call("stderr", json!({ "kib": 5000 })).await.result()["flooded"], true);
    works(&client, "echo").await;
    assert!(sandbox.upstream_log("bad").await.len() <= 1000, "the log is bounded");
}

#[tokio::test]
async fn a_server_that_stops_reading_stops_nobody_else() {
    let (_sandbox, client, other) = neighbours(impatient(), &[]).await;
    client.call("deaf", json!({})).await;
    let padding = "p".repeat(256 * 1024);
    let calls: Vec<_> = (0..16).map(|_| client.try_call("echo", json!({ "padding": padding }))).collect();
    let calls = futures_util::future::join_all(calls);
    let others = async {
        for _ in 0..10 {
            works(&other, "good_echo").await;
        }
    };
    let (answers, ()) = tokio::join!(calls, others);
    for answer in answers {
        assert_eq!(answer.error(), (-32603, "Request timeout".to_owned()));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_closes_its_input_is_started_again() {
    let sandbox = Sandbox::start().await;
    let welcome = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}}"#;
    let script = format!("read -r _; echo '{welcome}'; read -r _; exec <&-; exec sleep 1000");
    sandbox.add_stdio("bad", "/bin/sh", &["-c", &script], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp/bad").await;
    let first = sandbox.children();
    let (code, sentence) = client.request("x/echo", json!({})).await.error();
    assert!(code == -32603 && sentence.contains("`bad`"), "{code} {sentence}");
    wait_until("another one runs", async || {
        let now = sandbox.children();
        !now.is_empty() && now != first
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_reading_can_be_stopped() {
    let (sandbox, client, other) = neighbours(impatient(), &[]).await;
    let good = other.call("good_count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32;
    client.call("deaf", json!({})).await;
    let padding = "p".repeat(256 * 1024);
    let calls: Vec<_> = (0..16).map(|_| client.try_call("echo", json!({ "padding": padding }))).collect();
    futures_util::future::join_all(calls).await;
    let (status, view) = sandbox.admin(reqwest::Method::POST, "/upstreams/bad/stop", None).await;
    assert_eq!((status, &view["state"]), (200, &json!("stopped")), "{view}");
    assert_eq!(sandbox.children(), [good]);
    works(&other, "good_echo").await;
}

#[tokio::test]
async fn a_server_that_ignores_every_hint_is_ended_with_its_family() {
    let sandbox = Sandbox::start().await;
    let flags = ["--ignore-eof", "--ignore-term", "--grandchild"];
    sandbox.add_fake("stubborn", &flags, UpstreamOptions::default()).await;
    let family = sandbox.children();
    assert_eq!(family.len(), 2, "{family:?}");
    let (status, view) = sandbox.admin(reqwest::Method::POST, "/upstreams/stubborn/stop", None).await;
    assert_eq!((status, &view["state"]), (200, &json!("stopped")), "{view}");
    assert_eq!(sandbox.children(), [0; 0]);
}

// ---- starting --------------------------------------------------------------------------------------

fn fake(flags: &[&str]) -> Value {
    let args: Vec<&str> = std::iter::once("--stdio").chain(flags.iter().copied()).collect();
    json!({ "type": "stdio", "command": programs::fake_upstream(), "args": args })
}

async fn refused(sandbox: &Sandbox, transport: Value, hints: &[&str]) {
    let (status, problem) = sandbox.try_add("bad", transport, UpstreamOptions::default()).await;
    assert_eq!(problem["code"], "upstream-failed", "{status} {problem}");
    assert!((400..600).contains(&status), "{status} {problem}");
    let detail = problem["detail"].as_str().unwrap();
    for hint in hints {
        assert!(detail.contains(hint), "`{hint}` is not in: {detail}");
    }
    assert!(!detail.contains("headgate logs"), "nothing was kept to look into: {detail}");
    assert_eq!(sandbox.look("/upstreams").await["upstreams"], json!([]));
    wait_until("nothing of it runs", async || sandbox.children().is_empty()).await;
}

#[tokio::test]
async fn a_server_that_crashes_at_start_is_not_registered() {
    let sandbox = Sandbox::start().await;
    let file = sandbox.home().join("repaired");
    let flags = ["--crash", "3", "--unless", file.to_str().unwrap()];
    refused(&sandbox, fake(&flags), &["bad", "code 3", "cannot open the database", "fake-upstream"]).await;
    std::fs::write(&file, "").unwrap();
    sandbox
        .add_stdio(
            "bad",
            programs::fake_upstream(),
            &[&["--stdio"], &flags[..]].concat(),
            UpstreamOptions::default(),
        )
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    works(&client, "echo").await;
}

#[tokio::test]
async fn a_server_that_crashes_at_a_later_start_is_tried_again() {
    let sandbox = Sandbox::start().await;
    let file = sandbox.home().join("repaired");
    std::fs::write(&file, "").unwrap();
    let flags = ["--crash", "3", "--unless", file.to_str().unwrap()];
    sandbox.add_fake("bad", &flags, UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    works(&client, "echo").await;
    std::fs::remove_file(&file).unwrap();
    client.try_call("die", json!({})).await.error();
    let (code, sentence) = client.try_call("echo", json!({})).await.error();
    assert!(
        code == -32603 && sentence.contains("code 3") && sentence.contains("headgate logs bad"),
        "{code} {sentence}"
    );
    // The command and what it wrote are for people at this machine; a command may hold keys.
    assert!(!sentence.contains("database") && !sentence.contains("--unless"), "{sentence}");
    let view = sandbox.upstream("bad").await;
    let reason = view["reason"].as_str().unwrap();
    assert!(reason.contains("database") && reason.contains("--unless"), "{view}");
    assert!(!reason.contains("headgate logs"), "what to type is told apart: {view}");
    assert_eq!(view["advice"], "see `headgate logs bad`");
    std::fs::write(&file, "").unwrap();
    wait_until("it works again", async || {
        client.try_call("echo", json!({})).await.last().json()["result"].is_object()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_never_answers_initialize_is_given_up() {
    let sandbox = impatient().start().await;
    refused(&sandbox, fake(&["--silent"]), &["bad", "3 s", "fake-upstream"]).await;
}

#[tokio::test]
async fn a_download_that_speaks_is_no_hang() {
    let sandbox = impatient().start().await;
    // Four and a half seconds in all, with a limit of three for silence.
    sandbox.add_fake("slow", &["--download", "45"], UpstreamOptions::default()).await;
    let log = sandbox.upstream_log("slow").await;
    assert!(log.contains(&"stderr: downloading part 44".to_owned()), "{log:?}");
}

#[tokio::test]
async fn what_cannot_be_started_is_explained() {
    let sandbox = Sandbox::start().await;
    let missing = json!({ "type": "stdio", "command": "no-such-program-anywhere", "args": [] });
    refused(&sandbox, missing, &["no-such-program-anywhere", "PATH"]).await;
    let folder = json!({ "type": "stdio", "command": sandbox.home(), "args": [] });
    refused(&sandbox, folder, &["bad"]).await;
    let nowhere = json!({ "type": "stdio", "command": programs::fake_upstream(), "args": ["--stdio"], "cwd": "/no/such/folder" });
    refused(&sandbox, nowhere, &["/no/such/folder"]).await;
    let silent = json!({ "type": "stdio", "command": "true", "args": [] });
    refused(&sandbox, silent, &["bad", "code 0", "true"]).await;
    let talker = json!({ "type": "stdio", "command": "echo", "args": ["hello"] });
    refused(&sandbox, talker, &["bad", "echo hello"]).await;
}

#[tokio::test]
async fn many_callers_start_a_server_once() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    client.try_call("die", json!({})).await.error();
    let calls: Vec<_> = (0..20).map(|_| client.call("count", json!({}))).collect();
    let counts = futures_util::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<_> =
        counts.iter().map(|count| count["count"]["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 1, "{pids:?}");
}
