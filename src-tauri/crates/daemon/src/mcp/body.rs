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

/// How much of a body is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    bytes: usize,
    piece: Duration,
    whole: Duration,
}

impl Limits {
    /// For those who showed a token or a key.
    pub(crate) const KNOWN: Self = Self { bytes: MAX_MESSAGE_BYTES, piece: PIECE_LIMIT, whole: BODY_LIMIT };
    /// For strangers, who have a code to send, which is far shorter, and have it at hand.
    pub(crate) const STRANGERS: Self =
        Self { bytes: 1024, piece: Duration::from_secs(5), whole: Duration::from_secs(5) };
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With the limit in bytes.
    TooLarge(usize),
    TooSlow,
    Broken,
}

impl Refusal {
    /// The sentence for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::TooLarge(limit) if limit % (1024 * 1024) == 0 => {
                format!("the body is larger than {} MiB", limit / (1024 * 1024))
            }
            Self::TooLarge(limit) => format!("the body is larger than {limit} bytes"),
            Self::TooSlow => "the body came too slowly; send it again".to_owned(),
            Self::Broken => "the body ended before it was whole".to_owned(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer to a client.
    pub(super) fn response(&self) -> Response<Body> {
        refuse(self.status(), None, error::INVALID_REQUEST, &self.sentence())
    }
}

/// Reads the whole body of somebody known.
pub(super) async fn read(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Refusal> {
    read_within(Limits::KNOWN, headers, body).await
}

/// Reads the whole body.
pub(crate) async fn read_within<B>(limits: Limits, headers: &HeaderMap, mut body: B) -> Result<Bytes, Refusal>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limits.bytes) {
        return Err(Refusal::TooLarge(limits.bytes));
    }
    let end = Instant::now() + limits.whole;
    let mut whole: Option<BytesMut> = None;
    let mut only: Option<Bytes> = None;
    loop {
        let frame = timeout_at(end, timeout(limits.piece, body.frame())).await;
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
        let came = whole.as_ref().map_or(0, BytesMut::len).max(only.as_ref().map_or(0, Bytes::len));
        if came > limits.bytes {
            return Err(Refusal::TooLarge(limits.bytes));
        }
    }
    Ok(whole.map(BytesMut::freeze).or(only).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    async fn told(pieces: &[usize]) -> Result<usize, Refusal> {
        let pieces: Vec<_> = pieces.iter().map(|length| vec![b'x'; *length]).collect();
        let frames = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
        let body = StreamBody::new(stream::iter(frames));
        read_within(Limits::STRANGERS, &HeaderMap::new(), body).await.map(|bytes| bytes.len())
    }

    #[tokio::test]
    async fn strangers_send_little() {
        assert_eq!(told(&[]).await, Ok(0));
        assert_eq!(told(&[1000, 24]).await, Ok(1024));
        // One piece, several, and one that never ends.
        for pieces in [&[1025][..], &[1000, 25], &[600; 100]] {
            assert_eq!(told(pieces).await, Err(Refusal::TooLarge(1024)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_are_not_waited_for() {
        let silent = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
        let began = Instant::now();
        assert_eq!(read_within(Limits::STRANGERS, &HeaderMap::new(), silent).await, Err(Refusal::TooSlow));
        assert_eq!(began.elapsed(), Limits::STRANGERS.whole);
    }
}
