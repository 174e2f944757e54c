//! The table of tools: each subject's file brings its rows, this file lists and calls them.

mod changes;
mod content;
mod jobs;
mod questions;
mod reports;
mod rounds;

use std::time::Duration;

use futures_util::future::BoxFuture;
pub(crate) use reports::RECONNECTION;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, InputResponses, JsonObject,
        ListToolsResult, Tool, object,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::server::Fixture;

/// One tool of the table.
struct Entry {
    name: &'static str,
    description: &'static str,
    input_schema: fn() -> Value,
    run: fn(Call) -> BoxFuture<'static, Reply>,
}

/// One call as a tool sees it.
struct Call {
    fixture: Fixture,
    arguments: JsonObject,
    /// What the client answered to questions inside the previous result.
    answers: InputResponses,
    /// What the previous result asked to have sent back.
    request_state: Option<String>,
    context: RequestContext<RoleServer>,
}

type Reply = Result<CallToolResponse, ErrorData>;

impl Call {
    fn text_argument(&self, name: &str) -> Result<&str, ErrorData> {
        let value = self.arguments.get(name).and_then(Value::as_str);
        value.ok_or_else(|| invalid(format!("argument `{name}` must be a string")))
    }
}

/// All tools as clients see them.
pub(crate) fn list() -> ListToolsResult {
    ListToolsResult::with_all_items(entries().map(describe).collect())
}

/// One tool as clients see it.
pub(crate) fn find(name: &str) -> Option<Tool> {
    entries().find(|entry| entry.name == name).map(describe)
}

/// Runs the tool that the request names.
pub(crate) async fn call(
    fixture: Fixture,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Reply {
    let entry = entries()
        .find(|entry| entry.name == request.name)
        .ok_or_else(|| invalid(format!("unknown tool `{}`", request.name)))?;
    let call = Call {
        fixture,
        arguments: request.arguments.unwrap_or_default(),
        answers: request.input_responses.unwrap_or_default(),
        request_state: request.request_state,
        context,
    };
    (entry.run)(call).await
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    let subjects =
        [content::TOOLS, reports::TOOLS, questions::TOOLS, rounds::TOOLS, changes::TOOLS, jobs::TOOLS];
    subjects.into_iter().flatten()
}

fn describe(entry: &Entry) -> Tool {
    Tool::new(entry.name, entry.description, object((entry.input_schema)()))
}

fn no_arguments() -> Value {
    json!({ "type": "object", "properties": {} })
}

/// A schema with one required text argument.
fn one_text(name: &str, description: &str) -> Value {
    json!({
        "type": "object",
        "properties": { name: { "type": "string", "description": description } },
        "required": [name],
    })
}

fn success(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn failure(text: impl Into<String>) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

fn invalid(message: impl Into<String>) -> ErrorData {
    ErrorData::invalid_params(message.into(), None)
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
