//! The methods of the legacy era (2024-11-05 to 2025-11-25) as one session lives them: what is
//! answered here, what is forwarded, and how a call waits, is cancelled or runs out of time.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use headgate_model::{Isolation, UpstreamName};
use headgate_protocol::{
    Id, Message, Notification, Outcome, Raw, Request, Response, error, method, revision,
};
use serde_json::json;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, sleep_until},
};

use super::{InFlight, MAX_CALLS, Session, Stream, Turns, ended, underway::Underway, wishes};
use crate::{
    begin::begin,
    catalog::{Catalog, show_uris},
    naming::Naming,
    router::{Route, Scope, route},
    upstream::{
        connection::Caller,
        handle::{Call, CallError, End, Handle, Reply},
    },
};

/// A call gives up after this, however lively its upstream is while it starts; the start goes on.
const LONGEST_START: Duration = Duration::from_secs(60 * 60);

/// The answer to `initialize` (lifecycle, "Initialization").
pub(crate) async fn greet(session: &Arc<Session>) -> Outcome {
    let result = match &session.scope {
        Scope::All => {
            session.gateway.settled().await;
            welcome(&session.gateway.published(&Scope::All), &session.revision())
        }
        Scope::One(name) => match introduce(session, name).await {
            Ok(result) => result,
            Err(why) => return Outcome::error(error::INTERNAL_ERROR, &why),
        },
    };
    Outcome::Result(result)
}

/// Our own introduction, with the instructions of all upstreams in it.
fn welcome(catalog: &Catalog, revision: &str) -> Raw {
    let mut result = json!({
        "protocolVersion": revision,
        "capabilities": {
            "tools": { "listChanged": true },
            "resources": { "subscribe": true, "listChanged": true },
            "prompts": { "listChanged": true },
            "completions": {},
            "logging": {},
        },
        "serverInfo": { "name": "headgate", "title": "Headgate", "version": env!("CARGO_PKG_VERSION") },
    });
    let told = catalog.parts().iter().filter_map(|part| {
        let text = part.offer.initialize.text_at(&["instructions"]).filter(|text| !text.trim().is_empty())?;
        Some(format!("# {}\n\n{}", part.upstream, text.trim()))
    });
    let instructions = told.collect::<Vec<_>>().join("\n\n");
    if !instructions.is_empty() {
        result["instructions"] = instructions.into();
    }
    Raw::of(&result)
}

/// One upstream's own introduction. A shared one agreed on its revision long ago; the client is
/// answered with the revision it asked for.
async fn introduce(session: &Arc<Session>, name: &UpstreamName) -> Result<Raw, String> {
    let known = session.catalog();
    let shared = session.is_shared(name);
    if !(shared && known.part(name).is_some()) {
        session.live(name, None).await?;
    }
    let catalog = session.catalog();
    let part = catalog.part(name).ok_or_else(|| format!("`{name}` offers nothing yet"))?;
    let initialize = &part.offer.initialize;
    if shared {
        return Ok(initialize.with(&["protocolVersion"], &Raw::of(&session.revision())));
    }
    if let Some(agreed) =
        initialize.text_at(&["protocolVersion"]).filter(|agreed| revision::LEGACY.contains(&agreed.as_str()))
    {
        session.lock().revision = agreed;
    }
    Ok(initialize.clone())
}

/// Answers one request of the client. What is said meanwhile goes to `stream`.
pub(crate) async fn answer(session: &Arc<Session>, request: Request, stream: &Arc<Stream>) -> Response {
    let id = request.id.detached();
    let mut ongoing = match session.begin(&id, &request) {
        Ok(ongoing) => ongoing,
        Err(refusal) => return Response::new(id, refusal),
    };
    let Reply { outcome, extra, .. } = match request.method.as_str() {
        method::INITIALIZE => Outcome::error(
            error::INVALID_REQUEST,
            "this session is initialized; open a new one without a session id",
        )
        .into(),
        method::SET_LEVEL => wishes::set_level(session, &request, stream, &mut ongoing).await,
        _ => dispatch(session, &request, stream, &mut ongoing).await,
    };
    session.finish(&id);
    Response { id: Some(id), outcome, extra }
}

async fn dispatch(
    session: &Arc<Session>,
    request: &Request,
    stream: &Arc<Stream>,
    ongoing: &mut Ongoing,
) -> Reply {
    if request.method.ends_with("/list") {
        session.gateway.settled().await;
    }
    if request.params.as_ref().is_some_and(has_ambiguous_token) {
        let refusal = "it is not clear which `progressToken` is meant; send one, in one `_meta`";
        return Outcome::error(error::INVALID_PARAMS, refusal).into();
    }
    let began = Instant::now();
    let mut catalog = session.catalog();
    let mut decision = route(&catalog, &session.scope, request);
    if matches!(decision, Route::Answer(Outcome::Error(_))) {
        // Its owner may only be starting together with the gateway.
        session.gateway.settled().await;
        catalog = session.catalog();
        decision = route(&catalog, &session.scope, request);
    }
    match decision {
        Route::Answer(outcome) => {
            ended::refused(session, request, &outcome, began);
            outcome.into()
        }
        Route::Forward(upstream, call) => {
            let prefix = catalog.part(&upstream).and_then(|part| part.prefix.clone());
            let reply = match request.method.as_str() {
                method::RESOURCES_SUBSCRIBE | method::RESOURCES_UNSUBSCRIBE => {
                    wishes::subscription(session, &upstream, call, stream, ongoing).await
                }
                _ => forward(session, &upstream, call, stream, ongoing).await,
            };
            let outcome = match reply.outcome {
                Outcome::Result(result) => {
                    Outcome::Result(show_uris(&result, Naming::new(prefix.as_deref())))
                }
                error => error,
            };
            let reply = Reply { outcome, ..reply };
            ended::forwarded(session, &upstream, request, &reply, began);
            reply
        }
    }
}

/// True when we and an upstream could read different progress tokens: the other one may be the id of
/// somebody else's call.
fn has_ambiguous_token(params: &Raw) -> bool {
    const TOKEN: &[&str] = &["progressToken"];
    params.is_ambiguous(&["_meta", "progressToken"])
        && params
            .members()
            .into_iter()
            .flatten()
            .any(|(key, value)| key == "_meta" && (value.at(TOKEN).is_some() || value.is_ambiguous(TOKEN)))
}

/// Sends a call to its upstream and waits for the answer. A call that the upstream never took is sent
/// once more, to the copy that is started for it.
pub(super) async fn forward(
    session: &Arc<Session>,
    upstream: &UpstreamName,
    call: Call,
    stream: &Arc<Stream>,
    ongoing: &mut Ongoing,
) -> Reply {
    let turns = session.lock().turns(upstream);
    let limit = session.gateway.call_timeout(upstream);
    ongoing.underway.goes_to(upstream);
    let (call, underway) = (Arc::new(call), ongoing.underway.clone());
    let caller = Caller { session: session.clone(), stream: stream.clone(), call: call.clone(), underway };
    let mut patience = Patience { stream, limit, cancelled: &mut ongoing.cancelled };
    let mut result = attempt(session, upstream, &turns, &call, &caller, &mut patience).await;
    if let Ok(Err(CallError::NotTaken(_))) = result {
        result = attempt(session, upstream, &turns, &call, &caller, &mut patience).await;
    }
    session.call_ended(&call).await;
    let (failure, end) = match result {
        Ok(Ok(reply)) => return reply,
        Ok(Err(CallError::NotTaken(why) | CallError::Lost(why))) => {
            let advice = "call it again; if that fails too, see";
            let sentence = format!(
                "`{upstream}` failed during `{}`: {why}; {advice} `headgate logs {upstream}`",
                call.method
            );
            (Outcome::error(error::INTERNAL_ERROR, &sentence), End::Lost)
        }
        Ok(Err(CallError::Unavailable(why))) => (Outcome::error(error::INTERNAL_ERROR, &why), End::Answered),
        Err(Interrupt::Cancelled(Some(_))) => {
            (Outcome::error(error::CANCELLED, "Request cancelled"), End::Cancelled)
        }
        Err(Interrupt::Cancelled(None)) => {
            (Outcome::error(error::CANCELLED, "the session has ended"), End::Cancelled)
        }
        Err(Interrupt::TimedOut) => {
            let data = json!({ "upstream": upstream.as_str(), "silentSeconds": limit.as_secs_f64() });
            let object = error::object(error::INTERNAL_ERROR, "Request timeout", Some(data));
            (Outcome::Error(object), End::TimedOut)
        }
    };
    Reply { end, ..failure.into() }
}

async fn attempt(
    session: &Arc<Session>,
    upstream: &UpstreamName,
    turns: &tokio::sync::Mutex<()>,
    call: &Call,
    caller: &Caller,
    patience: &mut Patience<'_>,
) -> Result<Result<Reply, CallError>, Interrupt> {
    // A start has timers of its own, and a download may take longer than a call may be silent; whoever waits
    // for that, or behind who does, waits as long as people do.
    let turn = match session.copy_of(upstream) {
        Some(_) => patience.wait(turns.lock()).await?,
        None => patience.outlive(turns.lock()).await?,
    };
    let handle = match patience.outlive(session.live(upstream, Some(&caller.stream))).await? {
        Ok(handle) => handle,
        Err(why) => return Ok(Err(CallError::Unavailable(why))),
    };
    let mut pending = match patience.wait(handle.call(call.clone(), Some(caller.clone()))).await? {
        Ok(pending) => pending,
        Err(error) => return Ok(Err(error)),
    };
    drop(turn);
    let interrupt = match patience.wait(&mut pending.reply).await {
        Ok(reply) => {
            return Ok(reply.unwrap_or_else(|_| Err(CallError::Lost("its connection broke".to_owned()))));
        }
        Err(interrupt) => interrupt,
    };
    // First nobody listens, then the upstream is told; a call still in the inbox is not even sent.
    drop(pending.reply);
    if let Ok(id) = pending.ticket.try_recv() {
        handle.cancel(id, interrupt.parameters(id)).await;
    }
    Err(interrupt)
}

/// A call that was taken in.
pub(super) struct Ongoing {
    /// Tells when the client does not want the answer any more.
    cancelled: oneshot::Receiver<Option<Raw>>,
    underway: Arc<Underway>,
}

/// How long a call waits: until it is cancelled, or until nothing was heard of it for `limit`.
struct Patience<'a> {
    stream: &'a Arc<Stream>,
    limit: Duration,
    cancelled: &'a mut oneshot::Receiver<Option<Raw>>,
}

enum Interrupt {
    /// With the parameters of the client's notification; without any when its session has ended.
    Cancelled(Option<Raw>),
    TimedOut,
}

impl Interrupt {
    fn parameters(&self, id: u64) -> Option<Raw> {
        match self {
            Self::Cancelled(params) => params.clone(),
            Self::TimedOut => Some(Raw::of(&json!({ "requestId": id, "reason": "timeout" }))),
        }
    }
}

impl Patience<'_> {
    /// Waits for a start, unless the call is cancelled. The upstream's silence counts from then on.
    async fn outlive<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupt> {
        let mut work = std::pin::pin!(work);
        if let Some(value) = work.as_mut().now_or_never() {
            return Ok(value);
        }
        let value = tokio::select! {
            biased;
            value = work => value,
            params = &mut *self.cancelled => return Err(Interrupt::Cancelled(params.ok().flatten())),
            () = sleep(LONGEST_START) => return Err(Interrupt::TimedOut),
        };
        self.stream.stirred();
        Ok(value)
    }
    async fn wait<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupt> {
        tokio::select! {
            biased;
            value = work => Ok(value),
            params = &mut *self.cancelled => Err(Interrupt::Cancelled(params.ok().flatten())),
            () = silence(self.stream, self.limit) => Err(Interrupt::TimedOut),
        }
    }
}

/// Ends when nothing was said about a call for `limit`. While a person is asked something, the
/// silence is not the upstream's.
async fn silence(stream: &Stream, limit: Duration) {
    loop {
        let (heard, asking) = stream.pulse();
        let now = Instant::now();
        let end = if asking { now + limit } else { heard + limit };
        if end <= now {
            return;
        }
        sleep_until(end).await;
    }
}

// ---- what the client says by itself ---------------------------------------------------------------------

/// Takes a notification or an answer of the client.
pub(crate) async fn take(session: &Arc<Session>, message: Message) {
    session.touch();
    match message {
        Message::Response(response) => session.answered(response).await,
        Message::Notification(notification) => noticed(session, notification).await,
        Message::Request(_) => {}
    }
}

async fn noticed(session: &Arc<Session>, notification: Notification) {
    match notification.method.as_str() {
        method::INITIALIZED => session.greeted.store(true, std::sync::atomic::Ordering::Relaxed),
        method::CANCELLED => session.cancel(notification.params),
        method::PROGRESS => session.progress(notification).await,
        method::ROOTS_CHANGED => {
            pass_on(session, &notification).await;
            session.roots_changed();
        }
        _ => pass_on(session, &notification).await,
    }
}

/// Hands a notification to every upstream in use, after the calls that came before it.
async fn pass_on(session: &Arc<Session>, notification: &Notification) {
    for (name, turns) in session.in_use() {
        let Ok(place) = session.waiting_notifications.clone().try_acquire_owned() else {
            tracing::warn!(upstream = %name, "too many notifications wait for a server to start; one was dropped");
            continue;
        };
        let (session, notification) = (session.clone(), notification.clone());
        begin(async move {
            let _turn = turns.lock_owned().await;
            // One that is neither running nor starting has nothing to be told.
            if let Some(handle) = session.copy_of(&name) {
                handle.notify(notification).await;
            }
            drop(place);
        })
        .await;
    }
}

impl Session {
    /// Takes a call in; what it returns tells when the client cancels it.
    fn begin(&self, id: &Id, request: &Request) -> Result<Ongoing, Outcome> {
        let mut state = self.lock();
        state.last_used = Instant::now();
        state.asleep = false;
        if state.ended {
            return Err(Outcome::error(error::INTERNAL_ERROR, "the session has ended"));
        }
        if state.calls.len() >= MAX_CALLS {
            let refusal = format!("{MAX_CALLS} calls are in flight in this session; wait for some of them");
            return Err(Outcome::error(error::INTERNAL_ERROR, &refusal));
        }
        if state.calls.contains_key(id) {
            let refusal = format!("a request with id {id:?} is in flight; ids must be unique in a session");
            return Err(Outcome::error(error::INVALID_REQUEST, &refusal));
        }
        let (cancel, cancelled) = oneshot::channel();
        let underway = Arc::new(Underway::new(request));
        state.calls.insert(id.clone(), InFlight { cancel: Some(cancel), underway: underway.clone() });
        Ok(Ongoing { cancelled, underway })
    }

    fn finish(&self, id: &Id) {
        let mut state = self.lock();
        state.calls.remove(id);
        state.last_used = Instant::now();
        let is_last = state.ended && state.calls.is_empty();
        drop(state);
        if is_last {
            self.last_answer.notify_one();
        }
        self.greeted.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// The client does not want the answer to a call any more (utilities/cancellation).
    fn cancel(&self, params: Option<Raw>) {
        let id = params.as_ref().and_then(|params| params.at(&["requestId"])).and_then(Id::from_raw);
        let call = id.and_then(|id| self.lock().calls.remove(&id));
        if let Some(cancel) = call.and_then(|call| call.cancel) {
            let _ = cancel.send(params);
        }
    }

    /// Progress on a question that an upstream asked; it gets its own token back.
    async fn progress(&self, notification: Notification) {
        let Some(params) = notification.params else { return };
        let id = params.at(&["progressToken"]).and_then(|token| token.read::<u64>().ok());
        let found = id.and_then(|id| {
            let state = self.lock();
            let ask = state.asks.get(id)?;
            Some((ask.asker.upstream()?.clone(), ask.progress_token.clone()?))
        });
        if let Some((upstream, token)) = found {
            let params = Some(params.with(&["progressToken"], &token));
            upstream.notify(Notification { params, ..notification }).await;
        }
    }

    /// True for an upstream that this session shares with others.
    pub(super) fn is_shared(&self, name: &UpstreamName) -> bool {
        self.gateway.upstream(name).is_some_and(|upstream| upstream.spec.isolation != Isolation::Session)
    }

    /// The upstreams that this session has used, or sees alone.
    fn in_use(&self) -> Vec<(UpstreamName, Turns)> {
        let mut state = self.lock();
        if let Scope::One(name) = &self.scope {
            state.turns(name);
        }
        state.used.clone()
    }

    /// The running upstreams that this session has used.
    pub(super) fn running(&self) -> Vec<(UpstreamName, Handle)> {
        let in_use = self.in_use().into_iter();
        in_use.filter_map(|(name, _)| self.copy_of(&name).map(|handle| (name, handle))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(params: &'static str, ambiguous: bool) {
        assert_eq!(has_ambiguous_token(&Raw::constant(params)), ambiguous, "{params}");
    }

    #[test]
    fn two_tokens_are_one_too_many() {
        check(r#"{"_meta":{"progressToken":1}}"#, false);
        check(r#"{"_meta":{"progressToken":1,"progressToken":2}}"#, true);
        check(r#"{"_meta":{"progressToken":1},"_meta":{}}"#, true);
        check(r#"{"_meta":"x","_meta":{"a":1},"b":1,"b":2}"#, false);
        check("[1]", false);
    }
}
