//! HTTP responses of the MCP endpoint.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use headgate_gateway::{Next, Reader, Session};
use headgate_protocol::{Id, Outcome, Response as Answer, error, revision, sse};
use hyper::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde_json::json;
use tokio::time::timeout;

/// An idle stream says something this often, so that nobody on the way takes it for dead.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// How long a client should wait before it resumes.
const RETRY_MS: u64 = 1000;

/// No body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Notifications and answers were taken.
pub(super) fn accepted() -> Response<Body> {
    empty(StatusCode::ACCEPTED)
}

/// One message, or a batch, as JSON.
pub(super) fn json(message: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(message));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A JSON-RPC error with an HTTP status of its own.
pub(super) fn failure(status: StatusCode, answer: &Answer) -> Response<Body> {
    let mut response = json(answer.to_bytes());
    *response.status_mut() = status;
    response
}

/// The same, from its parts.
pub(super) fn refuse(status: StatusCode, id: Option<&Id>, code: i64, sentence: &str) -> Response<Body> {
    failure(status, &Answer { id: id.cloned(), outcome: Outcome::error(code, sentence), extra: Vec::new() })
}

/// The revision is none of ours.
pub(super) fn unsupported_revision(id: Option<&Id>, given: Option<&str>) -> Response<Body> {
    let data = json!({ "supported": revision::LEGACY, "requested": given });
    let error = error::object(error::UNSUPPORTED_VERSION, "Unsupported protocol version", Some(data));
    let answer = Answer { id: id.cloned(), outcome: Outcome::Error(error), extra: Vec::new() };
    failure(StatusCode::BAD_REQUEST, &answer)
}

/// A stream of events. Its first one primes the client with an id to resume from, in the revision
/// that knows of that; older clients would take its empty data for a broken message.
pub(super) fn event_stream(session: &Arc<Session>, reader: Reader, fresh: bool) -> Response<Body> {
    let tail = session.event_id_tail(reader.stream());
    let first = match session.revision().as_str() >= revision::PRIMING {
        true if fresh => sse::priming(&event_id(reader.position(), &tail), RETRY_MS),
        _ => sse::retry(RETRY_MS),
    };
    let events = unfold((Some(first), reader, tail), move |(first, mut reader, tail)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, Infallible>(first), (None, reader, tail)));
        }
        let event = match timeout(KEEP_ALIVE_EVERY, reader.next()).await {
            Err(_) => sse::KEEP_ALIVE,
            Ok(Next::Message(number, message)) => sse::message(&event_id(number, &tail), &message),
            Ok(Next::End) => return None,
        };
        Some((Ok(event), (None, reader, tail)))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    response
}

fn event_id(number: u64, tail: &str) -> String {
    format!("{number}.{tail}")
}
