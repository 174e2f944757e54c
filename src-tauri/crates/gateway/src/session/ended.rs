//! Tells of a call that ended: the upstream's counters, and the recorder while it takes records. It is
//! on the way of a call, so it looks at nothing that is not kept.

use std::{sync::Arc, time::Duration};

use headgate_model::UpstreamName;
use headgate_protocol::{Outcome, Raw, Request, method};
use tokio::time::Instant;

use super::Session;
use crate::{
    activity::{Bodies, CallOutcome, CallRecord, now_ms, short},
    upstream::handle::{End, Reply},
};

/// A call was answered by an upstream, or in its place.
pub(super) fn forwarded(
    session: &Arc<Session>,
    upstream: &UpstreamName,
    request: &Request,
    reply: &Reply,
    began: Instant,
) {
    let outcome = CallOutcome::of(&request.method, reply.end, &reply.outcome);
    if let Some(upstream) = session.gateway.upstream(upstream) {
        upstream.context.counters.count(outcome.is_failure());
    }
    record(session, Some(upstream), request, &reply.outcome, outcome, began.elapsed());
}

/// A call went to nobody: what it names is not there.
pub(super) fn refused(session: &Arc<Session>, request: &Request, answer: &Outcome, began: Instant) {
    let is_call = matches!(
        request.method.as_str(),
        method::TOOLS_CALL | method::PROMPTS_GET | method::RESOURCES_READ | method::COMPLETE
    );
    if is_call && matches!(answer, Outcome::Error(_)) {
        let outcome = CallOutcome::of(&request.method, End::Answered, answer);
        record(session, None, request, answer, outcome, began.elapsed());
    }
}

fn record(
    session: &Session,
    upstream: Option<&UpstreamName>,
    request: &Request,
    answer: &Outcome,
    outcome: CallOutcome,
    duration: Duration,
) {
    let recorder = session.gateway.recorder();
    let params = request.params.as_ref();
    let (Outcome::Result(text) | Outcome::Error(text)) = answer;
    recorder.offer(|| CallRecord {
        at_ms: now_ms().saturating_sub(duration.as_millis() as u64),
        session: session.shown_id(),
        client: session.client.name.clone(),
        project: session.named_project().map(|folder| folder.to_string_lossy().into_owned()),
        upstream: upstream.cloned(),
        method: request.method.clone(),
        target: params.and_then(|params| target(&request.method, params)).map(short),
        duration,
        request_bytes: params.map_or(0, |params| params.as_bytes().len()),
        answer_bytes: text.as_bytes().len(),
        outcome,
        bodies: recorder.wants_bodies().then(|| Bodies::of(params, answer)),
        kept: recorder.is_on(),
    });
}

/// What a call is about, in the words of the client.
pub(super) fn target(method: &str, params: &Raw) -> Option<String> {
    match method {
        method::TOOLS_CALL | method::PROMPTS_GET => params.text_at(&["name"]),
        method::COMPLETE => params.text_at(&["ref", "name"]).or_else(|| params.text_at(&["ref", "uri"])),
        _ => params.text_at(&["uri"]),
    }
}
