//! HTTP servers that misbehave, and the transport's own turns: streams, sessions, redirects.

use e2e::{HttpUpstream, Mcp, Sandbox, UpstreamOptions, wait_until};
use serde_json::json;

async fn site(builder: e2e::Builder, flags: &[&str]) -> (Sandbox, HttpUpstream, Mcp) {
    let sandbox = builder.start().await;
    let http = sandbox.add_fake_http("site", flags, UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    (sandbox, http, client)
}

async fn works(client: &Mcp) {
    assert_eq!(client.call("echo", json!({ "still": "here" })).await["echo"]["arguments"]["still"], "here");
}

#[tokio::test]
async fn answers_are_understood_as_event_streams() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &["--sse"]).await;
    works(&client).await;
    // The answer is the message with our id, whatever comes before it.
    let answer = client.try_call("foreign", json!({})).await;
    assert_eq!((answer.messages().count(), answer.result()["whose"].clone()), (1, json!("yours")));
    let answer = client.try_call("twice", json!({})).await;
    assert_eq!(answer.result()["which"], "first");
    works(&client).await;
}

#[tokio::test]
async fn a_stream_that_closes_early_is_resumed() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &[]).await;
    for _ in 0..3 {
        let answer = client.try_call("close_early", json!({})).await;
        assert_eq!(answer.of("notifications/message")[0]["params"]["data"], "resumed", "{answer:?}");
        assert_eq!(answer.result()["resumed"], true);
    }
    works(&client).await;
}

#[tokio::test]
async fn a_stream_that_cannot_be_resumed_fails_its_call_alone() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &[]).await;
    let held = client.start_call("hold", json!({ "key": "k" })).await;
    let answer = client.try_call("lost_stream", json!({})).await;
    assert_eq!(answer.of("notifications/message")[0]["params"]["data"], "soon gone");
    let (code, sentence) = answer.error();
    assert!(code == -32603 && sentence.contains("site") && sentence.contains("stream"), "{code} {sentence}");
    client.call("release", json!({ "key": "k" })).await;
    assert_eq!(held.finish().await.result()["held"], "k");
}

#[tokio::test]
async fn a_forgotten_session_is_renewed_without_a_word() {
    for isolation in ["session", "shared"] {
        let sandbox = Sandbox::start().await;
        let options = UpstreamOptions { isolation: Some(isolation), ..UpstreamOptions::default() };
        let _http = sandbox.add_fake_http("site", &[], options).await;
        let client = sandbox.client("tester", "/mcp").await;
        client.request("resources/subscribe", json!({ "uri": "fake://note/1" })).await.result();
        client.request("logging/setLevel", json!({ "level": "alert" })).await.result();
        let first = client.call("count", json!({})).await["count"]["session"].clone();
        assert_eq!(client.call("expire", json!({})).await["expired"], true);
        works(&client).await;
        assert_ne!(client.call("count", json!({})).await["count"]["session"], first, "{isolation}");
        // What the session had asked for is asked for again.
        wait_until("the new session is subscribed", async || {
            client.call("touch", json!({ "uri": "fake://note/1" })).await["told"] == 1
        })
        .await;
        let heard = client.try_call("log", json!({ "text": "x" })).await.of("notifications/message");
        assert_eq!(heard.len(), 2, "{isolation}: {heard:?}");
    }
}

#[tokio::test]
async fn a_forgotten_session_that_somebody_listens_to_is_renewed_unasked() {
    for isolation in ["session", "shared"] {
        let sandbox = Sandbox::start().await;
        let options = UpstreamOptions { isolation: Some(isolation), ..UpstreamOptions::default() };
        let mut http = sandbox.add_fake_http("site", &[], options).await;
        let client = sandbox.client("tester", "/mcp").await;
        let mut stream = client.listen().await;
        client.request("resources/subscribe", json!({ "uri": "fake://note/1" })).await.result();
        http.kill();
        let _http = HttpUpstream::fake_on(http.port(), &[]).await;
        wait_until("its old session is unknown there", async || {
            sandbox.upstream_log("site").await.iter().any(|line| line.contains("session expired"))
        })
        .await;
        // It asks beside the gateway, which would start the server for a call.
        let other = Mcp::open(http.url(), "").await;
        wait_until("the new session is subscribed", async || {
            other.call("touch", json!({ "uri": "fake://note/1" })).await["told"] == 1
        })
        .await;
        stream.next_of("notifications/resources/updated").await;
    }
}

#[tokio::test]
async fn a_slow_answer_holds_nobody_up() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &[]).await;
    let slow = client.start_call("slow_headers", json!({ "key": "k" })).await;
    works(&client).await;
    client.call("release", json!({ "key": "k" })).await;
    assert_eq!(slow.finish().await.result()["slow"], true);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_own_words() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &[]).await;
    for (arguments, hints) in [
        (json!({ "code": 500, "body": "the disk is full" }), &["site", "500", "the disk is full"][..]),
        (json!({ "code": 403, "body": "" }), &["site", "403", "a header with the key"]),
        (json!({ "code": 401, "body": "who are you" }), &["site", "401", "a header with the key"]),
        (json!({ "code": 429, "body": "slower" }), &["site", "429", "slower"]),
        (json!({ "code": 200, "body": "<html>" }), &["site", "<html>"]),
        (json!({ "code": 202, "body": "" }), &["site", "202"]),
    ] {
        let (code, sentence) = client.try_call("status", arguments.clone()).await.error();
        assert_eq!(code, -32603, "{arguments}");
        for hint in hints {
            assert!(sentence.contains(hint), "{arguments}: `{hint}` is not in: {sentence}");
        }
    }
    let (code, sentence) = client.try_call("null_error", json!({})).await.error();
    assert!([-32603, -32000].contains(&code) && sentence.contains("fake is confused"), "{code} {sentence}");
    works(&client).await;
}

#[tokio::test]
async fn a_server_that_wants_a_key_is_not_registered_without() {
    let sandbox = Sandbox::start().await;
    let http = HttpUpstream::fake(&["--require-header", "X-Key: k"]).await;
    let transport = json!({ "type": "http", "url": http.url() });
    let (status, problem) = sandbox.try_add("site", transport, UpstreamOptions::default()).await;
    assert!((400..600).contains(&status) && problem["code"] == "upstream-failed", "{status} {problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("401") && detail.contains("a header with the key"), "{detail}");
    let headers = UpstreamOptions {
        headers: [("X-Key".to_owned(), "k".to_owned())].into(),
        ..UpstreamOptions::default()
    };
    sandbox.add_http("site", http.url(), headers).await;
}

#[tokio::test]
async fn redirects_are_followed_at_home_only() {
    let sandbox = Sandbox::start().await;
    let thief = HttpUpstream::fake(&[]).await;
    let http = HttpUpstream::fake(&["--redirect", thief.url()]).await;
    let moved = http.url().replace("/mcp", "/moved");
    sandbox.add_http("moved", &moved, UpstreamOptions::default()).await;
    works(&sandbox.client("tester", "/mcp").await).await;
    let away = json!({ "type": "http", "url": http.url().replace("/mcp", "/away") });
    let (status, problem) = sandbox.try_add("away", away, UpstreamOptions::prefixed("away")).await;
    assert!((400..600).contains(&status) && problem["code"] == "upstream-failed", "{status} {problem}");
    let client = Mcp::open(thief.url(), "").await;
    assert_eq!(
        client.call("count", json!({})).await["count"]["opened"],
        2,
        "the thief heard of nothing but this test"
    );
}

#[tokio::test]
async fn a_server_without_sessions_is_fine() {
    let (_sandbox, _http, client) = site(Sandbox::builder(), &["--stateless"]).await;
    works(&client).await;
    client.delete().await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_explained_and_found_again() {
    let (sandbox, mut http, client) = site(Sandbox::builder(), &[]).await;
    works(&client).await;
    let port = http.port();
    http.kill();
    let (code, sentence) = client.try_call("echo", json!({})).await.error();
    assert!(code == -32603 && sentence.contains("site"), "{code} {sentence}");
    let (code, sentence) = client.another().await.try_call("echo", json!({})).await.error();
    assert!(code == -32603 && sentence.contains("127.0.0.1"), "{code} {sentence}");
    let _back = HttpUpstream::fake_on(port, &[]).await;
    wait_until("its next call works", async || {
        client.try_call("echo", json!({})).await.last().json()["result"].is_object()
    })
    .await;
    assert!(sandbox.upstream("site").await["tools"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn nobody_there_is_not_registered() {
    let sandbox = Sandbox::start().await;
    let url = format!("http://127.0.0.1:{}/mcp", e2e::free_port());
    let (status, problem) =
        sandbox.try_add("site", json!({ "type": "http", "url": url }), UpstreamOptions::default()).await;
    assert!((400..600).contains(&status) && problem["code"] == "upstream-failed", "{status} {problem}");
    assert!(problem["detail"].as_str().unwrap().contains("connect"), "{problem}");
    for url in ["ftp://127.0.0.1/mcp", "file:///etc/passwd", "nonsense"] {
        let (status, problem) =
            sandbox.try_add("site", json!({ "type": "http", "url": url }), UpstreamOptions::default()).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{url}: {problem}");
    }
}
