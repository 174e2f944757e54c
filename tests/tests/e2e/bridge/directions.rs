//! Everything that a client and a server may say to each other crosses the bridge whole.

use e2e::{Message, Sandbox, UpstreamOptions, parameters, request_text, wait_for, wait_until};
use serde_json::{Value, json};

use super::{Pipe, is_answer};

async fn gateway() -> Sandbox {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    sandbox
}

/// Everything the server received, in order.
async fn received(bridge: &mut Pipe) -> Vec<Message> {
    let seen: Value = bridge.call("seen", json!({})).await;
    let texts = seen["seen"].as_array().expect("a list").iter();
    texts.map(|text| Message { text: text.as_str().expect("text").to_owned() }).collect()
}

fn error_of(answer: &Message) -> (Option<i64>, String) {
    let error = &answer.json()["error"];
    (error["code"].as_i64(), error["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn ids_parameters_and_results_cross_byte_for_byte() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let params = r#"{"name":"echo","arguments":{"big":9007199254740993,"one":1.0,"e":1E2,"text":"é \u00e9 \/ \ud83d\ude00","no":null,"a":[ 1,  2 ]},"x-odd":{"z":1,"a":2}}"#;
    for id in [
        "0",
        "-7",
        "9007199254740993",
        "18446744073709551616",
        "1.0",
        "1.5",
        "1e3",
        r#""""#,
        r#""1""#,
        r#""text with spaces and \"quotes\"""#,
        r#""\u00e9\/é""#,
    ] {
        let answer = bridge.request_as(id, "tools/call", params).await;
        assert_eq!(answer.id(), id);
        assert_eq!(answer.member("result").unwrap(), format!(r#"{{"content":[],"echo":{params}}}"#), "{id}");
    }
    bridge.end().await;
}

#[tokio::test]
async fn the_same_number_and_text_are_two_calls() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    for (id, key) in [("1", "number"), ("\"1\"", "text")] {
        let params = format!(r#"{{"name":"hold","arguments":{{"key":"{key}"}}}}"#);
        bridge.write(&request_text(id, "tools/call", &params)).await;
    }
    for (id, key) in [("\"1\"", "text"), ("1", "number")] {
        bridge.call("release", json!({ "key": key })).await;
        let answer = match bridge.output.seen.iter().position(|one| one.id() == id) {
            Some(at) => bridge.output.seen.remove(at).unwrap(),
            None => bridge.output.answer_to(id).await,
        };
        assert_eq!(answer.json()["result"]["held"], key);
    }
    bridge.end().await;
}

#[tokio::test]
async fn lines_may_end_in_either_way_and_be_empty() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.write("").await;
    bridge.write("   \r").await;
    bridge.write("{\"jsonrpc\":\"2.0\",\"id\":\"cr\",\"method\":\"ping\"}\r").await;
    assert_eq!(bridge.output.answer_to("\"cr\"").await.member("result").unwrap(), "{}");
    bridge.write("  { \"method\" : \"ping\" , \"id\" : \"loose\" , \"jsonrpc\" : \"2.0\" }  ").await;
    assert_eq!(bridge.output.answer_to("\"loose\"").await.member("result").unwrap(), "{}");
    bridge.end().await;
}

#[tokio::test]
async fn progress_comes_before_the_answer_under_the_token_of_the_caller() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    for (id, token) in
        [("7", "7"), ("8", r#""7""#), ("9", "7.0"), ("10", r#""é \u0041""#), ("11", "12345678901234567890")]
    {
        let params =
            format!(r#"{{"name":"progress","arguments":{{"steps":3}},"_meta":{{"progressToken":{token}}}}}"#);
        bridge.output.seen.clear();
        bridge.request_as(id, "tools/call", &params).await;
        let expected: Vec<String> = (1..=3)
            .map(|step| {
                format!(
                    r#"{{"progressToken":{token},"progress":{step},"total":1e1,"message":"step {step}"}}"#
                )
            })
            .collect();
        let heard: Vec<String> = bridge.output.seen.iter().map(|one| one.member("params").unwrap()).collect();
        assert_eq!(heard, expected, "{token}");
    }
    bridge.end().await;
}

#[tokio::test]
async fn questions_and_their_answers_cross_whole() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    for (method, params, answer) in [
        (
            "sampling/createMessage",
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"é \u0041"}}],"maxTokens":9007199254740993,"temperature":1.0,"x-odd":null}"#,
            r#""result":{"role":"assistant","content":{"type":"text","text":"4 \ud83d\ude00"},"model":"m","n":1.0,"x-odd":null}"#,
        ),
        (
            "elicitation/create",
            r#"{"message":"Who?","requestedSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":9007199254740993}}}}"#,
            r#""result":{"action":"accept","content":{"n":9007199254740993}}"#,
        ),
        ("elicitation/create", r#"{"message":"?","requestedSchema":{}}"#, r#""result":{"action":"decline"}"#),
        ("roots/list", "{}", r#""result":{"roots":[{"uri":"file:///a","name":"A"}],"z":1.0}"#),
        ("sampling/createMessage", "{}", r#""error":{"code":-1,"message":"no","data":1.0}"#),
        ("ping", "{}", r#""result":{}"#),
    ] {
        let arguments = format!(r#"{{"name":"ask","arguments":{{"method":"{method}","params":{params}}}}}"#);
        bridge.write(&request_text("\"asks\"", "tools/call", &arguments)).await;
        // The gateway may answer a ping itself.
        if method != "ping" {
            let question = bridge.output.next_of(method).await;
            assert_eq!(question.member("params").unwrap(), params, "{method}");
            bridge.write(&format!(r#"{{"jsonrpc":"2.0","id":{},{answer}}}"#, question.id())).await;
        }
        let got = bridge.output.answer_to("\"asks\"").await.text;
        assert!(got.contains(answer), "{method}: {got}");
    }
    bridge.end().await;
}

#[tokio::test]
async fn a_question_outside_of_any_call_comes_as_well() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge
        .write(&request_text(
            "1",
            "tools/call",
            r#"{"name":"ask","arguments":{"method":"roots/list","later":true}}"#,
        ))
        .await;
    let question = bridge.output.next_of("roots/list").await;
    bridge
        .write(&format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{{"roots":[{{"uri":"file:///later"}}]}}}}"#,
            question.id()
        ))
        .await;
    wait_until("the server has the answer", async || {
        received(&mut bridge).await.iter().any(|one| one.text.contains("file:///later"))
    })
    .await;
    bridge.end().await;
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_at_the_server() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    for id in ["41", r#""41""#] {
        bridge
            .write(&request_text(
                id,
                "tools/call",
                r#"{"name":"hold","arguments":{"key":"never"},"_meta":{"progressToken":"p"}}"#,
            ))
            .await;
        wait_for("the call is held", async || {
            let held = bridge.call("count", json!({})).await["count"]["held"].clone();
            held.as_array().is_some_and(|held| !held.is_empty()).then_some(())
        })
        .await;
        bridge.write(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id},"reason":"changed my mind","x":1.0}}}}"#)).await;
        let told = wait_for("the server is told", async || {
            let all = received(&mut bridge).await;
            all.into_iter().rfind(|one| one.method().as_deref() == Some("notifications/cancelled"))
        })
        .await;
        let params = told.member("params").unwrap();
        assert!(params.contains(r#""reason":"changed my mind","x":1.0"#), "{params}");
        let calls = received(&mut bridge).await;
        let call = calls.iter().rfind(|one| one.text.contains("never")).unwrap();
        assert_eq!(told.json()["params"]["requestId"].to_string(), call.id());
        // Whether a cancelled call is answered is left to servers; two answers are too many.
        bridge.call("echo", json!({})).await;
        let answers = bridge.output.seen.iter().filter(|one| is_answer(one) && one.id() == id);
        assert!(answers.count() <= 1);
    }
    bridge.end().await;
}

#[tokio::test]
async fn notifications_of_the_client_reach_the_servers_that_it_used() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", json!({})).await;
    let notes = [
        r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"n":1.0,"é":"\u00e9"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"last":9007199254740993}}"#,
    ];
    for note in notes {
        bridge.write(note).await;
    }
    let got: Vec<String> = received(&mut bridge).await.into_iter().map(|one| one.text).collect();
    let got: Vec<&String> = got.iter().filter(|text| notes.contains(&text.as_str())).collect();
    assert_eq!(got, notes);
    bridge.end().await;
}

#[tokio::test]
async fn changes_logs_and_updates_are_told() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("offer", json!({ "tools": ["t"], "prompts": ["p"], "resources": ["fake://r"] })).await;
    for kind in ["tools", "prompts", "resources"] {
        let method = format!("notifications/{kind}/list_changed");
        if !bridge.output.seen.iter().any(|one| one.method().as_deref() == Some(&method)) {
            bridge.output.next_of(&method).await;
        }
    }
    let tools = bridge.request("tools/list", "{}").await;
    assert!(tools.text.contains(r#""name":"t""#), "{}", tools.text);

    bridge.request("resources/subscribe", r#"{"uri":"fake://note/1"}"#).await;
    bridge
        .write(&request_text(
            "\"touch\"",
            "tools/call",
            r#"{"name":"touch","arguments":{"uri":"fake://note/1"}}"#,
        ))
        .await;
    let update = bridge.output.next_of("notifications/resources/updated").await;
    assert_eq!(update.member("params").unwrap(), r#"{"uri":"fake://note/1","x-odd":null}"#);

    bridge.request("logging/setLevel", r#"{"level":"critical"}"#).await;
    bridge.output.seen.clear();
    bridge.call("log", json!({ "text": "é" })).await;
    let heard: Vec<String> = bridge.output.seen.iter().filter_map(|one| one.member("params")).collect();
    let expected = ["critical", "alert", "emergency"];
    let expected = expected
        .map(|level| format!(r#"{{"level":"{level}","logger":"fake","data":{{"text":"é","n":1.0}}}}"#));
    assert_eq!(heard, expected);
    bridge.end().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_nothing_else_suffers() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    for (line, code) in [
        ("{", -32700),
        ("nonsense", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"", -32700),
        ("{} {}", -32700),
        ("\"text\"", -32600),
        ("[]", -32600),
        ("{}", -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
    ] {
        bridge.write(line).await;
        let answer = bridge.output.next().await.unwrap();
        assert_eq!(
            (answer.id().as_str(), error_of(&answer).0),
            ("null", Some(code)),
            "{line}: {}",
            answer.text
        );
    }
    let answer = bridge.request_as("\"x\"", "x/unheard-of", "{}").await;
    assert_eq!(error_of(&answer).0, Some(-32601), "{}", answer.text);
    let answer = bridge.request_as("\"no tool\"", "tools/call", r#"{"name":"none"}"#).await;
    assert_eq!(error_of(&answer).0, Some(-32602), "{}", answer.text);
    bridge.call("echo", json!({})).await;
    bridge.end().await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge
        .input
        .as_mut()
        .unwrap()
        .write_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}\n")
        .await;
    let answer = bridge.output.next().await.unwrap();
    assert_eq!(error_of(&answer).0, Some(-32700), "{}", answer.text);
    bridge.call("echo", json!({})).await;
    bridge.end().await;
}

#[tokio::test]
async fn a_call_before_initialize_is_refused_under_its_id() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::connect(&sandbox, "tester");
    let answer = bridge.request_as("\"early\"", "tools/list", "{}").await;
    assert!(error_of(&answer).0.is_some(), "{}", answer.text);
    bridge.initialize(&parameters()).await;
    bridge.call("echo", json!({})).await;
    bridge.end().await;
}

#[tokio::test]
async fn without_a_gateway_every_call_says_so() {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", json!({})).await;
    sandbox.down().await;
    let answer = bridge.request_as("\"late\"", "tools/call", r#"{"name":"echo"}"#).await;
    assert!(error_of(&answer).1.contains("headgate up"), "{}", answer.text);
    sandbox.restart().await;
    wait_until("the bridge goes on", async || {
        let answer = bridge.request("tools/call", r#"{"name":"echo"}"#).await;
        answer.member("result").is_some()
    })
    .await;
    bridge.end().await;
}

#[tokio::test]
async fn batches_of_the_revision_that_has_them() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::connect(&sandbox, "tester");
    let mut old = parameters();
    old["protocolVersion"] = "2025-03-26".into();
    assert_eq!(bridge.initialize(&old).await.json()["result"]["protocolVersion"], "2025-03-26");
    bridge
        .write(r#"[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":"echo"}}]"#)
        .await;
    bridge.write(&request_text("\"after\"", "ping", "{}")).await;
    // The answers may come as a batch or one by one; each comes once.
    let mut ids = Vec::new();
    while ids.len() < 3 {
        let text = bridge.output.next_text().await.expect("it goes on");
        let value: Value = serde_json::from_str(&text).unwrap();
        let messages = value.as_array().cloned().unwrap_or_else(|| vec![value]);
        ids.extend(messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()));
    }
    ids.sort();
    assert_eq!(ids, ["a", "after", "b"]);
    bridge.end().await;
}

#[tokio::test]
async fn lines_of_sixteen_mib_go_both_ways_at_once() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let lines: Vec<(String, String)> = (0..3)
        .map(|number| {
            let text = char::from(b'a' + number).to_string().repeat(16 * 1024 * 1024);
            (number.to_string(), format!(r#"{{"name":"echo","arguments":{{"text":"{text}"}}}}"#))
        })
        .collect();
    let Pipe { input, output, .. } = &mut bridge;
    let input = input.as_mut().unwrap();
    let writing = async {
        for (id, params) in &lines {
            input.write(&request_text(&format!("\"{id}\""), "tools/call", params)).await;
        }
    };
    let reading = async {
        let mut answers = Vec::new();
        while answers.len() < lines.len() {
            answers.push(output.next().await.expect("it goes on"));
        }
        answers
    };
    let ((), answers) = tokio::join!(writing, reading);
    for answer in answers {
        let (_, params) = lines.iter().find(|(id, _)| answer.id() == format!("\"{id}\"")).unwrap();
        // Comparing by hand keeps a failure from printing all of it.
        assert!(answer.member("result").unwrap() == format!(r#"{{"content":[],"echo":{params}}}"#));
    }
    bridge.end().await;
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_refused_and_the_next_one_is_read() {
    let sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let text = "x".repeat(65 * 1024 * 1024);
    bridge
        .write(&request_text("\"long\"", "tools/call", &format!(r#"{{"name":"echo","arguments":"{text}"}}"#)))
        .await;
    let answer = bridge.output.next().await.unwrap();
    assert!(error_of(&answer).0.is_some(), "{:.200}", answer.text);
    bridge.call("echo", json!({})).await;
    bridge.end().await;
}
