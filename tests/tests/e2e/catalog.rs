//! Registration, names, and lists that change.

use std::fs;

use e2e::{Mcp, Sandbox, UpstreamOptions, processes, programs, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::ways::{Ways, column, one};

async fn tool_names(client: &Mcp) -> Vec<String> {
    column(&client.request("tools/list", json!({})).await.result()["tools"], "name")
}

fn fake(flags: &[&str]) -> Value {
    let args: Vec<&str> = ["--stdio", "--bare"].into_iter().chain(flags.iter().copied()).collect();
    json!({ "type": "stdio", "command": programs::fake_upstream(), "args": args })
}

async fn add(sandbox: &Sandbox, name: &str, flags: &[&str]) -> (u16, Value) {
    sandbox.try_add(name, fake(flags), UpstreamOptions::default()).await
}

#[tokio::test]
async fn a_name_clash_is_refused_with_the_whole_list() {
    let sandbox = Sandbox::start().await;
    let first = ["--tool", "search", "--tool", "fetch", "--prompt", "greet", "--resource", "file:///a"];
    assert_eq!(add(&sandbox, "github", &first).await.0 / 100, 2);
    let second = [
        "--tool",
        "search",
        "--tool",
        "own",
        "--tool",
        "fetch",
        "--prompt",
        "greet",
        "--resource",
        "file:///a",
    ];
    let (status, problem) = add(&sandbox, "docs", &second).await;
    assert_eq!((status, &problem["code"]), (409, &json!("clash")), "{problem}");
    let clashes: Vec<String> = problem["clashes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|clash| format!("{} {} of {}", clash["kind"], clash["name"], clash["owner"]).replace('"', ""))
        .collect();
    let expected = [
        "tool search of github",
        "tool fetch of github",
        "prompt greet of github",
        "resource file:///a of github",
    ];
    assert_eq!(clashes, expected);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("docs"), "{detail}");
    // Nothing of it stays.
    let upstreams = sandbox.look("/upstreams").await;
    assert_eq!(column(&upstreams["upstreams"], "name"), ["github"]);
    wait_until("the refused one's child ends", async || sandbox.children().len() == 1).await;

    // The ways out: a prefix, or switching off what clashes.
    let prefixed = UpstreamOptions::prefixed("docs");
    assert_eq!(sandbox.try_add("docs", fake(&second), prefixed).await.0 / 100, 2);
    let off = UpstreamOptions { off: vec!["search"], ..UpstreamOptions::default() };
    assert_eq!(
        sandbox.try_add("third", fake(&["--tool", "search", "--tool", "third"]), off).await.0 / 100,
        2
    );
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(
        tool_names(&client).await,
        ["search", "fetch", "docs_search", "docs_own", "docs_fetch", "third"]
    );
}

#[tokio::test]
async fn a_clash_within_one_server_is_its_own_affair() {
    let sandbox = Sandbox::start().await;
    let (status, body) = add(&sandbox, "twins", &["--tool", "same", "--tool", "same"]).await;
    assert_eq!(status / 100, 2, "{body}");
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(tool_names(&client).await, ["same"]);
}

#[tokio::test]
async fn a_name_is_registered_once() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "one", &["--tool", "a"]).await;
    let (status, problem) = add(&sandbox, "one", &["--tool", "b"]).await;
    assert_eq!((status, &problem["code"]), (409, &json!("exists")), "{problem}");
    for name in ["", "-flag", ".hidden", "a/b", "two words", &"x".repeat(65)] {
        let (status, problem) = add(&sandbox, name, &["--tool", "c"]).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{name}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("letters"), "{problem}");
    }
    wait_until("only one child runs", async || sandbox.children().len() == 1).await;
}

#[tokio::test]
async fn many_at_once_register_one_of_a_name() {
    let sandbox = Sandbox::start().await;
    let adds = (0..6).map(|number| {
        let (sandbox, tool) = (&sandbox, format!("tool_{number}"));
        async move { add(sandbox, "same", &["--tool", &tool]).await.0 }
    });
    let statuses = futures_util::future::join_all(adds).await;
    assert_eq!(statuses.iter().filter(|status| **status / 100 == 2).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
    // The same for two names and one tool.
    let adds = ["left", "right"].map(|name| add(&sandbox, name, &["--tool", "contested"]));
    let statuses: Vec<u16> =
        futures_util::future::join_all(adds).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses.iter().filter(|status| **status / 100 == 2).count(), 1, "{statuses:?}");
    wait_until("two children run", async || sandbox.children().len() == 2).await;
}

#[tokio::test]
async fn a_clash_that_appears_later_holds_the_newcomer_back() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("late", &[], UpstreamOptions::prefixed("late")).await;
    sandbox.add_fake("early", &["--bare", "--tool", "late_taken"], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut stream = client.listen().await;
    client.call("late_offer", json!({ "tools": ["taken", "free"] })).await;
    stream.next_of("notifications/tools/list_changed").await;
    let names = tool_names(&client).await;
    assert_eq!(names.iter().filter(|name| *name == "late_taken").count(), 1, "{names:?}");
    assert!(names.contains(&"late_free".to_owned()), "{names:?}");
    assert_eq!(
        client.call("late_taken", json!({})).await["tool"],
        json!(["fake", "late_taken"]),
        "the first keeps it"
    );
    let held = &sandbox.upstream("late").await["held_back"];
    assert_eq!(
        *held,
        json!([{ "kind": "tool", "name": "late_taken", "own_name": "taken", "owner": "early" }])
    );
    assert!(sandbox.log().contains("late_taken"), "it is told in the log");
    // It is free as soon as its owner leaves, and goes to who waits for it.
    sandbox.admin(Method::DELETE, "/upstreams/early", None).await;
    stream.next_of("notifications/tools/list_changed").await;
    assert!(tool_names(&client).await.contains(&"late_taken".to_owned()));
    assert_eq!(client.call("late_taken", json!({})).await["tool"], json!(["fake", "taken"]));
    assert_eq!(sandbox.upstream("late").await["held_back"], json!([]));
}

#[tokio::test]
async fn what_is_switched_off_is_off_everywhere() {
    let (sandbox, client) = one(&[]).await;
    let own = sandbox.client("second", "/mcp/fake").await;
    let mut stream = client.listen().await;
    let patch = json!({ "tool_choices": { "echo": { "off": true } } });
    let (status, body) = sandbox.admin(Method::PATCH, "/upstreams/fake", Some(patch)).await;
    assert_eq!(status, 200, "{body}");
    stream.next_of("notifications/tools/list_changed").await;
    for client in [&client, &own] {
        assert!(!tool_names(client).await.contains(&"echo".to_owned()));
        assert_eq!(client.try_call("echo", json!({})).await.error().0, -32602);
    }
    let items = sandbox.look("/tools").await;
    let echo =
        items["items"].as_array().unwrap().iter().find(|item| item["own_name"] == "echo").cloned().unwrap();
    assert_eq!(echo["on"], false);
    let patch = json!({ "tool_choices": { "echo": null } });
    let (status, _) = sandbox.admin(Method::PATCH, "/upstreams/fake", Some(patch)).await;
    assert_eq!(status, 200);
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_disabled_server_offers_nothing_and_runs_nothing() {
    let (sandbox, client) = one(&[]).await;
    let mut stream = client.listen().await;
    sandbox.admin(Method::PATCH, "/upstreams/fake", Some(json!({ "enabled": false }))).await;
    stream.next_of("notifications/tools/list_changed").await;
    assert_eq!(tool_names(&client).await, [""; 0]);
    wait_until("its child ends", async || sandbox.children().is_empty()).await;
    sandbox.admin(Method::PATCH, "/upstreams/fake", Some(json!({ "enabled": true }))).await;
    wait_until("it is back", async || tool_names(&client).await.contains(&"echo".to_owned())).await;
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_change_of_a_list_is_told_once_and_to_everyone() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let everything = ways.client("/mcp").await;
        let sees_all = everything.call(&format!("{way}_count"), json!({})).await;
        assert!(sees_all["count"].is_object());
        let mut stream = client.listen().await;
        for (kind, method) in
            [("tools", "tools/list"), ("prompts", "prompts/list"), ("resources", "resources/list")]
        {
            let name = format!("new://{kind}");
            client.call("offer", json!({ kind: [name] })).await;
            let changed = format!("notifications/{kind}/list_changed");
            let told = stream.next_of(&changed).await;
            assert!(told.member("id").is_none(), "{way}");
            let list = client.request(method, json!({})).await.raw_result();
            assert!(list.contains(&format!("\"{name}\"")), "{way}: {list}");
        }
        // The last change is heard last; in between nothing was said twice.
        client.call("offer", json!({ "tools": ["last"] })).await;
        stream.next_of("notifications/tools/list_changed").await;
        assert_eq!(stream.seen(), [], "{way}");
    }
}

#[tokio::test]
async fn a_session_hears_nothing_before_its_first_answer_and_nothing_of_no_change() {
    let sandbox = Sandbox::start().await;
    // It says `list_changed` right after `initialize`, with nothing changed.
    sandbox
        .add_fake(
            "eager",
            &["--eager"],
            UpstreamOptions { prefix: Some("eager"), ..UpstreamOptions::per_session() },
        )
        .await;
    sandbox.add_fake("shared", &["--eager"], UpstreamOptions::prefixed("shared")).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut stream = client.listen().await;
    client.call("eager_echo", json!({})).await;
    client.call("shared_echo", json!({})).await;
    client.call("shared_offer", json!({ "prompts": ["marker"] })).await;
    stream.next_of("notifications/prompts/list_changed").await;
    assert_eq!(stream.seen(), []);
}

#[tokio::test]
async fn one_sessions_changes_are_its_own() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let other = client.another().await;
    other.call("count", json!({})).await;
    let mut streams = [client.listen().await, other.listen().await];
    client.call("offer", json!({ "tools": ["mine"] })).await;
    streams[0].next_of("notifications/tools/list_changed").await;
    assert!(tool_names(&client).await.contains(&"mine".to_owned()));
    assert!(!tool_names(&other).await.contains(&"mine".to_owned()));
    assert_eq!(client.call("mine", json!({})).await["tool"], json!(["fake", "mine"]));
    other.call("offer", json!({ "prompts": ["marker"] })).await;
    streams[1].next_of("notifications/prompts/list_changed").await;
    assert_eq!(streams[1].seen(), []);
}

#[tokio::test]
async fn a_removed_server_is_unpublished_at_once_and_ends_meanwhile() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("stays", &["--bare", "--tool", "stays"], UpstreamOptions::default()).await;
    sandbox
        .add_fake("leaves", &["--ignore-eof", "--ignore-term", "--grandchild"], UpstreamOptions::default())
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    let held = client.start_call("hold", json!({ "key": "k" })).await;
    let mut stream = client.listen().await;
    let before = std::time::Instant::now();
    let (status, _) = sandbox.admin(Method::DELETE, "/upstreams/leaves", None).await;
    assert!((200..300).contains(&status), "{status}");
    assert!(before.elapsed().as_secs() < 4, "removal waits for a child that does not want to end");
    stream.next_of("notifications/tools/list_changed").await;
    assert_eq!(tool_names(&client).await, ["stays"]);
    assert_eq!(client.try_call("echo", json!({})).await.error().0, -32602);
    // What was in flight is answered, with a reason.
    let (code, sentence) = held.finish().await.error();
    assert!(code == -32603 && sentence.contains("leaves"), "{code} {sentence}");
    assert_eq!(client.call("stays", json!({})).await["tool"], json!(["fake", "stays"]));
    wait_until("its processes end", async || sandbox.children().len() == 1).await;
    let (status, problem) = sandbox.admin(Method::DELETE, "/upstreams/leaves", None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not-found")));
}

#[tokio::test]
async fn servers_come_and_go_while_calls_run() {
    let (sandbox, client) = one(&[]).await;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let traffic = async {
        let mut calls = 0;
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let echo = client.call("echo", json!({ "n": calls })).await;
            assert_eq!(echo["echo"]["arguments"]["n"], calls);
            calls += 1;
        }
        calls
    };
    let changes = async {
        for round in 0..5 {
            let tool = format!("tool_{round}");
            assert_eq!(add(&sandbox, "guest", &["--tool", &tool]).await.0 / 100, 2);
            let other = client.another().await;
            assert_eq!(other.call(&tool, json!({})).await["tool"], json!(["fake", tool]));
            sandbox.admin(Method::DELETE, "/upstreams/guest", None).await;
            assert_eq!(other.try_call(&tool, json!({})).await.error().0, -32602);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let (calls, ()) = tokio::join!(traffic, changes);
    assert!(calls > 0);
}

#[tokio::test]
async fn a_stopped_server_stays_stopped_until_somebody_starts_it() {
    let (sandbox, client) = one(&[]).await;
    let (status, _) = sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await;
    assert_eq!(status, 200);
    assert_eq!(sandbox.children(), [0; 0]);
    assert_eq!(sandbox.upstream("fake").await["state"], "stopped");
    let (code, sentence) = client.try_call("echo", json!({})).await.error();
    assert!(code == -32603 && sentence.contains("headgate start fake"), "{code} {sentence}");
    let starts = (0..5).map(|_| sandbox.admin(Method::POST, "/upstreams/fake/start", None));
    for (status, view) in futures_util::future::join_all(starts).await {
        assert_eq!((status, &view["state"]), (200, &json!("ready")), "{view}");
    }
    assert_eq!(sandbox.children().len(), 1);
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn calls_wait_for_a_restart_that_goes_on_unwatched() {
    let (sandbox, client) = one(&["--download", "5"]).await;
    let before = sandbox.children();
    // As a window does that is closed right after the click.
    tokio::select! {
        answer = sandbox.admin(Method::POST, "/upstreams/fake/restart", None) => panic!("{answer:?}"),
        () = wait_until("the old one is gone", async || sandbox.children() != before) => {}
    }
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
    let after = sandbox.children();
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    // What a person stopped is started by it, too.
    sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await;
    let (status, view) = sandbox.admin(Method::POST, "/upstreams/fake/restart", None).await;
    assert_eq!((status, &view["state"]), (200, &json!("ready")), "{view}");
}

#[tokio::test]
async fn a_stop_ends_a_restart_that_hangs() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("works");
    fs::write(&file, "").unwrap();
    let flags = ["--silent", "--unless", file.to_str().unwrap()];
    sandbox.add_fake("fake", &flags, UpstreamOptions::default()).await;
    fs::remove_file(&file).unwrap();
    let (restart, stop) = tokio::join!(sandbox.admin(Method::POST, "/upstreams/fake/restart", None), async {
        wait_until("it starts", async || sandbox.upstream("fake").await["state"] == "starting").await;
        sandbox.admin(Method::POST, "/upstreams/fake/stop", None).await
    });
    assert_eq!((restart.0, stop.0, &stop.1["state"]), (502, 200, &json!("stopped")), "{restart:?} {stop:?}");
    assert_eq!(sandbox.children(), [0; 0]);
}

#[tokio::test]
async fn a_server_with_nothing_to_offer_is_fine() {
    let sandbox = Sandbox::start().await;
    let view = sandbox.add_fake("empty", &["--bare"], UpstreamOptions::default()).await;
    assert_eq!((&view["state"], &view["tools"]), (&json!("ready"), &json!(0)), "{view}");
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(client.request("tools/list", json!({})).await.raw_result(), r#"{"tools":[]}"#);
    let own = sandbox.client("second", "/mcp/empty").await;
    assert_eq!(own.request("ping", json!({})).await.result(), json!({}));
    let nobody = Mcp::new(&sandbox.at("/mcp/nobody"), &sandbox.client_key("third").await);
    let answer = nobody.request("initialize", e2e::parameters()).await;
    assert_eq!(answer.status, 404);
    assert!(answer.error().1.contains("headgate list"), "{:?}", answer.error());
}

#[tokio::test]
async fn what_was_registered_survives_a_restart() {
    let sandbox = Sandbox::start().await;
    let options = UpstreamOptions { off: vec!["count"], prefix: Some("p"), ..UpstreamOptions::default() };
    sandbox.add_fake("kept", &[], options).await;
    sandbox.add_fake("own", &["--bare", "--tool", "own"], UpstreamOptions::per_session()).await;
    let key = sandbox.client_key("tester").await;
    let before = tool_names(&Mcp::open(&sandbox.at("/mcp"), &key).await).await;
    let home = sandbox.stop();
    let sandbox = Sandbox::builder().home(home).start().await;
    let client = Mcp::open(&sandbox.at("/mcp"), &key).await;
    assert_eq!(tool_names(&client).await, before);
    assert_eq!(client.call("p_echo", json!({})).await["echo"]["name"], "echo");
    assert_eq!(client.call("own", json!({})).await["tool"], json!(["fake", "own"]));
    let pid = sandbox.upstream("kept").await["pids"][0].as_u64().unwrap() as u32;
    assert!(processes::is_alive(pid));
}
