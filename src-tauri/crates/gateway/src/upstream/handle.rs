//! The handle by which everyone else speaks to a connection, and the plain values that go through it.
//! What the connection does with them is its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::{Id, Notification, Outcome, Raw};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, timeout},
};

use super::connection::Caller;

/// How long a notification may wait for room before it is given up.
const NOTIFY_LIMIT: Duration = Duration::from_secs(10);
/// How long a request whose answer nobody needs counts as in flight.
const POST_LIMIT: Duration = Duration::from_secs(60);

/// A request for an upstream, without an id yet.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: String,
    pub params: Option<Raw>,
    pub extra: Vec<(String, Raw)>,
    /// Its caller waits no more. Copies are the same call.
    ended: Arc<AtomicBool>,
}

impl Call {
    pub(crate) fn new(method: &str, params: Option<Raw>, extra: Vec<(String, Raw)>) -> Self {
        Self { method: method.to_owned(), params, extra, ended: Arc::default() }
    }

    /// Nothing is asked during it from now on.
    pub(crate) fn end(&self) {
        self.ended.store(true, SeqCst);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }
}

/// What an upstream answered: its response without the id, which was ours.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub outcome: Outcome,
    pub extra: Vec<(String, Raw)>,
    pub end: End,
}

/// How a call came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer, the upstream's or our own.
    Answered,
    /// The client did not want it any more.
    Cancelled,
    /// Nothing was heard of it for too long.
    TimedOut,
    /// The upstream went away with it.
    Lost,
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, extra: Vec::new(), end: End::Answered }
    }
}

/// Why a call got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    /// The upstream never saw it; it may be sent again.
    NotTaken(String),
    /// The upstream went away, or the transport broke, with the call in flight.
    Lost(String),
    /// There is no running copy to send it to.
    Unavailable(String),
}

/// What waits in a connection's inbox.
pub(super) enum Command {
    Call {
        call: Call,
        caller: Option<Caller>,
        ticket: oneshot::Sender<u64>,
        reply: oneshot::Sender<Result<Reply, CallError>>,
    },
    Notify(Notification),
    Agreed(String),
}

/// What passes the inbox by.
pub(super) enum Urgent {
    Answer { id: Id, outcome: Outcome },
    Cancel { id: u64, params: Option<Raw> },
    Rest { unused_for: Duration, reply: oneshot::Sender<Rest> },
    GiveUp { reason: String },
}

/// What a connection says when it is asked to end for lack of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It ends; nothing was in flight.
    Agreed,
    /// Something is in flight, or a task or question is open.
    Busy,
    /// It was used since, the last time then.
    UsedAt(Instant),
}

/// Tells the keeper of a connection that some list changed. Several changes that nobody has looked at
/// yet are one.
pub(crate) type Changes = Notify;

/// The handle by which everyone else speaks to a connection.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(super) inbox: mpsc::Sender<Command>,
    /// For what frees room, and so must not wait for it.
    pub(super) urgent: mpsc::Sender<Urgent>,
    /// Tells the connection to end.
    pub(super) stop: Arc<Notify>,
    /// The upstream's name.
    pub upstream: UpstreamName,
    /// The child behind it.
    pub pid: Option<u32>,
}

/// A call that was handed over.
pub(crate) struct Pending {
    /// Its id at the upstream; it comes when the request is on its way.
    pub ticket: oneshot::Receiver<u64>,
    /// Its answer.
    pub reply: oneshot::Receiver<Result<Reply, CallError>>,
}

impl Handle {
    /// Hands a call over; waits while the inbox is full.
    pub(crate) async fn call(&self, call: Call, caller: Option<Caller>) -> Result<Pending, CallError> {
        let (ticket_to, ticket) = oneshot::channel();
        let (reply_to, reply) = oneshot::channel();
        let command = Command::Call { call, caller, ticket: ticket_to, reply: reply_to };
        match self.inbox.send(command).await {
            Ok(()) => Ok(Pending { ticket, reply }),
            Err(_) => Err(CallError::NotTaken("the connection just closed".to_owned())),
        }
    }

    /// Calls and waits for the answer, without a client behind it.
    pub(crate) async fn request(&self, method: &str, params: Option<Raw>) -> Result<Outcome, CallError> {
        let pending = self.call(Call::new(method, params, Vec::new()), None).await?;
        let lost = |_| Err(CallError::Lost("the connection closed".to_owned()));
        pending.reply.await.unwrap_or_else(lost).map(|reply| reply.outcome)
    }

    /// Sends a request whose answer nobody needs.
    pub(crate) async fn post(&self, method: &str, params: Raw) {
        let call = self.call(Call::new(method, Some(params), Vec::new()), None);
        if let Ok(Ok(pending)) = timeout(NOTIFY_LIMIT, call).await {
            // It is held until the answer is there: a call that nobody waits for is not sent.
            tokio::spawn(timeout(POST_LIMIT, pending.reply));
        }
    }

    /// Sends a notification.
    pub(crate) async fn notify(&self, notification: Notification) {
        self.tell(Command::Notify(notification)).await;
    }

    /// Answers a question of the upstream.
    pub(crate) async fn answer(&self, id: Id, outcome: Outcome) {
        self.hurry(Urgent::Answer { id, outcome }).await;
    }

    /// Tells the upstream that nobody wants the answer to call `id` any more.
    pub(crate) async fn cancel(&self, id: u64, params: Option<Raw>) {
        self.hurry(Urgent::Cancel { id, params }).await;
    }

    /// Tells the link which revision was agreed on.
    pub(crate) async fn agreed(&self, revision: String) {
        self.tell(Command::Agreed(revision)).await;
    }

    /// Asks the connection to end if it has not been used for that long. What is handed over meanwhile is
    /// either in flight, and keeps it awake, or was provably not taken.
    pub(crate) async fn rest(&self, unused_for: Duration) -> Rest {
        let (reply, answer) = oneshot::channel();
        self.hurry(Urgent::Rest { unused_for, reply }).await;
        // One that is just ending says nothing, and needs no rest.
        answer.await.unwrap_or(Rest::Busy)
    }

    /// Ends the connection as a failure: calls in flight fail with this reason.
    pub(crate) async fn give_up(&self, reason: String) {
        self.hurry(Urgent::GiveUp { reason }).await;
    }

    /// Asks the connection to end; whoever holds its exit learns when it has. It passes the inbox by,
    /// which is not read while an upstream takes nothing.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
    }

    /// True when the connection is over.
    pub(crate) fn is_closed(&self) -> bool {
        self.inbox.is_closed()
    }

    /// True for handles of one connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.inbox.same_channel(&other.inbox)
    }

    async fn hurry(&self, command: Urgent) {
        // The connection always reads these, so nobody waits long, unless it has just ended.
        let _ = self.urgent.send(command).await;
    }

    async fn tell(&self, command: Command) {
        if timeout(NOTIFY_LIMIT, self.inbox.send(command)).await.is_err() {
            tracing::warn!("an upstream takes no messages; one was given up");
        }
    }
}
