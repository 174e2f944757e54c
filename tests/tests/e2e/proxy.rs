//! `headgate proxy`: one stdio server over HTTP, without registration.

use e2e::{Mcp, Proxy, Running, parameters, processes, wait_until};
use serde_json::json;

async fn pid(client: &Mcp) -> u32 {
    client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32
}

#[tokio::test]
async fn every_session_has_a_child_and_needs_no_key() {
    let proxy = Proxy::start(&[], &["--instructions", "Be kind."]).await;
    let (first, second) = (proxy.client().await, proxy.client().await);
    assert_eq!(first.welcome["serverInfo"]["name"], "fake");
    assert_eq!(first.welcome["instructions"], "Be kind.");
    let (one, two) = (pid(&first).await, pid(&second).await);
    assert_ne!(one, two);
    let mut children = proxy.children();
    children.retain(|pid| *pid == one || *pid == two);
    assert_eq!(children.len(), 2);
    first.delete().await;
    wait_until("its child ends", async || !processes::is_alive(one)).await;
    assert_eq!(pid(&second).await, two);
    for path in ["/mcp/fake", "/mcp/proxy", "/api/upstreams", "/k/x/mcp/y"] {
        let elsewhere = Mcp::new(&proxy.url().replace("/mcp", path), "");
        assert_eq!(elsewhere.request("initialize", parameters()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_client_speaks_to_its_child_itself() {
    let proxy = Proxy::start(&[], &[]).await;
    let mut mine = parameters();
    mine["clientInfo"] = json!({ "name": "somebody", "version": "1", "x": null });
    let client = Mcp::open_with(&proxy.url(), "", mine.clone()).await;
    assert_eq!(client.call("client", json!({})).await["client"], mine);
    let params = r#"{"name":"echo","arguments":{"n":1.0,"big":9007199254740993}}"#;
    let answer = client.request_as("\"é\"", "tools/call", params).await;
    assert_eq!(answer.raw_result(), format!(r#"{{"content":[],"echo":{params}}}"#));
    assert_eq!(answer.last().id(), "\"é\"");
    let mut call = client.start_call("ask", json!({ "method": "roots/list" })).await;
    let question = call.next_of("roots/list").await;
    client.respond(&question.id(), r#"{"roots":[]}"#).await;
    assert_eq!(call.finish().await.result()["answer"]["result"], json!({ "roots": [] }));
}

#[tokio::test]
async fn an_unused_session_ends_with_its_child() {
    let proxy = Proxy::start(&["--timeout", "1"], &[]).await;
    let client = proxy.client().await;
    let listener = proxy.client().await;
    let stream = listener.listen().await;
    let (one, two) = (pid(&client).await, pid(&listener).await);
    wait_until("its child ends", async || !processes::is_alive(one)).await;
    let answer = client.request_as("\"q\"", "ping", "{}").await;
    assert_eq!((answer.status, answer.error()), (404, (-32603, "Session not found".to_owned())));
    assert!(processes::is_alive(two), "a session that listens is in use");
    drop(stream);
    wait_until("the other child ends", async || !processes::is_alive(two)).await;
}

#[tokio::test]
async fn a_call_that_gets_no_answer_times_out() {
    let proxy = Proxy::start(&["--request-timeout", "1"], &[]).await;
    let client = proxy.client().await;
    let answer = client.request_as("77", "tools/call", r#"{"name":"mute"}"#).await;
    assert_eq!(answer.error(), (-32603, "Request timeout".to_owned()));
    assert_eq!(answer.last().id(), "77");
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn sessions_are_bounded() {
    let proxy = Proxy::start(&["--max-sessions", "2"], &[]).await;
    let first = proxy.client().await;
    let _second = proxy.client().await;
    let answer = first.fresh().request("initialize", parameters()).await;
    assert_eq!(answer.status, 503);
    assert!(answer.error().1.contains('2'), "{:?}", answer.error());
    first.delete().await;
    proxy.client().await;
}

#[tokio::test]
async fn the_end_of_a_child_is_the_end_of_its_session() {
    let proxy = Proxy::start(&[], &[]).await;
    let (client, other) = (proxy.client().await, proxy.client().await);
    let mut stream = client.listen().await;
    let (code, sentence) = client.try_call("die", json!({ "code": 5 })).await.error();
    assert!(code == -32603 && sentence.contains("code 5"), "{code} {sentence}");
    assert!(stream.next().await.is_none());
    wait_until("the session is gone", async || client.request("ping", json!({})).await.status == 404).await;
    assert_eq!(other.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_server_that_cannot_start_is_explained() {
    let proxy = Proxy::start(&[], &["--crash", "4"]).await;
    let answer = Mcp::new(&proxy.url(), "").request("initialize", parameters()).await;
    let (code, sentence) = answer.error();
    assert!(
        code == -32603 && sentence.contains("code 4") && sentence.contains("database"),
        "{code} {sentence}"
    );
    wait_until("nothing runs", async || proxy.children().is_empty()).await;
}

#[tokio::test]
async fn a_key_is_asked_for_when_there_is_one() {
    let proxy = Proxy::start(&["--key", "sesame"], &[]).await;
    for key in ["", "wrong"] {
        let answer = Mcp::new(&proxy.url(), key).request("initialize", parameters()).await;
        assert_eq!(answer.status, 401, "{key:?}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"headgate\"");
    }
    let client = Mcp::open(&proxy.url(), "sesame").await;
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
    let foreign = client.prepare_with(reqwest::Method::POST, &[("origin", "http://evil.example")]).body("{}");
    assert_eq!(client.exchange(foreign).await.status, 403);
}

#[tokio::test]
async fn beyond_loopback_somebody_says_who_may_come_in() {
    let mut refused = Running::start(|command| {
        command.args(["proxy", "--host", "0.0.0.0", "--port", "0", "--", "true"]);
    });
    assert_eq!(refused.ended().await.code(), Some(2));
    assert!(refused.log().contains("--key") && refused.log().contains("--no-auth"), "{}", refused.log());
    for flags in [
        &["--host", "0.0.0.0", "--no-auth"][..],
        &["--host", "0.0.0.0", "--key", "sesame", "--allow-host", "box.lan"],
    ] {
        let proxy = Proxy::start(flags, &[]).await;
        let client = Mcp::open(&proxy.url(), "sesame").await;
        let named = client
            .prepare_with(reqwest::Method::POST, &[("host", "box.lan")])
            .body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        let status = client.exchange(named).await.status;
        assert_eq!(status, if flags.contains(&"box.lan") { 200 } else { 403 });
    }
}

#[tokio::test]
async fn the_environment_names_host_and_port() {
    let port = e2e::free_port().to_string();
    let log = tempfile::tempdir().unwrap();
    let file = log.path().join("proxy.log");
    let mut running = Running::start(|command| {
        command.env("MCP_BIND_HOST", "127.0.0.1").env("MCP_PORT", &port).env("LOG_FILE", &file);
        command
            .args(["proxy", "--log-level", "debug", "--"])
            .arg(e2e::programs::fake_upstream())
            .arg("--stdio");
    });
    let url = format!("http://127.0.0.1:{port}/mcp");
    wait_until("the log tells where it serves", async || {
        assert!(running.exit_status().is_none(), "{}", running.log());
        std::fs::read_to_string(&file).unwrap_or_default().contains(&url)
    })
    .await;
    let client = Mcp::open(&url, "").await;
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_proxy_that_is_killed_leaves_nothing() {
    let mut proxy = Proxy::start(&[], &["--ignore-eof", "--ignore-term", "--grandchild"]).await;
    let clients = [proxy.client().await, proxy.client().await, proxy.client().await];
    for client in &clients {
        pid(client).await;
    }
    proxy.running().kill();
    let home = proxy.home().to_owned();
    wait_until("nobody is left", async || processes::of_home(&home).is_empty()).await;
}
