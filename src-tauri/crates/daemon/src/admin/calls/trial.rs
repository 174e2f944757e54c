//! One tool that is tried: a session of its own, the call in it, and its end. Dropping it cancels the
//! call, tells the upstream so and ends the session.

use std::{path::PathBuf, sync::Arc, time::Duration};

use headgate_api::{CallEnd, NewCall, Problem, code};
use headgate_gateway::{Client, Gateway, Next, Reader, Scope, Session};
use headgate_protocol::{
    Id, Incoming, Message, Notification, Outcome, Raw, Request, Response, error, method, parse, revision,
};
use serde_json::{json, value::RawValue};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::Place;
use crate::drain::Underway;

/// The call is the second request of its session; its id is also its progress token.
const CALL_ID: u64 = 2;
/// A cancelled call gets this long to be told to its upstream, before its session ends.
const FAREWELL_LIMIT: Duration = Duration::from_secs(5);

/// A tool that is being tried.
pub(super) struct Trial {
    gateway: Arc<Gateway>,
    session: Arc<Session>,
    call: Option<Call>,
    /// Held until the session has ended.
    held: Option<(Place, Underway)>,
}

struct Call {
    answering: JoinHandle<Response>,
    reader: Reader,
    /// The stream of what is said has ended.
    is_silent: bool,
    began: Instant,
    deadline: Option<(Instant, Duration)>,
    timed_out: bool,
}

/// What is told about it next.
pub(super) enum Step {
    /// A whole line.
    Said(String),
    /// The last thing that is told.
    Ended(CallEnd),
}

enum Event {
    Said(Next),
    Answered(Option<Response>),
    Cancelled,
    TimedOut,
}

impl Trial {
    /// Opens a session that can do nothing but call: a question of an upstream is refused.
    pub(super) fn open(
        gateway: Arc<Gateway>,
        client: Client,
        scope: Scope,
        project: Option<PathBuf>,
        held: (Place, Underway),
    ) -> Result<Self, Problem> {
        let parameters = Raw::of(&parameters(&client.name));
        let session = gateway.open_session(client, scope, Some(&parameters), project);
        let session = session.map_err(|full| Problem::new(503, code::BUSY, full.to_string()))?;
        Ok(Self { gateway, session, call: None, held: Some(held) })
    }

    /// Sends the call off.
    pub(super) async fn begin(&mut self, new: &NewCall, limit: Option<Duration>) -> Result<(), Problem> {
        let began = Instant::now();
        let parameters = Raw::of(&parameters(&self.session.client.name));
        let initialize = Request::new(Id::number(1), method::INITIALIZE, Some(parameters));
        if let Outcome::Error(refusal) = self.gateway.greet(&self.session, &initialize).await.outcome {
            let why = refusal.text_at(&["message"]).unwrap_or_default();
            return Err(Problem::new(502, code::UPSTREAM, why));
        }
        self.tell(method::INITIALIZED, None).await;
        let request = Request::new(Id::number(CALL_ID), method::TOOLS_CALL, Some(arguments(new)?));
        let stream = self.session.open_stream(vec![request.id.clone()]);
        let reader = stream.reader(None);
        let (gateway, session) = (self.gateway.clone(), self.session.clone());
        let answering = tokio::spawn(async move { gateway.answer(&session, request, &stream).await });
        let deadline = limit.map(|limit| (began + limit, limit));
        self.call = Some(Call { answering, reader, is_silent: false, began, deadline, timed_out: false });
        Ok(())
    }

    /// Waits for the end, whatever is said before.
    pub(super) async fn end(mut self) -> CallEnd {
        loop {
            if let Step::Ended(end) = self.step().await {
                return end;
            }
        }
    }

    /// Waits for what is told next.
    pub(super) async fn step(&mut self) -> Step {
        loop {
            match self.next_event().await {
                Event::Said(Next::Message(_, message)) => {
                    if let Some(line) = line_of(&message) {
                        return Step::Said(line);
                    }
                }
                Event::Said(Next::End) => self.call.iter_mut().for_each(|call| call.is_silent = true),
                Event::Answered(response) => return Step::Ended(self.ended(response)),
                Event::Cancelled => self.cancel("a person cancelled it").await,
                Event::TimedOut => {
                    self.call.iter_mut().for_each(|call| call.timed_out = true);
                    self.cancel("the time that it was given is over").await;
                }
            }
        }
    }

    /// What is said comes before the answer, which comes after it.
    async fn next_event(&mut self) -> Event {
        let (Some(call), Some((place, _))) = (&mut self.call, &self.held) else {
            return Event::Answered(None);
        };
        let deadline = call.deadline.filter(|_| !call.timed_out).map(|(end, _)| end);
        tokio::select! {
            biased;
            said = call.reader.next(), if !call.is_silent => Event::Said(said),
            response = &mut call.answering => Event::Answered(response.ok()),
            () = place.cancel.notified() => Event::Cancelled,
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => Event::TimedOut,
        }
    }

    fn ended(&mut self, response: Option<Response>) -> CallEnd {
        let call = self.call.take();
        let outcome = response.map(|response| response.outcome).unwrap_or_else(|| {
            Outcome::error(error::INTERNAL_ERROR, "the call broke off inside the gateway")
        });
        let limit = call.as_ref().filter(|call| call.timed_out).and_then(|call| call.deadline);
        let outcome = match (outcome, limit) {
            (Outcome::Error(_), Some((_, limit))) => {
                let sentence =
                    format!("there was no answer within {} s; the call was cancelled", limit.as_secs());
                Outcome::error(error::CANCELLED, &sentence)
            }
            (outcome, _) => outcome,
        };
        let duration_ms = call.map_or(0, |call| call.began.elapsed().as_millis() as u64);
        match outcome {
            Outcome::Result(result) => CallEnd { result: raw_value(&result), error: None, duration_ms },
            Outcome::Error(error) => CallEnd { result: None, error: raw_value(&error), duration_ms },
        }
    }

    async fn cancel(&self, reason: &str) {
        self.tell(method::CANCELLED, Some(cancellation(reason))).await;
    }

    async fn tell(&self, method: &str, params: Option<Raw>) {
        let notification = Message::Notification(Notification::new(method, params));
        self.gateway.take(&self.session, notification).await;
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let (gateway, session) = (self.gateway.clone(), self.session.clone());
        let (call, held) = (self.call.take(), self.held.take());
        let farewell = async move {
            if let Some(call) = call {
                let params = Some(cancellation("nobody waits for it any more"));
                let cancelled = Message::Notification(Notification::new(method::CANCELLED, params));
                gateway.take(&session, cancelled).await;
                let _ = timeout(FAREWELL_LIMIT, call.answering).await;
            }
            gateway.end_session(&session).await;
            drop(held);
        };
        // Without a runtime the whole gateway ends, and the session with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(farewell);
        }
    }
}

fn parameters(client: &str) -> serde_json::Value {
    json!({
        "protocolVersion": revision::NEWEST_LEGACY,
        "capabilities": {},
        "clientInfo": { "name": client, "version": env!("CARGO_PKG_VERSION") },
    })
}

/// The parameters of the call; the arguments stay as they were written.
fn arguments(new: &NewCall) -> Result<Raw, Problem> {
    let params =
        Raw::of(&json!({ "_meta": { "progressToken": CALL_ID }, "arguments": {}, "name": new.tool }));
    let Some(arguments) = &new.arguments else { return Ok(params) };
    let arguments = Raw::parse(arguments.get().to_owned())
        .map_err(|error| Problem::new(400, code::INVALID, format!("`arguments`: {error}")))?;
    Ok(params.with(&["arguments"], &arguments))
}

fn cancellation(reason: &str) -> Raw {
    Raw::of(&json!({ "requestId": CALL_ID, "reason": reason }))
}

/// The line that tells of a notification, if it is one that is told.
fn line_of(message: &bytes::Bytes) -> Option<String> {
    let Ok(Incoming::One(Message::Notification(notification))) = parse(message) else { return None };
    let word = match notification.method.as_str() {
        method::PROGRESS => "progress",
        method::LOG_MESSAGE => "log",
        _ => return None,
    };
    let params = notification.params?;
    Some(format!("{{\"{word}\":{}}}\n", String::from_utf8_lossy(params.as_bytes())))
}

/// The same text in one line: breaks can only stand between tokens, since strings escape theirs.
fn raw_value(raw: &Raw) -> Option<Box<RawValue>> {
    let text = String::from_utf8_lossy(raw.as_bytes()).replace(['\n', '\r'], " ");
    RawValue::from_string(text).ok()
}
