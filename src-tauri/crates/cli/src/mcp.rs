//! A small MCP client for one call: it opens a session at the gateway (revision 2025-11-25), asks,
//! and closes it. It has no capabilities, so all that a server may ask of it is a ping.

use std::time::Duration;

use bytes::Bytes;
use headgate_api::{Client, ClientError};
use headgate_model::ClientName;
use headgate_protocol::{
    Id, Incoming, Message, Notification, Outcome, Raw, Request, Response, error, method, parse, revision, sse,
};
use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::project;

/// Saying goodbye must not keep a person waiting.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// The call is the second request of its session; its id is also its progress token.
const CALL_ID: u64 = 2;

/// A session at the gateway.
pub(crate) struct Session {
    client: Client,
    name: ClientName,
    id: Option<HeaderValue>,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The gateway could not be asked.
    #[error(transparent)]
    Gateway(#[from] ClientError),
    /// The answer is a JSON-RPC error.
    #[error("{message} (JSON-RPC error {code})")]
    Refused {
        /// For programs.
        code: i64,
        /// For people.
        message: String,
    },
}

/// What `notifications/progress` says.
#[derive(Debug, Deserialize)]
pub(crate) struct ProgressReport {
    /// How far it is.
    pub(crate) progress: serde_json::Number,
    /// How far it is when it is done.
    pub(crate) total: Option<serde_json::Number>,
    /// What it does.
    pub(crate) message: Option<String>,
}

impl Session {
    /// Opens a session under the name of `client_name`.
    pub(crate) async fn open(client: Client, client_name: ClientName) -> Result<Self, CallError> {
        let mut session = Self { client, name: client_name, id: None };
        let params = json!({
            "protocolVersion": revision::NEWEST_LEGACY,
            "capabilities": {},
            "clientInfo": { "name": session.name, "version": env!("CARGO_PKG_VERSION") },
        });
        let initialize = Request::new(Id::number(1), method::INITIALIZE, Some(Raw::of(&params)));
        let response = session.send(initialize.to_bytes()).await?;
        session.id = response.headers().get("mcp-session-id").cloned();
        session.answer(response, &initialize.id, &mut |_| {}).await?;
        session.notify(Notification::new(method::INITIALIZED, None)).await?;
        Ok(session)
    }

    /// Calls a tool and gives its result as it came.
    pub(crate) async fn call(
        &self,
        tool: &str,
        arguments: &Raw,
        mut on_progress: impl FnMut(ProgressReport),
    ) -> Result<Raw, CallError> {
        let params = json!({ "_meta": { "progressToken": CALL_ID }, "arguments": {}, "name": tool });
        let params = Raw::of(&params).with(&["arguments"], arguments);
        let request = Request::new(Id::number(CALL_ID), method::TOOLS_CALL, Some(params));
        let response = self.send(request.to_bytes()).await?;
        let mut on_notification = |notification: Notification| {
            if notification.method == method::PROGRESS {
                let report = notification.params.and_then(|params| params.read().ok());
                report.into_iter().for_each(&mut on_progress);
            }
        };
        self.answer(response, &request.id, &mut on_notification).await
    }

    /// Tells the gateway that nobody waits for the call any more.
    pub(crate) async fn cancel(&self) {
        let params = json!({ "reason": "interrupted by the person", "requestId": CALL_ID });
        let cancelled = Notification::new(method::CANCELLED, Some(Raw::of(&params)));
        // Whether it arrives or not, this program ends; closing the session ends the call as well.
        let _ = timeout(FAREWELL_TIMEOUT, self.notify(cancelled)).await;
    }

    /// Ends the session.
    pub(crate) async fn close(self) {
        if self.id.is_some() {
            // A session that cannot be ended now ends by itself.
            let _ = timeout(FAREWELL_TIMEOUT, self.request(Method::DELETE).send()).await;
        }
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let mut request = self.client.mcp(method, &self.name);
        if self.id.is_none()
            && let Some(project) = project::here().as_deref().and_then(project::header_value)
        {
            request = request.header(project::HEADER, project);
        }
        match &self.id {
            Some(id) => {
                request.header("mcp-session-id", id).header("mcp-protocol-version", revision::NEWEST_LEGACY)
            }
            None => request,
        }
    }

    async fn send(&self, message: Bytes) -> Result<reqwest::Response, CallError> {
        let request = self
            .request(Method::POST)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .body(message);
        Ok(request.send().await.map_err(|e| self.client.unreachable(e))?)
    }

    async fn notify(&self, notification: Notification) -> Result<(), CallError> {
        let response = self.send(notification.to_bytes()).await?;
        match response.status().is_success() {
            true => Ok(()),
            false => Err(self.unexpected(format!("status {}", response.status()))),
        }
    }

    /// Reads up to the answer to request `id`, in either form.
    async fn answer(
        &self,
        mut response: reqwest::Response,
        id: &Id,
        on_notification: &mut impl FnMut(Notification),
    ) -> Result<Raw, CallError> {
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(|value| value.starts_with("text/event-stream")) {
            let status = response.status();
            let body = response.bytes().await.map_err(|e| self.client.unreachable(e))?;
            let answer = self.take(&body, id, on_notification).await?;
            return answer.ok_or_else(|| self.unexpected(format!("no answer, status {status}")))?;
        }
        let mut decoder = sse::Decoder::default();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.client.unreachable(e))? {
            decoder.push(&chunk);
            while let Some(event) = decoder.next_event().map_err(|e| self.unexpected(e.to_string()))? {
                if event.data.is_empty() {
                    continue;
                }
                if let Some(answer) = self.take(&event.data, id, on_notification).await? {
                    return answer;
                }
            }
        }
        Err(self.unexpected("the event stream ended before the answer".to_owned()))
    }

    /// Handles one message; `Some` when it is the answer.
    async fn take(
        &self,
        message: &Bytes,
        id: &Id,
        on_notification: &mut impl FnMut(Notification),
    ) -> Result<Option<Result<Raw, CallError>>, CallError> {
        match parse(message).map_err(|e| self.unexpected(e.to_string()))? {
            // An error without an id is about the only request there is.
            Incoming::One(Message::Response(response))
                if response.id.as_ref().is_none_or(|answered| answered == id) =>
            {
                Ok(Some(result(response.outcome)))
            }
            Incoming::One(Message::Request(request)) => {
                let outcome = match request.method.as_str() {
                    method::PING => Outcome::empty(),
                    _ => Outcome::error(error::METHOD_NOT_FOUND, "this client answers pings only"),
                };
                self.send(Response::new(request.id, outcome).to_bytes()).await?;
                Ok(None)
            }
            Incoming::One(Message::Notification(notification)) => {
                on_notification(notification);
                Ok(None)
            }
            Incoming::One(Message::Response(_)) | Incoming::Batch(_) => Ok(None),
        }
    }

    fn unexpected(&self, what: String) -> CallError {
        let url = format!("{}/mcp", self.client.manifest().url);
        ClientError::Unexpected { url, what }.into()
    }
}

fn result(outcome: Outcome) -> Result<Raw, CallError> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        code: i64,
        #[serde(default)]
        message: String,
    }
    match outcome {
        Outcome::Result(result) => Ok(result),
        Outcome::Error(error) => match error.read() {
            Ok(Refusal { code, message }) => Err(CallError::Refused { code, message }),
            Err(_) => Err(CallError::Refused { code: 0, message: format!("{error:?}") }),
        },
    }
}
