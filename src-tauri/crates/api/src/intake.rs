//! `POST /api/upstreams/read`: what a person pasted, and the servers that were found in it.

use headgate_model::{Isolation, Transport, UpstreamName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::NewUpstream;

/// A text to read. It has no `Debug`, since what people paste holds secrets.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadText {
    /// A command line, a URL, a piece of any client's settings, a `claude mcp add` line; 1 MiB at most.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Propose the built-in demo server, whatever the text is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// A definition to look at in place of a text, as when a value of it is kept in another way.
    /// `{"secret_needed": NAME}` stands for a secret that has no value yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<NewUpstream>,
}

/// What a text says. Nothing of it was run or kept.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ReadReport {
    /// Servers, ready to be looked at.
    pub proposals: Vec<Proposal>,
    /// What could not be read, or is no server; whole sentences.
    pub problems: Vec<String>,
}

/// A server that may be registered. It has no `Debug`, so that no secret is ever logged.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// A name that is valid and free.
    pub name: UpstreamName,
    /// What the text calls it, or what was made of its command or URL; `name` is like it, valid and free. It stays
    /// the same when the text is read again after the server was added.
    pub wanted: String,
    /// How it is reached; `{"secret_needed": NAME}` stands for each secret.
    pub transport: Transport,
    /// What will run or be called, exact and in full; secrets stand as `${NAME}`.
    pub command_line: String,
    /// The secrets it takes. To each that was not given belongs a value in `definition.secrets`.
    pub secrets: Vec<ProposedSecret>,
    /// What to post to `/api/upstreams`, with the secrets that the text told.
    pub definition: NewUpstream,
    /// Who shares it if `definition` is posted as it is.
    pub isolation: Isolation,
    /// What the isolation may be.
    pub isolations: Vec<Isolation>,
    /// What was changed, and what could not be carried over; whole sentences.
    pub notes: Vec<String>,
}

/// A variable or header whose value is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProposedSecret {
    /// Its name.
    pub name: String,
    /// The text told its value.
    pub given: bool,
}
