//! A client of the Streamable HTTP transport that shows every byte. It knows the framing and nothing
//! of MCP's types; messages stay the text that came.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use headgate_protocol::sse;
use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{DEADLINE, within};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// A client, with or without a session.
pub struct Mcp {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
    last_id: AtomicU64,
    /// How long each step of an exchange may take.
    patience: Duration,
    /// The answer to `initialize`; null before.
    pub welcome: Value,
}

/// One message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its text.
    pub text: String,
}

/// One event of a stream; a plain JSON body counts as one without an id.
#[derive(Debug, Clone)]
pub struct Event {
    /// The id to resume after.
    pub id: Option<String>,
    /// Milliseconds to wait before resuming.
    pub retry_ms: Option<u64>,
    /// Empty for a priming event.
    pub message: Option<Message>,
}

/// An HTTP answer of which the head has come.
pub struct Exchange {
    /// The HTTP status.
    pub status: u16,
    /// The HTTP headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    decoder: sse::Decoder,
    patience: Duration,
    plain_body_read: bool,
    seen: VecDeque<Message>,
}

/// An HTTP answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body of a plain answer; empty for an event stream.
    pub body: String,
    /// Everything that was said, in order.
    pub events: Vec<Event>,
}

/// A client for loopback. It loads no certificates, which takes longer than all else.
pub(crate) fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]).tcp_nodelay(true);
    builder.redirect(reqwest::redirect::Policy::none()).build().expect("make an HTTP client")
}

/// What a client of these tests can do: everything.
pub fn parameters() -> Value {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {
            "roots": { "listChanged": true },
            "sampling": {},
            "elicitation": { "form": {}, "url": {} },
        },
        "clientInfo": { "name": "e2e", "version": "1" },
    })
}

impl Mcp {
    /// A client without a session; an empty key is none.
    pub fn new(url: &str, key: &str) -> Self {
        let client = Self {
            http: http_client(),
            url: url.to_owned(),
            headers: HeaderMap::new(),
            last_id: AtomicU64::new(0),
            patience: DEADLINE,
            welcome: Value::Null,
        };
        match key {
            "" => client,
            key => client.with_header(AUTHORIZATION.as_str(), &format!("Bearer {key}")),
        }
    }

    /// Opens a session as a client that can do everything.
    pub async fn open(url: &str, key: &str) -> Self {
        Self::open_with(url, key, parameters()).await
    }

    /// Opens a session with these parameters of `initialize`.
    pub async fn open_with(url: &str, key: &str, parameters: Value) -> Self {
        let mut client = Self::new(url, key);
        client.initialize(parameters).await;
        client
    }

    /// The same client, without its session; connections are shared.
    pub fn fresh(&self) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(SESSION_ID);
        headers.remove(PROTOCOL_VERSION);
        Self {
            http: self.http.clone(),
            url: self.url.clone(),
            headers,
            last_id: AtomicU64::new(0),
            patience: self.patience,
            welcome: Value::Null,
        }
    }

    /// Opens one more session for the same client.
    pub async fn another(&self) -> Self {
        let mut client = self.fresh();
        client.initialize(parameters()).await;
        client
    }

    /// Waits longer, or not as long, for each step of an exchange.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends one more header with everything, or another value for it.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.set_header(name, value);
        self
    }

    /// Sends one more header with everything, or another value for it.
    pub fn set_header(&mut self, name: &str, value: &str) {
        let name = HeaderName::try_from(name).expect("a header name");
        self.headers.insert(name, HeaderValue::try_from(value).expect("a header value"));
    }

    /// Sends `initialize` and `notifications/initialized`.
    pub async fn initialize(&mut self, parameters: Value) {
        self.initialize_only(parameters).await;
        let answer = self.notify("notifications/initialized", None).await;
        assert_eq!(answer.status, 202, "`initialized` was not taken: {answer:?}");
    }

    /// Sends `initialize` alone.
    pub async fn initialize_only(&mut self, parameters: Value) {
        let answer = self.request("initialize", parameters).await;
        self.welcome = answer.result();
        if let Some(session) = answer.headers.get(SESSION_ID) {
            self.headers.insert(SESSION_ID, session.clone());
        }
        let revision = self.welcome["protocolVersion"].as_str().expect("a welcome names its revision");
        self.headers.insert(PROTOCOL_VERSION, HeaderValue::try_from(revision).expect("a revision is ASCII"));
    }

    /// The session's id, when there is one.
    pub fn session(&self) -> Option<&str> {
        self.headers.get(SESSION_ID).map(|id| id.to_str().expect("a session id is ASCII"))
    }

    /// Names a session, its own or a stranger's.
    pub fn set_session(&mut self, id: &str) {
        self.set_header(SESSION_ID.as_str(), id);
    }

    // ---- saying something ------------------------------------------------------------------------

    /// A new id.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Relaxed) + 1
    }

    /// Sends a request with a new id and reads everything that comes back.
    pub async fn request(&self, method: &str, params: Value) -> Answer {
        self.start(method, params).await.finish().await
    }

    /// Sends a request with a new id and leaves the answer to be read.
    pub async fn start(&self, method: &str, params: Value) -> Exchange {
        let id = self.next_id().to_string();
        self.start_as(&id, method, &params.to_string()).await
    }

    /// Sends a request whose id and parameters are exactly this text.
    pub async fn start_as(&self, id: &str, method: &str, params: &str) -> Exchange {
        self.post(request_text(id, method, params)).await
    }

    /// The same, read to the end.
    pub async fn request_as(&self, id: &str, method: &str, params: &str) -> Answer {
        self.start_as(id, method, params).await.finish().await
    }

    /// Calls a tool and gives its result.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.try_call(tool, arguments).await.result()
    }

    /// Calls a tool and gives the whole answer.
    pub async fn try_call(&self, tool: &str, arguments: Value) -> Answer {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// Calls a tool and leaves the answer to be read.
    pub async fn start_call(&self, tool: &str, arguments: Value) -> Exchange {
        self.start("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str, params: Option<Value>) -> Answer {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        if let Some(params) = params {
            message["params"] = params;
        }
        self.post_bytes(message.to_string()).await
    }

    /// Answers a question; `id` and `result` are exactly this text.
    pub async fn respond(&self, id: &str, result: &str) -> Answer {
        self.post_bytes(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)).await
    }

    /// Posts these bytes and reads everything that comes back.
    pub async fn post_bytes(&self, body: impl Into<Bytes>) -> Answer {
        self.post(body).await.finish().await
    }

    /// Posts these bytes and leaves the answer to be read.
    pub async fn post(&self, body: impl Into<Bytes>) -> Exchange {
        self.exchange(self.prepare(Method::POST).body(body.into())).await
    }

    /// Opens the listening stream.
    pub async fn listen(&self) -> Exchange {
        self.exchange(self.prepare(Method::GET)).await
    }

    /// Resumes a stream after an event.
    pub async fn resume(&self, last_event_id: &str) -> Exchange {
        self.exchange(self.prepare(Method::GET).header("last-event-id", last_event_id)).await
    }

    /// Ends the session.
    pub async fn delete(&self) -> Answer {
        self.exchange(self.prepare(Method::DELETE)).await.finish().await
    }

    /// A request with the usual headers.
    pub fn prepare(&self, method: Method) -> RequestBuilder {
        self.prepare_with(method, &[])
    }

    /// A request with the usual headers, some of them with other values.
    pub fn prepare_with(&self, method: Method, others: &[(&'static str, &str)]) -> RequestBuilder {
        let mut headers = self.headers.clone();
        for (name, value) in others {
            headers.insert(*name, HeaderValue::try_from(*value).expect("a header value"));
        }
        let accept = match method {
            Method::GET => "text/event-stream",
            _ => "application/json, text/event-stream",
        };
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accept));
        if method == Method::POST {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        self.http.request(method, &self.url).headers(headers)
    }

    /// Sends a prepared request.
    pub async fn exchange(&self, request: RequestBuilder) -> Exchange {
        let exchange = self.try_exchange(request).await;
        exchange.unwrap_or_else(|e| panic!("{} does not answer: {e:?}", self.url))
    }

    /// Sends a prepared request to a gateway that may die meanwhile.
    pub async fn try_exchange(&self, request: RequestBuilder) -> reqwest::Result<Exchange> {
        let response = within(self.patience, "the head of an HTTP answer", request.send()).await?;
        Ok(Exchange {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            response,
            decoder: sse::Decoder::default(),
            patience: self.patience,
            plain_body_read: false,
            seen: VecDeque::new(),
        })
    }

    /// The same client with the same session, at a gateway that was started anew elsewhere.
    pub fn move_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }
}

/// A request whose id and parameters are exactly this text.
pub fn request_text(id: &str, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{},"params":{params}}}"#, json!(method))
}

impl Exchange {
    /// True for an event stream.
    pub fn is_stream(&self) -> bool {
        content_type(&self.headers).starts_with("text/event-stream")
    }

    /// The next event; `None` at the end.
    pub async fn next_event(&mut self) -> Option<Event> {
        within(self.patience, "the next event", self.read_event()).await
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let event = self.next_event().await?;
            if let Some(message) = event.message {
                return Some(message);
            }
        }
    }

    /// The next message of a stream that may be silent for as long as it likes.
    pub async fn next_at_leisure(&mut self) -> Option<Message> {
        loop {
            let event = self.read_event().await?;
            if let Some(message) = event.message {
                return Some(message);
            }
        }
    }

    /// The next message that calls `method`; others are passed over and kept in [`Exchange::seen`].
    pub async fn next_of(&mut self, method: &str) -> Message {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("the stream ended before `{method}`"));
            if message.method().as_deref() == Some(method) {
                return message;
            }
            self.seen.push_back(message);
        }
    }

    /// What [`Exchange::next_of`] passed over.
    pub fn seen(&self) -> Vec<Message> {
        self.seen.iter().cloned().collect()
    }

    /// Reads to the end. What was read before is not in the answer.
    pub async fn finish(mut self) -> Answer {
        let mut body = String::new();
        let mut events = Vec::new();
        if self.is_stream() {
            while let Some(event) = self.next_event().await {
                events.push(event);
            }
        } else {
            body = within(self.patience, "an HTTP body", self.read_body()).await;
            events.extend(plain_event(&body));
        }
        Answer { status: self.status, headers: self.headers, body, events }
    }

    async fn read_event(&mut self) -> Option<Event> {
        if !self.is_stream() {
            if std::mem::replace(&mut self.plain_body_read, true) {
                return None;
            }
            let body = self.read_body().await;
            return plain_event(&body);
        }
        loop {
            if let Some(event) = self.decoder.next_event().expect("events have a bound") {
                let text = String::from_utf8(event.data.to_vec()).expect("events are UTF-8");
                let message = (!text.is_empty()).then_some(Message { text });
                return Some(Event { id: event.id, retry_ms: event.retry_ms, message });
            }
            // A stream that breaks off ends as well; what matters is what came before.
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.decoder.push(&chunk);
        }
    }

    async fn read_body(&mut self) -> String {
        let mut body = Vec::new();
        while let Some(chunk) = self.response.chunk().await.expect("read an HTTP body") {
            body.extend_from_slice(&chunk);
        }
        String::from_utf8(body).expect("bodies are UTF-8")
    }
}

fn plain_event(body: &str) -> Option<Event> {
    let message = (!body.is_empty()).then(|| Message { text: body.to_owned() })?;
    Some(Event { id: None, retry_ms: None, message: Some(message) })
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Answer {
    /// True for an event stream.
    pub fn is_stream(&self) -> bool {
        content_type(&self.headers).starts_with("text/event-stream")
    }

    /// Everything that was said.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.events.iter().filter_map(|event| event.message.as_ref())
    }

    /// Messages that call `method`.
    pub fn of(&self, method: &str) -> Vec<Value> {
        let calls = self.messages().filter(|message| message.method().as_deref() == Some(method));
        calls.map(Message::json).collect()
    }

    /// The last message, which is the answer.
    pub fn last(&self) -> &Message {
        self.messages().last().unwrap_or_else(|| panic!("an empty answer: {self:?}"))
    }

    /// The result in the answer.
    pub fn result(&self) -> Value {
        let answer = self.last().json();
        answer.get("result").unwrap_or_else(|| panic!("no result (HTTP {}): {answer}", self.status)).clone()
    }

    /// The raw text of the result.
    pub fn raw_result(&self) -> String {
        let last = self.last();
        last.member("result").unwrap_or_else(|| panic!("no result (HTTP {}): {}", self.status, last.text))
    }

    /// The code and the sentence of the error.
    pub fn error(&self) -> (i64, String) {
        let answer = self.last().json();
        let error = &answer["error"];
        let code = error["code"].as_i64();
        let sentence = error["message"].as_str().map(str::to_owned);
        match (code, sentence) {
            (Some(code), Some(sentence)) => (code, sentence),
            _ => panic!("no error (HTTP {}): {answer}", self.status),
        }
    }
}

impl Message {
    /// The whole message; numbers beyond 64 bits lose digits.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }

    /// The raw text of one member.
    pub fn member(&self, name: &str) -> Option<String> {
        self.members().get(name).map(|value| value.get().to_owned())
    }

    /// The raw text of all members.
    fn members(&self) -> BTreeMap<Cow<'_, str>, &RawValue> {
        #[derive(Deserialize)]
        struct Members<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);
        match serde_json::from_str(&self.text) {
            Ok(Members(members)) => members,
            Err(e) => panic!("no JSON object ({e}): {}", self.text),
        }
    }

    /// The method it calls, if it calls one.
    pub fn method(&self) -> Option<String> {
        serde_json::from_str(&self.member("method")?).ok()
    }

    /// The raw text of its id.
    pub fn id(&self) -> String {
        self.member("id").unwrap_or_else(|| panic!("no id: {}", self.text))
    }
}
