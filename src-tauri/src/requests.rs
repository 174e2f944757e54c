//! The page's requests to the admin API. The admin token is added here and never reaches the page. An
//! answer is passed on as it comes, in parts, since events and progress have no end of their own.

mod text;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use headgate_api::ClientError;
use reqwest::{
    Method, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::{Deserialize, Serialize};
use tauri::ipc::Channel;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use crate::{
    failure::{self, Failure},
    gateway::Gateway,
    words::Language,
};
use text::Text;

/// A page shows a few lists, follows the events and perhaps some calls; each holds a connection.
const MAX_AT_ONCE: usize = 64;
/// How long a request waits for one of these places.
const PLACE_LIMIT: Duration = Duration::from_secs(10);
/// A request is a moment behind its cancellation at most, so that few are under way to us.
const MAX_CANCELLED: usize = 64;
/// A part is a string in the page's memory, and a long one makes it stutter.
const MAX_PART_BYTES: usize = 64 * 1024;

/// A request of the page.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    /// The page's own, to cancel by.
    id: u64,
    method: String,
    path: String,
    body: Option<String>,
    accept: Option<String>,
}

/// A part of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Part {
    Head { status: u16, content_type: String },
    Chunk { text: String },
    End,
    Failed { code: &'static str, detail: String },
}

/// The requests that are under way.
pub(crate) struct Requests {
    places: Semaphore,
    running: Mutex<Running>,
}

/// By the page's ids. A page that was loaded anew gives ids of its predecessor again, so that each request has a
/// number of ours beside it.
#[derive(Default)]
struct Running {
    by_id: HashMap<u64, Kept>,
    last: u64,
    /// What was cancelled while it did not run: it has ended, or is still to come.
    cancelled: VecDeque<u64>,
}

struct Kept {
    number: u64,
    /// Dropping it cancels the request.
    _cancel: oneshot::Sender<()>,
}

impl Running {
    /// Takes a request in; another one under this id ends. What it returns tells when this one is cancelled.
    fn begin(&mut self, id: u64) -> (u64, oneshot::Receiver<()>) {
        let (cancel, cancelled) = oneshot::channel();
        self.last += 1;
        match self.cancelled.iter().position(|early| *early == id) {
            Some(at) => _ = self.cancelled.remove(at),
            None => _ = self.by_id.insert(id, Kept { number: self.last, _cancel: cancel }),
        }
        (self.last, cancelled)
    }

    /// Commands of the page may overtake each other, so that a request may come after its cancellation.
    fn cancel(&mut self, id: u64) {
        if self.by_id.remove(&id).is_none() {
            self.cancelled.push_back(id);
            if self.cancelled.len() > MAX_CANCELLED {
                self.cancelled.pop_front();
            }
        }
    }

    /// A page that is loaded anew gives the same ids again.
    fn cancel_all(&mut self) {
        self.by_id.clear();
        self.cancelled.clear();
    }

    /// Forgets this request, and leaves alone what has its id by now.
    fn end(&mut self, id: u64, number: u64) {
        if self.by_id.get(&id).is_some_and(|kept| kept.number == number) {
            self.by_id.remove(&id);
        }
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self { places: Semaphore::new(MAX_AT_ONCE), running: Mutex::default() }
    }
}

impl Requests {
    /// Passes a request on and its answer back. Returns when all is sent, or the page wants no more.
    pub(crate) async fn pass(&self, gateway: &Gateway, request: Request, channel: &Channel<Part>) {
        let id = request.id;
        let (number, cancelled) = self.running().begin(id);
        tokio::select! {
            biased;
            _ = cancelled => {}
            outcome = self.answer(gateway, request, channel) => {
                self.running().end(id, number);
                if let Err(Failure { code, detail }) = outcome {
                    // A page that is gone misses nothing.
                    let _ = channel.send(Part::Failed { code, detail });
                }
            }
        }
    }

    /// The page wants no more of this one.
    pub(crate) fn cancel(&self, id: u64) {
        self.running().cancel(id);
    }

    /// The page is gone.
    pub(crate) fn cancel_all(&self) {
        self.running().cancel_all();
    }

    async fn answer(
        &self,
        gateway: &Gateway,
        request: Request,
        channel: &Channel<Part>,
    ) -> Result<(), Failure> {
        let _place = timeout(PLACE_LIMIT, self.places.acquire()).await.map_err(|_| {
            Failure::new(failure::TOO_MANY, Language::spoken().too_many_requests(MAX_AT_ONCE))
        })?;
        let response = send(gateway, request).await?;
        match forward(response, channel).await {
            Ok(()) | Err(Stop::Gone) => Ok(()),
            Err(Stop::Broken(error)) => {
                let detail = Language::spoken().answer_broke_off(&error.to_string());
                Err(Failure::new(failure::BROKEN, detail))
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(gateway: &Gateway, request: Request) -> Result<Response, Failure> {
    let refused = |what: String| Failure::new(failure::REFUSED, what);
    let method = match request.method.as_str() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        other => return Err(refused(Language::spoken().no_such_method(other))),
    };
    let client = gateway.client()?;
    let outside = || refused(Language::spoken().outside_of_api(&request.path));
    let mut sent = client.admin(method, &request.path).ok_or_else(outside)?;
    if let Some(accept) = request.accept {
        sent = sent.header(ACCEPT, accept);
    }
    if let Some(body) = request.body {
        sent = sent.header(CONTENT_TYPE, "application/json").body(body);
    }
    let unreachable = |error: ClientError| Failure::new(failure::NOT_RUNNING, error.to_string());
    sent.send().await.map_err(|e| unreachable(client.unreachable(e)))
}

/// Why an answer was not passed on to its end.
enum Stop {
    /// The page is gone.
    Gone,
    /// The gateway fell silent.
    Broken(reqwest::Error),
}

async fn forward(mut response: Response, channel: &Channel<Part>) -> Result<(), Stop> {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    tell(channel, Part::Head { status: response.status().as_u16(), content_type })?;
    let mut text = Text::default();
    while let Some(bytes) = response.chunk().await.map_err(Stop::Broken)? {
        for part in bytes.chunks(MAX_PART_BYTES) {
            tell_text(channel, text.push(part))?;
        }
    }
    tell_text(channel, text.rest())?;
    tell(channel, Part::End)
}

fn tell_text(channel: &Channel<Part>, text: String) -> Result<(), Stop> {
    if text.is_empty() { Ok(()) } else { tell(channel, Part::Chunk { text }) }
}

fn tell(channel: &Channel<Part>, part: Part) -> Result<(), Stop> {
    channel.send(part).map_err(|_| Stop::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_ends_leaves_its_successor_alone() {
        let mut running = Running::default();
        let (first, mut first_cancelled) = running.begin(1);
        let (second, mut second_cancelled) = running.begin(1);
        assert_eq!(first_cancelled.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        running.end(1, first);
        assert_eq!(second_cancelled.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        running.end(1, second);
        assert!(running.by_id.is_empty());
    }

    #[test]
    fn a_cancellation_holds_for_a_request_that_comes_after_it() {
        let mut running = Running::default();
        running.cancel(1);
        let (_, mut cancelled) = running.begin(1);
        assert_eq!(cancelled.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        let (number, mut cancelled) = running.begin(1);
        assert_eq!(cancelled.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        running.end(1, number);
        running.cancel(1);
        running.cancel_all();
        let (_, mut cancelled) = running.begin(1);
        assert_eq!(cancelled.try_recv(), Err(oneshot::error::TryRecvError::Empty), "another page's");
        (0..1000).for_each(|id| running.cancel(id + 2));
        assert_eq!(running.cancelled.len(), MAX_CANCELLED);
    }
}
