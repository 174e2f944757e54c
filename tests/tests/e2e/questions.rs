//! What servers ask of clients: sampling, elicitation, roots, and anything else.

use e2e::{Mcp, Message, Sandbox, UpstreamOptions};
use serde_json::{Value, json};

use crate::ways::Ways;

/// Lets the server ask, answers with exactly this text, and gives the question and what the server
/// got.
async fn ask(client: &Mcp, method: &str, params: &str, result: &str) -> (Message, String) {
    let arguments = format!(r#"{{"name":"ask","arguments":{{"method":"{method}","params":{params}}}}}"#);
    let id = client.next_id().to_string();
    let mut call = client.start_as(&id, "tools/call", &arguments).await;
    let question = call.next_of(method).await;
    let answer = client.respond(&question.id(), result).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    let answer = call.finish().await;
    assert_eq!(answer.last().id(), id);
    (question, answer.raw_result())
}

#[tokio::test]
async fn questions_and_answers_cross_whole() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for (method, params, result) in [
            (
                "sampling/createMessage",
                r#"{"messages":[{"role":"user","content":{"type":"text","text":"é \u0041"}}],"maxTokens":9007199254740993,"temperature":1.0,"x-odd":null}"#,
                r#"{"role":"assistant","content":{"type":"text","text":"4 \ud83d\ude00"},"model":"m","n":1.0,"x-odd":null}"#,
            ),
            (
                "elicitation/create",
                r#"{"message":"Who?","requestedSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":9007199254740993}}}}"#,
                r#"{"action":"accept","content":{"n":9007199254740993}}"#,
            ),
            (
                "elicitation/create",
                r#"{"mode":"form","message":"?","requestedSchema":{}}"#,
                r#"{"action":"decline"}"#,
            ),
            ("roots/list", "{}", r#"{"roots":[{"uri":"file:///a","name":"A"}],"z":1.0}"#),
        ] {
            let (question, got) = ask(&client, method, params, result).await;
            assert_eq!(question.member("params").unwrap(), params, "{way} {method}");
            assert!(got.contains(&format!(r#""result":{result}"#)), "{way} {method}: {got}");
            assert!(got.contains(r#""id":"ask "#), "{way}: the server's own id is gone: {got}");
        }
    }
}

#[tokio::test]
async fn a_client_may_refuse() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let params = json!({ "method": "sampling/createMessage", "params": {} });
        let mut call = client.start_call("ask", params).await;
        let question = call.next_of("sampling/createMessage").await;
        let refusal = format!(
            r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-1,"message":"no","data":1.0}}}}"#,
            question.id()
        );
        assert_eq!(client.post_bytes(refusal).await.status, 202, "{way}");
        let got = call.finish().await.raw_result();
        assert!(got.contains(r#""error":{"code":-1,"message":"no","data":1.0}"#), "{way}: {got}");
    }
}

#[tokio::test]
async fn a_client_is_asked_only_what_it_can_do() {
    let ways = Ways::open().await;
    let plain = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "plain", "version": "1" } });
    for way in ["stdio", "http"] {
        let client = ways.client_with(&format!("/mcp/{way}"), plain.clone()).await;
        let asked = async |method: &str| {
            let answer = client.try_call("ask", json!({ "method": method })).await;
            assert_eq!(answer.messages().count(), 1, "{way}: {answer:?}");
            answer.result()["answer"].clone()
        };
        assert_eq!(asked("sampling/createMessage").await["error"]["code"], -32601, "{way}");
        assert_eq!(asked("elicitation/create").await["error"]["code"], -32601, "{way}");
        assert_eq!(asked("roots/list").await["result"], json!({ "roots": [] }), "{way}");
        assert_eq!(asked("ping").await["result"], json!({}), "{way}");
    }
}

#[tokio::test]
async fn a_question_under_the_id_of_the_pending_call_is_still_a_question() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for id in ["1", "2", "\"1\""] {
            let params = r#"{"name":"same_id","arguments":{"method":"roots/list"}}"#;
            let mut call = client.start_as(id, "tools/call", params).await;
            let question = call.next_of("roots/list").await;
            client.respond(&question.id(), r#"{"roots":[{"uri":"file:///x"}]}"#).await;
            let answer = call.finish().await;
            assert_eq!(answer.last().id(), id, "{way}");
            assert_eq!(answer.result()["answer"]["result"]["roots"][0]["uri"], "file:///x", "{way}");
        }
    }
}

#[tokio::test]
async fn an_elicitation_by_url_is_told_complete_to_who_was_asked() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let mut stream = client.listen().await;
        let bystander = ways.client(&format!("/mcp/{way}")).await;
        let mut other_stream = bystander.listen().await;
        let params =
            r#"{"mode":"url","message":"Sign in","url":"https://example.com/x","elicitationId":"e-1"}"#;
        let (question, _) = ask(&client, "elicitation/create", params, r#"{"action":"accept"}"#).await;
        assert_eq!(question.member("params").unwrap(), params, "{way}");
        let complete = json!({ "method": "notifications/elicitation/complete", "params": { "elicitationId": "e-1" }, "later": true });
        client.call("notify", complete).await;
        let heard = stream.next_of("notifications/elicitation/complete").await.json();
        assert_eq!(heard["params"]["elicitationId"], "e-1", "{way}");
        bystander.call("offer", json!({ "tools": [format!("marker_{way}")] })).await;
        other_stream.next_of("notifications/tools/list_changed").await;
        assert_eq!(other_stream.seen(), [], "{way}");
    }
}

#[tokio::test]
async fn a_question_outside_of_any_call_reaches_the_owner_of_the_copy() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut stream = client.listen().await;
    client.call("ask", json!({ "method": "roots/list", "later": true, "params": { "later": 1 } })).await;
    let question = stream.next_of("roots/list").await;
    assert_eq!(question.json()["params"], json!({ "later": 1 }));
    client.respond(&question.id(), r#"{"roots":[{"uri":"file:///later"}]}"#).await;
    e2e::wait_until("the server has the answer", async || {
        client.call("seen", json!({})).await.to_string().contains("file:///later")
    })
    .await;
}

#[tokio::test]
async fn a_question_of_a_shared_server_that_could_be_for_anybody_is_for_nobody() {
    let ways = Ways::open().await;
    let (first, second) = (ways.client("/mcp/stdio").await, ways.client("/mcp/stdio").await);
    let mut streams = [first.listen().await, second.listen().await];
    // With a call of each in flight nobody can tell whom the server means.
    let held = second.start_call("hold", json!({ "key": "both" })).await;
    let answer =
        first.try_call("ask", json!({ "method": "sampling/createMessage", "params": {} })).await.result();
    let error = &answer["answer"]["error"];
    assert_eq!(error["code"], -32603);
    assert!(error["message"].as_str().unwrap().contains("isolation `session`"), "{error}");
    // Outside of any call there are no roots.
    first.call("release", json!({ "key": "both" })).await;
    held.finish().await.result();
    first.call("ask", json!({ "method": "roots/list", "later": true })).await;
    e2e::wait_until("the server has an empty list of roots", async || {
        first.call("seen", json!({})).await.to_string().contains(r#"\"roots\":[]"#)
    })
    .await;
    first.call("offer", json!({ "tools": ["marker"] })).await;
    for stream in &mut streams {
        stream.next_of("notifications/tools/list_changed").await;
        assert_eq!(stream.seen(), []);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_changes_nothing() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for id in ["1", "99", "\"x\"", "-1", "1.5"] {
            assert_eq!(client.respond(id, r#"{"roots":[]}"#).await.status, 202, "{way}");
        }
        let echo: Value = client.call("echo", json!({ "a": 1 })).await;
        assert_eq!(echo["echo"]["arguments"]["a"], 1, "{way}");
    }
}

#[tokio::test]
async fn a_question_is_answered_only_by_who_was_asked() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let thief = ways.client(&format!("/mcp/{way}")).await;
        let mut call = client.start_call("ask", json!({ "method": "roots/list" })).await;
        let question = call.next_of("roots/list").await;
        assert_eq!(thief.respond(&question.id(), r#"{"roots":[{"uri":"file:///thief"}]}"#).await.status, 202);
        client.respond(&question.id(), r#"{"roots":[{"uri":"file:///mine"}]}"#).await;
        let answer = call.finish().await.result();
        assert_eq!(answer["answer"]["result"]["roots"][0]["uri"], "file:///mine", "{way}");
    }
}
