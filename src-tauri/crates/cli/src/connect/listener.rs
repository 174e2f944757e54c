//! Listens to what the daemon says and writes it out, line by line, until the stream breaks.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use headgate_protocol::sse;
use reqwest::{RequestBuilder, StatusCode};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::calls::Calls;

/// The daemon says something at least every 15 s; after three times that it is gone.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(45);

/// What a listener tells the bridge, with its own number.
#[derive(Debug)]
pub(super) enum Heard {
    /// The stream broke.
    Lost(u64),
    /// The daemon does not know the session.
    Forgotten(u64),
}

/// A task that listens; it ends when this is dropped.
pub(super) struct Listener {
    number: u64,
    position: Arc<Mutex<Option<String>>>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens from the start, or after the event `resume`.
    pub(super) fn start(
        request: RequestBuilder,
        resume: Option<String>,
        output: mpsc::Sender<Bytes>,
        calls: Arc<Calls>,
        heard: mpsc::Sender<Heard>,
    ) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Relaxed);
        let position = Arc::new(Mutex::new(resume));
        let its_position = position.clone();
        let task = tokio::spawn(async move {
            let told = match listen(request, &its_position, &output, &calls).await {
                Some(StatusCode::NOT_FOUND) => Heard::Forgotten(number),
                _ => Heard::Lost(number),
            };
            let _ = heard.send(told).await;
        });
        Self { number, position, task }
    }

    /// The last event that was written out.
    pub(super) fn position(&self) -> Option<String> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True for what this listener told.
    pub(super) fn is(&self, heard: &Heard) -> bool {
        let (Heard::Lost(number) | Heard::Forgotten(number)) = heard;
        self.number == *number
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers the status when there was no stream to listen to.
async fn listen(
    request: RequestBuilder,
    position: &Mutex<Option<String>>,
    output: &mpsc::Sender<Bytes>,
    calls: &Calls,
) -> Option<StatusCode> {
    let place = position.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let request = match place {
        Some(place) => request.header("last-event-id", place),
        None => request,
    };
    let mut response = request.send().await.ok()?;
    if !response.status().is_success() {
        return Some(response.status());
    }
    let mut decoder = sse::Decoder::default();
    while let Ok(Ok(Some(chunk))) = timeout(SILENCE, response.chunk()).await {
        decoder.push(&chunk);
        while let Ok(Some(event)) = decoder.next_event() {
            if !event.data.is_empty() && calls.is_for_us(&event.data) {
                output.send(event.data).await.ok()?;
            }
            if event.id.is_some() {
                *position.lock().unwrap_or_else(PoisonError::into_inner) = event.id;
            }
        }
    }
    None
}
