//! The commands about upstreams that are there: list, show, enable, disable, start, stop, remove,
//! tools. Each makes one call and prints what came.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use clap::builder::styling::AnsiColor;
use headgate_api::{CatalogItem, Client, Home, UpstreamPatch, UpstreamView};
use headgate_model::{ConfigValue, Isolation, Suggestion, Transport, UpstreamState, quoted};
use serde_json::json;

use crate::{
    args::{OneUpstream, Output, Set},
    failure::Failure,
    output::{self, count, plain},
    table::{Cell, Table, cell, coloured},
};

/// A description fits beside its tool; `--json` has all of it.
const MAX_DESCRIPTION_CHARS: usize = 60;

/// `headgate list`
pub(crate) async fn list(output: &Output) -> Result<(), Failure> {
    let upstreams = attach().await?.upstreams().await?;
    if output.json {
        return output::print_json(&upstreams);
    }
    if upstreams.upstreams.is_empty() {
        output::tell("no upstreams yet; add one with `headgate add NAME -- COMMAND`");
        return Ok(());
    }
    output::print(&list_text(&upstreams.upstreams))
}

/// `headgate show`
pub(crate) async fn show(args: &OneUpstream) -> Result<(), Failure> {
    let upstream = attach().await?.upstream(&args.name).await?;
    match args.output.json {
        true => output::print_json(&upstream),
        false => output::print(&show_text(&upstream)),
    }
}

/// `headgate enable` and `headgate disable`
pub(crate) async fn switch(args: &OneUpstream, enabled: bool) -> Result<(), Failure> {
    let patch = UpstreamPatch { enabled: Some(enabled), ..UpstreamPatch::default() };
    let upstream = attach().await?.patch_upstream(&args.name, &patch).await?;
    tell_state(&upstream, &args.output)
}

/// `headgate start`
pub(crate) async fn start(args: &OneUpstream) -> Result<(), Failure> {
    let upstream = attach().await?.start_upstream(&args.name).await?;
    tell_state(&upstream, &args.output)
}

/// `headgate set`
pub(crate) async fn set(args: &Set) -> Result<(), Failure> {
    let patch = UpstreamPatch {
        isolation: args.isolation.map(Into::into),
        prefix: args.prefix.clone(),
        keep_warm: args.keep_warm,
        memory_limit_mib: args.memory_limit,
        ..UpstreamPatch::default()
    };
    let upstream = attach().await?.patch_upstream(&args.name, &patch).await?;
    match args.output.json {
        true => output::print_json(&upstream),
        false => output::print(show_text(&upstream).trim_end()),
    }
}

/// `headgate stop`
pub(crate) async fn stop(args: &OneUpstream) -> Result<(), Failure> {
    let upstream = attach().await?.stop_upstream(&args.name).await?;
    tell_state(&upstream, &args.output)
}

/// `headgate remove`
pub(crate) async fn remove(args: &OneUpstream) -> Result<(), Failure> {
    attach().await?.remove_upstream(&args.name).await?;
    match args.output.json {
        true => output::print_json(&json!({ "removed": args.name })),
        false => output::print(&format!("removed `{}`", args.name)),
    }
}

/// `headgate tools`
pub(crate) async fn tools(output: &Output) -> Result<(), Failure> {
    let tools = attach().await?.tools().await?;
    if output.json {
        return output::print_json(&tools);
    }
    if tools.items.is_empty() {
        output::tell("no tools; `headgate list` tells which upstreams are there");
        return Ok(());
    }
    output::print(&tools_text(&tools.items))
}

async fn attach() -> Result<Client, Failure> {
    Ok(Client::attach(&Home::locate()?).await?)
}

fn tell_state(upstream: &UpstreamView, output: &Output) -> Result<(), Failure> {
    if output.json {
        return output::print_json(upstream);
    }
    let mut text = format!("`{}` is {}", upstream.spec.name, word(upstream));
    if let Some(reason) = &upstream.reason {
        let _ = write!(text, ": {}", plain(reason));
    }
    output::print(&text)
}

fn list_text(upstreams: &[UpstreamView]) -> String {
    let mut table = Table::new(["NAME", "STATE", "TOOLS", "RESOURCES", "PROMPTS", "NOTE"]);
    for upstream in upstreams {
        table.row([
            cell(&upstream.spec.name),
            state(upstream),
            cell(upstream.tools),
            cell(upstream.resources),
            cell(upstream.prompts),
            cell(note(upstream)),
        ]);
    }
    table.to_string()
}

/// The state, or that a person switched it off.
pub(crate) fn word(upstream: &UpstreamView) -> &'static str {
    if upstream.spec.enabled { upstream.state.word() } else { "disabled" }
}

fn state(upstream: &UpstreamView) -> Cell {
    let word = word(upstream);
    match upstream.state {
        _ if !upstream.spec.enabled => cell(word),
        UpstreamState::Ready | UpstreamState::Known | UpstreamState::Asleep => {
            coloured(word, AnsiColor::Green)
        }
        UpstreamState::Starting | UpstreamState::BackingOff => coloured(word, AnsiColor::Yellow),
        UpstreamState::Failed => coloured(word, AnsiColor::Red),
        UpstreamState::Stopped | UpstreamState::Configured => cell(word),
    }
}

/// What a person should know at first sight.
fn note(upstream: &UpstreamView) -> String {
    match (&upstream.reason, upstream.held_back.len()) {
        (Some(reason), _) => reason.clone(),
        (None, 0) => String::new(),
        (None, held_back) => format!("{} held back by a clash", count(held_back, "name")),
    }
}

fn show_text(upstream: &UpstreamView) -> String {
    let spec = &upstream.spec;
    let mut text = String::new();
    let mut line = |what: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{what:<13} {}", plain(value));
        }
    };
    line("name", spec.name.as_str());
    line("state", word(upstream));
    line("reason", upstream.reason.as_deref().unwrap_or_default());
    for (what, value) in transport_lines(&spec.transport) {
        line(what, &value);
    }
    if let Some(program) = &upstream.program {
        line("program", &program.origin_sentence);
        line("advice", program.advice.as_deref().unwrap_or_default());
    }
    line("isolation", isolation_text(spec.isolation));
    if let Some(suggestion) = &upstream.suggestion {
        line("better", &suggestion_text(suggestion));
    }
    line("prefix", spec.prefix.as_deref().unwrap_or_default());
    line("switched off", &spec.off.iter().cloned().collect::<Vec<_>>().join(", "));
    line("server", upstream.server.as_deref().unwrap_or_default());
    line("offers", &offers(upstream));
    for clash in &upstream.held_back {
        line("held back", &format!("{} {} ({} has it)", clash.kind, clash.name, clash.owner));
    }
    let pids: Vec<String> = upstream.pids.iter().map(u32::to_string).collect();
    line("processes", &pids.join(", "));
    line("restarts", &upstream.restarts.to_string());
    line("last failure", upstream.last_exit.as_deref().unwrap_or_default());
    line(
        "first use",
        &upstream.first_use_ms.map(|ms| format!("waits {ms} ms for a start")).unwrap_or_default(),
    );
    line("sleep", if spec.keep_warm { "never" } else { "" });
    line("memory limit", &spec.memory_limit_mib.map(|limit| format!("{limit} MiB")).unwrap_or_default());
    if upstream.noise_lines > 0 {
        line("noise", &format!("{} lines on stdout are no MCP", upstream.noise_lines));
    }
    text
}

/// How it is reached; the command is whole, so that a person can judge it.
fn transport_lines(transport: &Transport) -> Vec<(&'static str, String)> {
    match transport {
        Transport::Stdio { command, args, env, cwd } => {
            let words: Vec<String> = [command].into_iter().chain(args).map(|w| quoted(w)).collect();
            let cwd = cwd.as_ref().map(|cwd| ("folder", cwd.display().to_string()));
            let env = env.iter().map(|(name, value)| ("env", format!("{name}={}", readable(value))));
            [("runs", words.join(" "))].into_iter().chain(cwd).chain(env).collect()
        }
        Transport::Http { url, headers } => {
            let headers =
                headers.iter().map(|(name, value)| ("header", format!("{name}: {}", readable(value))));
            [("calls", url.to_string())].into_iter().chain(headers).collect()
        }
        Transport::Demo => vec![("runs", "the built-in demo server".to_owned())],
    }
}

fn readable(value: &ConfigValue) -> &str {
    match value {
        ConfigValue::Plain(text) => text,
        ConfigValue::Secret { .. } => "(secret)",
    }
}

fn isolation_text(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Shared => "shared by all sessions",
        Isolation::Project => "a copy for each project, shared by its sessions",
        Isolation::Session => "an own copy for each session",
    }
}

/// What to choose instead, and why.
pub(crate) fn suggestion_text(suggestion: &Suggestion) -> String {
    format!("{}, since {}", isolation_text(suggestion.isolation), suggestion.reason)
}

fn offers(upstream: &UpstreamView) -> String {
    [
        count(upstream.tools, "tool"),
        count(upstream.resources, "resource"),
        count(upstream.resource_templates, "resource template"),
        count(upstream.prompts, "prompt"),
    ]
    .join(", ")
}

fn tools_text(items: &[CatalogItem]) -> String {
    let mut table = Table::new(["TOOL", "UPSTREAM", "", "DESCRIPTION"]);
    for item in items {
        let off = if item.on { "" } else { "off" };
        table.row([&item.name, item.upstream.as_str(), off, &description(item)].map(cell));
    }
    table.to_string()
}

/// The first line of what the tool says about itself.
fn description(item: &CatalogItem) -> String {
    let text = item.definition["description"].as_str().unwrap_or_default().trim();
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MAX_DESCRIPTION_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}
