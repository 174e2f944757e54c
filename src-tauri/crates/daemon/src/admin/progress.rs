//! Answers that tell progress: one JSON object per line, and the outcome as the last line. The work goes on
//! in a task of its own, at its own pace, whether or not somebody reads; a face that goes away breaks it off.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, pin::Pin, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use headgate_gateway::Log;
use hyper::{
    Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What such an answer is sent as.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Lines that wait for a reader: more than a person reads. Who does not read loses what is told meanwhile,
/// never the last line.
const MAX_WAITING: usize = 256;
/// And no more than this, since a line may be as large as a message.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// Ends with the last line.
pub(super) type Work = Pin<Box<dyn Future<Output = Value> + Send>>;

/// A line, and the room that it takes until it is read.
type Waiting = (Bytes, Option<OwnedSemaphorePermit>);

/// Tells lines to whoever reads the answer.
pub(super) struct Teller {
    lines: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

impl Teller {
    /// Never waits: a line for which there is no room is left out.
    pub(super) fn tell(&self, line: Bytes) {
        let bytes = line.len().min(MAX_WAITING_BYTES) as u32;
        if let Ok(room) = self.room.clone().try_acquire_many_owned(bytes) {
            let _ = self.lines.try_send((line, Some(room)));
        }
    }
}

/// The answer of work that tells lines and ends with the last one. It is dropped when nobody can read it any
/// more.
pub(super) fn driven<W>(work: impl FnOnce(Teller) -> W) -> Response<Body>
where
    W: Future<Output = Bytes> + Send + 'static,
{
    let (lines, reader) = mpsc::channel(MAX_WAITING + 1);
    let work = work(Teller { lines: lines.clone(), room: Arc::new(Semaphore::new(MAX_WAITING_BYTES)) });
    tokio::spawn(async move {
        // Nothing was sent yet, so that there is a place for the last line.
        let Ok(last_place) = lines.clone().try_reserve_owned() else { return };
        tokio::select! {
            last = work => drop(last_place.send((last, None))),
            () = lines.closed() => {}
        }
    });
    let lines = unfold(reader, |mut reader: mpsc::Receiver<Waiting>| async {
        let (line, _) = reader.recv().await?;
        Some((Ok::<_, Infallible>(line), reader))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    response
}

/// Tells `first`, then what `log` hears, each line as `shown` makes it, and what the work tells itself, and then
/// what it answers.
pub(super) fn followed(
    first: Option<Value>,
    work: impl FnOnce(Arc<Teller>) -> Work,
    log: Arc<Log>,
    shown: impl Fn(String) -> String + Send + 'static,
) -> Response<Body> {
    let mut spoke = log.spoke();
    driven(|teller| {
        let teller = Arc::new(teller);
        let mut work = work(teller.clone());
        async move {
            first.iter().for_each(|first| teller.tell(line(first)));
            loop {
                tokio::select! {
                    outcome = &mut work => return line(&outcome),
                    Ok(()) = spoke.changed() => {
                        let words = shown(log.last_words(1).pop().unwrap_or_default());
                        teller.tell(line(&json!({ "progress": words })));
                    }
                }
            }
        }
    })
}

/// One line of such an answer.
pub(super) fn line(value: &impl Serialize) -> Bytes {
    // What is written here has string keys and finite numbers, so writing it cannot fail.
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
