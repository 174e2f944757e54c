//! Prompts: text, arguments, an embedded resource, an image, and one that first asks the
//! user (modern era).

use rmcp::{
    ErrorData,
    model::{
        ContentBlock, ElicitResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        InputRequiredResult, JsonObject, ListPromptsResult, Prompt, PromptArgument, PromptMessage,
        ResourceContents, Role,
    },
};
use serde_json::Value;

use crate::{forms, samples};

/// Every prompt with its arguments.
pub(crate) fn list() -> ListPromptsResult {
    ListPromptsResult::with_all_items(vec![
        prompt("test_simple_prompt", "Says one sentence", &[]),
        prompt(
            "test_prompt_with_arguments",
            "Repeats its two arguments",
            &[("arg1", "First test argument"), ("arg2", "Second test argument")],
        ),
        prompt(
            "test_prompt_with_embedded_resource",
            "Carries a resource",
            &[("resourceUri", "URI of the resource to embed")],
        ),
        prompt("test_prompt_with_image", "Carries an image", &[]),
        prompt("test_input_required_result_prompt", "Asks the user for the context first", &[]),
    ])
}

/// The messages of one prompt.
pub(crate) fn get(request: GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let arguments = request.arguments.unwrap_or_default();
    let messages = match request.name.as_str() {
        "test_simple_prompt" => vec![says("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => vec![says(&format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument(&arguments, "arg1")?,
            argument(&arguments, "arg2")?,
        ))],
        "test_prompt_with_embedded_resource" => vec![
            shows(embedded(argument(&arguments, "resourceUri")?)),
            says("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![
            shows(ContentBlock::image(samples::PNG, "image/png")),
            says("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => {
            let answers = request.input_responses.unwrap_or_default();
            let Some(answer) = forms::answer::<ElicitResult>(&answers, "user_context") else {
                return ask_for_context();
            };
            vec![says(&format!("Prompt with context: {}", forms::field(&answer, "context")))]
        }
        other => {
            let message = format!("unknown prompt `{other}`");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    Ok(GetPromptResult::new(messages).into())
}

fn prompt(name: &str, description: &str, arguments: &[(&str, &str)]) -> Prompt {
    let arguments = arguments
        .iter()
        .map(|(name, description)| {
            PromptArgument::new(*name).with_description(*description).with_required(true)
        })
        .collect();
    Prompt::new(name, Some(description), Some(arguments))
}

fn says(text: &str) -> PromptMessage {
    PromptMessage::new_text(Role::User, text)
}

fn shows(content: ContentBlock) -> PromptMessage {
    PromptMessage::new(Role::User, content)
}

fn embedded(uri: &str) -> ContentBlock {
    ContentBlock::resource(
        ResourceContents::text("Embedded resource content for testing.", uri).with_mime_type("text/plain"),
    )
}

fn argument<'a>(arguments: &'a JsonObject, name: &str) -> Result<&'a str, ErrorData> {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| ErrorData::invalid_params(format!("argument `{name}` is missing"), None))
}

fn ask_for_context() -> Result<GetPromptResponse, ErrorData> {
    let question = forms::text_question("What context should the prompt use?", "context")?;
    let requests = [("user_context".to_owned(), question)].into();
    Ok(InputRequiredResult::from_input_requests(requests).into())
}
