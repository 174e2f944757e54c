//! What is told of a call that ended, and the buffer in which that waits for whoever writes it down.
//!
//! A call pays for one short lock and a few small copies, and wakes a task only when the buffer was
//! empty. What does not fit is counted. Masking, keeping and showing are left to the reader of the buffer.

mod counters;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::{Outcome, Raw, method};
use memchr::memmem::Finder;
use tokio::sync::Notify;

use crate::upstream::handle::End;
pub(crate) use counters::{Counters, now_ms};

/// Ended calls that wait to be written down: the largest burst that clients were seen to send, in about one
/// megabyte. Above what the reader writes in the long run, calls are counted and not recorded.
const MAX_WAITING: usize = 4096;
/// Of a request and of an answer, this much is kept: enough to see what was asked and what came.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Bodies in the buffer. The reader comes once in a second; a storm of large calls keeps its
/// metadata only.
const MAX_WAITING_BODY_BYTES: usize = 1024 * 1024;
/// Longer names and URIs are cut: they are shown in one line.
const MAX_TARGET_BYTES: usize = 512;

/// A call that ended.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// The first characters of its session's id, which tell sessions apart and open nothing.
    pub session: String,
    /// The client's name.
    pub client: String,
    /// The project that the client works in, where that is known.
    pub project: Option<String>,
    /// Who answered; `None` when it went to nobody.
    pub upstream: Option<UpstreamName>,
    /// For example `tools/call`.
    pub method: String,
    /// The tool, prompt or URI, as the client named it.
    pub target: Option<String>,
    /// From its arrival to its answer.
    pub duration: Duration,
    /// Size of its parameters.
    pub request_bytes: usize,
    /// Size of its result or error.
    pub answer_bytes: usize,
    /// What came of it.
    pub outcome: CallOutcome,
    /// What was said, as it was said: nothing in it is masked yet.
    pub bodies: Option<Bodies>,
    /// It is to be written down; else it is only told to those who watch.
    pub kept: bool,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// A result.
    Ok,
    /// A result that the tool itself calls an error.
    ToolError,
    /// A JSON-RPC error with this code.
    Error(i64),
    /// The client did not want the answer any more.
    Cancelled,
    /// Nothing was heard of it for too long.
    TimedOut,
    /// The upstream went away with the call in flight.
    Lost,
}

/// The parameters and the result (or error) of a call.
#[derive(Debug, Clone)]
pub struct Bodies {
    /// The parameters.
    pub request: Box<[u8]>,
    /// The result or the error.
    pub answer: Box<[u8]>,
}

/// Where ended calls go. It takes none until it is told to.
#[derive(Default)]
pub struct Recorder {
    on: AtomicBool,
    /// Somebody watches calls end, also those that nobody records.
    watched: AtomicBool,
    bodies: AtomicBool,
    waiting: AtomicUsize,
    dropped: AtomicU64,
    buffer: Mutex<Buffer>,
    news: Notify,
}

#[derive(Default)]
struct Buffer {
    records: VecDeque<CallRecord>,
    body_bytes: usize,
}

impl CallOutcome {
    /// Reads it from how a call ended and what was answered.
    pub(crate) fn of(method: &str, end: End, outcome: &Outcome) -> Self {
        match (end, outcome) {
            (End::Cancelled, _) => Self::Cancelled,
            (End::TimedOut, _) => Self::TimedOut,
            (End::Lost, _) => Self::Lost,
            (End::Answered, Outcome::Error(error)) => {
                Self::Error(error.at(&["code"]).and_then(|code| code.read().ok()).unwrap_or_default())
            }
            (End::Answered, Outcome::Result(result)) if method == method::TOOLS_CALL && is_error(result) => {
                Self::ToolError
            }
            (End::Answered, Outcome::Result(_)) => Self::Ok,
        }
    }

    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ToolError => "tool_error",
            Self::Error(_) => "error",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::Lost => "lost",
        }
    }

    /// The code of a JSON-RPC error.
    pub fn code(self) -> Option<i64> {
        match self {
            Self::Error(code) => Some(code),
            _ => None,
        }
    }

    /// True when the call did not do what it was meant to, and nobody wanted that.
    pub(crate) fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Cancelled)
    }
}

/// Looks for `"isError": true` before it parses anything: results may be large, and few are errors.
fn is_error(result: &Raw) -> bool {
    const KEY: &[u8] = b"\"isError\"";
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(KEY));
    let text = result.as_bytes();
    let stands = |at: usize| {
        let rest = text[at + KEY.len()..].trim_ascii_start();
        rest.strip_prefix(b":").is_some_and(|value| value.trim_ascii_start().starts_with(b"true"))
    };
    FINDER.find_iter(text).any(stands)
        && result.at(&["isError"]).is_some_and(|value| value.as_bytes() == b"true")
}

impl Bodies {
    /// Copies what is kept. The originals share the buffers that they were read into.
    pub(crate) fn of(params: Option<&Raw>, outcome: &Outcome) -> Self {
        let (Outcome::Result(answer) | Outcome::Error(answer)) = outcome;
        let cut = |text: &[u8]| text[..text.len().min(MAX_BODY_BYTES)].into();
        Self { request: cut(params.map_or(b"", Raw::as_bytes)), answer: cut(answer.as_bytes()) }
    }

    fn bytes(&self) -> usize {
        self.request.len() + self.answer.len()
    }
}

/// A name or URI of a bearable length.
pub(crate) fn short(mut target: String) -> String {
    if target.len() > MAX_TARGET_BYTES {
        target.truncate(target.floor_char_boundary(MAX_TARGET_BYTES));
        target.push('…');
    }
    target
}

impl Recorder {
    /// Switches recording, and the keeping of bodies, on or off.
    pub fn set(&self, on: bool, bodies: bool) {
        self.on.store(on, Relaxed);
        self.bodies.store(bodies, Relaxed);
    }

    /// Takes calls also while recording is off, or no longer.
    pub fn watch(&self, watched: bool) {
        self.watched.store(watched, Relaxed);
    }

    /// Whether calls are recorded.
    pub fn is_on(&self) -> bool {
        self.on.load(Relaxed)
    }

    /// Takes an ended call in, which is made only when it is wanted. One that does not fit is counted.
    /// Answers whether it was taken.
    pub fn offer(&self, record: impl FnOnce() -> CallRecord) -> bool {
        if !self.is_on() && !self.watched.load(Relaxed) {
            return false;
        }
        if self.waiting.load(Relaxed) >= MAX_WAITING {
            self.dropped.fetch_add(1, Relaxed);
            return false;
        }
        self.add(record());
        true
    }

    /// True when bodies are wanted.
    pub(crate) fn wants_bodies(&self) -> bool {
        self.is_on() && self.bodies.load(Relaxed)
    }

    fn add(&self, mut record: CallRecord) {
        let mut buffer = self.lock();
        let body_bytes = record.bodies.as_ref().map_or(0, Bodies::bytes);
        match buffer.body_bytes + body_bytes <= MAX_WAITING_BODY_BYTES {
            true => buffer.body_bytes += body_bytes,
            false => record.bodies = None,
        }
        buffer.records.push_back(record);
        let waiting = buffer.records.len();
        // Before others may change it, or an old number would stand there for as long as nobody calls.
        self.waiting.store(waiting, Relaxed);
        drop(buffer);
        if waiting == 1 {
            self.news.notify_one();
        }
    }

    /// Takes out the oldest `max` calls.
    pub fn take(&self, max: usize) -> Vec<CallRecord> {
        let mut buffer = self.lock();
        let number = buffer.records.len().min(max);
        let records: Vec<_> = buffer.records.drain(..number).collect();
        let body_bytes: usize =
            records.iter().filter_map(|record| record.bodies.as_ref()).map(Bodies::bytes).sum();
        buffer.body_bytes -= body_bytes;
        if buffer.records.is_empty() {
            // The room of a storm is given back.
            buffer.records = VecDeque::new();
        }
        self.waiting.store(buffer.records.len(), Relaxed);
        records
    }

    /// Waits until there is something to take, or returns soon after there was.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Calls that did not fit since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
