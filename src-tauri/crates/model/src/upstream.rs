//! What an upstream is: how it is reached, how it is shared, what of it is offered.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    UpstreamName,
    tools::{self, ToolChoices},
};

/// The definition of an upstream, as a person registered it. Secret values are references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamSpec {
    /// Unique among upstreams.
    pub name: UpstreamName,
    /// How it is reached.
    pub transport: Transport,
    /// Who shares one running copy.
    pub isolation: Isolation,
    /// Put before its names at `/mcp`: `github` turns `search` into `github_search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Which of its tools are off, renamed or described anew. Earlier versions kept a list under `off`.
    #[serde(default, alias = "off", deserialize_with = "tools::read_choices")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tool_choices: ToolChoices,
    /// A disabled upstream keeps its definition, runs nothing and offers nothing.
    pub enabled: bool,
    /// Seconds of silence after which a start counts as hung; the setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_timeout_s: Option<u64>,
    /// Seconds of silence after which a call counts as hung; the setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_timeout_s: Option<u64>,
}

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Transport {
    /// A child process that speaks MCP on its standard streams.
    Stdio {
        /// A program name, found on the PATH, or a path.
        command: String,
        /// Passed on as they are.
        #[serde(default)]
        args: Vec<String>,
        /// Added to the allow-listed environment.
        #[serde(default)]
        env: BTreeMap<String, ConfigValue>,
        /// Working directory; the person's home when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cwd: Option<PathBuf>,
    },
    /// A remote server that speaks Streamable HTTP.
    Http {
        /// Its MCP endpoint.
        url: Url,
        /// Sent with every request.
        #[serde(default)]
        headers: BTreeMap<String, ConfigValue>,
    },
    /// The built-in demo server: this program, started as a stdio upstream.
    Demo,
}

impl Transport {
    /// The isolation that costs least: a process is shared, an HTTP session is not.
    pub fn default_isolation(&self) -> Isolation {
        match self {
            Self::Stdio { .. } | Self::Demo => Isolation::Shared,
            Self::Http { .. } => Isolation::Session,
        }
    }
}

/// A value in a definition: readable text, or a reference into the secret store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ConfigValue {
    /// Kept in the database as it is.
    Plain(String),
    /// Kept in the secret store under this reference.
    Secret {
        /// Where it lies.
        secret: SecretRef,
    },
}

/// The name of a value in the secret store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretRef(pub String);

/// Who shares one running copy of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// One child, or one HTTP session, for everybody.
    Shared,
    /// An own child, or an own HTTP session, for each client session.
    Session,
}

/// Where an upstream stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    /// Not running, and nothing is wrong.
    Stopped,
    /// The process or connection is being set up.
    Starting,
    /// It answered `initialize` and its lists.
    Ready,
    /// It failed, and will be tried again by itself.
    BackingOff,
    /// It failed too often; it is tried again on demand.
    Failed,
}

impl UpstreamState {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::BackingOff => "backing off",
            Self::Failed => "failed",
        }
    }
}
