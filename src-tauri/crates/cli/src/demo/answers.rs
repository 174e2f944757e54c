//! What the demo server offers and answers: pure functions from a request to its reply. A slow call
//! is described here and takes its time elsewhere.

use std::time::Duration;

use headgate_protocol::{Outcome, Raw, Request, error, method, revision};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Number, Value, json};

/// The reply to a request.
pub(super) enum Reply {
    /// Known at once.
    Now(Outcome),
    /// Known after a while.
    Later(Slow),
}

/// A call of the tool `slow`.
pub(super) struct Slow {
    seconds: f64,
    /// Into how many parts the time is cut; at the end of each, progress is told.
    pub(super) steps: u32,
    /// Progress is told under this token, when there is one.
    pub(super) progress_token: Option<Raw>,
}

/// Long enough to see everything that a slow call does.
const MAX_SLOW_SECONDS: f64 = 600.0;
const MAX_STEPS: u32 = 1000;

const WELCOME_URI: &str = "demo://welcome";

const WELCOME: &str = "\
Welcome to Headgate.

This text is a resource of the built-in demo server. It came to you through the gateway, as the
resources, tools and prompts of every other server do.
";

const INSTRUCTIONS: &str = "A demo server that is built into Headgate. `echo` and `add` answer at \
    once; `slow` takes as long as it is asked to and reports progress.";

/// Names that completion proposes for the prompt's argument.
const NAMES: [&str; 5] = ["Ada", "Alan", "Barbara", "Edsger", "Grace"];

/// Answers a request.
pub(super) fn reply(request: &Request) -> Reply {
    let result = match request.method.as_str() {
        method::INITIALIZE => initialize(request),
        method::PING => Ok(json!({})),
        method::TOOLS_LIST => list(request, "tools", tools()),
        method::TOOLS_CALL => match slow(request) {
            Some(Ok(slow)) => return Reply::Later(slow),
            Some(Err(outcome)) => Err(outcome),
            None => call(request),
        },
        method::RESOURCES_LIST => list(request, "resources", json!([welcome()])),
        method::RESOURCES_TEMPLATES_LIST => list(request, "resourceTemplates", json!([])),
        method::RESOURCES_READ => read(request),
        method::PROMPTS_LIST => list(request, "prompts", json!([greet()])),
        method::PROMPTS_GET => prompt(request),
        method::COMPLETE => complete(request),
        other => {
            let sentence = format!("the demo server does not know the method `{other}`");
            Err(Outcome::error(error::METHOD_NOT_FOUND, &sentence))
        }
    };
    Reply::Now(result.map_or_else(|outcome| outcome, |value| Outcome::Result(Raw::of(&value))))
}

impl Slow {
    /// How long one step takes.
    pub(super) fn step_time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds / f64::from(self.steps))
    }

    /// What the call gives at its end.
    pub(super) fn result(&self) -> Outcome {
        let sentence = format!("Took {} s in {} steps.", self.seconds, self.steps);
        Outcome::Result(Raw::of(&text(&sentence)))
    }
}

fn initialize(request: &Request) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Params {
        protocol_version: String,
    }
    let Params { protocol_version } = params(request)?;
    Ok(json!({
        "capabilities": { "completions": {}, "prompts": {}, "resources": {}, "tools": {} },
        "instructions": INSTRUCTIONS,
        "protocolVersion": revision::negotiate(&protocol_version),
        "serverInfo": {
            "name": "headgate-demo",
            "title": "Headgate demo",
            "version": env!("CARGO_PKG_VERSION"),
        },
    }))
}

/// Every list fits one page, so no cursor was ever given out.
fn list(request: &Request, key: &str, items: Value) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    struct Params {
        cursor: Option<String>,
    }
    match params(request)? {
        Params { cursor: None } => Ok(json!({ key: items })),
        Params { cursor: Some(cursor) } => Err(invalid(&format!("unknown cursor `{cursor}`"))),
    }
}

fn tools() -> Value {
    json!([
        {
            "name": "echo",
            "title": "Echo",
            "description": "Answers with the message it was given.",
            "inputSchema": {
                "type": "object",
                "properties": { "message": { "type": "string" } },
                "required": ["message"],
            },
            "annotations": { "readOnlyHint": true },
        },
        {
            "name": "add",
            "title": "Add",
            "description": "Adds two numbers.",
            "inputSchema": {
                "type": "object",
                "properties": { "a": { "type": "number" }, "b": { "type": "number" } },
                "required": ["a", "b"],
            },
            "outputSchema": {
                "type": "object",
                "properties": { "sum": { "type": "number" } },
                "required": ["sum"],
            },
            "annotations": { "readOnlyHint": true },
        },
        {
            "name": "slow",
            "title": "Slow",
            "description": "Takes its time, reports progress, and can be cancelled.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "seconds": { "type": "number", "minimum": 0, "maximum": MAX_SLOW_SECONDS, "default": 3 },
                    "steps": { "type": "integer", "minimum": 1, "maximum": MAX_STEPS, "default": 3 },
                },
            },
            "annotations": { "readOnlyHint": true },
        },
    ])
}

/// Which tool is called; its arguments are read by the tool.
#[derive(Deserialize)]
struct ToolCall {
    name: String,
    #[serde(default = "no_arguments")]
    arguments: Value,
}

fn no_arguments() -> Value {
    json!({})
}

/// `None` when this is no call of `slow`.
fn slow(request: &Request) -> Option<Result<Slow, Outcome>> {
    #[derive(Deserialize)]
    struct Arguments {
        #[serde(default = "three_seconds")]
        seconds: f64,
        #[serde(default = "three_steps")]
        steps: u32,
    }
    fn three_seconds() -> f64 {
        3.0
    }
    fn three_steps() -> u32 {
        3
    }
    let call: ToolCall = params(request).ok().filter(|call: &ToolCall| call.name == "slow")?;
    let progress_token = request.params.as_ref()?.at(&["_meta", "progressToken"]);
    Some(arguments(call).and_then(|Arguments { seconds, steps }| {
        if !(0.0..=MAX_SLOW_SECONDS).contains(&seconds) || !(1..=MAX_STEPS).contains(&steps) {
            let sentence = format!("seconds must be 0 to {MAX_SLOW_SECONDS}, steps 1 to {MAX_STEPS}");
            return Err(invalid(&sentence));
        }
        // Taken out of the message, which the call outlives.
        let progress_token = progress_token.map(|token| token.detached());
        Ok(Slow { seconds, steps, progress_token })
    }))
}

fn call(request: &Request) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    struct Echo {
        message: String,
    }
    #[derive(Deserialize)]
    struct Add {
        a: Number,
        b: Number,
    }
    let call: ToolCall = params(request)?;
    match call.name.as_str() {
        "echo" => arguments(call).map(|Echo { message }| text(&message)),
        "add" => {
            let Add { a, b } = arguments(call)?;
            let sum = sum(&a, &b).ok_or_else(|| invalid("the sum is too large for a number"))?;
            let structured = json!({ "sum": sum });
            let mut result = text(&structured.to_string());
            result["structuredContent"] = structured;
            Ok(result)
        }
        other => Err(invalid(&format!("unknown tool `{other}`; there are echo, add and slow"))),
    }
}

/// Whole numbers stay whole as long as they fit.
fn sum(a: &Number, b: &Number) -> Option<Number> {
    let whole = a.as_i64().zip(b.as_i64()).and_then(|(a, b)| a.checked_add(b));
    whole.map(Number::from).or_else(|| Number::from_f64(a.as_f64()? + b.as_f64()?))
}

fn text(text: &str) -> Value {
    json!({ "content": [{ "text": text, "type": "text" }] })
}

fn welcome() -> Value {
    json!({
        "uri": WELCOME_URI,
        "name": "welcome",
        "title": "Welcome",
        "description": "A few words about this demo.",
        "mimeType": "text/plain",
    })
}

fn read(request: &Request) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    struct Params {
        uri: String,
    }
    let Params { uri } = params(request)?;
    if uri != WELCOME_URI {
        let sentence = format!("no resource `{uri}`; there is {WELCOME_URI}");
        return Err(Outcome::error(error::RESOURCE_NOT_FOUND, &sentence));
    }
    Ok(json!({ "contents": [{ "uri": WELCOME_URI, "mimeType": "text/plain", "text": WELCOME }] }))
}

fn greet() -> Value {
    json!({
        "name": "greet",
        "title": "Greet",
        "description": "Asks for a friendly greeting.",
        "arguments": [{ "name": "name", "description": "Who is greeted.", "required": true }],
    })
}

fn prompt(request: &Request) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    struct Params {
        name: String,
        arguments: Option<Arguments>,
    }
    #[derive(Deserialize)]
    struct Arguments {
        name: String,
    }
    let Params { name: prompt, arguments } = params(request)?;
    if prompt != "greet" {
        return Err(invalid(&format!("unknown prompt `{prompt}`; there is greet")));
    }
    let Arguments { name } = arguments.ok_or_else(|| invalid("the argument `name` is missing"))?;
    let words = format!("Write a short, friendly greeting for {name}.");
    Ok(json!({
        "description": format!("A greeting for {name}"),
        "messages": [{ "content": { "text": words, "type": "text" }, "role": "user" }],
    }))
}

fn complete(request: &Request) -> Result<Value, Outcome> {
    #[derive(Deserialize)]
    struct Params {
        r#ref: Reference,
        argument: Argument,
    }
    #[derive(Deserialize)]
    struct Reference {
        r#type: String,
        name: Option<String>,
    }
    #[derive(Deserialize)]
    struct Argument {
        name: String,
        value: String,
    }
    let Params { r#ref, argument } = params(request)?;
    let known = (r#ref.r#type.as_str(), r#ref.name.as_deref(), argument.name.as_str());
    if known != ("ref/prompt", Some("greet"), "name") {
        return Err(invalid("only the argument `name` of the prompt `greet` can be completed"));
    }
    let typed = argument.value.to_lowercase();
    let values: Vec<_> = NAMES.into_iter().filter(|name| name.to_lowercase().starts_with(&typed)).collect();
    Ok(json!({ "completion": { "hasMore": false, "total": values.len(), "values": values } }))
}

/// Absent parameters count as empty ones.
fn params<T: DeserializeOwned>(request: &Request) -> Result<T, Outcome> {
    let params = request.params.clone().unwrap_or(Raw::constant("{}"));
    params.read().map_err(|e| invalid(&format!("`{}`: {e}", request.method)))
}

fn arguments<T: DeserializeOwned>(call: ToolCall) -> Result<T, Outcome> {
    let ToolCall { name, arguments } = call;
    serde_json::from_value(arguments).map_err(|e| invalid(&format!("arguments of `{name}`: {e}")))
}

fn invalid(sentence: &str) -> Outcome {
    Outcome::error(error::INVALID_PARAMS, sentence)
}
