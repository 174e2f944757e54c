//! What other programs' configuration looks like: reading what people paste of it, and writing how AI clients
//! are told of the gateway. Pure; finding and editing their files comes with the issues that need it.

mod entry;
mod intake;
mod known;
mod snippets;
#[cfg(test)]
mod tests;

pub use intake::{Intake, MAX_INTAKE_BYTES, Proposal, Surroundings, read};
pub use known::{Folders, KNOWN_CLIENTS, KnownClient};
pub use snippets::{Snippet, snippets};

use headgate_model::ClientName;
use serde_json::json;
use url::Url;

/// The name under which the gateway stands in a client's settings.
const ENTRY: &str = "headgate";

/// The settings by which `client` reaches the gateway at `url` with `key`, as JSON to paste.
pub fn snippet(client: &ClientName, url: &str, key: &str) -> String {
    let entry = json!({
        "headers": { "Authorization": format!("Bearer {key}") },
        "type": "http",
        "url": loopback(url),
    });
    format!("{:#}", json!({ table(client): { ENTRY: entry } }))
}

/// The member that holds the servers. VS Code has a word of its own.
fn table(client: &ClientName) -> &'static str {
    let letters = client.as_str().chars().filter(char::is_ascii_alphanumeric);
    match letters.collect::<String>().to_ascii_lowercase().as_str() {
        "vscode" | "code" | "visualstudiocode" => "servers",
        _ => "mcpServers",
    }
}

/// Names the loopback address: `localhost` may mean the address of the other family, where nobody
/// listens, and "every address" is none to call.
fn loopback(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    let vague = matches!(parsed.host_str(), Some("localhost" | "0.0.0.0" | "[::]"));
    match vague && parsed.set_host(Some("127.0.0.1")).is_ok() {
        true => parsed.into(),
        false => url.to_owned(),
    }
}
