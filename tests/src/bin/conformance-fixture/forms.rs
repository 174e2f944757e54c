//! Questions to the client and the reading of its answers: elicitation forms, sampling,
//! roots. Whether a question travels as a request of its own (legacy era) or inside a
//! result (modern era) is left to those who ask.

use rmcp::{
    ErrorData,
    model::{
        CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult, ElicitRequest,
        ElicitRequestParams, ElicitResult, ElicitationAction, InputRequest, InputResponses, ListRootsRequest,
        SamplingMessage,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A form with any schema.
pub(crate) fn form(message: &str, schema: Value) -> Result<ElicitRequestParams, ErrorData> {
    let requested_schema = serde_json::from_value(schema)
        .map_err(|error| ErrorData::internal_error(format!("elicitation schema: {error}"), None))?;
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message.to_owned(),
        requested_schema,
    })
}

/// A form with one required text field.
pub(crate) fn text_question(message: &str, field: &str) -> Result<InputRequest, ErrorData> {
    question(message, field, "string")
}

/// A form with one required checkbox.
pub(crate) fn yes_no_question(message: &str, field: &str) -> Result<InputRequest, ErrorData> {
    question(message, field, "boolean")
}

fn question(message: &str, field: &str, r#type: &str) -> Result<InputRequest, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": { field: { "type": r#type } },
        "required": [field],
    });
    let form = form(message, schema)?;
    Ok(InputRequest::Elicitation(ElicitRequest::new(form)))
}

/// A prompt for the client's model.
pub(crate) fn sampling(prompt: &str, max_tokens: u32) -> CreateMessageRequestParams {
    CreateMessageRequestParams::new(vec![SamplingMessage::user_text(prompt)], max_tokens)
}

/// A prompt for the client's model, to be carried inside a result.
pub(crate) fn sampling_question(prompt: &str, max_tokens: u32) -> InputRequest {
    InputRequest::CreateMessage(CreateMessageRequest::new(sampling(prompt, max_tokens)))
}

/// A question for the client's roots.
pub(crate) fn roots_question() -> InputRequest {
    InputRequest::ListRoots(ListRootsRequest::default())
}

/// The answer under `key`, or nothing when it is missing or not of the expected shape:
/// in both cases the question has to be asked again.
pub(crate) fn answer<T: DeserializeOwned>(answers: &InputResponses, key: &str) -> Option<T> {
    serde_json::from_value(answers.get(key)?.clone()).ok()
}

/// One field of an accepted form as text.
pub(crate) fn field(answer: &ElicitResult, name: &str) -> String {
    match answer.content.as_ref().and_then(|content| content.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => format!("(no {name})"),
    }
}

/// What the client's model said.
pub(crate) fn sampled_text(answer: &CreateMessageResult) -> String {
    answer
        .message
        .content
        .first()
        .and_then(|content| content.as_text())
        .map_or_else(|| "(no text)".to_owned(), |text| text.text.clone())
}

/// The user's decision and data in the suite's wording.
pub(crate) fn describe(answer: &ElicitResult) -> String {
    let action = match answer.action {
        ElicitationAction::Accept => "accept",
        ElicitationAction::Decline => "decline",
        ElicitationAction::Cancel => "cancel",
        _ => "unknown",
    };
    let content = answer.content.clone().unwrap_or_else(|| json!({}));
    format!("action={action}, content={content}")
}
