//! Upstreams that sleep: what is known is listed before anything runs, the first call starts what it needs,
//! and what nobody needs ends.

use std::fs;

use e2e::{Mcp, Sandbox, UpstreamOptions, wait_for, wait_until};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

/// Short enough for a test, and long enough for a call.
const SLEEP_S: &str = "0.4";

async fn sleepy() -> Sandbox {
    Sandbox::builder().env("HEADGATE_UPSTREAM_SLEEP", SLEEP_S).start().await
}

/// No upstream runs. The login shell, which is asked for its PATH at the start, may still do.
pub(crate) async fn nothing_runs(sandbox: &Sandbox) {
    let upstreams = sandbox.look("/upstreams").await;
    for view in upstreams["upstreams"].as_array().unwrap() {
        assert_eq!(view["pids"], json!([]), "{view}");
    }
    wait_until("nothing runs", async || sandbox.children().is_empty()).await;
}

async fn state(sandbox: &Sandbox, name: &str) -> String {
    sandbox.upstream(name).await["state"].as_str().unwrap().to_owned()
}

async fn sleeps(sandbox: &Sandbox, name: &str) {
    wait_until(&format!("`{name}` is asleep"), async || state(sandbox, name).await == "asleep").await;
}

async fn pid(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.upstream(name).await["pids"].clone()
}

/// Waits until `other`, which nobody uses, has been woken and fell asleep twice: time enough for any other
/// upstream to fall asleep, too.
async fn twice_asleep(sandbox: &Sandbox, other: &str) {
    for _ in 0..2 {
        sleeps(sandbox, other).await;
        let (status, view) = sandbox.admin(Method::POST, &format!("/upstreams/{other}/start"), None).await;
        assert_eq!(status, 200, "{view}");
    }
    sleeps(sandbox, other).await;
}

async fn tools(client: &Mcp) -> String {
    client.request("tools/list", json!({})).await.raw_result()
}

#[tokio::test]
async fn lists_are_answered_before_anything_is_started() {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--page", "7"], UpstreamOptions::default()).await;
    sandbox.add_fake("own", &["--bare", "--tool", "alone"], UpstreamOptions::per_session()).await;
    let http =
        sandbox.add_fake_http("far", &["--bare", "--tool", "remote"], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let (before, read) =
        (tools(&client).await, client.request("resources/list", json!({})).await.raw_result());
    sandbox.down().await;
    sandbox.restart().await;
    let mut client = client.fresh();
    client.move_to(&sandbox.at("/mcp"));
    client.initialize(e2e::parameters()).await;
    assert_eq!(tools(&client).await, before, "byte for byte");
    assert_eq!(client.request("resources/list", json!({})).await.raw_result(), read);
    nothing_runs(&sandbox).await;
    for name in ["fake", "own", "far"] {
        assert_eq!(state(&sandbox, name).await, "known", "{name}");
    }
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
    assert_eq!(client.call("alone", json!({})).await["tool"], json!(["fake", "alone"]));
    assert_eq!(client.call("remote", json!({})).await["tool"], json!(["fake", "remote"]));
    assert_eq!(sandbox.children().len(), 2);
    let view = sandbox.upstream("fake").await;
    assert_eq!((&view["state"], &view["restarts"]), (&json!("ready"), &json!(0)), "{view}");
    assert!(view["first_use_ms"].as_u64().is_some_and(|ms| ms > 0), "{view}");
    drop(http);
}

#[tokio::test]
async fn what_nobody_uses_ends_and_the_next_call_starts_it() {
    let sandbox = sleepy().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let list = tools(&client).await;
    for round in 0..3 {
        let pid = client.call("count", json!({})).await["count"]["pid"].clone();
        sleeps(&sandbox, "fake").await;
        wait_until("its process is gone", async || sandbox.children().is_empty()).await;
        assert_eq!(tools(&client).await, list, "what it offers is known while it sleeps");
        let again = client.call("count", json!({})).await["count"]["pid"].clone();
        assert_ne!(pid, again, "round {round}");
    }
    assert_eq!(sandbox.upstream("fake").await["last_exit"], Value::Null, "sleep is no failure");
}

#[tokio::test]
async fn calls_that_meet_an_upstream_falling_asleep_are_answered() {
    let sandbox = Sandbox::builder().env("HEADGATE_UPSTREAM_SLEEP", "0.05").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut pids = std::collections::BTreeSet::new();
    // The pauses come closer to the time of sleep from both sides.
    for round in 0..40_u64 {
        tokio::time::sleep(std::time::Duration::from_millis(40 + round)).await;
        pids.insert(client.call("count", json!({})).await["count"]["pid"].as_u64());
    }
    assert!(pids.len() > 1, "it slept in between");
}

#[tokio::test]
async fn what_changed_while_it_slept_is_told_when_it_wakes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tools");
    fs::write(&file, "first\n").unwrap();
    let mut sandbox = sleepy().await;
    sandbox
        .add_fake("fake", &["--bare", "--tools-file", file.to_str().unwrap()], UpstreamOptions::default())
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut heard = client.listen().await;
    assert!(tools(&client).await.contains("\"first\""));
    sleeps(&sandbox, "fake").await;

    fs::write(&file, "first\nsecond\n").unwrap();
    assert!(!tools(&client).await.contains("\"second\""), "nobody was asked");
    assert_eq!(client.call("first", json!({})).await["tool"], json!(["fake", "first"]));
    heard.next_of("notifications/tools/list_changed").await;
    assert!(tools(&client).await.contains("\"second\""));
    drop(heard);

    sandbox.down().await;
    sandbox.restart().await;
    let mut client = client.fresh();
    client.move_to(&sandbox.at("/mcp"));
    client.initialize(e2e::parameters()).await;
    assert!(tools(&client).await.contains("\"second\""), "it was kept");
    nothing_runs(&sandbox).await;
}

#[tokio::test]
async fn nothing_falls_asleep_while_it_is_needed() {
    let sandbox = sleepy().await;
    for (name, flags) in [("calls", &[][..]), ("subscribed", &[]), ("asks", &[]), ("tasks", &["--tasks"])] {
        let name: &'static str = name;
        sandbox.add_fake(name, flags, UpstreamOptions::prefixed(name)).await;
    }
    let options = UpstreamOptions { keep_warm: true, ..UpstreamOptions::prefixed("warm") };
    sandbox.add_fake("warm", &[], options).await;
    // A browser would come back without its pages.
    sandbox.add_fake("state", &["--name", "playwright"], UpstreamOptions::prefixed("state")).await;
    sandbox.add_fake("idle", &[], UpstreamOptions::prefixed("idle")).await;
    let client = sandbox.client("tester", "/mcp").await;
    let held = client.start_call("calls_hold", json!({ "key": "k" })).await;
    let subscribed =
        client.request("resources/subscribe", json!({ "uri": "subscribed+fake://note/1" })).await;
    assert_eq!(subscribed.result(), json!({}));
    let mut asking = client.start_call("asks_ask", json!({ "method": "sampling/createMessage" })).await;
    let question = asking.next_of("sampling/createMessage").await;
    let task =
        client.request("tools/call", json!({ "name": "tasks_echo", "arguments": {}, "task": {} })).await;
    assert_eq!(task.result()["task"]["taskId"], "task-1");

    let names = ["calls", "subscribed", "asks", "tasks", "warm", "state"];
    let before = join_all(names.map(|name| pid(&sandbox, name))).await;
    twice_asleep(&sandbox, "idle").await;
    assert_eq!(join_all(names.map(|name| pid(&sandbox, name))).await, before, "each is the one it was");

    client.call("calls_release", json!({ "key": "k" })).await;
    held.finish().await.result();
    client.request("resources/unsubscribe", json!({ "uri": "subscribed+fake://note/1" })).await.result();
    client.respond(&question.id(), "{}").await;
    asking.finish().await.result();
    let own = sandbox.client("other", "/mcp/tasks").await;
    own.request("tasks/result", json!({ "taskId": "task-1" })).await.result();
    for name in ["calls", "subscribed", "asks", "tasks"] {
        sleeps(&sandbox, name).await;
    }
    assert_eq!(pid(&sandbox, "warm").await, before[4]);
}

#[tokio::test]
async fn what_a_person_wants_warm_starts_with_the_gateway() {
    let mut sandbox = sleepy().await;
    sandbox.add_fake("warm", &[], UpstreamOptions { keep_warm: true, ..UpstreamOptions::default() }).await;
    sandbox.down().await;
    sandbox.restart().await;
    wait_until("it is ready", async || state(&sandbox, "warm").await == "ready").await;
    let (status, _) =
        sandbox.admin(Method::PATCH, "/upstreams/warm", Some(json!({ "keep_warm": false }))).await;
    assert_eq!(status, 200);
    sleeps(&sandbox, "warm").await;
}

/// The time limits are scaled down from 60 s; `HEADGATE_E2E_FULL` takes five minutes.
#[tokio::test]
async fn a_download_is_no_hang_and_a_call_outlives_it() {
    let full = std::env::var_os("HEADGATE_E2E_FULL").is_some();
    let (parts, limit) = if full { ("3000", "60") } else { ("60", "2") };
    let folder = tempfile::tempdir().unwrap();
    let settings = [("HEADGATE_START_TIMEOUT", limit), ("HEADGATE_CALL_TIMEOUT", limit)];
    let mut sandbox = settings.iter().fold(Sandbox::builder(), |b, (k, v)| b.env(k, *v)).start().await;
    // A package runner that has the package when it is registered, and must fetch it at the next start.
    let runner = folder.path().join("npx-like");
    let fake = e2e::programs::fake_upstream();
    let script = |download: &str| format!("#!/bin/sh\nexec {} --stdio {download}\n", fake.display());
    write_program(&runner, &script(""));
    sandbox.add_stdio("slow", runner.to_str().unwrap(), &[], UpstreamOptions::default()).await;
    sandbox.down().await;
    sandbox.restart().await;
    write_program(&runner, &script(&format!("--download {parts}")));

    let client = sandbox.client("tester", "/mcp").await.with_patience(std::time::Duration::from_secs(600));
    let (answer, seen) = tokio::join!(
        client.call("echo", json!({})),
        wait_for("the download is shown", async || {
            let view = sandbox.upstream("slow").await;
            let reason = view["reason"].as_str().filter(|reason| reason.starts_with("downloading part"))?;
            Some((view["state"].clone(), reason.to_owned()))
        }),
    );
    assert_eq!(answer["echo"]["name"], "echo");
    assert_eq!(seen.0, "starting");
    let view = sandbox.upstream("slow").await;
    assert!(view["first_use_ms"].as_u64().unwrap() >= 5000, "{view}");
    assert_eq!(view["restarts"], 0, "it was never killed: {view}");
}

fn write_program(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    // A new file each time: one that runs cannot be written to.
    let _ = fs::remove_file(path);
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn of_a_hundred_upstreams_the_dead_and_the_hanging_harm_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let well = folder.path().join("well");
    fs::write(&well, "").unwrap();
    let mut sandbox = Sandbox::builder().env("HEADGATE_START_TIMEOUT", "10").start().await;
    let (sandbox_ref, well_ref) = (&sandbox, well.to_str().unwrap());
    for batch in (0..100).collect::<Vec<_>>().chunks(10) {
        join_all(batch.iter().map(|number| async move {
            let tool = format!("tool_{number}");
            let mut flags = vec!["--bare", "--tool", &tool];
            match number {
                0..3 => flags.extend(["--crash", "1", "--unless", well_ref]),
                3 => flags.extend(["--silent", "--unless", well_ref]),
                _ => {}
            }
            sandbox_ref.add_fake(&format!("fake{number}"), &flags, UpstreamOptions::default()).await;
        }))
        .await;
    }
    sandbox.down().await;
    sandbox.restart().await;
    fs::remove_file(&well).unwrap();

    let client = sandbox.client("tester", "/mcp").await;
    let listed = client.request("tools/list", json!({})).await.result();
    assert_eq!(listed["tools"].as_array().unwrap().len(), 100);
    nothing_runs(&sandbox).await;

    let hanging = client.start_call("tool_3", json!({})).await;
    let dead =
        join_all((0..3).map(|number| client.try_call(format!("tool_{number}").leak(), json!({})))).await;
    for (number, answer) in dead.iter().enumerate() {
        let (code, sentence) = answer.error();
        assert!(code == -32603 && sentence.contains(&format!("`fake{number}`")), "{sentence}");
        let reason = sandbox.upstream(&format!("fake{number}")).await["reason"].to_string();
        assert!(reason.contains("cannot open the database"), "its last words are told to faces: {reason}");
    }
    for number in (4..100).step_by(12) {
        let answer = client.call(&format!("tool_{number}"), json!({})).await;
        assert_eq!(answer["tool"], json!(["fake", format!("tool_{number}")]));
    }
    assert_eq!(sandbox.upstream("fake3").await["state"], "starting", "the others did not wait for it");
    let (_, sentence) = hanging.finish().await.error();
    assert!(sentence.contains("`fake3`") && sentence.contains("said nothing for 10 s"), "{sentence}");
    let upstreams = sandbox.look("/upstreams").await;
    let states = |wanted: &str| {
        upstreams["upstreams"].as_array().unwrap().iter().filter(|view| view["state"] == wanted).count()
    };
    assert_eq!((states("known"), states("ready")), (88, 8), "{upstreams}");
}

#[tokio::test]
async fn what_a_person_stopped_stays_so_whatever_is_changed_of_it() {
    let sandbox = Sandbox::start().await;
    let options = UpstreamOptions { keep_warm: true, ..UpstreamOptions::default() };
    sandbox.add_fake("fake", &[], options).await;
    sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await;
    let (status, view) =
        sandbox.admin(Method::PATCH, "/upstreams/fake", Some(json!({ "prefix": "other" }))).await;
    assert_eq!((status, &view["state"]), (200, &json!("stopped")), "{view}");
    sandbox.add_fake("next", &[], UpstreamOptions::default()).await;
    assert_eq!(state(&sandbox, "fake").await, "stopped", "also after others were started");
}

#[tokio::test]
async fn a_start_that_nobody_wants_any_more_ends() {
    let folder = tempfile::tempdir().unwrap();
    let well = folder.path().join("well");
    fs::write(&well, "").unwrap();
    let mut sandbox = Sandbox::start().await;
    let flags = ["--silent", "--unless", well.to_str().unwrap()];
    sandbox.add_fake("fake", &flags, UpstreamOptions::default()).await;
    sandbox.down().await;
    sandbox.restart().await;
    fs::remove_file(&well).unwrap();
    let client = sandbox.client("tester", "/mcp").await;
    let call = client.start_call("echo", json!({})).await;
    wait_until("it starts", async || state(&sandbox, "fake").await == "starting").await;
    let (status, view) = sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await;
    assert_eq!((status, &view["state"]), (200, &json!("stopped")), "{view}");
    let (_, sentence) = call.finish().await.error();
    assert!(sentence.contains("`fake`") && sentence.contains("stopped"), "{sentence}");
    nothing_runs(&sandbox).await;
    assert_eq!(sandbox.upstream("fake").await["last_exit"], Value::Null, "a stop is no failure");
}
