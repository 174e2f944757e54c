//! Streamable HTTP: one connection for each session, one exchange at a time.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use headgate_protocol::sse;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Where sessions are opened, and with which key.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) url: String,
    pub(crate) key: Option<String>,
}

pub(crate) struct HttpSession {
    connection: SendRequest<Full<Bytes>>,
    path: Uri,
    headers: HeaderMap,
}

impl HttpSession {
    /// Connects, without saying anything.
    pub(crate) async fn connect(door: &Door) -> Result<Self> {
        let uri: Uri = door.url.parse().with_context(|| format!("read the URL {}", door.url))?;
        let authority = uri.authority().context("a URL needs a host")?.as_str();
        let stream =
            TcpStream::connect(authority).await.with_context(|| format!("connect to {authority}"))?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // What goes wrong here is told to whoever waits for an answer.
        tokio::spawn(driver);
        let headers = headers(authority, door.key.as_deref())?;
        Ok(Self { connection, path: uri.path().parse()?, headers })
    }

    /// Sends one message and reads its answer.
    pub(crate) async fn exchange(&mut self, line: Bytes) -> Result<Bytes> {
        let response = self.send(Method::POST, line).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.context("read an answer")?.to_bytes();
        ensure!(head.status == StatusCode::OK, "HTTP {}: {}", head.status, String::from_utf8_lossy(&body));
        if let Some(session) = head.headers.get(SESSION_ID) {
            self.headers.insert(SESSION_ID, session.clone());
        }
        match head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event")) {
            true => last_event(&body),
            false => Ok(body),
        }
    }

    /// Sends a message that has no answer.
    pub(crate) async fn notify(&mut self, line: Bytes) -> Result<()> {
        let response = self.send(Method::POST, line).await?;
        ensure!(response.status() == StatusCode::ACCEPTED, "a notification got {}", response.status());
        response.into_body().collect().await?;
        Ok(())
    }

    pub(crate) async fn close(mut self) -> Result<()> {
        let response = self.send(Method::DELETE, Bytes::new()).await?;
        ensure!(response.status().is_success(), "the end of a session got {}", response.status());
        Ok(())
    }

    /// A line ends with a line's end, a body need not.
    async fn send(&mut self, method: Method, line: Bytes) -> Result<Response<Incoming>> {
        let mut request = Request::new(Full::new(line.slice(..line.len().saturating_sub(1))));
        *request.method_mut() = method;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        self.connection.ready().await?;
        self.connection.send_request(request).await.context("send a request")
    }
}

fn headers(host: &str, key: Option<&str>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, host.parse()?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static("2025-11-25"));
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, format!("Bearer {key}").parse()?);
    }
    Ok(headers)
}

/// An answer that took long comes as the last event of a stream.
fn last_event(body: &[u8]) -> Result<Bytes> {
    let mut decoder = sse::Decoder::default();
    decoder.push(body);
    let mut last = None;
    while let Some(event) = decoder.next_event()? {
        last = Some(event.data).filter(|data| !data.is_empty()).or(last);
    }
    last.context("an event stream without an answer")
}
