//! Event streams that break and are resumed by Last-Event-ID, and the stream that listens.

use e2e::Event;
use serde_json::json;

use crate::ways::{Ways, one};

#[tokio::test]
async fn the_answer_of_a_broken_stream_is_fetched_later() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let params = json!({
            "name": "hold",
            "arguments": { "key": "k", "steps": 3, "last_progress": true },
            "_meta": { "progressToken": "t" },
        });
        let mut call = client.start("tools/call", params).await;
        let mut first: Vec<Event> = Vec::new();
        while first.len() < 3 {
            first.push(call.next_event().await.unwrap());
        }
        drop(call);
        client.call("release", json!({ "key": "k" })).await;
        // After the second of four reports: the third, the last and the answer are still to come.
        let reports = first.iter().filter(|event| event.message.is_some()).count();
        assert_eq!(reports, 2, "{way}: {first:?}");
        let last = first.last().unwrap().id.clone().unwrap();
        for _ in 0..2 {
            let resumed = client.resume(&last).await.finish().await;
            assert_eq!(resumed.status, 200, "{way}");
            let steps: Vec<_> = resumed
                .of("notifications/progress")
                .iter()
                .map(|p| p["params"]["progress"].clone())
                .collect();
            assert_eq!(steps, [json!(3), json!(99)], "{way}: {resumed:?}");
            assert_eq!(resumed.result()["held"], "k", "{way}");
        }
    }
}

#[tokio::test]
async fn what_a_listener_missed_is_told_when_it_comes_back() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let mut stream = client.listen().await;
        client.request("resources/subscribe", json!({ "uri": "fake://note/1" })).await.result();
        client.call("touch", json!({ "uri": "fake://note/1" })).await;
        let last = loop {
            let event = stream.next_event().await.unwrap();
            if event.message.is_some() {
                break event.id.unwrap();
            }
        };
        drop(stream);
        for _ in 0..3 {
            client.call("touch", json!({ "uri": "fake://note/1" })).await;
        }
        let mut resumed = client.resume(&last).await;
        for _ in 0..3 {
            resumed.next_of("notifications/resources/updated").await;
        }
        client.call("offer", json!({ "tools": [format!("marker_{way}")] })).await;
        resumed.next_of("notifications/tools/list_changed").await;
        assert_eq!(resumed.seen(), [], "{way}: nothing twice");
    }
}

#[tokio::test]
async fn each_message_goes_to_the_newest_listener_alone() {
    let (_sandbox, client) = one(&[]).await;
    let mut first = client.listen().await;
    let mut second = client.listen().await;
    client.call("offer", json!({ "tools": ["marker"] })).await;
    second.next_of("notifications/tools/list_changed").await;
    drop(second);
    // The older one, still open, is told what comes from now on; the gateway sees the newer one leave
    // when it cannot write to it any more.
    let mut rounds = 0;
    let heard = e2e::wait_for("the older listener is told", async || {
        rounds += 1;
        client.call("offer", json!({ "prompts": [format!("marker {rounds}")] })).await;
        let next = tokio::time::timeout(std::time::Duration::from_millis(100), first.next_event()).await;
        next.ok().flatten().and_then(|event| event.message)
    })
    .await;
    assert_eq!(heard.method().as_deref(), Some("notifications/prompts/list_changed"));
}

#[tokio::test]
async fn an_event_that_nobody_knows_is_refused() {
    let (_sandbox, client) = one(&[]).await;
    for id in ["nonsense", "999_1", "1", "_", "-1_0"] {
        let answer = client.resume(id).await.finish().await;
        assert_eq!((answer.status, answer.error().0), (400, -32600), "{id}");
        assert!(answer.error().1.contains("Last-Event-ID"), "{:?}", answer.error());
    }
}

#[tokio::test]
async fn a_strangers_stream_cannot_be_resumed() {
    let (_sandbox, client) = one(&[]).await;
    let other = client.another().await;
    let mut call = client.start_call("hold", json!({ "key": "k" })).await;
    let id = call.next_event().await.unwrap().id.unwrap();
    let stolen = other.resume(&id).await;
    assert_eq!(stolen.status, 400);
    client.call("release", json!({ "key": "k" })).await;
    assert_eq!(call.finish().await.result()["held"], "k");
}

#[tokio::test]
async fn listening_needs_a_session_and_the_right_accept() {
    let (_sandbox, client) = one(&[]).await;
    let stranger = client.fresh();
    assert_eq!(stranger.listen().await.status, 400);
    let request = client.prepare_with(reqwest::Method::GET, &[("accept", "application/json")]);
    assert_eq!(client.exchange(request).await.status, 406);
    let put = client.exchange(client.prepare(reqwest::Method::PUT)).await;
    assert_eq!(put.status, 405);
    assert!(put.headers["allow"].to_str().unwrap().contains("DELETE"));
}
