//! What is said during a call: progress, log messages, and that nobody wants the answer any more.

use e2e::{Sandbox, UpstreamOptions, wait_until};
use serde_json::{Value, json};

use crate::ways::{Ways, words};

#[tokio::test]
async fn progress_comes_back_under_the_clients_own_token() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for token in ["\"tok\\u00e9n\"", "7", "0", "-1", "9007199254740993", "\"7\""] {
            let params = format!(
                r#"{{"name":"progress","arguments":{{"steps":3}},"_meta":{{"progressToken":{token},"odd":1.0}}}}"#
            );
            let answer = client.request_as("1", "tools/call", &params).await;
            let texts: Vec<&str> = answer.messages().map(|message| message.text.as_str()).collect();
            assert_eq!(texts.len(), 4, "{way}: {texts:?}");
            for (step, text) in (1..).zip(&texts[..3]) {
                let expected =
                    format!(r#""params":{{"progressToken":{token},"progress":{step},"total":1e1,"#);
                assert!(text.contains(&expected), "{way}: {text}");
            }
            assert_eq!(answer.result()["done"], true, "{way}");
        }
    }
}

#[tokio::test]
async fn progress_right_before_the_result_is_not_lost() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let releasing = ways.client(&format!("/mcp/{way}")).await;
        for round in 0..10 {
            let key = format!("round {round}");
            let params = json!({
                "name": "hold",
                "arguments": { "key": key, "last_progress": true },
                "_meta": { "progressToken": "t" },
            });
            let call = client.start("tools/call", params);
            let release = releasing.call("release", json!({ "key": key }));
            let (call, _) = tokio::join!(call, release);
            let answer = call.finish().await;
            let progress = answer.of("notifications/progress");
            assert_eq!(progress.len(), 1, "{way}: {answer:?}");
            assert_eq!(answer.result()["held"], json!(key), "{way}");
        }
    }
}

#[tokio::test]
async fn nobody_hears_of_progress_without_asking() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let answer = client.try_call("progress", json!({ "steps": 3 })).await;
        assert_eq!(answer.messages().count(), 1, "{way}: {answer:?}");
    }
}

#[tokio::test]
async fn a_cancelled_call_ends_at_the_server_too() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let watching = ways.client("/mcp").await;
        let watch = format!("{way}_count");
        let held = async || {
            let count = watching.call(&watch, json!({})).await;
            words(&count["count"]["held"])
        };
        let call =
            client.start_as("\"mine\"", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#).await;
        wait_until("the call is at the server", async || held().await == ["never"]).await;
        let reason = json!({ "requestId": "mine", "reason": "no longer needed", "odd": null });
        assert_eq!(client.notify("notifications/cancelled", Some(reason)).await.status, 202, "{way}");
        let answer = call.finish().await;
        assert_eq!(answer.last().id(), "\"mine\"", "{way}");
        assert_eq!(answer.error().0, -32800, "{way}");

        let seen = words(&client.call("seen", json!({})).await["seen"]);
        let parsed: Vec<Value> = seen.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let hold = parsed.iter().find(|message| message["params"]["name"] == "hold").unwrap();
        let cancel = parsed.iter().find(|message| message["method"] == "notifications/cancelled");
        let cancel = cancel.unwrap_or_else(|| panic!("{way}: the server was not told: {seen:?}"));
        assert_eq!(cancel["params"]["requestId"], hold["id"], "{way}");
        assert_eq!(cancel["params"]["reason"], "no longer needed", "{way}");
        assert!(cancel["params"].as_object().unwrap().contains_key("odd"), "{way}");
        assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo", "{way}");
    }
}

#[tokio::test]
async fn a_cancel_for_nothing_changes_nothing() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for id in [json!(4711), json!("4711"), json!(null), json!({})] {
            let answer = client.notify("notifications/cancelled", Some(json!({ "requestId": id }))).await;
            assert_eq!(answer.status, 202, "{way}");
        }
        assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo", "{way}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cancel() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let params = json!({ "name": "hold", "arguments": { "key": "kept", "steps": 1 }, "_meta": { "progressToken": 1 } });
        let mut call = client.start("tools/call", params).await;
        call.next_of("notifications/progress").await;
        drop(call);
        // A round trip later the server still holds the call.
        let count = client.call("count", json!({})).await;
        let seen = words(&client.call("seen", json!({})).await["seen"]);
        assert!(!seen.iter().any(|message| message.contains("notifications/cancelled")), "{way}: {seen:?}");
        if way == "stdio" {
            assert_eq!(words(&count["count"]["held"]), ["kept"], "{way}");
        }
        client.call("release", json!({ "key": "kept" })).await;
    }
}

#[tokio::test]
async fn log_messages_are_as_verbose_as_each_session_wants() {
    let ways = Ways::open().await;
    for way in ["stdio", "http"] {
        let (quiet, loud) =
            (ways.client(&format!("/mcp/{way}")).await, ways.client(&format!("/mcp/{way}")).await);
        for (client, level) in [(&quiet, "error"), (&loud, "debug")] {
            let answer = client.request("logging/setLevel", json!({ "level": level })).await;
            assert_eq!(answer.result(), json!({}), "{way}");
        }
        for (client, expected) in [(&quiet, 4), (&loud, 8), (&quiet, 4)] {
            let answer = client.try_call("log", json!({ "text": "é" })).await;
            let heard = answer.of("notifications/message");
            assert_eq!(heard.len(), expected, "{way}: {heard:?}");
            let raw = &answer.messages().next().unwrap().text;
            assert!(raw.contains(r#""data":{"text":"é","n":1.0}"#), "{way}: {raw}");
        }
        let (code, sentence) =
            quiet.request("logging/setLevel", json!({ "level": "shouting" })).await.error();
        assert!(
            code == -32602 && (way == "http" || sentence.contains("warning")),
            "{way}: {code} {sentence}"
        );
    }
}

#[tokio::test]
async fn a_level_set_at_the_gateway_reaches_every_server() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("one", &[], UpstreamOptions::prefixed("one")).await;
    sandbox
        .add_fake("own", &[], UpstreamOptions { prefix: Some("own"), ..UpstreamOptions::per_session() })
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(client.request("logging/setLevel", json!({ "level": "alert" })).await.result(), json!({}));
    for tool in ["one_log", "own_log"] {
        let heard = client.try_call(tool, json!({ "text": "x" })).await.of("notifications/message");
        let levels: Vec<&str> = heard.iter().map(|one| one["params"]["level"].as_str().unwrap()).collect();
        assert_eq!(levels, ["alert", "emergency"], "{tool}");
    }
}
