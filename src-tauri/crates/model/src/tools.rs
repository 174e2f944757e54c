//! What a person decided about single tools of an upstream: off, renamed, described anew. A choice is
//! kept by the tool's own name, also while the upstream does not list that tool.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// What was decided about one tool. Without a choice it is on, as the upstream has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolChoice {
    /// Switched off everywhere.
    #[serde(default, skip_serializing_if = "is_false")]
    pub off: bool,
    /// Its whole name at `/mcp`; no prefix is put before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What clients read instead of the upstream's own description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The choices about the tools of one upstream, by the tools' own names.
pub type ToolChoices = BTreeMap<String, ToolChoice>;

/// Why a choice was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChoice {
    /// The name of the tool it is about can be no tool's name.
    #[error("`{0:.80}` can be no tool's own name: use 1 to 1024 bytes without control characters")]
    Own(String),
    /// The new name is none that MCP allows.
    #[error("tool `{own}` cannot be renamed to `{name:.160}`: use 1 to 128 letters, digits, `_`, `-` or `.`")]
    Name {
        /// The tool's own name.
        own: String,
        /// The refused one.
        name: String,
    },
    /// The new description is too long.
    #[error(
        "the description of tool `{own}` has {bytes} bytes, and {MAX_DESCRIPTION_BYTES} are allowed; shorten it"
    )]
    Description {
        /// The tool's own name.
        own: String,
        /// How long it is.
        bytes: usize,
    },
    /// There are too many.
    #[error("{0} tools have choices, and {MAX_CHOICES} are allowed; reset some of them")]
    TooMany(usize),
}

/// The longest tool name that MCP allows (server/tools, "Tool Names").
const MAX_NAME_CHARS: usize = 128;
/// Servers give tools names that MCP does not allow, and a person can decide about those, too; eight
/// times what is allowed is enough, and keeps a mistake from filling the database.
const MAX_OWN_NAME_BYTES: usize = 1024;
/// Every session pays for a description with its context; 8 KiB, some 2,000 tokens, are pages of text.
pub const MAX_DESCRIPTION_BYTES: usize = 8 * 1024;
/// Choices outlive the tools they are about; this bounds what gathers. One list page holds as many tools.
const MAX_CHOICES: usize = 5_000;

impl ToolChoice {
    /// True when nothing differs from how the upstream has the tool.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Checks choices that come from outside, and leaves out those that choose nothing.
pub fn checked_choices(mut choices: ToolChoices) -> Result<ToolChoices, InvalidChoice> {
    choices.retain(|_, choice| !choice.is_empty());
    if choices.len() > MAX_CHOICES {
        return Err(InvalidChoice::TooMany(choices.len()));
    }
    for (own, choice) in &choices {
        check(own, choice)?;
    }
    Ok(choices)
}

fn check(own: &str, choice: &ToolChoice) -> Result<(), InvalidChoice> {
    if own.is_empty() || own.len() > MAX_OWN_NAME_BYTES || own.chars().any(char::is_control) {
        return Err(InvalidChoice::Own(own.escape_debug().collect()));
    }
    if let Some(name) = choice.name.as_ref().filter(|name| !is_tool_name(name)) {
        return Err(InvalidChoice::Name { own: own.to_owned(), name: name.escape_debug().collect() });
    }
    match &choice.description {
        Some(text) if text.len() > MAX_DESCRIPTION_BYTES => {
            Err(InvalidChoice::Description { own: own.to_owned(), bytes: text.len() })
        }
        _ => Ok(()),
    }
}

fn is_tool_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Reads choices, or the list of tools that are off which definitions held before there were others.
pub(crate) fn read_choices<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ToolChoices, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Off(Vec<String>),
        Choices(ToolChoices),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Choices(choices) => choices,
        Stored::Off(names) => switched_off(names),
    })
}

/// Choices that switch these tools off and nothing else.
pub fn switched_off(names: impl IntoIterator<Item = String>) -> ToolChoices {
    let off = ToolChoice { off: true, ..ToolChoice::default() };
    names.into_iter().map(|name| (name, off.clone())).collect()
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
