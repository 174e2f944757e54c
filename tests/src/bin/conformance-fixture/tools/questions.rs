//! Tools that send the client a request of their own and wait for the answer: sampling and
//! elicitation of the legacy era. The modern counterpart is `rounds.rs`.

use std::time::Duration;

use rmcp::{model::ClientCapabilities, service::ServiceError};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Call, Entry, Reply, failure, no_arguments, one_text, success};
use crate::{forms, server};

/// Twice the time that the suite gives a scenario.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "test_sampling",
        description: "Asks the client's model",
        input_schema: || one_text("prompt", "The prompt to send to the model"),
        run: |call| Box::pin(sampling(call)),
    },
    Entry {
        name: "test_elicitation",
        description: "Asks the user for name and address",
        input_schema: || one_text("message", "The message to show the user"),
        run: |call| Box::pin(elicitation(call)),
    },
    Entry {
        name: "test_elicitation_sep1034_defaults",
        description: "Asks the user with a form full of defaults",
        input_schema: no_arguments,
        run: |call| Box::pin(elicitation_with_defaults(call)),
    },
    Entry {
        name: "test_elicitation_sep1330_enums",
        description: "Asks the user with a form full of choices",
        input_schema: no_arguments,
        run: |call| Box::pin(elicitation_with_choices(call)),
    },
];

async fn sampling(call: Call) -> Reply {
    let request = forms::sampling(call.text_argument("prompt")?, 100);
    let question = call.context.peer.create_message(request);
    let answer = ask(&call, |client| client.sampling.is_some(), question).await;
    let text = answer.map(|answer| format!("LLM response: {}", forms::sampled_text(&answer)));
    Ok(text.map_or_else(failure, success).into())
}

async fn elicitation(call: Call) -> Reply {
    let message = call.text_argument("message")?;
    fill_in(&call, "User response", message, contact_schema()).await
}

async fn elicitation_with_defaults(call: Call) -> Reply {
    let message = "Change what you like, the rest has defaults";
    fill_in(&call, "Elicitation completed", message, defaults_schema()).await
}

async fn elicitation_with_choices(call: Call) -> Reply {
    let message = "Choose one or several of each";
    fill_in(&call, "Elicitation completed", message, choices_schema()).await
}

/// Shows the user a form and answers the call with what came back.
async fn fill_in(call: &Call, title: &str, message: &str, schema: Value) -> Reply {
    let question = call.context.peer.create_elicitation(forms::form(message, schema)?);
    let answer = ask(call, |client| client.elicitation.is_some(), question).await;
    let text = answer.map(|answer| format!("{title}: {}", forms::describe(&answer)));
    Ok(text.map_or_else(failure, success).into())
}

/// Sends the question only to clients that may and can answer it; else says why not.
async fn ask<T>(
    call: &Call,
    can_answer: fn(&ClientCapabilities) -> bool,
    question: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, String> {
    if server::is_modern(&call.context) {
        return Err("this revision has no requests from servers to clients".to_owned());
    }
    let declared = call.context.client_capabilities().unwrap_or_default();
    if !can_answer(&declared) {
        return Err("the client did not declare the capability".to_owned());
    }
    match timeout(ANSWER_DEADLINE, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("the client did not answer in time".to_owned()),
    }
}

fn contact_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

fn defaults_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": {
                "type": "string",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": { "type": "boolean", "default": true },
        },
    })
}

fn choices_schema() -> Value {
    let plain = json!(["option1", "option2", "option3"]);
    let titled = json!([
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" },
    ]);
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": plain },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } },
        },
    })
}
