//! Sessions that hang up on one tool's caller in the middle of its call, so that the suite
//! can see a client come back for the answer with `Last-Event-ID` (SSE polling).
//! Everything else is left to the SDK's own session manager.

use std::time::Duration;

use futures_util::{Stream, stream};
use rmcp::{
    model::{
        CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, ServerJsonRpcMessage,
    },
    transport::{
        common::server_side_http::ServerSseMessage,
        streamable_http_server::session::{
            SessionId, SessionManager,
            local::{LocalSessionManager, LocalSessionManagerError},
        },
    },
};

use crate::tools;

/// How long the caller is told to wait before it comes back. Shorter than the tool runs,
/// so that the answer is still to come when the caller is there again.
const RETRY: Duration = Duration::from_millis(100);

/// The SDK's sessions, with streams that close early for the reconnection tool.
#[derive(Default)]
pub(crate) struct PollingSessions {
    local: LocalSessionManager,
}

impl SessionManager for PollingSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.local.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let session = self.local.sessions.read().await.get(id).cloned();
        let session = session.ok_or_else(|| LocalSessionManagerError::SessionNotFound(id.clone()))?;
        let hangs_up = called_tool(&message).is_some_and(|call| call.name == tools::RECONNECTION);

        let mut receiver = session.establish_request_wise_channel().await?;
        session.push_message(message, receiver.http_request_id).await?;
        if let (true, Some(stream_id)) = (hangs_up, receiver.http_request_id) {
            session.close_sse_stream(stream_id, Some(RETRY)).await?;
        }
        Ok(stream::poll_fn(move |context| receiver.inner.poll_recv(context)))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.resume(id, last_event_id).await
    }
}

fn called_tool(message: &ClientJsonRpcMessage) -> Option<&CallToolRequestParams> {
    match message {
        JsonRpcMessage::Request(request) => match &request.request {
            ClientRequest::CallToolRequest(call) => Some(&call.params),
            _ => None,
        },
        _ => None,
    }
}
