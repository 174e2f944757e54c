//! The commands about AI clients: their keys and their sessions.

#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use headgate_api::{Client, ClientView, CreatedClient, Home, SessionView};
use serde_json::json;

use crate::{
    args::{OneClient, Output, Sessions, SessionsCommand},
    failure::Failure,
    output::{self, age},
    table::{Table, cell},
};

/// `headgate client add`
pub(crate) async fn add(args: &OneClient) -> Result<(), Failure> {
    let client = attach().await?.add_client(&args.name).await?;
    match args.output.json {
        true => output::print_json(&client),
        false => output::print(&add_text(&client)),
    }
}

/// `headgate client list`
pub(crate) async fn list(output: &Output) -> Result<(), Failure> {
    let clients = attach().await?.clients().await?;
    if output.json {
        return output::print_json(&clients);
    }
    if clients.clients.is_empty() {
        output::tell("no clients yet; add one with `headgate client add NAME`");
        return Ok(());
    }
    output::print(&list_text(&clients.clients, now_ms()))
}

/// `headgate client revoke`
pub(crate) async fn revoke(args: &OneClient) -> Result<(), Failure> {
    attach().await?.revoke_client(&args.name).await?;
    match args.output.json {
        true => output::print_json(&json!({ "revoked": args.name })),
        false => output::print(&format!("revoked the key of `{}`", args.name)),
    }
}

/// `headgate sessions`
pub(crate) async fn sessions(args: Sessions) -> Result<(), Failure> {
    match args.change {
        None => list_sessions(&args.output).await,
        Some(SessionsCommand::End { id, output }) => end_session(&id, &output).await,
    }
}

async fn end_session(id: &str, output: &Output) -> Result<(), Failure> {
    attach().await?.end_session(id).await?;
    match output.json {
        true => output::print_json(&json!({ "ended": id })),
        false => {
            output::print(&format!("ended the session {id}; its client opens another one when it goes on"))
        }
    }
}

async fn list_sessions(output: &Output) -> Result<(), Failure> {
    let sessions = attach().await?.sessions().await?;
    if output.json {
        return output::print_json(&sessions);
    }
    if sessions.sessions.is_empty() {
        output::tell("no sessions; no client is connected");
        return Ok(());
    }
    output::print(&sessions_text(&sessions.sessions))
}

async fn attach() -> Result<Client, Failure> {
    Ok(Client::attach(&Home::locate()?).await?)
}

fn add_text(client: &CreatedClient) -> String {
    let snippet = headgate_clients::snippet(&client.name, &client.url, &client.key);
    let base = client.url.strip_suffix("/mcp").unwrap_or(&client.url);
    format!(
        "`{name}` can connect with this key, which is shown only now:\n  url  {url}\n  key  {key}\n\n\
         For a client that is configured by JSON:\n{snippet}\n\n\
         For one that cannot send a header:\n  {base}/k/{key}/mcp\n",
        name = client.name,
        url = client.url,
        key = client.key,
    )
}

fn list_text(clients: &[ClientView], now_ms: u64) -> String {
    let mut table = Table::new(["CLIENT", "SESSIONS", "CREATED"]);
    for client in clients {
        let created = format!("{} ago", age(now_ms.saturating_sub(client.created_ms)));
        table.row([cell(&client.name), cell(client.sessions), cell(created)]);
    }
    table.to_string()
}

fn sessions_text(sessions: &[SessionView]) -> String {
    let head = ["SESSION", "CLIENT", "PROGRAM", "PROTOCOL", "PATH", "CALLS", "CHILDREN", "LAST USE"];
    let mut table = Table::new(head);
    for session in sessions {
        let asleep = if session.asleep { ", asleep" } else { "" };
        table.row([
            cell(&session.id),
            cell(&session.client),
            cell(session.client_info.as_deref().unwrap_or("-")),
            cell(&session.protocol_version),
            cell(&session.path),
            cell(session.calls),
            cell(session.children),
            cell(format!("{} ago{asleep}", age(session.idle_ms))),
        ]);
    }
    table.to_string()
}

fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
