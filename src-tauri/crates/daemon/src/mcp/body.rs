//! Reads a request's body, bounded in size and in patience.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use headgate_protocol::{MAX_MESSAGE_BYTES, error};
use http_body_util::BodyExt;
use hyper::{HeaderMap, Response, StatusCode, body::Incoming, header::CONTENT_LENGTH};
use tokio::time::{Instant, timeout, timeout_at};

use super::reply::refuse;

/// Between two pieces of a body; a client on this machine is never that slow.
const PIECE_LIMIT: Duration = Duration::from_secs(30);
/// For a whole body.
const BODY_LIMIT: Duration = Duration::from_secs(300);

/// Why a body was not read.
pub(crate) enum Refusal {
    TooLarge,
    TooSlow,
    Broken,
}

impl Refusal {
    /// The sentence for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::TooLarge => format!("the body is larger than {} MiB", MAX_MESSAGE_BYTES / (1024 * 1024)),
            Self::TooSlow => "the body came too slowly; send it again".to_owned(),
            Self::Broken => "the body ended before it was whole".to_owned(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer to a client.
    pub(super) fn response(&self) -> Response<Body> {
        refuse(self.status(), None, error::INVALID_REQUEST, &self.sentence())
    }
}

/// Reads the whole body.
pub(crate) async fn read(headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, Refusal> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_MESSAGE_BYTES) {
        return Err(Refusal::TooLarge);
    }
    let end = Instant::now() + BODY_LIMIT;
    let mut whole: Option<BytesMut> = None;
    let mut only: Option<Bytes> = None;
    loop {
        let frame = timeout_at(end, timeout(PIECE_LIMIT, body.frame())).await;
        let Ok(Ok(frame)) = frame else { return Err(Refusal::TooSlow) };
        let Some(frame) = frame else { break };
        let Ok(piece) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        // Most bodies come in one piece, which needs no copy.
        match (&mut whole, only.take()) {
            (None, None) => only = Some(piece),
            (None, Some(first)) => {
                let mut bytes = BytesMut::with_capacity(length.unwrap_or(0).max(first.len() + piece.len()));
                bytes.extend_from_slice(&first);
                bytes.extend_from_slice(&piece);
                whole = Some(bytes);
            }
            (Some(bytes), _) => bytes.extend_from_slice(&piece),
        }
        if whole.as_ref().is_some_and(|bytes| bytes.len() > MAX_MESSAGE_BYTES) {
            return Err(Refusal::TooLarge);
        }
    }
    Ok(whole.map(BytesMut::freeze).or(only).unwrap_or_default())
}
