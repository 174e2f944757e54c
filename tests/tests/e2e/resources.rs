//! Resources: reading, templates, subscriptions, and their URIs behind a prefix.

use e2e::{Exchange, Mcp, wait_until};
use serde_json::json;

use crate::ways::{Ways, column};

#[tokio::test]
async fn a_resource_is_read_as_it_was_written() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let list = client.request("resources/list", json!({})).await.result();
        assert_eq!(column(&list["resources"], "uri"), ["fake://note/1"], "{way}");
        for uri in ["fake://note/1", "fake://item/7", "fake://item/a%20b"] {
            let answer = client.request("resources/read", json!({ "uri": uri })).await;
            let expected =
                format!(r#"{{"contents":[{{"text":"fake at {uri}","uri":"{uri}"}}],"x-odd":1.0}}"#);
            assert_eq!(answer.raw_result(), expected, "{way}");
        }
        let (code, sentence) =
            client.request("resources/read", json!({ "uri": "fake://missing" })).await.error();
        assert_eq!((code, sentence.as_str()), (-32002, "fake has no such resource"), "{way}");
    }
}

#[tokio::test]
async fn behind_a_prefix_every_uri_bears_it() {
    let ways = Ways::open().await;
    let client = ways.client("/mcp").await;
    let list = client.request("resources/list", json!({})).await.result();
    assert_eq!(column(&list["resources"], "uri"), ["stdio+fake://note/1", "http+fake://note/1"]);
    let list = client.request("resources/templates/list", json!({})).await.result();
    assert_eq!(
        column(&list["resourceTemplates"], "uriTemplate"),
        ["stdio+fake://item/{id}", "http+fake://item/{id}"]
    );
    for (shown, own) in [("stdio+fake://note/1", "fake://note/1"), ("http+fake://item/x", "fake://item/x")] {
        let answer = client.request("resources/read", json!({ "uri": shown })).await.result();
        assert_eq!(answer["contents"][0]["uri"], shown);
        assert_eq!(answer["contents"][0]["text"], format!("fake at {own}"));
    }
    let (code, sentence) = client.request("resources/read", json!({ "uri": "other://x" })).await.error();
    assert!(code == -32002 && sentence.contains("other://x"), "{code} {sentence}");
}

#[tokio::test]
async fn a_subscriber_is_told_of_updates_until_it_unsubscribes() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let mut stream = client.listen().await;
        let uri = json!({ "uri": "fake://note/1" });
        assert_eq!(client.request("resources/subscribe", uri.clone()).await.result(), json!({}), "{way}");
        touch(&client, 1).await;
        let update = stream.next_of("notifications/resources/updated").await;
        assert!(
            update.text.contains(r#""params":{"uri":"fake://note/1","x-odd":null}"#),
            "{way}: {}",
            update.text
        );
        assert_eq!(client.request("resources/unsubscribe", uri).await.result(), json!({}), "{way}");
        touch(&client, 0).await;
    }
}

#[tokio::test]
async fn an_update_right_behind_the_subscription_is_told() {
    let ways = Ways::open().await;
    let client = ways.client("/mcp/stdio").await;
    let mut stream = client.listen().await;
    for number in 0..10 {
        let uri = format!("fake://note/{number}#now");
        client.request("resources/subscribe", json!({ "uri": uri })).await.result();
        let update = stream.next_of("notifications/resources/updated").await;
        assert_eq!(update.json()["params"]["uri"], uri);
    }
}

#[tokio::test]
async fn behind_a_prefix_an_update_bears_it() {
    let ways = Ways::open().await;
    let client = ways.client("/mcp").await;
    for way in ["stdio", "http"] {
        let mut stream = client.listen().await;
        let uri = format!("{way}+fake://note/1");
        client.request("resources/subscribe", json!({ "uri": uri })).await.result();
        client.call(&format!("{way}_touch"), json!({ "uri": "fake://note/1" })).await;
        let update = stream.next_of("notifications/resources/updated").await;
        assert_eq!(update.json()["params"]["uri"], uri);
    }
}

#[tokio::test]
async fn a_shared_server_is_subscribed_as_long_as_somebody_wants_it() {
    let ways = Ways::open().await;
    let (first, second) = (ways.client("/mcp/stdio").await, ways.client("/mcp/stdio").await);
    let bystander = ways.client("/mcp/stdio").await;
    let mut streams: Vec<Exchange> = Vec::new();
    for client in [&first, &second, &bystander] {
        streams.push(client.listen().await);
    }
    let uri = json!({ "uri": "fake://note/1" });
    first.request("resources/subscribe", uri.clone()).await.result();
    second.request("resources/subscribe", uri.clone()).await.result();
    touch(&first, 1).await;
    streams[0].next_of("notifications/resources/updated").await;
    streams[1].next_of("notifications/resources/updated").await;

    first.request("resources/unsubscribe", uri).await.result();
    touch(&first, 1).await;
    streams[1].next_of("notifications/resources/updated").await;

    // A session that ends takes its subscription with it.
    second.delete().await;
    wait_until("the server is told that nobody wants it", async || {
        bystander.call("touch", json!({ "uri": "fake://note/1" })).await["told"] == 0
    })
    .await;
    // What comes last shows that nothing came before.
    bystander.call("offer", json!({ "tools": ["marker"] })).await;
    for stream in [0, 2] {
        let stream = &mut streams[stream];
        stream.next_of("notifications/tools/list_changed").await;
        assert_eq!(stream.seen(), []);
    }
}

async fn touch(client: &Mcp, told: u64) {
    let answer = client.call("touch", json!({ "uri": "fake://note/1" })).await;
    assert_eq!(answer["told"], told);
}
