//! `/api/events`: what a watcher hears. The first event is the whole state; each later one replaces a
//! part of it.

use std::collections::BTreeMap;

use headgate_model::UpstreamName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    CallView, ClientView, QuestionView, Saving, SessionView, SettingView, Status, UpstreamView, Usage,
};

/// Everything that faces show.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct State {
    /// The gateway itself.
    pub status: Status,
    /// In the order of registration.
    pub upstreams: Vec<UpstreamView>,
    /// Newest first.
    pub sessions: Vec<SessionView>,
    /// By name.
    pub clients: Vec<ClientView>,
    /// In the order of the table.
    pub settings: Vec<SettingView>,
    /// How much is offered.
    pub catalog: CatalogCounts,
    /// What upstreams ask, the oldest first; only for a watcher that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<Vec<QuestionView>>,
}

/// How much clients see at `/mcp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogCounts {
    /// Grows whenever the catalog was published anew, also when no number changed.
    pub serial: u64,
    /// How many tools.
    pub tools: usize,
    /// How many resources.
    pub resources: usize,
    /// How many resource templates.
    pub resource_templates: usize,
    /// How many prompts.
    pub prompts: usize,
}

/// What things take. It changes all the time, so that it is told alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// As in [`Status::gateway`].
    pub gateway: Usage,
    /// As in [`Status::total`].
    pub total: Usage,
    /// As in [`Status::saving`].
    pub saving: Saving,
    /// As in [`UpstreamView::usage`], by name; who runs nothing is not there.
    pub upstreams: BTreeMap<UpstreamName, Usage>,
}

/// One event: an object with one member, sent as the data of a server-sent event.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Everything; the first event.
    State(Box<State>),
    /// An upstream that is new, or does otherwise than before.
    Upstream(Box<UpstreamView>),
    /// An upstream that is there no more.
    UpstreamRemoved(UpstreamName),
    /// All sessions.
    Sessions(Vec<SessionView>),
    /// All clients.
    Clients(Vec<ClientView>),
    /// All settings.
    Settings(Vec<SettingView>),
    /// The gateway itself; with `stopping` it is the last event.
    Status(Status),
    /// What things take, when that changed by more than noise; at most every two seconds.
    Usage(Box<Figures>),
    /// How much is offered.
    Catalog(CatalogCounts),
    /// All questions; only for a watcher that shows them.
    Questions(Vec<QuestionView>),
    /// Calls that ended since the last such event, also while none are recorded, in the order of their ends; a
    /// hundred at most. They replace nothing. Told to who asks for them.
    Calls(Vec<CallView>),
    /// So many more calls ended before those that come next.
    Missed(u64),
}
