//! The bridge's side of the daemon: reaching it, posting lines to it, and what became of them.

use bytes::Bytes;
use headgate_api::{Client, Home};
use headgate_model::ClientName;
use headgate_protocol::{Incoming, parse, sse};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};

use crate::project;

const SESSION_ID: &str = "mcp-session-id";
/// Says that this client reads everything from the stream it listens on.
const BRIDGE: &str = "x-headgate-bridge";

/// The daemon, as far as it is known.
pub(super) struct Daemon {
    home: Home,
    name: ClientName,
    client: Option<Client>,
    /// The run of the daemon that was reached last.
    instance: Option<String>,
    session: Option<HeaderValue>,
    /// The project that the client was started in.
    project: Option<HeaderValue>,
}

/// Which daemon was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// The one that was there before, or the first.
    TheSame,
    /// Another run: what the one before had taken is lost.
    Another,
}

/// What became of a line.
pub(super) enum Post {
    /// It was taken; answers come where we listen.
    Taken,
    /// It was answered at once.
    Answered(Vec<Bytes>),
    /// The daemon does not know the session, so it took nothing.
    Forgotten,
    /// It surely was not taken.
    NotTaken(String),
    /// Nobody knows whether it was taken.
    Unknown(String),
}

impl Daemon {
    pub(super) fn new(home: Home, name: ClientName, project: Option<HeaderValue>) -> Self {
        Self { home, name, client: None, instance: None, session: None, project }
    }

    /// Makes sure that a daemon runs and is known. Answers whether it is another one than before; an
    /// error is a sentence for people.
    pub(super) async fn reach(&mut self) -> Result<Reached, String> {
        let before = self.instance.clone();
        if self.client.is_none() {
            let program =
                std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
            let client = Client::ensure(&self.home, &program).await.map_err(|error| error.to_string())?;
            self.instance = Some(client.manifest().instance.clone());
            self.client = Some(client);
        }
        Ok(match before {
            Some(before) if Some(&before) != self.instance.as_ref() => Reached::Another,
            _ => Reached::TheSame,
        })
    }

    /// The daemon did not answer; it is looked for anew before the next line.
    pub(super) fn lost(&mut self) {
        self.client = None;
    }

    pub(super) fn has_session(&self) -> bool {
        self.session.is_some()
    }

    pub(super) fn leave_session(&mut self) {
        self.session = None;
    }

    /// The request by which the bridge listens.
    pub(super) fn listen(&self) -> RequestBuilder {
        self.request(Method::GET).header(ACCEPT, "text/event-stream")
    }

    pub(super) async fn post(&mut self, line: Bytes) -> Post {
        let request = self.request(Method::POST);
        let request = request.header(ACCEPT, "application/json, text/event-stream");
        match request.header(CONTENT_TYPE, "application/json").body(line).send().await {
            Ok(response) => self.read(response).await,
            Err(problem) if problem.is_connect() => {
                Post::NotTaken("the gateway cannot be reached; see `headgate status`".to_owned())
            }
            Err(_) => Post::Unknown(LOST.to_owned()),
        }
    }

    async fn read(&mut self, response: Response) -> Post {
        match response.status() {
            StatusCode::ACCEPTED => return Post::Taken,
            StatusCode::NOT_FOUND if self.session.is_some() => return Post::Forgotten,
            // Another run of the daemon has its place, and another token.
            StatusCode::UNAUTHORIZED => {
                return Post::NotTaken(
                    "the gateway was replaced, and the new one cannot be reached".to_owned(),
                );
            }
            StatusCode::SERVICE_UNAVAILABLE if is_stopping(&response) => {
                return Post::NotTaken("the gateway is stopping".to_owned());
            }
            _ => {}
        }
        let session = response.headers().get(SESSION_ID).cloned();
        let status = response.status();
        match messages(response).await {
            Some(answers) if answers.iter().all(is_message) => {
                self.session = session.or(self.session.take());
                Post::Answered(answers)
            }
            Some(_) => Post::Unknown(format!("the gateway answered with HTTP {status} and no message")),
            None => Post::Unknown(LOST.to_owned()),
        }
    }

    /// Ends the session.
    pub(super) async fn delete(&mut self) {
        if self.session.is_some() && self.client.is_some() {
            let _ = self.request(Method::DELETE).send().await;
        }
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let client =
            self.client.as_ref().unwrap_or_else(|| unreachable!("the daemon is reached before it is asked"));
        let request = client.mcp(method, &self.name).header(BRIDGE, "1");
        match (&self.session, &self.project) {
            (Some(session), _) => request.header(SESSION_ID, session),
            (None, Some(project)) => request.header(project::HEADER, project),
            (None, None) => request,
        }
    }
}

const LOST: &str = "the gateway went away while this call was in flight; it was not repeated, call again";

/// A daemon on its way out says so; other refusals with this status are answers.
fn is_stopping(response: &Response) -> bool {
    response.headers().contains_key("retry-after")
}

fn is_message(text: &Bytes) -> bool {
    matches!(parse(text), Ok(Incoming::One(_) | Incoming::Batch(_)))
}

/// The messages of a body in either form; `None` when it broke off.
async fn messages(response: Response) -> Option<Vec<Bytes>> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_stream = kind.starts_with("text/event-stream");
    let body = response.bytes().await.ok()?;
    if !is_stream {
        return Some(vec![body]);
    }
    let mut decoder = sse::Decoder::default();
    decoder.push(&body);
    let mut messages = Vec::new();
    while let Ok(Some(event)) = decoder.next_event() {
        if !event.data.is_empty() {
            messages.push(event.data);
        }
    }
    Some(messages)
}
