//! What a session wants to hear of by itself: updates of resources and log messages. A shared upstream
//! is told what all of its sessions want together.

use std::sync::Arc;

use headgate_model::UpstreamName;
use headgate_protocol::{Outcome, Raw, Request, error, method};
use serde_json::json;

use super::{
    Session, Stream,
    legacy::{Ongoing, forward},
    level::{LEVELS, Level},
};
use crate::{
    router::Scope,
    upstream::{
        handle::{Call, Handle, Reply},
        subscriptions::Subscriptions,
    },
};

/// A shared upstream is subscribed for as long as anybody wants it; what it does not know it refuses
/// itself.
pub(super) async fn subscription(
    session: &Arc<Session>,
    upstream: &UpstreamName,
    call: Call,
    stream: &Arc<Stream>,
    ongoing: &mut Ongoing,
) -> Reply {
    let uri = call.params.as_ref().and_then(|params| params.text_at(&["uri"])).unwrap_or_default();
    let key = (upstream.clone(), uri.clone());
    if call.method == method::RESOURCES_UNSUBSCRIBE {
        session.lock().subscribed.remove(&key);
        session.keep();
        let others_left = subscriptions_of(session, upstream)
            .is_some_and(|subscriptions| !subscriptions.remove(&uri, session));
        let shared = session.is_shared(upstream);
        if shared && others_left {
            return Outcome::empty().into();
        }
        return forward(session, upstream, call, stream, ongoing).await;
    }
    // The first update may come right behind the answer.
    let early = subscriptions_of(session, upstream).filter(|subscriptions| subscriptions.add(&uri, session));
    let reply = forward(session, upstream, call, stream, ongoing).await;
    // Its project may only have been found for this call.
    let subscriptions = subscriptions_of(session, upstream);
    let is_subscribed = matches!(reply.outcome, Outcome::Result(_));
    if let Some(early) = early
        && !(is_subscribed && subscriptions.as_ref().is_some_and(|placed| Arc::ptr_eq(placed, &early)))
    {
        early.remove(&uri, session);
    }
    if is_subscribed {
        if let Some(subscriptions) = subscriptions {
            subscriptions.add(&uri, session);
        }
        session.lock().subscribed.insert(key);
        session.keep();
    }
    reply
}

/// Who subscribed at the copy that serves this session, if it shares one.
fn subscriptions_of(session: &Session, name: &UpstreamName) -> Option<Arc<Subscriptions>> {
    let upstream = session.gateway.upstream(name).filter(|_| session.is_shared(name))?;
    Some(upstream.subscriptions(session.named_project().as_deref()))
}

/// A session of an earlier run hears again of what it subscribed to: an upstream that sleeps could not tell
/// of it, so it is started.
pub(super) fn subscribe_again(session: &Arc<Session>, belongs: impl Fn(&UpstreamName) -> bool) {
    let subscribed: Vec<_> = session.lock().subscribed.iter().cloned().collect();
    for (name, uri) in subscribed.into_iter().filter(|(name, _)| belongs(name)) {
        let session = session.clone();
        tokio::spawn(async move {
            let was_running = session.copy_of(&name).is_some();
            let live = session.live(&name, None).await;
            if let Some(subscriptions) = subscriptions_of(&session, &name) {
                subscriptions.add(&uri, &session);
                // One that was started only now may have become ready before it knew of this wish.
                if let Ok(handle) = live {
                    resubscribe(&handle, &uri).await;
                }
            } else if let (true, Ok(handle)) = (was_running, live) {
                resubscribe(&handle, &uri).await;
            }
        });
    }
}

/// Ends a subscription whose session ends.
pub(super) async fn unsubscribe(session: &Arc<Session>, name: &UpstreamName, uri: &str) {
    if let Some(subscriptions) = subscriptions_of(session, name)
        && subscriptions.remove(uri, session)
        && let Some(handle) = session.copy_of(name)
    {
        // Nobody needs the answer.
        let params = Raw::of(&json!({ "uri": uri }));
        handle.post(method::RESOURCES_UNSUBSCRIBE, params).await;
    }
}

/// A session's level filters what it is told; upstreams send as much as the most verbose session wants.
pub(super) async fn set_level(
    session: &Arc<Session>,
    request: &Request,
    stream: &Arc<Stream>,
    ongoing: &mut Ongoing,
) -> Reply {
    let word = request.params.as_ref().and_then(|params| params.text_at(&["level"]));
    let Some(level) = word.as_deref().and_then(Level::parse) else {
        return Outcome::error(
            error::INVALID_PARAMS,
            &format!("`level` must be one of {}", LEVELS.join(", ")),
        )
        .into();
    };
    session.lock().level = Some(level);
    session.keep();
    if let Scope::One(name) = &session.scope
        && !session.is_shared(name)
    {
        let call = Call::new(&request.method, request.params.clone(), Vec::new());
        return forward(session, name, call, stream, ongoing).await;
    }
    for (upstream, handle) in session.running() {
        if let Some(level) = session.gateway.wanted_level(&upstream, session) {
            send_level(&handle, level).await;
        }
    }
    Outcome::empty().into()
}

pub(crate) async fn send_level(handle: &Handle, level: Level) {
    let params = Raw::of(&json!({ "level": level.word() }));
    // An upstream without logging refuses; nothing follows from that.
    handle.post(method::SET_LEVEL, params).await;
}

/// Brings a copy that was started for this session to where the last one was.
pub(super) async fn prepare(session: &Arc<Session>, name: &UpstreamName, handle: &Handle) {
    if let Some(level) = session.level() {
        send_level(handle, level).await;
    }
    let subscribed: Vec<String> = {
        let state = session.lock();
        state.subscribed.iter().filter(|(upstream, _)| upstream == name).map(|(_, uri)| uri.clone()).collect()
    };
    for uri in subscribed {
        resubscribe(handle, &uri).await;
    }
}

pub(crate) async fn resubscribe(handle: &Handle, uri: &str) {
    let params = Raw::of(&json!({ "uri": uri }));
    handle.post(method::RESOURCES_SUBSCRIBE, params).await;
}
