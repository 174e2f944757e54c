//! Messages: requests, notifications and responses, parsed from bytes and written to bytes.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Id, Raw, envelope::Envelope, error};

/// One JSON-RPC message.
#[derive(Debug, Clone)]
pub enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none.
    Notification(Notification),
    /// The answer to a request.
    Response(Response),
}

/// A method call that wants an answer.
#[derive(Debug, Clone)]
pub struct Request {
    /// Chosen by its sender.
    pub id: Id,
    /// For example `tools/call`.
    pub method: String,
    /// Its parameters, if any.
    pub params: Option<Raw>,
    /// Members of the envelope that JSON-RPC does not know; they pass.
    pub extra: Vec<(String, Raw)>,
}

/// A method call that wants no answer.
#[derive(Debug, Clone)]
pub struct Notification {
    /// For example `notifications/progress`.
    pub method: String,
    /// Its parameters, if any.
    pub params: Option<Raw>,
    /// Members of the envelope that JSON-RPC does not know; they pass.
    pub extra: Vec<(String, Raw)>,
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub struct Response {
    /// The id of the request; `None` (null on the wire) when the request could not be read.
    pub id: Option<Id>,
    /// What came of it.
    pub outcome: Outcome,
    /// Members of the envelope that JSON-RPC does not know; they pass.
    pub extra: Vec<(String, Raw)>,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The member `result`.
    Result(Raw),
    /// The member `error`.
    Error(Raw),
}

/// What stood in one body or line.
#[derive(Debug)]
pub enum Incoming {
    /// A single message.
    One(Message),
    /// A batch (revision 2025-03-26): each message, or why it is none.
    Batch(Vec<Result<Message, ParseError>>),
}

/// Why bytes are no message.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ParseError {
    /// No JSON at all (JSON-RPC code -32700).
    #[error("not valid JSON: {0}")]
    NotJson(String),
    /// JSON, but no JSON-RPC 2.0 message (JSON-RPC code -32600).
    #[error("not a JSON-RPC 2.0 message: {reason}")]
    NotJsonRpc {
        /// What is wrong with it.
        reason: String,
        /// The id it came with, when that could be read.
        id: Option<Id>,
        /// It has no method, so it was meant as an answer.
        is_answer: bool,
    },
}

impl ParseError {
    /// The JSON-RPC answer that tells the sender.
    pub fn response(&self) -> Response {
        let (id, code) = match self {
            Self::NotJson(_) => (None, error::PARSE_ERROR),
            Self::NotJsonRpc { id, .. } => (id.clone(), error::INVALID_REQUEST),
        };
        Response { id, outcome: Outcome::error(code, &self.to_string()), extra: Vec::new() }
    }

    /// The request that it was meant to answer.
    pub fn answered(&self) -> Option<&Id> {
        match self {
            Self::NotJsonRpc { id, is_answer: true, .. } => id.as_ref(),
            _ => None,
        }
    }
}

/// Reads one body or line.
pub fn parse(bytes: &Bytes) -> Result<Incoming, ParseError> {
    // A message may be large: one that is sound is read in one pass, and only others are looked at for what they are.
    if let Ok(envelope) = serde_json::from_slice(bytes) {
        return message(bytes, &envelope).map(Incoming::One);
    }
    let whole = Raw::parse(bytes.clone()).map_err(|e| ParseError::NotJson(e.to_string()))?;
    match whole.elements() {
        None => one(bytes, &whole).map(Incoming::One),
        Some(elements) if elements.is_empty() => Err(not_rpc("the batch is empty")),
        Some(elements) => Ok(Incoming::Batch(elements.iter().map(|element| one(bytes, element)).collect())),
    }
}

/// Reads a part of these bytes, or all of them.
fn one(bytes: &Bytes, raw: &Raw) -> Result<Message, ParseError> {
    if !raw.is_object() {
        return Err(not_rpc("expected an object"));
    }
    let envelope: Envelope<'_> = raw.read().map_err(|e| not_rpc(&e.to_string()))?;
    message(bytes, &envelope)
}

/// The message with this envelope, which was read from these bytes.
fn message(bytes: &Bytes, envelope: &Envelope<'_>) -> Result<Message, ParseError> {
    let cut = |value: Option<&_>| value.map(|value| Raw::within(bytes, value));
    let given_id = cut(envelope.id);
    let id = given_id.clone().and_then(Id::from_raw);
    let malformed = |reason: &str, id| ParseError::NotJsonRpc {
        reason: reason.to_owned(),
        id,
        is_answer: envelope.method.is_none(),
    };
    if cut(envelope.jsonrpc).is_none_or(|version| version.as_bytes() != br#""2.0""#) {
        return Err(malformed("member `jsonrpc` must be \"2.0\"", id));
    }
    let extra = envelope.extra.iter().map(|(key, value)| (key.clone(), Raw::within(bytes, value))).collect();
    // Many servers write both members and leave a null in the one that is not meant.
    let (result, error) = match (cut(envelope.result), cut(envelope.error)) {
        (result @ Some(_), Some(error)) if error.as_bytes() == b"null" => (result, None),
        (Some(result), error @ Some(_)) if result.as_bytes() == b"null" => (None, error),
        both => both,
    };
    match (cut(envelope.method), result, error) {
        (Some(method), None, None) => {
            let method: String =
                method.read().map_err(|_| malformed("member `method` must be a string", id.clone()))?;
            let params = cut(envelope.params);
            match (given_id, id) {
                (None, _) => Ok(Message::Notification(Notification { method, params, extra })),
                (Some(_), Some(id)) => Ok(Message::Request(Request { id, method, params, extra })),
                (Some(_), None) => Err(not_rpc("member `id` must be a string or a number")),
            }
        }
        (None, Some(result), None) => {
            let id = id.ok_or_else(|| not_rpc("a result needs the id of its request"))?;
            Ok(Message::Response(Response { id: Some(id), outcome: Outcome::Result(result), extra }))
        }
        (None, None, Some(error)) => {
            Ok(Message::Response(Response { id, outcome: Outcome::Error(error), extra }))
        }
        _ => Err(malformed("expected exactly one of `method`, `result` and `error`", id)),
    }
}

fn not_rpc(reason: &str) -> ParseError {
    ParseError::NotJsonRpc { reason: reason.to_owned(), id: None, is_answer: false }
}

impl Message {
    /// The message as one line of JSON, without the line's end.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Notification(notification) => notification.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// A request of our own.
    pub fn new(id: Id, method: &str, params: Option<Raw>) -> Self {
        Self { id, method: method.to_owned(), params, extra: Vec::new() }
    }

    /// The request as one line of JSON.
    pub fn to_bytes(&self) -> Bytes {
        write(Some(&self.id), Some(&self.method), self.params.as_ref().map(|p| ("params", p)), &self.extra)
    }
}

impl Notification {
    /// A notification of our own.
    pub fn new(method: &str, params: Option<Raw>) -> Self {
        Self { method: method.to_owned(), params, extra: Vec::new() }
    }

    /// The notification as one line of JSON.
    pub fn to_bytes(&self) -> Bytes {
        write(None, Some(&self.method), self.params.as_ref().map(|p| ("params", p)), &self.extra)
    }
}

impl Response {
    /// The answer to request `id`.
    pub fn new(id: Id, outcome: Outcome) -> Self {
        Self { id: Some(id), outcome, extra: Vec::new() }
    }

    /// The response as one line of JSON.
    pub fn to_bytes(&self) -> Bytes {
        let outcome = match &self.outcome {
            Outcome::Result(result) => ("result", result),
            Outcome::Error(error) => ("error", error),
        };
        match &self.id {
            Some(id) => write(Some(id), None, Some(outcome), &self.extra),
            None => {
                let null = [("id".to_owned(), Raw::constant("null"))];
                write(None, None, Some(outcome), &[&null, &self.extra[..]].concat())
            }
        }
    }
}

impl Outcome {
    /// An error of our own: a code for programs, a sentence for people.
    pub fn error(code: i64, message: &str) -> Self {
        Self::Error(error::object(code, message, None))
    }

    /// An empty result.
    pub fn empty() -> Self {
        Self::Result(Raw::constant("{}"))
    }
}

/// Room for the fixed parts of an envelope.
const ENVELOPE_BYTES: usize = 64;

fn write(
    id: Option<&Id>,
    method: Option<&str>,
    body: Option<(&str, &Raw)>,
    extra: &[(String, Raw)],
) -> Bytes {
    let size = body.map_or(0, |(_, raw)| raw.as_bytes().len()) + method.map_or(0, str::len);
    let mut out = BytesMut::with_capacity(size + ENVELOPE_BYTES);
    out.put_slice(br#"{"jsonrpc":"2.0""#);
    if let Some(id) = id {
        member(&mut out, "id", id.raw());
    }
    if let Some(method) = method {
        member(&mut out, "method", &Raw::of(method));
    }
    if let Some((key, raw)) = body {
        member(&mut out, key, raw);
    }
    for (key, raw) in extra {
        member(&mut out, key, raw);
    }
    out.put_u8(b'}');
    out.freeze()
}

fn member(out: &mut BytesMut, key: &str, value: &Raw) {
    out.put_u8(b',');
    out.put_slice(Raw::of(key).as_bytes());
    out.put_u8(b':');
    let start = out.len();
    out.put_slice(value.as_bytes());
    // A line break can only be white space between tokens here, since strings escape theirs; as a
    // space it means the same and fits one line of stdio or of an event stream.
    for at in memchr::memchr2_iter(b'\n', b'\r', value.as_bytes()) {
        out[start + at] = b' ';
    }
}

#[cfg(test)]
mod tests;
