//! `headgate tools`: what tools there are and what they cost a model's context, and the changes that a
//! person makes to them. Each change is one call; what it says of the tools is printed.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt::Write};

use clap::builder::styling::AnsiColor;
use headgate_api::{ToolItem, ToolPatch, Tools, UpstreamPatch, UpstreamView};
use headgate_model::UpstreamName;
use headgate_protocol::Raw;

use crate::{
    args,
    args::{OneTool, Output, ToolsCommand},
    failure::Failure,
    output::{self, plain},
    table::{Cell, Table, cell, coloured},
    upstreams::attach,
};

/// A description fits beside its tool; `--json` has all of it.
const MAX_DESCRIPTION_CHARS: usize = 60;

/// `headgate tools`
pub(crate) async fn run(args: args::Tools) -> Result<(), Failure> {
    match args.change {
        None => list(&args.output).await,
        Some(change) => {
            let change = Change::new(change);
            change.make().await
        }
    }
}

async fn list(output: &Output) -> Result<(), Failure> {
    let tools = attach().await?.tools().await?;
    if output.json {
        return output::print_json(&tools);
    }
    if tools.items.is_empty() {
        output::tell("no tools; `headgate list` tells which upstreams are there");
        return Ok(());
    }
    output::print(&list_text(&tools))
}

fn list_text(tools: &Tools) -> String {
    let mut table = Table::new(["TOOL", "UPSTREAM", "TOKENS", "", "DESCRIPTION"]);
    for tool in &tools.items {
        let tokens = tool.tokens.map_or("?".to_owned(), |tokens| tokens.to_string());
        table.row([
            cell(&tool.name),
            cell(&tool.upstream),
            cell(tokens),
            mark(tool),
            cell(description(tool)),
        ]);
    }
    let totals = &tools.tokens;
    let mut text = format!("{table}\n");
    for (upstream, tokens) in &totals.upstreams {
        let _ = writeln!(text, "{upstream}: {tokens} tokens");
    }
    let _ = writeln!(text, "all: {} tokens ({})", totals.total, plain(&totals.encoding));
    text
}

/// What differs from how the upstream has it, and whether clients see it at all.
fn mark(tool: &ToolItem) -> Cell {
    let renamed = format!("renamed from {}", tool.own_name);
    let marks = [(!tool.on, "off"), (tool.held_back, "held back"), (tool.renamed, renamed.as_str())];
    let words: Vec<&str> = marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect();
    match tool.held_back {
        true => coloured(words.join(", "), AnsiColor::Yellow),
        false => cell(words.join(", ")),
    }
}

/// The first line of what the tool says about itself.
fn description(tool: &ToolItem) -> String {
    let text = Raw::of(&tool.definition).text_at(&["description"]).unwrap_or_default();
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(MAX_DESCRIPTION_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

/// One change to some tools of an upstream.
struct Change {
    upstream: UpstreamName,
    /// All that the upstream has choices about when empty.
    tools: Vec<String>,
    /// Back to how the upstream has them when there is none.
    patch: Option<ToolPatch>,
    output: Output,
}

impl Change {
    fn new(command: ToolsCommand) -> Self {
        let one = |OneTool { upstream, tool }, patch, output| Self {
            upstream,
            tools: vec![tool],
            patch: Some(patch),
            output,
        };
        let switch = |args: args::SomeTools, off| Self {
            upstream: args.upstream,
            tools: args.tools,
            patch: Some(ToolPatch { off: Some(off), ..ToolPatch::default() }),
            output: args.output,
        };
        match command {
            ToolsCommand::Off(args) => switch(args, true),
            ToolsCommand::On(args) => switch(args, false),
            ToolsCommand::Rename { tool, name, output } => {
                one(tool, ToolPatch { name: Some(name), ..ToolPatch::default() }, output)
            }
            ToolsCommand::Describe { tool, text, output } => {
                one(tool, ToolPatch { description: Some(text), ..ToolPatch::default() }, output)
            }
            ToolsCommand::Reset { upstream, tools, output } => Self { upstream, tools, patch: None, output },
        }
    }

    async fn make(mut self) -> Result<(), Failure> {
        let client = attach().await?;
        if self.tools.is_empty() {
            let upstream = client.upstream(&self.upstream).await?;
            self.tools = upstream.spec.tool_choices.into_keys().collect();
        }
        let tool_choices: BTreeMap<String, Option<ToolPatch>> =
            self.tools.iter().map(|tool| (tool.clone(), self.patch.clone())).collect();
        let patch = UpstreamPatch { tool_choices, ..UpstreamPatch::default() };
        let upstream = client.patch_upstream(&self.upstream, &patch).await?;
        let listed = client.tools().await?;
        for tool in unlisted(&self.upstream, &self.tools, &listed.items) {
            output::tell(&format!(
                "`{}` lists no tool `{}` now; this is kept for when it does",
                self.upstream,
                plain(tool)
            ));
        }
        match self.output.json {
            true => output::print_json(&upstream),
            false => output::print(&outcome(&upstream, &self.tools)),
        }
    }
}

fn unlisted<'a>(upstream: &UpstreamName, tools: &'a [String], listed: &[ToolItem]) -> Vec<&'a String> {
    let is_listed =
        |tool: &String| listed.iter().any(|known| known.upstream == *upstream && known.own_name == *tool);
    tools.iter().filter(|tool| !is_listed(tool)).collect()
}

/// How the tools are now.
fn outcome(upstream: &UpstreamView, tools: &[String]) -> String {
    if tools.is_empty() {
        return format!("`{}` has all its tools as they are", upstream.spec.name);
    }
    let mut text = String::new();
    for tool in tools {
        let choice = upstream.spec.tool_choices.get(tool).cloned().unwrap_or_default();
        let _ = write!(text, "`{}` is {}", plain(tool), if choice.off { "off" } else { "on" });
        if let Some(name) = &choice.name {
            let _ = write!(text, ", named `{name}`");
        }
        if choice.description.is_some() {
            text.push_str(", described anew");
        }
        text.push('\n');
    }
    text
}
