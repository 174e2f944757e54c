//! Answers that tell progress: one JSON object per line, what a starting upstream says as it says it, and
//! the outcome as the last line. A face that goes away breaks the work off.

use std::{convert::Infallible, pin::Pin, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{iter, unfold},
};
use headgate_gateway::Log;
use hyper::{
    Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};

/// What such an answer is sent as.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Ends with the last line.
pub(super) type Work = Pin<Box<dyn Future<Output = Value> + Send>>;

/// Tells `first`, then what `log` hears, each line as `shown` makes it, and then what `work` answers.
pub(super) fn followed(
    first: Option<Value>,
    work: Work,
    log: Arc<Log>,
    shown: impl Fn(String) -> String + Send + 'static,
) -> Response<Body> {
    let spoke = log.spoke();
    let lines = unfold(Some((work, log, spoke, shown)), |state| async move {
        let (mut work, log, mut spoke, shown) = state?;
        tokio::select! {
            outcome = &mut work => Some((outcome, None)),
            Ok(()) = spoke.changed() => {
                let words = shown(log.last_words(1).pop().unwrap_or_default());
                Some((json!({ "progress": words }), Some((work, log, spoke, shown))))
            }
        }
    });
    let lines = iter(first).chain(lines);
    let bytes = lines.map(|line| Ok::<_, Infallible>(Bytes::from(format!("{line}\n"))));
    let mut response = Response::new(Body::from_stream(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    response
}
