//! What `POST /api/upstreams/{name}/test` and `POST /api/upstreams/test` answer: how a fresh copy of an
//! upstream did, step by step.

use headgate_model::{Program, Suggestion};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Clash;

/// How a test went. An upstream that does not work is an answer, not an error.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TestReport {
    /// True when it was started, initialized and listed.
    pub ok: bool,
    /// Why not, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What was done, in order.
    pub steps: Vec<TestStep>,
    /// The program that its command is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// The whole command, or the URL with its headers; secrets stand as `${NAME}`.
    pub command_line: String,
    /// Name and version that the server gave itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The revision of the protocol that it speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// What it offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// What would clash if it were registered like this.
    pub clashes: Vec<Clash>,
    /// How it would better be shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
    /// Its last lines on standard error, oldest first.
    pub stderr: Vec<String>,
    /// Lines on stdout that were no MCP messages.
    pub noise_lines: u64,
}

/// One step of a test.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TestStep {
    /// `resolve`, `start`, `initialize`, `list`, `ping` or `end`.
    pub step: String,
    /// Whether it worked. A failed `ping` alone fails no test.
    pub ok: bool,
    /// How long it took.
    pub ms: u64,
    /// What was found, or went wrong.
    pub detail: String,
}

/// How much an upstream offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Tools.
    pub tools: usize,
    /// Resources.
    pub resources: usize,
    /// Resource templates.
    pub resource_templates: usize,
    /// Prompts.
    pub prompts: usize,
}
