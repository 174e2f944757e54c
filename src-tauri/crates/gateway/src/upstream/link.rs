//! The way to one upstream, whatever carries it: frames out, messages in. A connection owns its link
//! and calls it from one task.

use bytes::Bytes;
use headgate_protocol::{Id, Incoming, ParseError};

use super::{http::Http, stdio::Stdio};

/// A frame to send.
pub(crate) struct Frame {
    /// The request's own id; `None` for notifications and answers.
    pub request: Option<u64>,
    /// The message as one line of JSON.
    pub bytes: Bytes,
}

/// What came from an upstream.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message or a batch. HTTP tells the request on whose answer stream it came.
    Incoming { incoming: Incoming, origin: Option<u64> },
    /// A request of ours will get no answer.
    Failed { request: u64, failure: Failure },
    /// What was queued went out, and there is room again.
    Room,
    /// Nothing will come any more.
    Closed(Closed),
}

/// Why a single request failed in its transport.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The upstream never took it, so it may be sent again.
    NotTaken(String),
    /// It may or may not have been acted on.
    Lost(String),
}

/// The request whose answer cannot be read, and that it failed: nobody need wait for another answer.
pub(crate) fn unreadable(problem: &ParseError) -> Option<(u64, Failure)> {
    let request = problem.answered().and_then(Id::as_number)?;
    Some((request, Failure::Lost(format!("its answer is {problem}"))))
}

/// Why a link closed.
#[derive(Debug, Clone)]
pub(crate) enum Closed {
    /// The child's output ended.
    Ended,
    /// The upstream has forgotten our session; a new one can be opened. It told so in answer to this
    /// request, which it did not take.
    SessionExpired { request: Option<u64> },
}

/// A link of either kind.
pub(crate) enum Link {
    Stdio(Box<Stdio>),
    Http(Box<Http>),
}

impl Link {
    /// Queues a frame; never waits.
    pub(crate) fn send(&mut self, frame: Frame) {
        match self {
            Self::Stdio(link) => link.send(frame.bytes),
            Self::Http(link) => link.send(frame),
        }
    }

    /// False while so much is queued that no more should be added.
    pub(crate) fn has_room(&self) -> bool {
        match self {
            Self::Stdio(link) => link.has_room(),
            Self::Http(link) => link.has_room(),
        }
    }

    /// Sends what is queued and waits for what comes. Cancel-safe: whatever was read or written
    /// before is kept in the link.
    pub(crate) async fn next(&mut self) -> Received {
        match self {
            Self::Stdio(link) => link.next().await,
            Self::Http(link) => link.next().await,
        }
    }

    /// The revision of the protocol that `initialize` agreed on.
    pub(crate) fn agreed(&mut self, revision: &str) {
        if let Self::Http(link) = self {
            link.agreed(revision);
        }
    }

    /// Nobody waits for the answer to this request any more.
    pub(crate) fn forget(&mut self, request: u64) {
        if let Self::Http(link) = self {
            link.forget(request);
        }
    }

    /// Ends the child or the HTTP session; answers how it ended, in words.
    pub(crate) async fn close(self) -> String {
        match self {
            Self::Stdio(link) => link.close().await,
            Self::Http(link) => link.close().await,
        }
    }

    /// The process id of the child, where there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        match self {
            Self::Stdio(link) => Some(link.pid()),
            Self::Http(_) => None,
        }
    }
}
