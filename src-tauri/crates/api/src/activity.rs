//! Bodies of `/api/activity` and `/api/calls`: what was called, and what is being tried.

use std::path::PathBuf;

use headgate_model::{ClientName, UpstreamName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A call that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallView {
    /// Rises from call to call, in the order in which they ended. Calls that are recorded nowhere have numbers above
    /// those of all that are.
    pub id: i64,
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The first eight characters of its session's id.
    pub session: String,
    /// The client's name.
    pub client: String,
    /// The project that the client works in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Who answered; absent when it went to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// For example `tools/call`.
    pub method: String,
    /// The tool, prompt or URI, as the client named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// From its arrival to its answer, in microseconds.
    pub duration_us: u64,
    /// Size of its parameters.
    pub request_bytes: u64,
    /// Size of its result or error.
    pub answer_bytes: u64,
    /// `ok`, `tool_error`, `error`, `cancelled`, `timed_out` or `lost`.
    pub outcome: String,
    /// The JSON-RPC code, when the outcome is `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
}

/// `GET /api/activity`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActivityPage {
    /// Newest first.
    pub calls: Vec<CallView>,
    /// Give it as `before` to see what came before these; absent when that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<i64>,
    /// Whether calls are recorded now.
    pub recording: bool,
    /// Calls since the start that were not recorded, because too many ended at once.
    pub dropped: u64,
}

/// `GET /api/activity/{call}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CallDetail {
    /// The call.
    #[serde(flatten)]
    pub call: CallView,
    /// Its parameters as text, cut at 16 KiB, with `***` for what looks secret; absent when they are not
    /// kept, or not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The same of its result or error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityBucket {
    /// When it begins, in milliseconds since 1970.
    pub start_ms: u64,
    /// Calls that began in it.
    pub calls: u64,
    /// Those of them that failed; cancelled ones did not.
    pub errors: u64,
    /// Half of the calls took at most so many milliseconds.
    pub p50_ms: f64,
    /// Nineteen of twenty calls took at most so many milliseconds.
    pub p95_ms: f64,
}

/// `GET /api/activity/summary`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActivitySummary {
    /// Where the first stretch begins.
    pub since_ms: u64,
    /// How long each is.
    pub bucket_ms: u64,
    /// In the order of time; stretches without calls are left out.
    pub buckets: Vec<ActivityBucket>,
    /// Calls since the start that were not recorded, because too many ended at once.
    pub dropped: u64,
}

/// `POST /api/calls`: a tool to try, as a client would call it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCall {
    /// The tool, as clients see it; with `upstream`, by its own name.
    pub tool: String,
    /// Its arguments: a JSON object, which is handed on as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub arguments: Option<Box<RawValue>>,
    /// In whose name; `headgate` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientName>,
    /// Look at this upstream alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<UpstreamName>,
    /// As if the client worked in this folder, an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub project: Option<PathBuf>,
    /// Cancel it after so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
}

/// A tool that is being tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningCall {
    /// `DELETE /api/calls/{call}` cancels it by this.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// In whose name.
    pub client: String,
    /// The only upstream that it sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<UpstreamName>,
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
}

/// `GET /api/calls`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RunningCalls {
    /// In the order in which they began.
    pub calls: Vec<RunningCall>,
}

/// What came of a tool that was tried: the last line of a stream, or the whole answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CallEnd {
    /// The result as the tool gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub result: Option<Box<RawValue>>,
    /// The JSON-RPC error: `code`, `message` and perhaps `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub error: Option<Box<RawValue>>,
    /// How long it took.
    pub duration_ms: u64,
}
