//! `headgate call`: one tool call through the gateway, as an AI client would make it.

#[cfg(test)]
mod tests;

use anyhow::anyhow;
use headgate_protocol::Raw;
use serde::Deserialize;
use serde_json::Value;
use tokio::signal::ctrl_c;

use crate::{
    args::Call,
    failure::Failure,
    gateway,
    mcp::{CallError, ProgressReport, Session},
    output::{self, plain},
    progress::Progress,
};

/// The name that the gateway and its logs show for this client.
const CLIENT_NAME: &str = "headgate-cli";

/// Calls a tool and prints what it gives.
pub(crate) async fn run(args: Call) -> Result<(), Failure> {
    let arguments = object(&args.arguments).map_err(Failure::Usage)?;
    let client = gateway::ensure().await?;
    let name = CLIENT_NAME.parse().map_err(anyhow::Error::from)?;
    let failed = |error| failure(&args.tool, error);
    let session = Session::open(client, name).await.map_err(failed)?;
    let result = tokio::select! {
        result = call(&session, &args.tool, &arguments) => Some(result),
        _ = ctrl_c() => None,
    };
    if result.is_none() {
        session.cancel().await;
    }
    session.close().await;
    let result = result.ok_or(Failure::Interrupted)?.map_err(failed)?;
    print(&args, &result)
}

async fn call(session: &Session, tool: &str, arguments: &Raw) -> Result<Raw, CallError> {
    let mut progress = Progress::new();
    session.call(tool, arguments, |report| progress.show(&progress_text(&report))).await
}

/// The text stays as it was typed: what the tool gets is what the person wrote.
fn object(text: &str) -> Result<Raw, String> {
    let raw = Raw::parse(text.to_owned())
        .map_err(|e| format!("the arguments are not JSON: {e}; an example: '{{\"a\":1}}'"))?;
    match raw.is_object() {
        true => Ok(raw),
        false => Err("the arguments must be a JSON object, for example '{\"a\":1}'".to_owned()),
    }
}

fn progress_text(report: &ProgressReport) -> String {
    let total = report.total.as_ref().map(|total| format!("/{total}")).unwrap_or_default();
    let message = report.message.as_deref().unwrap_or_default();
    format!("{}{total} {}", report.progress, plain(message)).trim_end().to_owned()
}

fn failure(tool: &str, error: CallError) -> Failure {
    match error {
        CallError::Gateway(error) => error.into(),
        refused @ CallError::Refused { .. } => {
            anyhow!("cannot call `{tool}`: {}", plain(&refused.to_string())).into()
        }
    }
}

fn print(args: &Call, result: &Raw) -> Result<(), Failure> {
    let read: CallResult = result.read().map_err(|e| anyhow!("the result is not valid: {e}"))?;
    if args.output.json {
        output::print_foreign(&String::from_utf8_lossy(result.as_bytes()))?;
    } else {
        output::print_foreign(&read.text())?;
    }
    match read.is_error {
        true => Err(anyhow!("the tool `{}` reports an error", args.tool).into()),
        false => Ok(()),
    }
}

/// What is read of a result.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallResult {
    #[serde(default)]
    content: Vec<Value>,
    structured_content: Option<Value>,
    #[serde(default)]
    is_error: bool,
}

impl CallResult {
    fn text(&self) -> String {
        match (&self.content[..], &self.structured_content) {
            ([], Some(structured)) => format!("{structured:#}"),
            (content, _) => content.iter().map(block_text).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// Text as it is; of everything else, what it is.
fn block_text(block: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let bytes = |data: &Value| data.as_str().map_or(0, |base64| base64.len() / 4 * 3);
    match block["type"].as_str() {
        Some("text") => text(&block["text"]),
        Some(kind @ ("image" | "audio")) => {
            format!("[{kind}, {}, about {} bytes]", text(&block["mimeType"]), bytes(&block["data"]))
        }
        Some("resource") => match block["resource"]["text"].as_str() {
            Some(text) => text.to_owned(),
            None => format!("[resource {}]", text(&block["resource"]["uri"])),
        },
        Some("resource_link") => format!("[resource {}]", text(&block["uri"])),
        _ => format!("[{}]", text(&block["type"])),
    }
}
