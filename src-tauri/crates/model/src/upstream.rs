//! What an upstream is: how it is reached, how it is shared, what of it is offered.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::{
    UpstreamName,
    tools::{self, ToolChoices},
};

/// The definition of an upstream, as a person registered it. Secret values are references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpstreamSpec {
    /// Unique among upstreams.
    pub name: UpstreamName,
    /// How it is reached.
    pub transport: Transport,
    /// Who shares one running copy.
    pub isolation: Isolation,
    /// Put before its names at `/mcp`: `github` turns `search` into `github_search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9._-]{0,31}$")]
    pub prefix: Option<String>,
    /// Which of its tools are off, renamed or described anew. Earlier versions kept a list under `off`.
    #[serde(default, alias = "off", deserialize_with = "tools::read_choices")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tool_choices: ToolChoices,
    /// A disabled upstream keeps its definition, runs nothing and offers nothing.
    pub enabled: bool,
    /// It is started with the gateway and never put to sleep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_warm: bool,
    /// Memory of one running copy, in MiB, above which it is restarted; 0 is no limit, the setting holds when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit_mib: Option<u64>,
    /// Seconds of silence after which a start counts as hung; the setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31622400)]
    pub start_timeout_s: Option<u64>,
    /// Seconds of silence after which a call counts as hung; the setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31622400)]
    pub call_timeout_s: Option<u64>,
}

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Transport {
    /// A child process that speaks MCP on its standard streams.
    Stdio {
        /// A program name, found on the PATH, or a path.
        #[schema(min_length = 1)]
        command: String,
        /// Passed on as they are, with [`PROJECT_ROOT`] filled in.
        #[serde(default)]
        args: Vec<String>,
        /// Added to the allow-listed environment, with [`PROJECT_ROOT`] filled in.
        #[serde(default)]
        env: BTreeMap<String, ConfigValue>,
        /// Working directory, with [`PROJECT_ROOT`] filled in. When absent, the project's folder where the
        /// isolation is `project`, else the person's home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
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
    /// True when it cannot be run as it is meant to without the folder of a project.
    pub fn needs_project(&self) -> bool {
        let asks = |text: &str| text.contains(PROJECT_ROOT);
        let plain = |value: &ConfigValue| matches!(value, ConfigValue::Plain(text) if asks(text));
        match self {
            Self::Stdio { args, env, cwd, .. } => {
                args.iter().any(|arg| asks(arg))
                    || env.values().any(plain)
                    || cwd.as_ref().is_some_and(|folder| asks(&folder.to_string_lossy()))
            }
            Self::Http { headers, .. } => headers.values().any(plain),
            Self::Demo => false,
        }
    }

    /// Who can share it: one copy for everybody has no project.
    pub fn isolations(&self) -> &'static [Isolation] {
        let all = &[Isolation::Shared, Isolation::Project, Isolation::Session];
        if self.needs_project() { &all[1..] } else { all }
    }

    /// The isolation that costs least: a process is shared, an HTTP session is not.
    pub fn default_isolation(&self) -> Isolation {
        match self {
            _ if self.needs_project() => Isolation::Project,
            Self::Stdio { .. } | Self::Demo => Isolation::Shared,
            Self::Http { .. } => Isolation::Session,
        }
    }
}

/// A value in a definition: readable text, or a reference into the secret store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ConfigValue {
    /// Kept in the database as it is.
    Plain(String),
    /// Kept in the secret store under this reference.
    Secret {
        /// Where it lies.
        secret: SecretRef,
    },
    /// A secret that was named and has no value yet.
    Needed {
        /// Its name.
        secret_needed: String,
    },
}

/// The name of a value in the secret store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SecretRef(pub String);

/// Who shares one running copy of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// One child, or one HTTP session, for everybody.
    Shared,
    /// One child, or one HTTP session, for everybody who works in one project.
    Project,
    /// An own child, or an own HTTP session, for each client session.
    Session,
}

/// Stands for the folder of the project that a session works in.
pub const PROJECT_ROOT: &str = "${PROJECT_ROOT}";

/// Where an upstream stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    /// Registered, and never listed: nobody knows yet what it offers.
    Configured,
    /// What it offers is known from an earlier run, and it has not been needed in this one.
    Known,
    /// The process or connection is being set up.
    Starting,
    /// It answered `initialize`.
    Ready,
    /// It ran, was not needed any more, and starts again on the next call.
    Asleep,
    /// It failed, and will be tried again by itself.
    BackingOff,
    /// It failed too often; it is tried again on demand.
    Failed,
    /// A person stopped it, or switched it off.
    Stopped,
}

impl UpstreamState {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Known => "known",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Asleep => "asleep",
            Self::BackingOff => "backing off",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// True when nothing is wrong and a call is answered, if need be after a start.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Known | Self::Ready | Self::Asleep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(transport: serde_json::Value, isolation: Isolation) {
        let transport: Transport = serde_json::from_value(transport).unwrap();
        assert_eq!(transport.default_isolation(), isolation, "{transport:?}");
    }

    #[test]
    fn who_names_the_project_runs_in_it() {
        check(serde_json::json!({ "type": "stdio", "command": "x" }), Isolation::Shared);
        check(serde_json::json!({ "type": "stdio", "command": "x", "args": ["."] }), Isolation::Shared);
        check(
            serde_json::json!({ "type": "stdio", "command": "x", "args": ["--root=${PROJECT_ROOT}"] }),
            Isolation::Project,
        );
        check(
            serde_json::json!({ "type": "stdio", "command": "x", "cwd": "${PROJECT_ROOT}/a" }),
            Isolation::Project,
        );
        check(
            serde_json::json!({ "type": "stdio", "command": "x", "env": { "R": "${PROJECT_ROOT}" } }),
            Isolation::Project,
        );
        check(serde_json::json!({ "type": "http", "url": "http://localhost/mcp" }), Isolation::Session);
    }
}
