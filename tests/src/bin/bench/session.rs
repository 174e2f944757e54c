//! A client's conversation with a server, over HTTP or over a pipe. It does no more than it must, so
//! that what is measured is the server.

mod http;
mod pipe;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde_json::json;

pub(crate) use http::Door;
use http::HttpSession;
use pipe::PipeSession;

use crate::payload::Calls;

const INITIALIZED: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";

/// An initialized session.
pub(crate) enum Session {
    Http(HttpSession),
    Pipe(PipeSession),
}

impl Session {
    /// Opens a session on a connection of its own.
    pub(crate) async fn connect(door: &Door) -> Result<Self> {
        Self::Http(HttpSession::connect(door).await?).initialized().await
    }

    /// Starts a program that speaks on its standard streams.
    pub(crate) async fn spawn(command: std::process::Command) -> Result<Self> {
        Self::Pipe(PipeSession::spawn(command)?).initialized().await
    }

    async fn initialized(mut self) -> Result<Self> {
        let parameters = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "bench", "version": "1" },
        });
        let welcome = self.request("initialize", &parameters.to_string()).await.context("initialize")?;
        let is_welcome = memchr::memmem::find(&welcome, b"\"protocolVersion\"").is_some();
        ensure!(is_welcome, "no session was opened: {}", String::from_utf8_lossy(&welcome));
        match &mut self {
            Self::Http(http) => http.notify(Bytes::from_static(INITIALIZED)).await?,
            Self::Pipe(pipe) => pipe.write(INITIALIZED).await?,
        }
        Ok(self)
    }

    /// Makes the next call and checks its answer.
    pub(crate) async fn call(&mut self, calls: &mut Calls) -> Result<()> {
        let line = calls.next_line();
        let answer = self.exchange(line).await?;
        calls.check(&answer)
    }

    /// Asks something and answers the whole message.
    pub(crate) async fn request(&mut self, method: &str, params: &str) -> Result<Bytes> {
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{params}}}\n");
        self.exchange(line.into()).await
    }

    async fn exchange(&mut self, line: Bytes) -> Result<Bytes> {
        match self {
            Self::Http(http) => http.exchange(line).await,
            Self::Pipe(pipe) => pipe.exchange(&line).await,
        }
    }

    /// The process at the other end of the pipe.
    pub(crate) fn pid(&self) -> Option<u32> {
        match self {
            Self::Http(_) => None,
            Self::Pipe(pipe) => pipe.pid(),
        }
    }

    /// Ends the session, as a client does that leaves.
    pub(crate) async fn close(self) -> Result<()> {
        match self {
            Self::Http(http) => http.close().await,
            Self::Pipe(pipe) => pipe.close().await,
        }
    }
}
