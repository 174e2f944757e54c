//! The commands about upstreams that are there: list, show, enable, disable, start, stop, remove. Each
//! makes one call and prints what came.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use clap::builder::styling::AnsiColor;
use headgate_api::{Client, Home, UpstreamPatch, UpstreamView, with_advice};
use headgate_model::{
    ConfigValue, Isolation, Suggestion, ToolChoice, ToolChoices, Transport, UpstreamState, quoted,
};
use serde_json::json;

use crate::{
    args::{OneUpstream, Output, Set},
    failure::Failure,
    output::{self, count, plain},
    table::{Cell, Table, cell, coloured},
    usage,
};

/// What people are told of an upstream that answers calls, whether it runs or starts with the next one.
pub(crate) const READY_TO_BE_CALLED: &str = "ready to be called";

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
    tell(&upstream, if enabled { "enabled" } else { "disabled" }, &args.output)
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
        memory_limit_mib: args.memory_limit.map(|limit| limit.0),
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

pub(crate) async fn attach() -> Result<Client, Failure> {
    Ok(Client::attach(&Home::locate()?).await?)
}

fn tell_state(upstream: &UpstreamView, output: &Output) -> Result<(), Failure> {
    tell(upstream, word(upstream), output)
}

fn tell(upstream: &UpstreamView, word: &str, output: &Output) -> Result<(), Failure> {
    if output.json {
        return output::print_json(upstream);
    }
    let mut text = format!("`{}` is {word}", upstream.spec.name);
    if let Some(reason) = why(upstream) {
        let _ = write!(text, ": {}", plain(&reason));
    }
    output::print(&text)
}

/// Why it is not ready, and what to type about that.
fn why(upstream: &UpstreamView) -> Option<String> {
    Some(with_advice(upstream.reason.as_deref()?, upstream.advice.as_deref()))
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

pub(crate) fn state(upstream: &UpstreamView) -> Cell {
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
pub(crate) fn note(upstream: &UpstreamView) -> String {
    let last_exit = || upstream.last_exit.as_ref().map(|how| format!("last failure: {how}"));
    let rests = upstream.spec.enabled && upstream.state != UpstreamState::Ready && upstream.state.is_well();
    let at_rest = || rests.then(|| READY_TO_BE_CALLED.to_owned());
    match (why(upstream), upstream.held_back.len()) {
        (Some(reason), _) => reason,
        (None, 0) => last_exit().or_else(at_rest).unwrap_or_default(),
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
    line("reason", &why(upstream).unwrap_or_default());
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
    for (what, tools) in choice_lines(&spec.tool_choices) {
        line(what, &tools);
    }
    line("server", upstream.server.as_deref().unwrap_or_default());
    line("offers", &offers(upstream));
    line("tokens", &upstream.tokens.map(|tokens| tokens.to_string()).unwrap_or_default());
    for clash in &upstream.held_back {
        line("held back", &format!("{} {} ({} has it)", clash.kind, clash.name, clash.owner));
    }
    let pids: Vec<String> = upstream.pids.iter().map(u32::to_string).collect();
    line("processes", &pids.join(", "));
    line("takes", &upstream.usage.as_ref().map(usage::text).unwrap_or_default());
    line("restarts", &upstream.restarts.to_string());
    // While it fails, the reason is how it failed last.
    let last_exit = upstream.last_exit.as_ref().filter(|how| upstream.reason.as_ref() != Some(*how));
    line("last failure", last_exit.map(String::as_str).unwrap_or_default());
    line(
        "first use",
        &upstream.first_use_ms.map(|ms| format!("waits {ms} ms for a start")).unwrap_or_default(),
    );
    line("sleep", if spec.keep_warm { "never" } else { "" });
    line("memory limit", &spec.memory_limit_mib.map(limit_text).unwrap_or_default());
    if upstream.noise_lines > 0 {
        line("noise", &format!("{} lines on stdout are no MCP", upstream.noise_lines));
    }
    text
}

fn limit_text(limit_mib: u64) -> String {
    if limit_mib == 0 { "none".to_owned() } else { format!("{limit_mib} MiB") }
}

/// The tools that are not as the upstream has them, by what was chosen.
fn choice_lines(choices: &ToolChoices) -> [(&'static str, String); 3] {
    let list = |chosen: fn(&str, &ToolChoice) -> Option<String>| {
        let tools: Vec<String> = choices.iter().filter_map(|(own, choice)| chosen(own, choice)).collect();
        tools.join(", ")
    };
    [
        ("switched off", list(|own, choice| choice.off.then(|| own.to_owned()))),
        ("renamed", list(|own, choice| choice.name.as_ref().map(|name| format!("{own} to {name}")))),
        ("described", list(|own, choice| choice.description.as_ref().map(|_| own.to_owned()))),
    ]
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
        ConfigValue::Needed { .. } => "(secret without a value)",
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
