//! Sessions: whose they are, how they end, and what runs for them.

use e2e::{Mcp, Sandbox, UpstreamOptions, parameters, processes, wait_until};
use serde_json::json;

use crate::ways::Ways;

#[tokio::test]
async fn a_session_belongs_to_its_key_and_its_path() {
    let ways = Ways::open().await;
    let mine = ways.client("/mcp").await;
    let other_key = ways.sandbox.client_key("other").await;
    let strangers = [
        ("another key", Mcp::new(&ways.sandbox.at("/mcp"), &other_key)),
        ("another path", ways.stranger("/mcp/stdio")),
        ("the admin token", Mcp::new(&ways.sandbox.at("/mcp"), ways.sandbox.admin_token())),
    ];
    for (who, mut stranger) in strangers {
        stranger.set_session(mine.session().unwrap());
        let answer = stranger.request_as("\"q\"", "tools/list", "{}").await;
        assert_eq!(answer.status, 404, "{who}");
        assert_eq!(answer.error(), (-32603, "Session not found".to_owned()), "{who}");
        assert_eq!(answer.last().id(), "\"q\"", "{who}");
        assert_eq!(stranger.listen().await.status, 404, "{who}");
        assert_eq!(stranger.delete().await.status, 404, "{who}");
        assert_eq!(stranger.notify("notifications/x", None).await.status, 404, "{who}");
    }
    assert_eq!(mine.request("ping", json!({})).await.result(), json!({}));
}

#[tokio::test]
async fn an_unknown_session_is_not_found() {
    let ways = Ways::open().await;
    for id in ["00000000-0000-4000-8000-000000000000", "nonsense", ""] {
        let mut client = ways.stranger("/mcp");
        client.set_session(id);
        let answer = client.request_as("9007199254740993", "tools/list", "{}").await;
        assert_eq!((answer.status, answer.error()), (404, (-32603, "Session not found".to_owned())), "{id}");
        assert_eq!(answer.last().id(), "9007199254740993");
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_with_its_children_and_calls() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let other = client.another().await;
    let pid = pid_of(&client).await;
    let others = pid_of(&other).await;
    assert_ne!(pid, others, "each session has a child of its own");
    let mut stream = client.listen().await;
    let held = client.start_call("hold", json!({ "key": "k" })).await;
    let deleted = client.delete().await;
    assert!([200, 204].contains(&deleted.status), "{deleted:?}");
    assert!(stream.next().await.is_none());
    held.finish().await;
    assert_eq!(client.request("ping", json!({})).await.status, 404);
    assert_eq!(client.delete().await.status, 404);
    wait_until("its child ends", async || !processes::is_alive(pid)).await;
    assert_eq!(pid_of(&other).await, others);
}

#[tokio::test]
async fn a_person_ends_a_session_and_its_client_opens_another() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("shared", &[], UpstreamOptions { prefix: Some("s"), ..UpstreamOptions::shared() }).await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let other = client.another().await;
    let (pid, others) = (pid_of(&client).await, pid_of(&other).await);
    let mut stream = client.listen().await;
    let held = client.start_call("s_hold", json!({ "key": "k" })).await;
    let shown = client.session().unwrap()[..8].to_owned();

    let ended = sandbox.cli(&["sessions", "end", &shown]).await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(stream.next().await.is_none(), "its stream goes on");
    held.finish().await;
    wait_until("the shared server is told that nobody wants the answer", async || {
        let seen = other.call("s_seen", json!({})).await["seen"].to_string();
        seen.contains("notifications/cancelled")
    })
    .await;
    assert!(!processes::is_alive(pid), "its child lives on");
    assert_eq!(client.request("ping", json!({})).await.status, 404);
    let client = client.another().await;
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
    assert_eq!(pid_of(&other).await, others);

    for gone in [&shown, "00000000", "../status"] {
        let output = sandbox.cli(&["sessions", "end", gone]).await;
        assert_eq!(output.status.code(), Some(4), "{gone}: {output:?}");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(complaint.contains("there is no session"), "{complaint}");
    }
}

#[tokio::test]
async fn calls_in_flight_are_shown_with_their_progress_and_who_works_on_them() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("shared", &[], UpstreamOptions { prefix: Some("s"), ..UpstreamOptions::shared() }).await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let pid = pid_of(&client).await;
    let parameters = json!({
        "name": "s_hold", "arguments": { "key": "k", "steps": 3 }, "_meta": { "progressToken": "mine" },
    });
    let held = client.start("tools/call", parameters).await;
    let session = async || sandbox.look("/sessions").await["sessions"][0].clone();
    wait_until("the last progress is shown", async || {
        session().await["in_flight"][0]["progress"]["progress"] == 3.0
    })
    .await;
    let shown = session().await;
    let call = &shown["in_flight"][0];
    assert_eq!(call["progress"], json!({ "progress": 3.0, "total": 10.0, "message": "step 3" }));
    assert_eq!((&call["method"], &call["target"]), (&json!("tools/call"), &json!("s_hold")));
    assert_eq!((&call["upstream"], shown["calls"].as_u64()), (&json!("shared"), Some(1)));
    assert!(call["began_ms"].as_u64() > Some(1_600_000_000_000), "{call}");
    let running = shown["running"].as_array().unwrap();
    assert_eq!(running[0], json!({ "upstream": "own", "kind": "own", "pid": pid }));
    assert_eq!((&running[1]["upstream"], &running[1]["kind"]), (&json!("shared"), &json!("shared")));
    assert!(running[1]["pid"].is_u64() && running.len() == 2, "{running:?}");
    client.call("s_release", json!({ "key": "k" })).await;
    held.finish().await;
    wait_until("nothing is in flight", async || session().await["in_flight"] == json!([])).await;
}

#[tokio::test]
async fn the_upstreams_of_a_session_are_shown_in_the_order_of_their_first_use() {
    let sandbox = Sandbox::start().await;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        sandbox.add_fake(name, &[], UpstreamOptions::prefixed(name)).await;
    }
    let client = sandbox.client("tester", "/mcp").await;
    let used = ["d", "b", "e", "a", "c"];
    for name in used.iter().chain(&names) {
        client.call(&format!("{name}_echo"), json!({})).await;
    }
    let sessions = sandbox.look("/sessions").await;
    assert_eq!(sessions["sessions"][0]["upstreams"], json!(used), "{sessions}");
}

#[tokio::test]
async fn an_http_server_is_told_that_its_session_is_over() {
    let ways = Ways::open().await;
    let client = ways.client("/mcp/http").await;
    let watching = ways.client("/mcp/http").await;
    let alive = async || watching.call("count", json!({})).await["count"]["alive"].as_u64().unwrap();
    client.call("echo", json!({})).await;
    let before = alive().await;
    client.delete().await;
    wait_until("the server has one session less", async || alive().await == before - 1).await;
}

#[tokio::test]
async fn an_own_copy_is_introduced_by_its_own_client() {
    let ways = Ways::open().await;
    let mut mine = parameters();
    mine["clientInfo"] = json!({ "name": "somebody", "version": "7", "x-odd": null });
    mine["capabilities"] = json!({ "experimental": { "n": 1.0 } });
    for way in ["http", "own"] {
        if way == "own" {
            let options = UpstreamOptions { prefix: Some("own"), ..UpstreamOptions::per_session() };
            ways.sandbox.add_fake("own", &[], options).await;
        }
        let client = ways.client_with(&format!("/mcp/{way}"), mine.clone()).await;
        assert_eq!(client.call("client", json!({})).await["client"], mine, "{way}");
    }
    // A shared one is introduced once, by the gateway, with everything that it relays.
    let shared = &ways.client_with("/mcp/stdio", mine).await.call("client", json!({})).await["client"];
    assert_eq!(shared["clientInfo"]["name"], "headgate");
    for capability in ["roots", "sampling", "elicitation"] {
        assert!(shared["capabilities"][capability].is_object(), "{shared}");
    }
}

#[tokio::test]
async fn an_unused_session_falls_asleep_and_wakes_with_its_next_call() {
    let sandbox = Sandbox::builder().env("HEADGATE_SESSION_SLEEP", "1").start().await;
    sandbox
        .add_fake("own", &[], UpstreamOptions { prefix: Some("own"), ..UpstreamOptions::per_session() })
        .await;
    sandbox.add_fake("all", &[], UpstreamOptions::prefixed("all")).await;
    let client = sandbox.client("tester", "/mcp").await;
    let listener = client.another().await;
    let caller = client.another().await;
    // Who stays awake is busy from the first moment on.
    let stream = listener.listen().await;
    let held = caller.start_call("own_hold", json!({ "key": "k" })).await;
    let listening = own_pid(&listener).await;
    let calling = own_pid(&caller).await;
    let shared = client.call("all_count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32;
    let first = own_pid(&client).await;

    wait_until("its child ends", async || !processes::is_alive(first)).await;
    let sessions = sandbox.look("/sessions").await;
    let mine = sessions["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == client.session().unwrap()[..8]);
    let mine = mine.unwrap_or_else(|| panic!("{sessions}"));
    assert_eq!((&mine["asleep"], &mine["children"]), (&json!(true), &json!(0)), "{sessions}");
    // Who listens or waits for an answer is awake, and what is shared goes on.
    for pid in [listening, calling, shared] {
        assert!(processes::is_alive(pid), "{pid}: {}", processes::command_line(pid));
    }
    let second = own_pid(&client).await;
    assert_ne!(first, second);
    caller.call("own_release", json!({ "key": "k" })).await;
    assert_eq!(held.finish().await.result()["held"], "k");
    drop(stream);
    wait_until("all own children end", async || sandbox.children() == [shared]).await;
}

#[tokio::test]
async fn a_session_is_forgotten_long_after_its_last_use() {
    let sandbox = Sandbox::builder()
        .env("HEADGATE_SESSION_SLEEP", "0.2")
        .env("HEADGATE_SESSION_LIFE", "1")
        .start()
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    wait_until("the session is forgotten", async || {
        sandbox.look("/sessions").await["sessions"].as_array().unwrap().is_empty()
    })
    .await;
    assert_eq!(client.request("ping", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_call_is_answered_when_its_session_ends() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let arguments = json!({ "key": "never", "steps": 1 });
    let params = json!({ "name": "hold", "arguments": arguments, "_meta": { "progressToken": 1 } });
    let mut held = client.start("tools/call", params).await;
    held.next_of("notifications/progress").await;
    client.delete().await;
    assert_eq!(held.finish().await.error(), (-32800, "the session has ended".to_owned()));
    assert!(!sandbox.log().contains("event stream"), "{}", sandbox.log());
}

#[tokio::test]
async fn who_cannot_be_served_gets_no_session() {
    let sandbox = Sandbox::start().await;
    let client = sandbox.client("tester", "/mcp").await;
    let exchange = client.fresh().start("initialize", json!({})).await;
    assert_eq!(exchange.headers.get("mcp-session-id"), None);
    assert_eq!(exchange.finish().await.error().0, -32602);
}

#[tokio::test]
async fn sessions_are_bounded_and_the_next_one_is_told_so() {
    let sandbox = Sandbox::builder().env("HEADGATE_MAX_SESSIONS", "3").start().await;
    let client = sandbox.client("tester", "/mcp").await;
    let others = [client.another().await, client.another().await];
    let _streams = [client.listen().await, others[0].listen().await, others[1].listen().await];
    let answer = client.fresh().request("initialize", parameters()).await;
    assert_eq!(answer.status, 503);
    assert!(answer.error().1.contains("limit"), "{:?}", answer.error());
    client.delete().await;
    client.another().await;
}

#[tokio::test]
async fn a_session_too_many_ends_the_longest_unused_one_of_its_client() {
    let sandbox = Sandbox::builder().env("HEADGATE_MAX_SESSIONS", "4").start().await;
    let neighbour = sandbox.client("neighbour", "/mcp").await;
    let first = sandbox.client("tester", "/mcp").await;
    let _stream = first.listen().await;
    let (second, third) = (first.another().await, first.another().await);
    let fourth = first.another().await;
    assert_eq!(second.request("ping", json!({})).await.status, 404);
    for client in [&neighbour, &first, &third, &fourth] {
        assert_eq!(client.request("ping", json!({})).await.status, 200);
    }
    // Who has none of its own takes the place of somebody else's.
    let stranger = sandbox.client("stranger", "/mcp").await;
    assert_eq!(stranger.request("ping", json!({})).await.status, 200);
    assert_eq!(neighbour.request("ping", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_request_id_is_used_once_at_a_time() {
    let ways = Ways::open().await;
    let client = ways.client("/mcp/stdio").await;
    let held = client.start_as("1", "tools/call", r#"{"name":"hold","arguments":{"key":"k"}}"#).await;
    let (code, sentence) = client.request_as("1", "ping", "{}").await.error();
    assert!(code == -32600 && sentence.contains("unique"), "{code} {sentence}");
    // As text, these are other ids.
    for id in ["\"1\"", "1.0", "1e0"] {
        assert_eq!(client.request_as(id, "ping", "{}").await.last().id(), id);
    }
    client.request_as("2", "tools/call", r#"{"name":"release","arguments":{"key":"k"}}"#).await.result();
    assert_eq!(held.finish().await.last().id(), "1");
    assert_eq!(client.request_as("1", "ping", "{}").await.raw_result(), "{}");
}

#[tokio::test]
async fn the_revision_header_must_be_one_that_is_spoken() {
    let ways = Ways::open().await;
    let mut client = ways.client("/mcp").await;
    client.set_header("mcp-protocol-version", "1999-01-01");
    let answer = client.request("ping", json!({})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("2025-11-25"), "{}", answer.body);
    // Some clients never send it.
    let mut bare = client.fresh();
    bare.set_session(client.session().unwrap());
    assert_eq!(bare.request("ping", json!({})).await.result(), json!({}));
}

async fn pid_of(client: &Mcp) -> u32 {
    client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32
}

async fn own_pid(client: &Mcp) -> u32 {
    client.call("own_count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32
}
