//! One scripted conversation with the conformance fixture, directly over its pipes and through the
//! bridge, compared message by message. What the gateway must change is listed here, and nothing else
//! may differ.

use e2e::{Message, Sandbox, UpstreamOptions, parameters, programs, request_text};

use super::{Pipe, is_answer};

/// What a client asks, in this order, each when the last one was answered.
const SCRIPT: &[(&str, &str)] = &[
    ("ping", "{}"),
    ("tools/list", "{}"),
    ("resources/list", "{}"),
    ("resources/templates/list", "{}"),
    ("prompts/list", "{}"),
    ("tools/call", r#"{"name":"test_simple_text","arguments":{}}"#),
    ("tools/call", r#"{"name":"test_image_content"}"#),
    ("tools/call", r#"{"name":"test_audio_content"}"#),
    ("tools/call", r#"{"name":"test_embedded_resource"}"#),
    ("tools/call", r#"{"name":"test_multiple_content_types"}"#),
    ("tools/call", r#"{"name":"test_error_handling"}"#),
    (
        "tools/call",
        r#"{"name":"json_schema_2020_12_tool","arguments":{"name":"é \u00e9","address":{"city":"Oslo"}}}"#,
    ),
    ("tools/call", r#"{"name":"test_custom_header","arguments":{"value":"v"}}"#),
    ("tools/call", r#"{"name":"test_custom_header","arguments":{}}"#),
    ("tools/call", r#"{"name":"greet","arguments":{"name":"Ada"}}"#),
    ("tools/call", r#"{"name":"failing_job"}"#),
    ("tools/call", r#"{"name":"protocol_error_job"}"#),
    ("tools/call", r#"{"name":"test_missing_capability"}"#),
    ("tools/call", r#"{"name":"test_tool_with_logging"}"#),
    ("tools/call", r#"{"name":"test_logging_tool"}"#),
    ("logging/setLevel", r#"{"level":"error"}"#),
    ("tools/call", r#"{"name":"test_tool_with_logging"}"#),
    ("tools/call", r#"{"name":"test_tool_with_progress","_meta":{"progressToken":"text"}}"#),
    ("tools/call", r#"{"name":"test_tool_with_progress","_meta":{"progressToken":7}}"#),
    ("tools/call", r#"{"name":"test_tool_with_progress"}"#),
    ("tools/call", r#"{"name":"test_sampling","arguments":{"prompt":"a rhyme"}}"#),
    ("tools/call", r#"{"name":"test_elicitation","arguments":{"message":"Who?"}}"#),
    ("tools/call", r#"{"name":"test_elicitation_sep1034_defaults"}"#),
    ("tools/call", r#"{"name":"test_elicitation_sep1330_enums"}"#),
    ("resources/read", r#"{"uri":"test://static-text"}"#),
    ("resources/read", r#"{"uri":"test://static-binary"}"#),
    ("resources/read", r#"{"uri":"test://template/12/data"}"#),
    ("resources/read", r#"{"uri":"test://template//data"}"#),
    ("resources/subscribe", r#"{"uri":"test://watched-resource"}"#),
    ("tools/call", r#"{"name":"test_trigger_resource_update"}"#),
    ("resources/unsubscribe", r#"{"uri":"test://watched-resource"}"#),
    ("tools/call", r#"{"name":"test_trigger_resource_update"}"#),
    ("prompts/get", r#"{"name":"test_simple_prompt"}"#),
    ("prompts/get", r#"{"name":"test_prompt_with_arguments","arguments":{"arg1":"a","arg2":"b"}}"#),
    ("prompts/get", r#"{"name":"test_prompt_with_arguments","arguments":{}}"#),
    (
        "prompts/get",
        r#"{"name":"test_prompt_with_embedded_resource","arguments":{"resourceUri":"test://x"}}"#,
    ),
    ("prompts/get", r#"{"name":"test_prompt_with_image"}"#),
    (
        "completion/complete",
        r#"{"ref":{"type":"ref/prompt","name":"test_prompt_with_arguments"},"argument":{"name":"arg1","value":"pa"}}"#,
    ),
    (
        "completion/complete",
        r#"{"ref":{"type":"ref/resource","uri":"test://template/{id}/data"},"argument":{"name":"id","value":"12"}}"#,
    ),
];

#[tokio::test]
async fn the_bridge_says_what_the_server_says() {
    let sandbox = Sandbox::start().await;
    let fixture = programs::conformance_fixture();
    sandbox.add_stdio("fixture", &fixture, &["--stdio"], UpstreamOptions::shared()).await;
    let mut command = std::process::Command::new(fixture);
    command.arg("--stdio");
    let direct = converse(Pipe::start(command)).await;
    let bridged = converse(Pipe::connect(&sandbox, "tester")).await;
    for (direct, bridged) in direct.iter().zip(&bridged) {
        assert_eq!(bridged, direct);
    }
    assert_eq!(bridged.len(), direct.len());
}

/// Everything that was said to the client, one entry for each message.
async fn converse(mut server: Pipe) -> Vec<String> {
    let mut said = Vec::new();
    let welcome = server.initialize(&parameters()).await;
    said.push(format!("initialize: {}", welcome.json()["result"]["protocolVersion"]));
    for (number, (method, params)) in SCRIPT.iter().enumerate() {
        // Ids of both types, none of which a server would choose.
        let id = if number % 2 == 0 { format!("{}", 700 + number) } else { format!("\"n {number}\"") };
        server.write(&request_text(&id, method, params)).await;
        loop {
            let message = server.output.next().await.expect("it goes on");
            said.push(format!("{method} {params}: {}", text(&message)));
            if let Some(answer) = answer_of(&message) {
                server.write(&format!(r#"{{"jsonrpc":"2.0","id":{},{answer}}}"#, message.id())).await;
            } else if is_answer(&message) {
                assert_eq!(message.id(), id);
                break;
            }
        }
    }
    server.end().await;
    said
}

/// A message without what the gateway must change: the ids and progress tokens of questions, which are
/// the gateway's own, and the order of the members around the text of a stranger.
fn text(message: &Message) -> String {
    let is_question = message.method().is_some() && message.member("id").is_some();
    let members = ["method", "params", "result", "error"].into_iter().filter_map(|name| {
        let text = message.member(name)?;
        Some(format!("{name} {}", if is_question { without_token(&text) } else { text }))
    });
    let id = message.member("id").filter(|_| is_answer(message)).unwrap_or_default();
    members.fold(id, |text, member| format!("{text} {member}"))
}

fn without_token(params: &str) -> String {
    let Some((before, after)) = params.split_once(r#""progressToken":"#) else { return params.to_owned() };
    format!(r#"{before}"progressToken":{}"#, after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// What a person or a model answers.
fn answer_of(message: &Message) -> Option<&'static str> {
    match message.method()?.as_str() {
        "sampling/createMessage" => {
            Some(r#""result":{"role":"assistant","content":{"type":"text","text":"é \u00e9"},"model":"m"}"#)
        }
        "elicitation/create" => Some(r#""result":{"action":"accept","content":{"username":"Ada"}}"#),
        "roots/list" => Some(r#""result":{"roots":[]}"#),
        _ => None,
    }
}
