//! What servers ask of people whose clients cannot show it: a face shows it, for that session only.

use e2e::{Exchange, Mcp, Sandbox, UpstreamOptions, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{admin::events::Watcher, ways::Ways};

const FORM: &str = r#"{"message":"Who?","requestedSchema":{"type":"object","properties":{"name":{"type":"string","minLength":2},"age":{"type":"integer","maximum":9007199254740993}},"required":["name"]}}"#;
const PAGE: &str =
    r#"{"mode":"url","message":"Sign in","url":"https://example.com/x?y=1","elicitationId":"e-1"}"#;

/// What a client says that shows no questions.
fn plain() -> Value {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "plain", "version": "1" } })
}

/// Lets the server ask.
async fn ask(client: &Mcp, params: &str) -> Exchange {
    let arguments =
        format!(r#"{{"name":"ask","arguments":{{"method":"elicitation/create","params":{params}}}}}"#);
    client.start_as(&client.next_id().to_string(), "tools/call", &arguments).await
}

/// A face that shows questions.
async fn face(sandbox: &Sandbox) -> Watcher {
    let mut watcher = Watcher::open_at(sandbox, "/api/events?questions=true").await;
    let state = watcher.next().await.unwrap();
    assert_eq!(state["state"]["questions"], json!([]));
    watcher
}

/// The only question on the board, when there is one in this state.
async fn shown(watcher: &mut Watcher, state: &str) -> Value {
    let event = watcher.until(state, |event| event["questions"][0]["state"] == state).await;
    assert_eq!(event["questions"].as_array().unwrap().len(), 1, "{event}");
    event["questions"][0].clone()
}

async fn gone(watcher: &mut Watcher) {
    watcher.until("an empty board", |event| event["questions"] == json!([])).await;
}

async fn answer(sandbox: &Sandbox, question: &Value, answer: Value) -> (u16, Value) {
    let path = format!("/questions/{}", question["id"].as_str().unwrap());
    sandbox.admin(Method::POST, &path, Some(answer)).await
}

async fn open_questions(sandbox: &Sandbox) -> Value {
    sandbox.look("/questions").await["questions"].take()
}

/// What the server got.
async fn got(call: Exchange) -> Value {
    call.finish().await.result()["answer"].clone()
}

#[tokio::test]
async fn a_form_is_filled_by_a_person() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    for way in ["stdio", "http"] {
        let client = ways.client_with(&format!("/mcp/{way}"), plain()).await;
        let content = r#"{"name":"\u0041nn", "age":9007199254740993}"#;
        let person = async {
            let question = shown(&mut watcher, "open").await;
            assert_eq!(question["session"].as_str(), client.session().map(|id| &id[..8]), "{way}");
            let expected = [
                ("client", "tester"),
                ("upstream", way),
                ("tool", "ask"),
                ("message", "Who?"),
                ("kind", "form"),
            ];
            for (member, value) in expected {
                assert_eq!(question[member], value, "{way}: {question}");
            }
            assert!(question["expires_ms"].as_u64() > question["began_ms"].as_u64(), "{question}");
            assert_eq!(open_questions(&ways.sandbox).await[0]["id"], question["id"]);

            let bad = json!({ "action": "accept", "content": { "name": "x", "age": "old", "more": 1 } });
            let (status, problem) = answer(&ways.sandbox, &question, bad).await;
            assert_eq!((status, &problem["code"]), (422, &json!("invalid-content")), "{problem}");
            let fields: Vec<_> =
                problem["fields"].as_array().unwrap().iter().map(|fault| &fault["field"]).collect();
            assert_eq!(fields, ["age", "more", "name"], "{problem}");
            let misplaced =
                answer(&ways.sandbox, &question, json!({ "action": "decline", "content": {} })).await;
            assert_eq!(misplaced.0, 400, "{misplaced:?}");
            assert_eq!(open_questions(&ways.sandbox).await[0]["state"], "open", "{way}");

            let path = format!("/api/questions/{}", question["id"].as_str().unwrap());
            let post =
                reqwest::Client::new().post(ways.sandbox.at(&path)).bearer_auth(ways.sandbox.admin_token());
            let body = format!(r#"{{"action":"accept","content":{content}}}"#);
            let status =
                post.header("content-type", "application/json").body(body).send().await.unwrap().status();
            assert_eq!(status, 204, "{way}");
            question
        };
        let (answered, question) = tokio::join!(async { ask(&client, FORM).await.finish().await }, person);
        let result = format!(r#""result":{{"action":"accept","content":{content}}}"#);
        assert!(answered.raw_result().contains(&result), "{way}: {}", answered.raw_result());
        gone(&mut watcher).await;
        let (status, problem) = answer(&ways.sandbox, &question, json!({ "action": "decline" })).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not-found")));
    }
}

#[tokio::test]
async fn a_copy_for_one_client_is_told_that_people_can_be_asked() {
    let ways = Ways::open().await;
    let told = async |client: &Mcp| {
        let seen = client.call("seen", json!({})).await;
        let initialize: Value = serde_json::from_str(seen["seen"][0].as_str().unwrap()).unwrap();
        initialize["params"].clone()
    };
    let unseen = ways.client_with("/mcp/http", plain()).await;
    assert_eq!(told(&unseen).await, plain(), "nobody would see it");
    let _watcher = face(&ways.sandbox).await;
    let mut odd = plain();
    odd["capabilities"] = json!({ "x-odd": 1.0 });
    let seen = ways.client_with("/mcp/http", odd.clone()).await;
    odd["capabilities"]["elicitation"] = json!({ "form": {}, "url": {} });
    assert_eq!(told(&seen).await, odd);
    let mut able = plain();
    able["capabilities"] = json!({ "elicitation": {} });
    let able_client = ways.client_with("/mcp/http", able.clone()).await;
    assert_eq!(told(&able_client).await, able, "it shows them itself");
}

#[tokio::test]
async fn a_person_may_say_no() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let client = ways.client_with("/mcp/stdio", plain()).await;
    for action in ["decline", "cancel"] {
        let (result, ()) = tokio::join!(async { got(ask(&client, FORM).await).await }, async {
            let question = shown(&mut watcher, "open").await;
            assert_eq!(answer(&ways.sandbox, &question, json!({ "action": action })).await.0, 204);
            gone(&mut watcher).await;
        });
        assert_eq!(result["result"], json!({ "action": action }));
    }
}

#[tokio::test]
async fn a_question_belongs_to_its_session_alone() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let clients =
        [ways.client_with("/mcp/http", plain()).await, ways.client_with("/mcp/http", plain()).await];
    let bystander = ways.client("/mcp/http").await;
    let mut stream = bystander.listen().await;
    let asked = |client: &Mcp, message: &str| {
        let params = format!(r#"{{"message":"{message}"}}"#);
        let session = client.session().unwrap().to_owned();
        (params, session)
    };
    let (first, second) = (asked(&clients[0], "first"), asked(&clients[1], "second"));
    let calls = async {
        tokio::join!(async { got(ask(&clients[0], &first.0).await).await }, async {
            got(ask(&clients[1], &second.0).await).await
        })
    };
    let person = async {
        let both =
            |event: &Value| event["questions"].as_array().is_some_and(|questions| questions.len() == 2);
        let event = watcher.until("both questions", both).await;
        for question in event["questions"].as_array().unwrap() {
            let (_, session) = if question["message"] == "first" { &first } else { &second };
            assert_eq!(question["session"], session[..8], "{question}");
            let action = if question["message"] == "first" { "accept" } else { "decline" };
            assert_eq!(answer(&ways.sandbox, question, json!({ "action": action })).await.0, 204);
        }
    };
    let ((first, second), ()) = tokio::join!(calls, person);
    assert_eq!(first["result"], json!({ "action": "accept", "content": {} }));
    assert_eq!(second["result"], json!({ "action": "decline" }));
    bystander.call("offer", json!({ "tools": ["marker"] })).await;
    stream.next_of("notifications/tools/list_changed").await;
    assert_eq!(stream.seen(), []);
}

#[tokio::test]
async fn a_client_that_can_ask_is_asked_itself() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let client = ways.client("/mcp/stdio").await;
    let mut call = ask(&client, FORM).await;
    let question = call.next_of("elicitation/create").await;
    assert_eq!(open_questions(&ways.sandbox).await, json!([]));
    client.respond(&question.id(), r#"{"action":"decline"}"#).await;
    call.finish().await;
    // One that shows forms only is not asked to open a page.
    let mut parameters = plain();
    parameters["capabilities"] = json!({ "elicitation": {} });
    let client = ways.client_with("/mcp/stdio", parameters).await;
    let mut call = ask(&client, FORM).await;
    let question = call.next_of("elicitation/create").await;
    client.respond(&question.id(), r#"{"action":"decline"}"#).await;
    call.finish().await;
    let (result, ()) = tokio::join!(async { got(ask(&client, PAGE).await).await }, async {
        let question = shown(&mut watcher, "open").await;
        assert_eq!(answer(&ways.sandbox, &question, json!({ "action": "decline" })).await.0, 204);
    });
    assert_eq!(result["result"], json!({ "action": "decline" }));
}

#[tokio::test]
async fn without_a_face_a_question_is_refused_and_says_where_it_could_be_shown() {
    let ways = Ways::open().await;
    // A watcher that shows no questions is no such face.
    let mut watcher = Watcher::open_at(&ways.sandbox, "/api/events").await;
    assert_eq!(watcher.next().await.unwrap()["state"].get("questions"), None);
    let client = ways.client_with("/mcp/stdio", plain()).await;
    let error = got(ask(&client, FORM).await).await["error"].take();
    assert_eq!(error["code"], -32601);
    assert!(error["message"].as_str().unwrap().contains("headgate questions -f"), "{error}");
    // What cannot be shown at all is refused with the reason.
    let _face = face(&ways.sandbox).await;
    let params = r#"{"mode":"url","message":"?","url":"javascript:alert(1)"}"#;
    let error = got(ask(&client, params).await).await["error"].take();
    assert_eq!(error["code"], -32602);
    assert!(error["message"].as_str().unwrap().contains("`url`"), "{error}");
}

#[tokio::test]
async fn a_question_that_nobody_wants_answered_disappears() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let client = ways.client_with("/mcp/stdio", plain()).await;
    let params = |id: &str| {
        format!(
            r#"{{"name":"ask","arguments":{{"method":"elicitation/create","id":"{id}","params":{FORM}}}}}"#
        )
    };
    let started = |id: &'static str| {
        let client = &client;
        let arguments = params(id);
        async move { client.request_as(id, "tools/call", &arguments).await }
    };

    // The upstream takes it back.
    let person = async {
        shown(&mut watcher, "open").await;
        let withdrawn = json!({ "method": "notifications/cancelled", "params": { "requestId": "71" } });
        client.call("notify", withdrawn).await;
        gone(&mut watcher).await;
        client.notify("notifications/cancelled", Some(json!({ "requestId": 71 }))).await;
    };
    tokio::join!(started("71"), person);

    // The client cancels the call.
    let person = async {
        shown(&mut watcher, "open").await;
        client.notify("notifications/cancelled", Some(json!({ "requestId": 72 }))).await;
        gone(&mut watcher).await;
    };
    tokio::join!(started("72"), person);
    wait_until("the server is told", async || {
        let seen = client.call("seen", json!({})).await.to_string();
        seen.contains(r#"\"id\":\"72\""#) && seen.contains(r#"{\"action\":\"cancel\"}"#)
    })
    .await;

    // The session ends.
    let person = async {
        shown(&mut watcher, "open").await;
        assert_eq!(client.delete().await.status, 204);
        gone(&mut watcher).await;
    };
    tokio::join!(started("73"), person);

    // The upstream dies.
    let client = ways.client_with("/mcp/stdio", plain()).await;
    let person = async {
        shown(&mut watcher, "open").await;
        client.try_call("die", json!({})).await;
        gone(&mut watcher).await;
    };
    tokio::join!(async { ask(&client, FORM).await.finish().await }, person);
}

#[tokio::test]
async fn a_question_waits_for_a_person_until_its_time_is_over() {
    let sandbox = Sandbox::builder()
        .env("HEADGATE_CALL_TIMEOUT", "3")
        .env("HEADGATE_QUESTION_TIMEOUT", "6")
        .start()
        .await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut watcher = face(&sandbox).await;
    let client = Mcp::open_with(&sandbox.at("/mcp"), &sandbox.client_key("tester").await, plain()).await;
    let (result, ()) = tokio::join!(async { got(ask(&client, FORM).await).await }, async {
        shown(&mut watcher, "open").await;
        gone(&mut watcher).await;
    });
    // The call itself may be silent for a shorter time.
    assert_eq!(result["result"], json!({ "action": "cancel" }));
}

#[tokio::test]
async fn a_question_outlives_the_face_that_showed_it() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let client = ways.client_with("/mcp/stdio", plain()).await;
    let (result, ()) = tokio::join!(async { got(ask(&client, FORM).await).await }, async {
        let question = shown(&mut watcher, "open").await;
        drop(watcher);
        let mut other = Watcher::open_at(&ways.sandbox, "/api/events?questions=true").await;
        assert_eq!(other.next().await.unwrap()["state"]["questions"][0]["id"], question["id"]);
        let content = json!({ "action": "accept", "content": { "name": "Ann" } });
        assert_eq!(answer(&ways.sandbox, &question, content).await.0, 204);
    });
    assert_eq!(result["result"], json!({ "action": "accept", "content": { "name": "Ann" } }));
}

#[tokio::test]
async fn a_page_is_shown_as_done_when_the_server_says_so() {
    let ways = Ways::open().await;
    let mut watcher = face(&ways.sandbox).await;
    let client = ways.client_with("/mcp/http", plain()).await;
    let mut stream = client.listen().await;
    let (result, ()) = tokio::join!(async { got(ask(&client, PAGE).await).await }, async {
        let question = shown(&mut watcher, "open").await;
        assert_eq!(
            (&question["kind"], &question["url"]),
            (&json!("url"), &json!("https://example.com/x?y=1"))
        );
        let content = json!({ "action": "accept", "content": {} });
        assert_eq!(answer(&ways.sandbox, &question, content).await.0, 400);
        assert_eq!(answer(&ways.sandbox, &question, json!({ "action": "accept" })).await.0, 204);
        shown(&mut watcher, "waiting").await;
        let (status, problem) = answer(&ways.sandbox, &question, json!({ "action": "accept" })).await;
        assert_eq!((status, &problem["code"]), (409, &json!("answered")));
    });
    assert_eq!(result["result"], json!({ "action": "accept" }));
    let complete = json!({ "method": "notifications/elicitation/complete", "params": { "elicitationId": "e-1" }, "later": true });
    client.call("notify", complete).await;
    let question = shown(&mut watcher, "done").await;
    assert_eq!(answer(&ways.sandbox, &question, json!({ "action": "cancel" })).await.0, 204);
    gone(&mut watcher).await;
    // The client was not asked, and is not told.
    client.call("offer", json!({ "tools": ["marker"] })).await;
    stream.next_of("notifications/tools/list_changed").await;
    assert_eq!(stream.seen(), []);
}

#[tokio::test]
async fn one_session_cannot_fill_the_board() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let _watcher = face(&sandbox).await;
    let client = Mcp::open_with(&sandbox.at("/mcp"), &sandbox.client_key("tester").await, plain()).await;
    for _ in 0..20 {
        let asked = json!({ "method": "elicitation/create", "params": { "message": "?" }, "later": true });
        client.call("ask", asked).await;
    }
    wait_until("the rest is refused", async || {
        client.call("seen", json!({})).await.to_string().matches("too many questions wait").count() == 4
    })
    .await;
    assert_eq!(open_questions(&sandbox).await.as_array().unwrap().len(), 16);
    client.delete().await;
    wait_until("the board is empty", async || open_questions(&sandbox).await == json!([])).await;
}

#[tokio::test]
async fn a_machine_without_a_window_answers_on_the_command_line() {
    let ways = Ways::open().await;
    let sandbox = &ways.sandbox;
    let mut watcher = face(sandbox).await;
    let client = ways.client_with("/mcp/stdio", plain()).await;
    let (result, ()) = tokio::join!(async { got(ask(&client, FORM).await).await }, async {
        let question = shown(&mut watcher, "open").await;
        let id = question["id"].as_str().unwrap();
        let listed = String::from_utf8(sandbox.cli(&["questions"]).await.stdout).unwrap();
        assert!(listed.contains("Who?") && listed.contains("name string, needed"), "{listed}");
        let refused = sandbox.cli(&["questions", "answer", id, "--accept", "age=7"]).await;
        assert!(String::from_utf8_lossy(&refused.stderr).contains("`name` is needed"), "{refused:?}");
        let done = sandbox.cli(&["questions", "answer", id, "--accept", "age=7", "name=Ann"]).await;
        assert!(done.status.success(), "{done:?}");
    });
    assert_eq!(result["result"], json!({ "action": "accept", "content": { "age": 7, "name": "Ann" } }));
}
