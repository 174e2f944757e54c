//! The shapes of a POST: batches, Accept, plain JSON or an event stream.

use e2e::{parameters, wait_until};
use serde_json::{Value, json};

use crate::ways::{Ways, one};

fn asking_for(revision: &str) -> Value {
    let mut asked = parameters();
    asked["protocolVersion"] = revision.into();
    asked
}

#[tokio::test]
async fn a_batch_is_answered_as_a_batch_where_batches_exist() {
    let ways = Ways::open().await;
    for way in ["stdio", "http"] {
        let client = ways.client_with(&format!("/mcp/{way}"), asking_for("2025-03-26")).await;
        let batch = r#"[
            {"jsonrpc":"2.0","id":"a","method":"ping"},
            {"jsonrpc":"2.0","method":"notifications/x/batched"},
            {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"n":1.0}}},
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"nonsense"}},
            {"jsonrpc":"1.0","id":3,"method":"ping"},
            17
        ]"#;
        let answer = client.post_bytes(batch).await;
        let answers: Vec<Value> = serde_json::from_str(&answer.last().text).unwrap();
        assert_eq!(answers.len(), 5, "{way}: {answers:?}");
        let of = |id: Value| {
            answers.iter().find(|answer| answer["id"] == id).unwrap_or_else(|| panic!("{way}: {id}"))
        };
        assert_eq!(of(json!("a"))["result"], json!({}), "{way}");
        assert_eq!(of(json!(1))["result"]["echo"]["arguments"], json!({ "n": 1.0 }), "{way}");
        assert_eq!(of(json!(2))["error"]["code"], -32602, "{way}");
        assert_eq!(of(json!(3))["error"]["code"], -32600, "{way}");
        assert_eq!(of(json!(null))["error"]["code"], -32600, "{way}");
        let quiet = r#"[{"jsonrpc":"2.0","method":"notifications/x/batched"}]"#;
        let answer = client.post_bytes(quiet).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{way}");
    }
}

#[tokio::test]
async fn a_batch_is_refused_where_there_are_none() {
    let ways = Ways::open().await;
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let client = ways.client_with("/mcp", asking_for(revision)).await;
        let answer = client.post_bytes(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
        assert_eq!((answer.status, answer.error().0), (400, -32600), "{revision}");
        assert!(answer.error().1.contains("2025-03-26"), "{:?}", answer.error());
    }
}

#[tokio::test]
async fn a_server_may_answer_with_a_batch() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        assert_eq!(client.try_call("batch", json!({})).await.result()["batch"], true, "{way}");
    }
}

#[tokio::test]
async fn any_accept_that_allows_an_answer_gets_one() {
    let (_sandbox, client) = one(&[]).await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#;
    for (accept, stream) in [
        ("*/*", false),
        ("application/json", false),
        ("application/json, text/event-stream", false),
        ("text/event-stream", true),
        ("text/event-stream, application/json;q=0.5", false),
    ] {
        let request = client.prepare_with(reqwest::Method::POST, &[("accept", accept)]).body(call);
        let answer = client.exchange(request).await.finish().await;
        // On a busy machine an answer may take longer than 200 ms, and is a stream then.
        let may_stream = stream || accept != "application/json";
        assert!(answer.status == 200 && (answer.is_stream() == stream || may_stream), "{accept}: {answer:?}");
        assert_eq!(answer.result()["echo"]["name"], "echo", "{accept}");
    }
    let request = client.prepare_with(reqwest::Method::POST, &[("accept", "text/html")]).body(call);
    let answer = client.exchange(request).await.finish().await;
    assert_eq!(answer.status, 406);
    assert!(answer.error().1.contains("text/event-stream"), "{:?}", answer.error());
}

#[tokio::test]
async fn a_client_that_takes_json_only_gets_json_however_long_it_takes() {
    let (_sandbox, client) = one(&[]).await;
    let helper = client.another().await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hold","arguments":{"key":"k","steps":2},"_meta":{"progressToken":"t"}}}"#;
    let json_only = [("accept", "application/json")];
    let request = client.prepare_with(reqwest::Method::POST, &json_only).body(call);
    let mut listening = client.listen().await;
    let (answer, ()) = tokio::join!(async { client.exchange(request).await.finish().await }, async {
        // What is said meanwhile goes where the client listens; it is long past 200 ms then.
        listening.next_of("notifications/progress").await;
        listening.next_of("notifications/progress").await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        helper.call("release", json!({ "key": "k" })).await;
    });
    assert!(!answer.is_stream());
    assert_eq!(answer.result()["held"], "k");
}

#[tokio::test]
async fn a_quick_answer_is_plain_json() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        client.call("echo", json!({})).await;
        // One of several is quick even on a machine that is busy with other tests.
        let mut plain = 0;
        for _ in 0..10 {
            plain += usize::from(!client.try_call("echo", json!({})).await.is_stream());
        }
        assert!(plain > 0, "{way}");
    }
}

#[tokio::test]
async fn a_long_call_becomes_an_event_stream_that_never_looks_dead() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let mut call = client.start_call("hold", json!({ "key": "k" })).await;
        // The head came although the call is still held.
        assert!(call.is_stream(), "{way}");
        let priming = call.next_event().await.unwrap();
        assert!(priming.id.is_some() && priming.message.is_none(), "{way}: {priming:?}");
        assert_eq!(priming.retry_ms, Some(1000), "{way}");
        client.call("release", json!({ "key": "k" })).await;
        let answer = call.finish().await;
        assert!(answer.events[0].id.is_some(), "{way}: {answer:?}");
        assert_eq!(answer.result()["held"], "k", "{way}");
    }
}

#[tokio::test]
async fn older_clients_get_no_empty_event() {
    let ways = Ways::open().await;
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18"] {
        let client = ways.client_with("/mcp/stdio", asking_for(revision)).await;
        let call = client.start_call("hold", json!({ "key": revision })).await;
        assert!(call.is_stream());
        client.call("release", json!({ "key": revision })).await;
        let answer = call.finish().await;
        let empty = answer.events.iter().find(|event| event.id.is_some() && event.message.is_none());
        assert!(empty.is_none(), "{revision}: {answer:?}");
        assert_eq!(answer.result()["held"], revision);
    }
}

#[tokio::test]
async fn calls_of_one_session_run_side_by_side() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let calls: Vec<_> =
            (0..50).map(|number| client.start_call("hold", json!({ "key": format!("{number}") }))).collect();
        let calls = futures_util::future::join_all(calls).await;
        wait_until("all calls are at the server", async || {
            client.call("count", json!({})).await["count"]["held"].as_array().unwrap().len() == 50
        })
        .await;
        for (number, call) in calls.into_iter().enumerate().rev() {
            client.call("release", json!({ "key": format!("{number}") })).await;
            assert_eq!(call.finish().await.result()["held"], format!("{number}"), "{way}");
        }
    }
}
