//! From the text of a message to the text of its answer, in one pass over the message.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

/// With its schema, a tool then takes about as many bytes as those of real servers.
const DESCRIPTION_BYTES: usize = 400;

/// What the server offers, as finished text.
pub(crate) struct Server {
    tools: String,
}

/// The few members that matter.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    #[serde(borrow)]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<Arguments<'a>>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// What kind of message was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It opens a session.
    Initialize,
    /// Any other request.
    Request,
    /// There is no answer.
    Notification,
}

impl Server {
    pub(crate) fn new(tools: usize, prefix: &str) -> Self {
        let names: Vec<String> = match tools {
            0 => vec![format!("{prefix}echo")],
            tools => (0..tools).map(|number| format!("{prefix}{number}")).collect(),
        };
        let tools: Vec<_> = names.iter().map(|name| tool(name)).collect();
        Self { tools: json!(tools).to_string() }
    }

    /// Puts the answer to `message` behind whatever is in `out`, without a line's end.
    pub(crate) fn answer(&self, message: &[u8], out: &mut Vec<u8>) -> serde_json::Result<Kind> {
        let request: Request = serde_json::from_slice(message)?;
        let Some(id) = request.id.filter(|_| !request.method.is_empty()) else {
            return Ok(Kind::Notification);
        };
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
        put(&[r#"{"jsonrpc":"2.0","id":"#, id.get()]);
        let params = request.params.as_ref();
        match &*request.method {
            "tools/call" => {
                let text = params.and_then(|params| params.arguments.as_ref()?.text);
                let text = text.map_or(r#""""#, RawValue::get);
                put(&[r#","result":{"content":[{"type":"text","text":"#, text, "}]}}"]);
            }
            "initialize" => {
                let revision = params.and_then(|params| params.protocol_version);
                put(&[r#","result":"#, &welcome(revision.map_or("null", RawValue::get)), "}"]);
                return Ok(Kind::Initialize);
            }
            "tools/list" => put(&[r#","result":{"tools":"#, &self.tools, "}}"]),
            "ping" => put(&[r#","result":{}}"#]),
            _ => put(&[r#","error":{"code":-32601,"message":"bench-upstream knows no such method"}}"#]),
        }
        Ok(Kind::Request)
    }
}

fn tool(name: &str) -> serde_json::Value {
    json!({
        "name": name,
        "title": "Gives back what it was given",
        "description": "It stands for a tool that says at length what it is good for. "
            .chars().cycle().take(DESCRIPTION_BYTES).collect::<String>(),
        "inputSchema": {
            "type": "object",
            "properties": {
                "text": { "type": "string", "description": "what is to be given back" },
                "count": { "type": "integer", "minimum": 1, "description": "not looked at" },
                "tags": { "type": "array", "items": { "type": "string" }, "description": "not looked at" },
            },
            "required": ["text"],
        },
        "annotations": { "readOnlyHint": true, "idempotentHint": true },
    })
}

fn welcome(revision: &str) -> String {
    format!(
        r#"{{"protocolVersion":{revision},"capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"bench-upstream","version":"1"}}}}"#
    )
}
