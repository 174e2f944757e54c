//! Bodies of `/api/questions`: what upstreams ask of people whose clients cannot show it, and the answers.

use headgate_model::UpstreamName;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// `GET /api/questions`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Questions {
    /// The oldest first.
    pub questions: Vec<QuestionView>,
}

/// A question of an upstream. What it says is the upstream's own text, and must be shown as text.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuestionView {
    /// Unique while the gateway runs.
    pub id: String,
    /// The first eight characters of the id of the session that it belongs to.
    pub session: String,
    /// The client of that session.
    pub client: String,
    /// Who asks.
    pub upstream: UpstreamName,
    /// The tool that was called, by the upstream's own name for it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What is asked, cut at 4,000 characters.
    pub message: String,
    /// What a person is to do.
    pub kind: QuestionKind,
    /// How far it came.
    pub state: QuestionState,
    /// With `form`: the schema of the content, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub schema: Option<Box<RawValue>>,
    /// With `url`: the whole address, which is to be shown and opened only when a person wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was asked, in milliseconds since 1970.
    pub began_ms: u64,
    /// When it vanishes, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// What a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// A form is to be filled.
    Form,
    /// A page is to be opened.
    Url,
}

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionState {
    /// It waits for an answer.
    Open,
    /// With `url`: it was accepted, and the upstream waits until the person is done at the page.
    Waiting,
    /// With `url`: the upstream says that they are done; it is shown a minute longer.
    Done,
}

/// `POST /api/questions/{question}`. It has no `Debug`, since what people fill in is theirs.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionAnswer {
    /// What the person decided.
    pub action: QuestionAction,
    /// With `accept` of a form: its values by the names of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub content: Option<Box<RawValue>>,
}

/// What a person decides about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionAction {
    /// Yes.
    Accept,
    /// No.
    Decline,
    /// Neither.
    Cancel,
}

/// What is wrong with one field of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldFault {
    /// Its name in the schema; empty for the content as a whole.
    pub field: String,
    /// What belongs there.
    pub reason: String,
}

/// What is asked never changes, so that id, state and time tell two views apart.
impl PartialEq for QuestionView {
    fn eq(&self, other: &Self) -> bool {
        let told = |view: &Self| (view.state, view.began_ms, view.expires_ms);
        self.id == other.id && told(self) == told(other)
    }
}
