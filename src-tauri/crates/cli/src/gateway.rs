//! The commands about the gateway itself: up, down, restart, status. Who starts and stops it, and how,
//! is the API's; here its outcome is printed.

#[cfg(test)]
mod tests;

use std::{env, fmt::Write, path::PathBuf};

use anyhow::Context;
use headgate_api::{
    Client, ClientError, Home, ManifestError, Sessions, Status, Up, UpstreamView, Upstreams, daemon_lives,
    is_stopped,
};
use serde_json::json;

use crate::{
    args::Output,
    failure::Failure,
    output::{self, age, count},
    upstreams, usage,
};

/// The version of this program.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `status` exits with when there is no gateway; the same as for every command that needs one.
const NOT_RUNNING: u8 = 3;

/// `headgate up`
pub(crate) async fn up(output: &Output) -> Result<(), Failure> {
    tell_up(&headgate_api::up(&Home::locate()?, &program()?).await?, output)
}

/// `headgate restart`
pub(crate) async fn restart(output: &Output) -> Result<(), Failure> {
    tell_up(&headgate_api::restart(&Home::locate()?, &program()?).await?, output)
}

/// `headgate down`
pub(crate) async fn down(output: &Output) -> Result<(), Failure> {
    let down = headgate_api::down(&Home::locate()?).await?;
    if output.json {
        return output::print_json(&json!({ "pid": down.pid, "forced": down.forced }));
    }
    match (down.pid, down.forced) {
        (None, _) => output::print("no gateway was running; none starts until `headgate up`"),
        (Some(pid), false) => {
            output::print(&format!("stopped the gateway (process {pid}); none starts until `headgate up`"))
        }
        (Some(pid), true) => output::print(&format!(
            "stopped the gateway (process {pid}) by force, since it did not end by itself; none starts until `headgate up`"
        )),
    }
}

/// `headgate status`
pub(crate) async fn status(output: &Output) -> Result<(), Failure> {
    let home = Home::locate()?;
    let client = match Client::attach(&home).await {
        Ok(client) => client,
        Err(error) => return not_running(&home, error, output),
    };
    let (status, upstreams, sessions) =
        (client.status().await?, client.upstreams().await?, client.sessions().await?);
    match output.json {
        true => output::print_json(&status_json(&status, &upstreams, &sessions)),
        false => output::print(&status_text(&status, &upstreams, &sessions)),
    }
}

/// The client that a command needs, started if nobody runs it.
pub(crate) async fn ensure() -> Result<Client, Failure> {
    Ok(Client::ensure(&Home::locate()?, &program()?).await?)
}

fn program() -> anyhow::Result<PathBuf> {
    env::current_exe().context("find this program")
}

fn tell_up(up: &Up, output: &Output) -> Result<(), Failure> {
    let manifest = up.client.manifest();
    if output.json {
        return output::print_json(&json!({
            "url": manifest.url,
            "pid": manifest.pid,
            "version": manifest.version,
            "started": up.started,
        }));
    }
    if manifest.version != OWN_VERSION {
        output::tell(&format!(
            "this program is version {OWN_VERSION}, the gateway {}; a newer `headgate up` replaces an older \
             gateway when no call is in flight",
            manifest.version
        ));
    }
    let what = if up.started { "started" } else { "was running already" };
    output::print(&format!(
        "{}\nHeadgate {}, process {}, {what}",
        manifest.url, manifest.version, manifest.pid
    ))
}

/// A stale manifest is as good as none; a gateway that lives and does not answer is not.
fn not_running(home: &Home, error: ClientError, output: &Output) -> Result<(), Failure> {
    let nobody = matches!(
        error,
        ClientError::Manifest(ManifestError::NotRunning { .. })
            | ClientError::Unreachable { .. }
            | ClientError::Impostor { .. }
    );
    if !nobody || daemon_lives(home) {
        return Err(error.into());
    }
    let stopped = is_stopped(home);
    if output.json {
        output::print_json(&json!({ "running": false, "stopped": stopped }))?;
    } else if stopped {
        output::print("not running: Headgate was stopped; start it with `headgate up`")?;
    } else {
        output::print(&format!("not running for {}; start it with `headgate up`", home.folder().display()))?;
    }
    Err(Failure::Told(NOT_RUNNING))
}

fn status_json(status: &Status, upstreams: &Upstreams, sessions: &Sessions) -> serde_json::Value {
    json!({
        "running": true,
        "url": status.url,
        "pid": status.pid,
        "version": status.version,
        "uptime_ms": status.uptime_ms,
        "stopping": status.stopping,
        "calls": status.calls,
        "sessions": sessions.sessions.len(),
        "gateway": status.gateway,
        "total": status.total,
        "saving": status.saving,
        "upstreams": by_state(&upstreams.upstreams).into_iter().collect::<serde_json::Map<_, _>>(),
    })
}

fn status_text(status: &Status, upstreams: &Upstreams, sessions: &Sessions) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "url        {}", status.url);
    let _ = writeln!(text, "process    {}", status.pid);
    let _ = writeln!(text, "version    {}", status.version);
    let stopping = if status.stopping { ", stopping" } else { "" };
    let _ = writeln!(text, "up for     {}{stopping}", age(status.uptime_ms));
    let _ = writeln!(text, "takes      {}", usage::text(&status.gateway));
    let states = by_state(&upstreams.upstreams);
    let states: Vec<String> = states.iter().map(|(word, number)| format!("{number} {word}")).collect();
    let states = if states.is_empty() { "none".to_owned() } else { states.join(", ") };
    let _ = writeln!(text, "upstreams  {states}");
    let calls = count(status.calls, "call");
    let _ = writeln!(text, "sessions   {}, {calls} in flight", sessions.sessions.len());
    if !upstreams.upstreams.is_empty() {
        let rows = usage::rows(&upstreams.upstreams, &[]);
        let _ = write!(text, "\n{}\n", usage::table(&rows, false));
    }
    // An older gateway has none.
    if !status.saving.sentence.is_empty() {
        let _ = writeln!(text, "{}", status.saving.sentence);
    }
    text
}

/// How many upstreams are in each state, in the order in which the states come up.
fn by_state(upstreams: &[UpstreamView]) -> Vec<(String, serde_json::Value)> {
    let mut states: Vec<(&str, usize)> = Vec::new();
    for word in upstreams.iter().map(upstreams::word) {
        match states.iter_mut().find(|(known, _)| *known == word) {
            Some((_, number)) => *number += 1,
            None => states.push((word, 1)),
        }
    }
    states.into_iter().map(|(word, number)| (word.to_owned(), number.into())).collect()
}
