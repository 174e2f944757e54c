//! The Streamable HTTP transport towards an upstream (transports, "Streamable HTTP"): every message is
//! a POST of its own, answers come as JSON or as event streams, and one GET stream listens.

mod sender;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use headgate_protocol::{Id, Incoming, MAX_MESSAGE_BYTES, Message, Outcome, ParseError, parse, sse};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use url::Url;

use sender::{Sender, sentence};

use super::{
    link::{Closed, Failure, Frame, Received, unreadable},
    log::{Log, Source},
};

/// Messages that were received and not yet looked at; more make their streams wait.
const INCOMING: usize = 256;
/// POSTs at once; more wait in the queue, and beyond that callers wait.
const MAX_POSTS: usize = 512;

/// Later messages wait for a notification to be taken, so that `initialized` comes first.
const NOTIFICATION_LIMIT: Duration = Duration::from_secs(10);
/// Between two attempts to resume a stream when the server names no time.
const RESUME_DELAY: Duration = Duration::from_secs(1);
/// Attempts in a row, without an event, to resume the stream of an answer.
const MAX_RESUMES: u32 = 5;
/// A stream that stays open after its answer is left to itself.
const AFTER_ANSWER: Duration = Duration::from_secs(1);
/// The longest pause between attempts to listen.
const MAX_LISTEN_DELAY: Duration = Duration::from_secs(30);
/// Ending a session is polite; nobody waits for it longer.
const DELETE_LIMIT: Duration = Duration::from_secs(2);
/// As much of a refusal's text as a person needs.
const MAX_REFUSAL_CHARS: usize = 300;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// An HTTP session with a remote server.
pub(crate) struct Http {
    remote: Arc<Remote>,
    queue: VecDeque<Frame>,
    tasks: JoinSet<Done>,
    posts: HashMap<u64, AbortHandle>,
    /// A notification is on its way; what comes after it waits.
    barrier: bool,
    /// The listening stream is opened once the first notification, `initialized`, was taken.
    may_listen: bool,
    incoming: mpsc::Receiver<Received>,
}

enum Done {
    Request(u64),
    Notification,
    Other,
}

/// What all requests to one server share.
struct Remote {
    sender: Sender,
    headers: HeaderMap,
    session: OnceLock<HeaderValue>,
    revision: OnceLock<HeaderValue>,
    received: mpsc::Sender<Received>,
    log: Arc<Log>,
}

impl Http {
    /// Prepares a client; nothing is sent yet.
    pub(crate) fn new(url: &Url, headers: HeaderMap, log: Arc<Log>) -> Result<Self, reqwest::Error> {
        let (received, incoming) = mpsc::channel(INCOMING);
        let remote = Remote {
            sender: Sender::new(url)?,
            headers,
            session: OnceLock::new(),
            revision: OnceLock::new(),
            received,
            log,
        };
        Ok(Self {
            remote: Arc::new(remote),
            queue: VecDeque::new(),
            tasks: JoinSet::new(),
            posts: HashMap::new(),
            barrier: false,
            may_listen: false,
            incoming,
        })
    }

    pub(crate) fn send(&mut self, frame: Frame) {
        self.queue.push_back(frame);
        self.pump();
    }

    pub(crate) fn has_room(&self) -> bool {
        self.queue.is_empty() && self.tasks.len() < MAX_POSTS
    }

    pub(crate) async fn next(&mut self) -> Received {
        loop {
            let had_room = self.has_room();
            tokio::select! {
                Some(received) = self.incoming.recv() => return received,
                Some(done) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    match done {
                        Ok(Done::Request(id)) => drop(self.posts.remove(&id)),
                        Ok(Done::Notification) => {
                            self.barrier = false;
                            if std::mem::take(&mut self.may_listen) {
                                self.tasks.spawn(listen(self.remote.clone()));
                            }
                        }
                        Ok(Done::Other) | Err(_) => {}
                    }
                    self.pump();
                    if !had_room && self.has_room() {
                        return Received::Room;
                    }
                }
            }
        }
    }

    fn pump(&mut self) {
        while !self.barrier
            && let Some(frame) = self.queue.pop_front()
        {
            let remote = self.remote.clone();
            match frame.request {
                Some(id) => {
                    self.posts.insert(id, self.tasks.spawn(request(remote, id, frame.bytes)));
                }
                None => {
                    self.barrier = true;
                    self.tasks.spawn(notification(remote, frame.bytes));
                }
            }
        }
    }

    pub(crate) fn agreed(&mut self, revision: &str) {
        if let Ok(revision) = HeaderValue::from_str(revision) {
            let _ = self.remote.revision.set(revision);
        }
        self.may_listen = true;
    }

    pub(crate) fn forget(&mut self, request: u64) {
        if let Some(post) = self.posts.remove(&request) {
            post.abort();
        }
    }

    pub(crate) async fn close(mut self) -> String {
        self.tasks.shutdown().await;
        if self.remote.session.get().is_some() {
            let delete = self.remote.sender.send(Method::DELETE, self.remote.headers(), None);
            let _ = timeout(DELETE_LIMIT, delete).await;
        }
        "the connection closed".to_owned()
    }
}

impl Remote {
    fn headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        let own = [(&SESSION_ID, &self.session), (&PROTOCOL_VERSION, &self.revision)];
        for (name, value) in own.into_iter().filter_map(|(name, value)| Some((name, value.get()?))) {
            headers.insert(name, value.clone());
        }
        headers
    }

    async fn post(&self, bytes: Bytes) -> Result<Response, Failure> {
        let mut headers = self.headers();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        self.sender.send(Method::POST, headers, Some(bytes)).await
    }

    async fn get(&self, last_event: Option<&str>) -> Result<Response, Failure> {
        let mut headers = self.headers();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = last_event.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(LAST_EVENT_ID, id);
        }
        self.sender.send(Method::GET, headers, None).await
    }

    /// True when the status says that our session is gone (transports, "Session Management").
    fn expired(&self, status: StatusCode) -> bool {
        status == StatusCode::NOT_FOUND && self.session.get().is_some()
    }

    /// Hands on what an event stream said; true when it is the answer to `origin`.
    async fn heard(&self, bytes: &Bytes, origin: Option<u64>) -> bool {
        let incoming = match parse(bytes) {
            Ok(incoming) => incoming,
            Err(problem) => {
                self.log.add(Source::Noise, &format!("an HTTP message was no MCP: {problem}"));
                let Some((request, failure)) = unreadable(&problem) else { return false };
                self.fail(request, failure).await;
                return origin == Some(request);
            }
        };
        let answered = origin.is_some_and(|id| answers(&incoming, id));
        self.deliver(incoming, origin).await;
        answered
    }

    async fn deliver(&self, incoming: Incoming, origin: Option<u64>) {
        let _ = self.received.send(Received::Incoming { incoming, origin }).await;
    }

    async fn expire(&self, request: Option<u64>) {
        let _ = self.received.send(Received::Closed(Closed::SessionExpired { request })).await;
    }

    async fn fail(&self, request: u64, failure: Failure) {
        let _ = self.received.send(Received::Failed { request, failure }).await;
    }
}

fn answers(incoming: &Incoming, id: u64) -> bool {
    let is_answer = |message: &Message| match message {
        Message::Response(response) => response.id.as_ref().and_then(Id::as_number) == Some(id),
        _ => false,
    };
    match incoming {
        Incoming::One(message) => is_answer(message),
        Incoming::Batch(messages) => messages.iter().flatten().any(is_answer),
    }
}

async fn notification(remote: Arc<Remote>, bytes: Bytes) -> Done {
    match timeout(NOTIFICATION_LIMIT, remote.post(bytes)).await {
        Ok(Ok(response)) if remote.expired(response.status()) => {
            remote.expire(None).await;
        }
        Ok(Ok(response)) if response.status().is_success() => {}
        Ok(Ok(response)) => {
            remote.log.add(Source::Life, &format!("it refused a message: HTTP {}", response.status()));
        }
        Ok(Err(Failure::NotTaken(why) | Failure::Lost(why))) => {
            remote.log.add(Source::Life, &format!("a message was not taken: {why}"))
        }
        Err(_) => remote.log.add(Source::Life, "a message was not taken in time"),
    }
    Done::Notification
}

async fn request(remote: Arc<Remote>, id: u64, bytes: Bytes) -> Done {
    match remote.post(bytes).await {
        Ok(response) => answer(&remote, id, response).await,
        Err(failure) => remote.fail(id, failure).await,
    }
    Done::Request(id)
}

async fn answer(remote: &Remote, id: u64, response: Response) {
    let status = response.status();
    if remote.expired(status) {
        return remote.expire(Some(id)).await;
    }
    if let Some(session) = response.headers().get(SESSION_ID) {
        let _ = remote.session.set(session.clone());
    }
    if status.is_success() && has_type(&response, "text/event-stream") {
        return read_answer_stream(remote, id, response).await;
    }
    let body = match read_body(response).await {
        Ok(body) => body,
        Err(why) => return remote.fail(id, Failure::Lost(why)).await,
    };
    let parsed = parse(&body);
    if status == StatusCode::BAD_REQUEST && remote.session.get().is_some() && speaks_of_session(&parsed) {
        return remote.expire(Some(id)).await;
    }
    let told = match parsed {
        Ok(incoming) if answers(&incoming, id) => return remote.deliver(incoming, Some(id)).await,
        Ok(Incoming::One(Message::Response(response))) => match response.outcome {
            Outcome::Error(error) => error.text_at(&["message"]),
            Outcome::Result(_) => None,
        },
        _ => None,
    };
    remote.fail(id, Failure::Lost(refusal(status, told, &body))).await;
}

/// Servers on the TypeScript SDK answer 400 where the specification wants 404: their examples look for
/// the session themselves.
fn speaks_of_session(body: &Result<Incoming, ParseError>) -> bool {
    match body {
        Ok(Incoming::One(Message::Response(response))) => match &response.outcome {
            Outcome::Error(error) => error
                .text_at(&["message"])
                .is_some_and(|message| message.to_ascii_lowercase().contains("session")),
            Outcome::Result(_) => false,
        },
        _ => false,
    }
}

/// Reads an event stream up to the answer; one that ends early is resumed by GET (transports,
/// "Resumability and Redelivery").
async fn read_answer_stream(remote: &Remote, id: u64, mut response: Response) {
    let mut cursor = Cursor::default();
    let mut resumes = 0;
    loop {
        let events_before = cursor.events;
        if read_events(remote, response, Some(id), &mut cursor).await {
            return;
        }
        if cursor.events > events_before {
            resumes = 0;
        }
        response = loop {
            let Some(last_event) = cursor.last_event.as_deref().filter(|_| resumes < MAX_RESUMES) else {
                let why = "its event stream ended before the answer".to_owned();
                return remote.fail(id, Failure::Lost(why)).await;
            };
            resumes += 1;
            sleep(cursor.retry.unwrap_or(RESUME_DELAY)).await;
            match remote.get(Some(last_event)).await {
                Ok(response) if response.status().is_success() => break response,
                Ok(response) if remote.expired(response.status()) => {
                    remote.fail(id, Failure::Lost("its HTTP session expired".to_owned())).await;
                    return remote.expire(None).await;
                }
                Ok(_) | Err(_) => {}
            }
        };
    }
}

/// How far an event stream was read.
#[derive(Default)]
struct Cursor {
    last_event: Option<String>,
    retry: Option<Duration>,
    events: u64,
}

/// Delivers a stream's messages; true when the answer was among them.
async fn read_events(remote: &Remote, response: Response, origin: Option<u64>, cursor: &mut Cursor) -> bool {
    let mut decoder = sse::Decoder::default();
    let mut chunks = response.bytes_stream();
    let mut answered = false;
    loop {
        // After the answer a stream should end (transports, "Sending Messages to the Server"); one that
        // does is read to its end, so that its connection can be used again.
        let limit = if answered { AFTER_ANSWER } else { Duration::MAX };
        let Ok(Some(Ok(chunk))) = timeout(limit, chunks.next()).await else { return answered };
        decoder.push(&chunk);
        loop {
            let event = match decoder.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(problem) => {
                    remote.log.add(Source::Noise, &problem.to_string());
                    return answered;
                }
            };
            cursor.events += 1;
            cursor.retry =
                event.retry_ms.map(|ms| Duration::from_millis(ms).min(MAX_LISTEN_DELAY)).or(cursor.retry);
            cursor.last_event = event.id.or(cursor.last_event.take());
            let is_message = event.event.as_deref().is_none_or(|name| name == "message");
            if is_message && !event.data.is_empty() {
                answered |= remote.heard(&event.data, origin).await;
            }
        }
    }
}

/// Keeps the listening stream open for as long as the server offers one.
async fn listen(remote: Arc<Remote>) -> Done {
    let mut cursor = Cursor::default();
    let mut delay = RESUME_DELAY;
    loop {
        let events_before = cursor.events;
        match remote.get(cursor.last_event.as_deref()).await {
            Ok(response) if response.status().is_success() && has_type(&response, "text/event-stream") => {
                read_events(&remote, response, None, &mut cursor).await;
            }
            Ok(response) if remote.expired(response.status()) => {
                remote.expire(None).await;
                return Done::Other;
            }
            // 405 means that the server offers none; most other refusals will not change by asking again.
            Ok(response) if !is_passing(response.status()) => return Done::Other,
            Ok(_) | Err(_) => {}
        }
        delay = match cursor.events > events_before {
            true => RESUME_DELAY,
            false => (delay * 2).min(MAX_LISTEN_DELAY),
        };
        sleep(cursor.retry.unwrap_or(delay)).await;
    }
}

/// True for refusals that may have changed a while later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

fn has_type(response: &Response, expected: &str) -> bool {
    let given =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.trim_start().to_ascii_lowercase().starts_with(expected)
}

async fn read_body(response: Response) -> Result<Bytes, String> {
    let mut chunks = response.bytes_stream();
    let mut next =
        async || chunks.next().await.transpose().map_err(|error| sentence("the HTTP exchange broke", &error));
    let Some(first) = next().await? else { return Ok(Bytes::new()) };
    let Some(second) = next().await? else { return Ok(first) };
    let mut body = BytesMut::from(&first[..]);
    body.extend_from_slice(&second);
    while let Some(chunk) = next().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_MESSAGE_BYTES {
            return Err(format!("its answer is larger than {} MiB", MAX_MESSAGE_BYTES / (1024 * 1024)));
        }
    }
    Ok(body.freeze())
}

/// What to do about an upstream that knows nobody without a key.
pub(super) const WANTS_A_KEY: &str = "; it wants a login or a key: give it a header with the key, since Headgate cannot log in through \
                                      a browser yet";

fn refusal(status: StatusCode, told: Option<String>, body: &[u8]) -> String {
    let told = told.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    let told: String = told.chars().filter(|c| !c.is_control()).take(MAX_REFUSAL_CHARS).collect();
    let advice = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => WANTS_A_KEY,
        _ => "",
    };
    match status.is_success() {
        true => format!("it answered HTTP {status} without an answer to the request: {told}"),
        false => format!("it refused with HTTP {status}: {told}{advice}"),
    }
}
