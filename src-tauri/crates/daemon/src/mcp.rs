//! The MCP endpoint: from an HTTP request to messages of a session, and back to JSON or an event
//! stream (transports, "Streamable HTTP"; the legacy era).

mod body;
mod exchange;
mod relay;
mod reply;

use std::{path::PathBuf, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use headgate_gateway::{Client, Gateway, Scope, Session, project_folder};
use headgate_protocol::{Id, Incoming, Message, ParseError, Request as Call, error, method, parse, revision};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming as HttpBody,
    header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use tokio::time::{Duration, timeout};
use url::Url;

use crate::{
    drain::Drain,
    guard, keys,
    keys::{Hash, Keys},
    server::challenge,
};
pub(crate) use body::{Limits, read_within as read_body_within};
use exchange::Exchange;
use reply::{accepted, event_stream, failure, refuse};

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";
const LAST_EVENT_ID: &str = "last-event-id";
const CLIENT_NAME: &str = "x-headgate-client";
/// The folder of the project that a client works in, as a path or a `file://` URL.
const PROJECT: &str = "x-headgate-project";
/// Sent by the stdio bridge, which reads everything from the stream it listens on.
const BRIDGE: &str = "x-headgate-bridge";

/// A bridge whose client does not read is held up this long before it is told so.
const BACKLOG_LIMIT: Duration = Duration::from_secs(60);

/// The name of a face that does not say for whom it speaks.
const FACE: &str = "headgate";

/// An answer that is ready within this time, with nothing else to say, goes out as plain JSON.
const PLAIN_JSON_WITHIN: Duration = Duration::from_millis(200);

/// The way to the gateway, and who may take it.
pub(crate) struct Door {
    pub(crate) gateway: Arc<Gateway>,
    /// Closed when the gateway is about to end.
    pub(crate) drain: Drain,
    pub(crate) access: Access,
}

/// Who may speak MCP.
pub(crate) enum Access {
    /// Clients with a key, and faces with the admin token.
    Keys { keys: Arc<Keys>, admin_token: Hash },
    /// `headgate proxy`: whoever has this key, or everyone; all of them see the one server at `/mcp`.
    One { key: Option<Hash>, scope: Scope },
}

impl Access {
    /// Finds out who speaks; `None` is to be refused.
    fn admit(&self, path_key: Option<&str>, headers: &HeaderMap) -> Option<Client> {
        let given = path_key.or_else(|| guard::bearer(headers));
        match self {
            Self::Keys { keys, admin_token } => {
                let given = keys::hash(given?);
                if path_key.is_none() && keys::same(&given, admin_token) {
                    let name = headers.get(CLIENT_NAME).and_then(|name| name.to_str().ok()).unwrap_or(FACE);
                    return Some(Client { name: name.to_owned(), credential: format!("face:{name}") });
                }
                let name = keys.client(&given)?;
                Some(Client { credential: format!("client:{name}"), name: name.into() })
            }
            Self::One { key: Some(key), .. } => {
                given.filter(|given| keys::same(&keys::hash(given), key)).map(|_| anybody())
            }
            Self::One { key: None, .. } => Some(anybody()),
        }
    }

    fn scope(&self, asked: Scope) -> Option<Scope> {
        match (self, asked) {
            (Self::Keys { .. }, asked) => Some(asked),
            (Self::One { scope, .. }, Scope::All) => Some(scope.clone()),
            (Self::One { .. }, Scope::One(_)) => None,
        }
    }
}

/// True for whoever came in with the admin token.
fn is_face(client: &Client) -> bool {
    client.credential.starts_with("face:")
}

fn anybody() -> Client {
    Client { name: "client".to_owned(), credential: String::new() }
}

/// Serves one request. Everything up to the body is looked at before the body.
pub(crate) async fn handle(
    door: &Door,
    path_key: Option<&str>,
    scope: Scope,
    request: Request<HttpBody>,
) -> Response<Body> {
    let Some(client) = door.access.admit(path_key, request.headers()) else {
        let advice = "no valid key; make one with `headgate client add NAME` and send it as `Authorization: Bearer KEY`";
        let mut response = refuse(StatusCode::UNAUTHORIZED, None, error::INVALID_REQUEST, advice);
        challenge(&mut response);
        return response;
    };
    let known = door.access.scope(scope).filter(|scope| match scope {
        Scope::All => true,
        Scope::One(name) => door.gateway.upstream(name).is_some(),
    });
    let Some(scope) = known else {
        return refuse(
            StatusCode::NOT_FOUND,
            None,
            error::INVALID_REQUEST,
            "there is no such upstream here; `headgate list` tells which there are",
        );
    };
    let visitor = Visitor { gateway: door.gateway.clone(), drain: door.drain.clone(), client, scope };
    match *request.method() {
        Method::POST => post(visitor, request).await,
        Method::GET => get(visitor, request.headers()),
        Method::DELETE => delete(visitor, request.headers()).await,
        _ => {
            let mut response = refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                None,
                error::INVALID_REQUEST,
                "MCP uses POST, GET and DELETE",
            );
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
            response
        }
    }
}

/// Somebody who was let in.
struct Visitor {
    gateway: Arc<Gateway>,
    drain: Drain,
    client: Client,
    scope: Scope,
}

impl Visitor {
    /// The session that the request names; the error is the whole answer.
    fn session(&self, headers: &HeaderMap, id: Option<&Id>) -> Result<Arc<Session>, Box<Response<Body>>> {
        let Some(name) = headers.get(SESSION_ID) else {
            let advice = "header Mcp-Session-Id is missing; open a session with `initialize`";
            return Err(Box::new(refuse(StatusCode::BAD_REQUEST, id, error::INVALID_REQUEST, advice)));
        };
        let name = name.to_str().unwrap_or_default();
        self.gateway.session(name, &self.client, &self.scope).ok_or_else(|| {
            // 404 tells clients to initialize anew (transports, "Session Management").
            Box::new(refuse(StatusCode::NOT_FOUND, id, error::INTERNAL_ERROR, "Session not found"))
        })
    }
}

/// The forms of an answer that a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepts {
    json: bool,
    events: bool,
}

/// Reads `Accept`; absent, it means everything.
fn accepts(headers: &HeaderMap) -> Accepts {
    let mut accepts = Accepts { json: false, events: false };
    let mut given = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if given.peek().is_none() {
        return Accepts { json: true, events: true };
    }
    for kind in given.flat_map(|value| value.split(',')) {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        accepts.json |= matches!(kind.as_str(), "*/*" | "application/*" | "application/json");
        accepts.events |= matches!(kind.as_str(), "*/*" | "text/*" | "text/event-stream");
    }
    accepts
}

async fn post(visitor: Visitor, request: Request<HttpBody>) -> Response<Body> {
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        let advice = "the body must be `Content-Type: application/json`";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, error::INVALID_REQUEST, advice);
    }
    let accepts = accepts(&head.headers);
    if !(accepts.json || accepts.events) {
        let advice = "answers are application/json or text/event-stream; accept one of them";
        return refuse(StatusCode::NOT_ACCEPTABLE, None, error::INVALID_REQUEST, advice);
    }
    let bytes = match body::read(&head.headers, body).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.response(),
    };
    match parse(&bytes) {
        Ok(Incoming::One(Message::Request(call))) if call.method == method::INITIALIZE => {
            match project(&head.headers) {
                Ok(project) => initialize(visitor, call, project, accepts).await,
                Err(advice) => {
                    refuse(StatusCode::BAD_REQUEST, Some(&call.id), error::INVALID_PARAMS, &advice)
                }
            }
        }
        Ok(Incoming::One(message)) => {
            converse(visitor, &head.headers, vec![Ok(message)], false, accepts).await
        }
        Ok(Incoming::Batch(messages)) => converse(visitor, &head.headers, messages, true, accepts).await,
        Err(problem) => failure(StatusCode::BAD_REQUEST, &problem.response()),
    }
}

/// The project that the head names; the error is a sentence.
fn project(headers: &HeaderMap) -> Result<Option<PathBuf>, String> {
    let Some(named) = headers.get(PROJECT) else { return Ok(None) };
    let text = std::str::from_utf8(named.as_bytes()).unwrap_or_default();
    let path = match Url::parse(text) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().unwrap_or_default(),
        _ => PathBuf::from(text),
    };
    let advice =
        format!("`X-Headgate-Project: {text}` is not the absolute path, or file:// URL, of a folder here");
    project_folder(&path).map(Some).ok_or(advice)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Opens a session. An old session id beside it is not looked at: the client wants a new one.
async fn initialize(
    visitor: Visitor,
    call: Call,
    project: Option<PathBuf>,
    accepts: Accepts,
) -> Response<Body> {
    let Visitor { gateway, drain, client, scope } = visitor;
    let Some(underway) = drain.enter() else { return stopping(Some(&call.id)) };
    let session = match gateway.open_session(client, scope, call.params.as_ref(), project) {
        Ok(session) => session,
        Err(full) => {
            let text = full.to_string();
            return refuse(StatusCode::SERVICE_UNAVAILABLE, Some(&call.id), error::INTERNAL_ERROR, &text);
        }
    };
    let work = {
        let (gateway, session) = (gateway.clone(), session.clone());
        async move { gateway.greet(&session, &call).await.to_bytes() }
    };
    let exchange = Exchange::new(session.clone(), underway, work);
    let mut response = exchange.answer(accepts, PLAIN_JSON_WITHIN).await;
    // A session that could not be served was not kept.
    if !session.has_ended()
        && let Ok(id) = HeaderValue::from_str(&session.id)
    {
        response.headers_mut().insert(SESSION_ID, id);
    }
    response
}

/// Messages within a session.
async fn converse(
    visitor: Visitor,
    headers: &HeaderMap,
    messages: Vec<Result<Message, ParseError>>,
    batch: bool,
    accepts: Accepts,
) -> Response<Body> {
    let id = messages.iter().find_map(|message| match message {
        Ok(Message::Request(call)) => Some(call.id.clone()),
        _ => None,
    });
    let session = match known_revision(headers, id.as_ref(), &messages)
        .and_then(|()| visitor.session(headers, id.as_ref()))
    {
        Ok(session) => session,
        Err(response) => return *response,
    };
    if batch && session.revision() != revision::BATCHES {
        let text =
            format!("batches exist in revision {} only; send one message at a time", revision::BATCHES);
        return refuse(StatusCode::BAD_REQUEST, None, error::INVALID_REQUEST, &text);
    }
    let underway = visitor.drain.enter();
    if underway.is_none() && id.is_some() {
        return stopping(id.as_ref());
    }
    let mut calls = Vec::new();
    let mut refusals = Vec::new();
    for message in messages {
        match message {
            Ok(Message::Request(call)) => calls.push(call),
            Ok(other) => visitor.gateway.take(&session, other).await,
            Err(problem) => refusals.push(problem.response().to_bytes()),
        }
    }
    if calls.is_empty() && refusals.is_empty() {
        return accepted();
    }
    if headers.contains_key(BRIDGE) && is_face(&session.client) {
        if timeout(BACKLOG_LIMIT, session.has_room()).await.is_err() {
            let advice = "the answers to earlier calls are not read; read them first";
            return refuse(StatusCode::TOO_MANY_REQUESTS, id.as_ref(), error::INTERNAL_ERROR, advice);
        }
        relay::answer(&visitor.gateway, &session, underway, calls, refusals).await;
        return accepted();
    }
    let exchange = Exchange::start(visitor.gateway, session, underway, calls, refusals, batch);
    exchange.answer(accepts, PLAIN_JSON_WITHIN).await
}

/// Notifications and answers still pass: calls in flight may need them.
fn stopping(id: Option<&Id>) -> Response<Body> {
    let advice = "the gateway is stopping; try again when it is back";
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, id, error::INTERNAL_ERROR, advice);
    // Tells it from other refusals with this status: what was refused so may be sent again.
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// A revision that we do not speak is refused with the list of those we do. Some clients never send
/// the header; then the revision of the session holds.
fn known_revision(
    headers: &HeaderMap,
    id: Option<&Id>,
    messages: &[Result<Message, ParseError>],
) -> Result<(), Box<Response<Body>>> {
    let given = headers.get(PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    let discovers = messages.iter().any(|message| match message {
        Ok(Message::Request(call)) => call.method == method::DISCOVER,
        _ => false,
    });
    match given {
        Some(given) if revision::LEGACY.contains(&given) => Ok(()),
        None if !discovers || headers.contains_key(SESSION_ID) => Ok(()),
        given => Err(Box::new(reply::unsupported_revision(id, given))),
    }
}

fn get(visitor: Visitor, headers: &HeaderMap) -> Response<Body> {
    if !accepts(headers).events {
        let advice = "GET opens an event stream; accept text/event-stream";
        return refuse(StatusCode::NOT_ACCEPTABLE, None, error::INVALID_REQUEST, advice);
    }
    let session = match known_revision(headers, None, &[]).and_then(|()| visitor.session(headers, None)) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let last_event = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    match session.listen(last_event) {
        Some(reader) => event_stream(&session, reader, last_event.is_none()),
        None => {
            let advice = "Last-Event-ID names no event that is still known; open a stream without it";
            refuse(StatusCode::BAD_REQUEST, None, error::INVALID_REQUEST, advice)
        }
    }
}

async fn delete(visitor: Visitor, headers: &HeaderMap) -> Response<Body> {
    match visitor.session(headers, None) {
        Ok(session) => {
            // The client need not wait for its children to end.
            let gateway = visitor.gateway;
            let ending = tokio::spawn(async move { gateway.end_session(&session).await });
            let _ = timeout(PLAIN_JSON_WITHIN, ending).await;
            reply::empty(StatusCode::NO_CONTENT)
        }
        Err(response) => *response,
    }
}

/// The bytes of an answer to one message or to a batch.
pub(super) fn joined(answers: Vec<Bytes>, batch: bool) -> Bytes {
    if !batch {
        return answers.into_iter().next().unwrap_or_default();
    }
    let mut text = vec![b'['];
    for (at, answer) in answers.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(answer);
    }
    text.push(b']');
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&'static str], json: bool, events: bool) {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        assert_eq!(accepts(&headers), Accepts { json, events }, "{given:?}");
    }

    #[test]
    fn accept_is_read_kindly() {
        check(&[], true, true);
        check(&["*/*"], true, true);
        check(&["application/json, text/event-stream"], true, true);
        check(&["application/json;q=0.9"], true, false);
        check(&["text/event-stream"], false, true);
        check(&["application/json", "TEXT/event-stream"], true, true);
        check(&["text/html"], false, false);
    }

    #[test]
    fn a_batch_is_answered_as_a_batch() {
        assert_eq!(joined(vec!["1".into(), "2".into()], true), "[1,2]");
        assert_eq!(joined(vec!["1".into()], false), "1");
    }
}
