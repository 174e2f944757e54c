//! Bodies of the admin API. All of them are JSON objects; lists are arrays under a plural name.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use headgate_model::{
    ClientName, Isolation, Program, Suggestion, ToolChoices, Transport, UpstreamName, UpstreamSpec,
    UpstreamState,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{Saving, ToolPatch, Usage};

/// `POST /api/upstreams`: what to register. Secret values travel here once and go to the secret
/// store; they are never answered back, and it has no `Debug`, so that none is ever logged.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpstream {
    /// Unique among upstreams.
    pub name: UpstreamName,
    /// How it is reached.
    pub transport: Transport,
    /// The default of the transport when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// Put before its names at `/mcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9._-]{0,31}$")]
    pub prefix: Option<String>,
    /// It is started with the gateway and never put to sleep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_warm: bool,
    /// A disabled one is kept as it is, and neither tried nor run. A secret without a value stands in it as
    /// `{"secret_needed": NAME}`.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub enabled: bool,
    /// Memory of one running copy, in MiB, above which it is restarted; 0 is no limit, the setting holds when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit_mib: Option<u64>,
    /// The folder of a project in which it is tried, if it is to run in projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub project: Option<PathBuf>,
    /// Which of its tools are off, renamed or described anew from the start, by their own names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tool_choices: ToolChoices,
    /// Environment values (stdio) or header values (HTTP) to keep as secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// `POST /api/upstreams/{name}/test-definition`: another way to reach an upstream that is registered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefinitionToTest {
    /// As in `PATCH /api/upstreams/{name}`; secrets are kept or needed anew as there.
    pub transport: Transport,
}

/// Secret values by the names of variables or headers. Its `Debug` tells the names alone, so that no
/// value is ever logged.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SecretValues(pub BTreeMap<String, String>);

impl SecretValues {
    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// `PATCH /api/upstreams/{name}`: the fields to change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamPatch {
    /// Switches the upstream on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// A new prefix; an empty one removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Changes to single tools, by their own names; `null` brings one back to how the upstream has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, ToolPatch>)]
    pub tool_choices: BTreeMap<String, Option<ToolPatch>>,
    /// A new isolation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// Starts it with the gateway and never puts it to sleep, or ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_warm: Option<bool>,
    /// A new limit of one copy's memory, in MiB; 0 is no limit, and with `null` the setting holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub memory_limit_mib: Option<Option<u64>>,
    /// A new command or URL, whole. `{"secret_needed": NAME}`, or the reference that is there, stands for a secret.
    /// It keeps its value while the command with its arguments, or the site, stays the same; else it is needed
    /// anew, and the upstream is disabled until it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// New seconds of silence after which a start counts as hung; with `null` the setting holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 31622400)]
    pub start_timeout_s: Option<Option<u64>>,
    /// New seconds of silence after which a call counts as hung; with `null` the setting holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 31622400)]
    pub call_timeout_s: Option<Option<u64>>,
    /// New values of secrets, or of variables and headers that become secrets.
    #[serde(default, skip_serializing_if = "SecretValues::is_empty")]
    pub secrets: SecretValues,
}

/// `null` is a value here, unlike a member that is absent.
fn present<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(reader).map(Some)
}

/// An upstream with its definition and how it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UpstreamView {
    /// The definition; secrets are references.
    #[serde(flatten)]
    pub spec: UpstreamSpec,
    /// Where it stands.
    pub state: UpstreamState,
    /// Why it is not ready, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to type about that, for those who have a command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Name and version that the server gave itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Process ids of its running children.
    pub pids: Vec<u32>,
    /// What its processes take; absent while it runs none on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How many tools are offered.
    pub tools: usize,
    /// What these cost a model's context, by the vocabulary that `/api/tools` names; absent while some were
    /// not counted, which `GET /api/tools` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// How many resources are offered.
    pub resources: usize,
    /// How many resource templates are offered.
    pub resource_templates: usize,
    /// How many prompts are offered.
    pub prompts: usize,
    /// What is held back because another upstream has the same name.
    pub held_back: Vec<Clash>,
    /// Lines on stdout that were no MCP messages.
    pub noise_lines: u64,
    /// Starts after the first one.
    pub restarts: u64,
    /// When the copy for everybody was started, in milliseconds since 1970, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ms: Option<u64>,
    /// How long a first use had to wait for its last start, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_use_ms: Option<u64>,
    /// How its last run failed, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<String>,
    /// The program that it runs, and where that comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// How it would better be shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
    /// Calls that ended since the gateway started.
    #[serde(default)]
    pub calls: u64,
    /// Those of them that failed.
    #[serde(default)]
    pub errors: u64,
    /// When the last one ended, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_ms: Option<u64>,
    /// The secrets of its definition: that they are there, never what they are.
    #[serde(default)]
    pub secrets: Vec<SecretFact>,
}

/// What people may know of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretFact {
    /// The variable or header that has it.
    pub name: String,
    /// When it was last set, in milliseconds since 1970; absent when nobody knows, or when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_ms: Option<u64>,
    /// It has no value; the upstream cannot run until it has one.
    pub needed: bool,
}

/// Two upstreams offer one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clash {
    /// `tool`, `prompt`, `resource` or `resource template`.
    pub kind: String,
    /// The name or URI that both have.
    pub name: String,
    /// What the upstream itself calls it, without a prefix.
    pub own_name: String,
    /// Who has it already.
    pub owner: UpstreamName,
}

/// `GET /api/upstreams`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Upstreams {
    /// In the order of registration.
    pub upstreams: Vec<UpstreamView>,
}

/// `GET /api/upstreams/{name}/logs`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Logs {
    /// The newest lines of stderr, noise and life events, oldest first.
    pub lines: Vec<LogLine>,
}

/// One line of an upstream's log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// `stderr`, `noise` (stdout that is no MCP), `log` (MCP log message) or `life`.
    pub source: String,
    /// The line, cut at a bound.
    pub text: String,
}

/// One entry of `GET /api/resources` and `/api/prompts`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CatalogItem {
    /// The name (or URI) that clients see at `/mcp`.
    pub name: String,
    /// Who offers it.
    pub upstream: UpstreamName,
    /// The name it has at its upstream.
    pub own_name: String,
    /// False when it is switched off.
    pub on: bool,
    /// The definition as clients see it, byte for byte.
    #[schema(value_type = Object)]
    pub definition: Box<RawValue>,
}

/// `GET /api/resources`, `/api/prompts`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CatalogItems {
    /// In catalog order.
    pub items: Vec<CatalogItem>,
}

/// One client session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// The first eight characters of its id; the whole id is the client's secret.
    pub id: String,
    /// The client whose key opened it.
    pub client: String,
    /// Name and version that the client gave itself.
    pub client_info: Option<String>,
    /// The negotiated revision of the protocol.
    pub protocol_version: String,
    /// `/mcp` or `/mcp/{upstream}`.
    pub path: String,
    /// Calls in flight.
    pub calls: usize,
    /// Own children that run now.
    pub children: usize,
    /// Milliseconds since its last use.
    pub idle_ms: u64,
    /// True when its own children were ended for lack of use.
    pub asleep: bool,
    /// The folder of the project it works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub project: Option<PathBuf>,
    /// The upstreams it has used, in the order in which it first did.
    #[serde(default)]
    pub upstreams: Vec<UpstreamName>,
    /// The calls in flight that began first, in that order; twenty at most.
    #[serde(default)]
    pub in_flight: Vec<InFlight>,
    /// The running copies of upstreams that serve it, by name.
    #[serde(default)]
    pub running: Vec<ServingCopy>,
}

/// A call that has no answer yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InFlight {
    /// For example `tools/call`.
    pub method: String,
    /// The tool, prompt or URI, as the client named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Who is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<UpstreamName>,
    /// When it came in, in milliseconds since 1970.
    pub began_ms: u64,
    /// What was last reported of it; nothing is unless its client asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<CallProgress>,
}

/// How far a call is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallProgress {
    /// It rises.
    pub progress: f64,
    /// Where it ends, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A running copy of an upstream that serves a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServingCopy {
    /// Whose copy it is.
    pub upstream: UpstreamName,
    /// `own` (this session's alone), `project` (whoever works there) or `shared` (everybody's).
    pub kind: String,
    /// Its process, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// `GET /api/sessions`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<SessionView>,
}

/// `POST /api/clients`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// Unique among clients.
    pub name: ClientName,
}

/// The answer to `POST /api/clients`: the only time the key is told. It has no `Debug`, so that no key
/// is ever logged.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedClient {
    /// The client's name.
    pub name: ClientName,
    /// Its key, sent as `Authorization: Bearer`.
    pub key: String,
    /// The MCP endpoint.
    pub url: String,
    /// What to paste into the settings of each known program, the one for all others last.
    #[serde(default)]
    pub snippets: Vec<ClientSnippet>,
}

/// `GET /api/clients/{client}/snippets`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ClientSnippets {
    /// The MCP endpoint.
    pub url: String,
    /// What stands in the place of the key, which is told only when it is made.
    pub placeholder: String,
    /// As in the answer to `POST /api/clients`, without the key.
    pub snippets: Vec<ClientSnippet>,
}

/// Text for the settings of one AI client. It has no `Debug`, since it may hold a key.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ClientSnippet {
    /// Its id, as in `GET /api/clients/known`.
    pub client_id: String,
    /// What people call it.
    pub title: String,
    /// The file where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `json`, `toml` or `yaml`.
    pub language: String,
    /// A whole file that has nothing else in it.
    pub text: String,
    /// It starts the bridge of this program and holds no key; else it holds the URL and the key.
    pub stdio: bool,
}

/// `GET /api/clients/known`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KnownClients {
    /// The usual ones first, the one that stands for all others last.
    pub clients: Vec<KnownClient>,
}

/// An AI client that Headgate knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KnownClient {
    /// Stable; also a good name for its key.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// It is on this machine: its program is on the PATH, or its settings are there.
    pub installed: bool,
    /// How it is best connected.
    pub how: ClientReach,
    /// The file that holds its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How a client can be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientReach {
    /// By the URL with a key, and by the bridge.
    Http,
    /// By the bridge alone.
    Stdio,
}

/// A client as it is kept: the key itself is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientView {
    /// The client's name.
    pub name: ClientName,
    /// Milliseconds since 1970.
    pub created_ms: u64,
    /// Its sessions now.
    pub sessions: usize,
}

/// `GET /api/clients`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Clients {
    /// By name.
    pub clients: Vec<ClientView>,
}

/// `GET /api/status`: how the daemon itself does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Random for each run of the daemon.
    pub instance: String,
    /// Its base URL.
    pub url: String,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    /// MCP requests that are being answered now.
    pub calls: usize,
    /// It is about to end and takes no new calls.
    pub stopping: bool,
    /// What its own processes take: the gateway and its warden.
    #[serde(default)]
    pub gateway: Usage,
    /// What it and all upstreams take.
    #[serde(default)]
    pub total: Usage,
    /// What sharing saves.
    #[serde(default)]
    pub saving: Saving,
}

/// `POST /api/shutdown`: the daemon lets calls in flight finish for a while and ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShutDown {
    /// Refuse with code `busy` when calls are in flight.
    #[serde(default)]
    pub only_if_idle: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_a_limit_back_and_silence_does_not() {
        let cases = [("{}", None), (r#"{"memory_limit_mib":null}"#, Some(None))];
        for (json, expected) in cases.into_iter().chain([(r#"{"memory_limit_mib":0}"#, Some(Some(0)))]) {
            let patch: UpstreamPatch = serde_json::from_str(json).unwrap();
            assert_eq!(patch.memory_limit_mib, expected, "{json}");
            assert_eq!(serde_json::to_string(&patch).unwrap(), json);
        }
    }
}
