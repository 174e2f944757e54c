//! The everyday conversation: a welcome, lists, calls, prompts, completion, and how they are answered.

use e2e::{parameters, wait_until};
use serde_json::{Value, json};

use crate::ways::{Ways, column, one, words};

fn asking_for(revision: &str) -> Value {
    let mut asked = parameters();
    asked["protocolVersion"] = revision.into();
    asked
}

#[tokio::test]
async fn a_client_is_welcomed_in_its_own_revision() {
    let ways = Ways::open_with(&["--instructions", "Be kind."]).await;
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let client = ways.client_with("/mcp", asking_for(asked)).await;
        assert_eq!(client.welcome["protocolVersion"], answered, "{asked}");
        let own = ways.client_with("/mcp/stdio", asking_for(asked)).await;
        assert_eq!(own.welcome["protocolVersion"], answered, "{asked} at /mcp/stdio");
    }
    let all = ways.client("/mcp").await;
    assert_eq!(all.welcome["serverInfo"]["name"], "headgate");
    for (capability, member) in
        [("tools", "listChanged"), ("prompts", "listChanged"), ("resources", "subscribe")]
    {
        assert_eq!(all.welcome["capabilities"][capability][member], true, "{capability}");
    }
    let instructions = all.welcome["instructions"].as_str().unwrap();
    assert!(instructions.matches("Be kind.").count() == 2, "{instructions}");
    let id: Vec<&str> = all.session().unwrap().split('-').collect();
    assert!(id.len() == 5 && id[2].starts_with('4'), "{id:?} is no UUID v4");
    for (way, client) in ways.clients().await {
        assert_eq!(client.welcome["serverInfo"]["name"], "fake", "{way}");
        assert_eq!(client.welcome["capabilities"]["experimental"], json!({ "x": null }), "{way}");
        assert_eq!(client.welcome["instructions"], "Be kind.", "{way}");
    }
}

#[tokio::test]
async fn a_welcome_is_needed_before_anything_else_and_has_its_parameters() {
    let ways = Ways::open().await;
    let stranger = ways.stranger("/mcp");
    let answer = stranger.request("tools/list", json!({})).await;
    assert_eq!((answer.status, answer.error().0), (400, -32600));
    assert!(answer.error().1.contains("initialize"), "{:?}", answer.error());
    let answer = stranger.request("initialize", json!({ "capabilities": {} })).await;
    assert_eq!(answer.error().0, -32602);
    assert!(answer.error().1.contains("protocolVersion"), "{:?}", answer.error());
}

#[tokio::test]
async fn a_client_that_never_says_initialized_is_served() {
    let ways = Ways::open().await;
    for path in ["/mcp", "/mcp/stdio", "/mcp/http"] {
        let mut client = ways.stranger(path);
        client.initialize_only(parameters()).await;
        let tools = client.request("tools/list", json!({})).await.result();
        assert!(!column(&tools["tools"], "name").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_session_is_initialized_once() {
    let (_sandbox, client) = one(&[]).await;
    let answer = client.request("initialize", parameters()).await;
    let opened_another =
        answer.headers.get("mcp-session-id").is_some_and(|id| Some(id.to_str().unwrap()) != client.session());
    assert!(opened_another || answer.error().0 == -32600, "{answer:?}");
    assert_eq!(client.request("ping", json!({})).await.result(), json!({}));
}

#[tokio::test]
async fn a_ping_is_answered() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let answer = client.request_as("\"p\"", "ping", "{}").await;
        assert_eq!((answer.status, answer.last().id()), (200, "\"p\"".to_owned()), "{way}");
        assert_eq!(answer.raw_result(), "{}", "{way}");
    }
}

#[tokio::test]
async fn what_is_listed_is_what_the_server_wrote() {
    let ways = Ways::open().await;
    let echo = r#"{"inputSchema":{"type":"object","properties":{"n":{"maximum":9007199254740993,"multipleOf":1.0}}},"name":"echo","execution":{"taskSupport":"forbidden"},"x-odd":null,"_meta":{"b":1,"a":2}}"#;
    for (way, client) in ways.clients().await {
        let tools = client.request("tools/list", json!({})).await.raw_result();
        assert!(tools.contains(echo), "{way}: {tools}");
        let prompts = client.request("prompts/list", json!({})).await.raw_result();
        let greet = r#"{"name":"greet","arguments":[{"name":"who","required":true}],"x-odd":1.0}"#;
        assert!(prompts.contains(greet), "{way}: {prompts}");
        let templates = client.request("resources/templates/list", json!({})).await.raw_result();
        let item = r#"{"uriTemplate":"fake://item/{id}","name":"item","mimeType":"text/plain","x-odd":null}"#;
        assert!(templates.contains(item), "{way}: {templates}");
    }
    let all = ways.client("/mcp").await.request("tools/list", json!({})).await.raw_result();
    for prefix in ["stdio", "http"] {
        let renamed = echo.replace(r#""name":"echo""#, &format!(r#""name":"{prefix}_echo""#));
        assert!(all.contains(&renamed), "{all}");
    }
}

#[tokio::test]
async fn a_prompt_is_rendered_and_its_arguments_pass() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let arguments = r#"{"who": "ü", "odd":1.0}"#;
        let params = format!(r#"{{"arguments":{arguments},"name":"greet"}}"#);
        let answer = client.request_as("1", "prompts/get", &params).await.raw_result();
        assert!(
            answer.starts_with(&format!(r#"{{"prompt":"greet","given":{arguments},"#)),
            "{way}: {answer}"
        );
    }
    let all = ways.client("/mcp").await;
    let answer = all.request("prompts/get", json!({ "name": "stdio_greet" })).await.result();
    assert_eq!(answer["prompt"], "greet");
    assert_eq!(answer["messages"][0]["content"]["resource"]["uri"], "stdio+fake://note/1");
    let unknown = all.request("prompts/get", json!({ "name": "nobody" })).await.error();
    assert!(unknown.0 == -32602 && unknown.1.contains("nobody"), "{unknown:?}");
}

#[tokio::test]
async fn completion_reaches_the_prompt_or_template_it_is_for() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        for reference in [
            json!({ "type": "ref/prompt", "name": "greet" }),
            json!({ "type": "ref/resource", "uri": "fake://item/{id}" }),
        ] {
            let params = json!({ "ref": reference, "argument": { "name": "who", "value": "o" } });
            let answer = client.request("completion/complete", params.clone()).await.result();
            assert_eq!(answer["completion"]["values"], json!(["one", "two"]), "{way}");
            assert_eq!(answer["given"], params, "{way}");
        }
    }
    let all = ways.client("/mcp").await;
    for (shown, own) in [
        (
            json!({ "type": "ref/prompt", "name": "http_greet" }),
            json!({ "type": "ref/prompt", "name": "greet" }),
        ),
        (
            json!({ "type": "ref/resource", "uri": "stdio+fake://item/{id}" }),
            json!({ "type": "ref/resource", "uri": "fake://item/{id}" }),
        ),
    ] {
        let params = json!({ "ref": shown, "argument": { "name": "who", "value": "o" } });
        let answer = all.request("completion/complete", params).await.result();
        assert_eq!(answer["given"]["ref"], own);
    }
}

#[tokio::test]
async fn an_error_of_the_server_passes_as_it_is() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        assert_eq!(
            client.try_call("error", json!({})).await.error(),
            (-32001, "fake was asked to fail".to_owned()),
            "{way}"
        );
        let error = r#"{"code":-1,"message":"é","data":{"n":1.0,"z":null},"x-odd":[]}"#;
        let answer = client.request_as("7", "x/fail", &format!(r#"{{"error":{error}}}"#)).await;
        assert_eq!(answer.last().member("error").unwrap(), error, "{way}");
    }
}

#[tokio::test]
async fn an_unknown_method_reaches_the_only_server_it_can_be_for() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let answer = client.request_as("1", "x/echo", r#"{"a":1.0}"#).await;
        assert_eq!(answer.raw_result(), r#"{"params":{"a":1.0}}"#, "{way}");
        let unknown = client.request("x/unknown", json!({})).await.error();
        assert_eq!(unknown, (-32601, "fake knows no `x/unknown`".to_owned()), "{way}");
    }
    let all = ways.client("/mcp").await;
    let (code, sentence) = all.request("x/echo", json!({})).await.error();
    assert_eq!(code, -32601);
    assert!(sentence.contains("x/echo") && sentence.contains("/mcp/"), "{sentence}");
    let (_sandbox, alone) = one(&[]).await;
    assert_eq!(alone.request_as("1", "x/echo", "[1.0]").await.raw_result(), r#"{"params":[1.0]}"#);
}

#[tokio::test]
async fn notifications_that_nobody_knows_pass_both_ways() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        client.call("count", json!({})).await;
        let sent = client.notify("notifications/x/odd", Some(json!({ "tag": way }))).await;
        assert_eq!((sent.status, sent.body.as_str()), (202, ""), "{way}");
        let roots = client.notify("notifications/roots/list_changed", None).await;
        assert_eq!(roots.status, 202, "{way}");
        wait_until("the server has seen them", async || {
            let seen = words(&client.call("seen", json!({})).await["seen"]);
            let has = |text: &str| seen.iter().any(|message| message.contains(text));
            has("notifications/x/odd")
                && has(&format!(r#""tag":"{way}""#))
                && has("notifications/roots/list_changed")
        })
        .await;
        let params = json!({ "method": "notifications/x/back", "params": { "n": null } });
        let answer = client.try_call("notify", params).await;
        let back: Vec<&str> = answer.messages().map(|message| message.text.as_str()).collect();
        assert!(
            back[0].contains(r#""method":"notifications/x/back","params":{"n":null}"#),
            "{way}: {back:?}"
        );
    }
}

#[tokio::test]
async fn members_of_the_envelope_that_nobody_knows_pass_both_ways() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        let request = r#"{"x-first":[1.0],"method":"tools/call","params":{"name":"envelope"},"id":5,"jsonrpc":"2.0","x-last":null}"#;
        let received = client.post_bytes(request).await.raw_result();
        assert!(
            received.contains(r#""x-first":[1.0]"#) && received.contains(r#""x-last":null"#),
            "{way}: {received}"
        );
        let answer = client.try_call("extra", json!({})).await;
        let text = &answer.last().text;
        assert!(
            text.contains(r#""x-before":{"n":1.0}"#) && text.contains(r#""x-after":null"#),
            "{way}: {text}"
        );
    }
}

#[tokio::test]
async fn an_unknown_tool_is_refused_with_its_name() {
    let ways = Ways::open().await;
    for path in ["/mcp", "/mcp/stdio", "/mcp/http"] {
        let client = ways.client(path).await;
        let (code, sentence) = client.try_call("nonsense", json!({})).await.error();
        assert!(code == -32602 && sentence.contains("nonsense"), "{path}: {code} {sentence}");
    }
}

#[tokio::test]
async fn every_page_of_a_servers_list_is_read_and_handed_on_in_pages() {
    let sandbox = e2e::Sandbox::builder().env("HEADGATE_PAGE_SIZE", "50").start().await;
    sandbox
        .add_fake("fake", &["--bare", "--many", "123", "--page", "7"], e2e::UpstreamOptions::default())
        .await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut sizes = Vec::new();
    let mut names = Vec::new();
    let mut params = json!({});
    loop {
        let page = client.request("tools/list", params).await.result();
        sizes.push(page["tools"].as_array().unwrap().len());
        names.extend(column(&page["tools"], "name"));
        match &page["nextCursor"] {
            Value::Null => break,
            cursor => params = json!({ "cursor": cursor }),
        }
    }
    let expected: Vec<String> = (0..123).map(|number| format!("many_{number}")).collect();
    assert_eq!((sizes, names), (vec![50, 50, 23], expected));
    for cursor in [json!("nobody gave this"), json!(7)] {
        let (code, sentence) = client.request("tools/list", json!({ "cursor": cursor })).await.error();
        assert!(code == -32602 && sentence.contains("cursor"), "{code} {sentence}");
    }
    assert_eq!(client.call("many_122", json!({})).await["tool"], json!(["fake", "many_122"]));
}

/// A queue towards a server that was full once must not stay closed.
#[tokio::test]
async fn a_call_right_behind_notifications_is_answered() {
    let ways = Ways::open().await;
    for (way, client) in ways.clients().await {
        client.call("count", json!({})).await;
        for size in [10, 3 * 1024 * 1024] {
            for _ in 0..3 {
                let params = json!({ "padding": "p".repeat(size) });
                assert_eq!(client.notify("notifications/x/padding", Some(params)).await.status, 202, "{way}");
            }
            assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo", "{way} {size}");
        }
    }
}
