//! The MCP server itself: what it declares, what all clients share, what one session
//! remembers. Each request goes straight to the file of its subject.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
        GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel,
        PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
        RequestStateCodec, ResourceUpdatedNotificationParam, ServerCapabilities, ServerConfig,
        SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
        UpdateTaskParams,
    },
    service::{RequestContext, SubscriptionContext},
    task_manager::TaskManager,
};
use tokio::sync::broadcast;

use crate::{completion, prompts, resources, tools};

/// Changes waiting for one slow listener; the suite makes one at a time.
const CHANGE_BACKLOG: usize = 16;

/// Signs the state that travels through clients. Fixed, so that a call begun with one
/// process can be finished with the next: a gateway may restart a server in between.
const REQUEST_STATE_KEY: &[u8] = b"conformance fixture, not a secret";

/// Something clients may have asked to be told about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// The list of tools changed.
    Tools,
    /// The list of prompts changed.
    Prompts,
    /// The watched resource changed.
    WatchedResource,
}

/// What outlives a session: in the modern era every request is a session of its own.
pub(crate) struct Shared {
    pub(crate) tasks: TaskManager,
    pub(crate) request_states: RequestStateCodec,
    changes: broadcast::Sender<Change>,
}

impl Shared {
    /// An idle server without tasks or listeners.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            tasks: TaskManager::new(),
            request_states: RequestStateCodec::try_new(REQUEST_STATE_KEY)
                .context("set up the request state key")?,
            changes: broadcast::channel(CHANGE_BACKLOG).0,
        })
    }
}

/// What a legacy client set for the rest of its session.
struct Session {
    log_level: LoggingLevel,
    watched_uris: HashSet<String>,
}

/// The server as one session sees it.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) shared: Arc<Shared>,
    session: Arc<Mutex<Session>>,
}

impl Fixture {
    /// Begins a session.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let session = Session { log_level: LoggingLevel::Debug, watched_uris: HashSet::new() };
        Self { shared, session: Arc::new(Mutex::new(session)) }
    }

    /// Whether the caller wants log messages of this level. A modern client says so in each
    /// request, and silence means no; a legacy client hears everything until it sets a level.
    pub(crate) fn wants_log(&self, level: LoggingLevel, context: &RequestContext<RoleServer>) -> bool {
        let lowest = if is_modern(context) {
            context.meta.log_level()
        } else {
            Some(self.with_session(|session| session.log_level))
        };
        lowest.is_some_and(|lowest| level as u8 >= lowest as u8)
    }

    /// Tells all modern listeners, and the calling session when it is a legacy one.
    pub(crate) async fn announce(&self, change: Change, context: &RequestContext<RoleServer>) {
        // Fails when nobody listens, which is fine.
        let _ = self.shared.changes.send(change);
        if is_modern(context) {
            return;
        }
        // A client that is gone needs no news.
        let _ = match change {
            Change::Tools => context.peer.notify_tool_list_changed().await,
            Change::Prompts => context.peer.notify_prompt_list_changed().await,
            Change::WatchedResource if self.watches(resources::WATCHED) => {
                let update = ResourceUpdatedNotificationParam::new(resources::WATCHED);
                context.peer.notify_resource_updated(update).await
            }
            Change::WatchedResource => Ok(()),
        };
    }

    fn watches(&self, uri: &str) -> bool {
        self.with_session(|session| session.watched_uris.contains(uri))
    }

    fn with_session<T>(&self, act: impl FnOnce(&mut Session) -> T) -> T {
        act(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the request speaks the newest revision, where nothing outlives a request.
pub(crate) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::from_build_env())
            .with_instructions("Answers the MCP conformance suite.")
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(tools::list())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::find(name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        tools::call(self.clone(), request, context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let task = self.shared.tasks.get_task(&request.task_id)?;
        Ok(GetTaskResult::new(task))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let tasks = &self.shared.tasks;
        tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.shared.tasks.cancel_task(&request.task_id)
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(resources::list())
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::list_templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri).map(Into::into)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::read(&request.uri)?;
        self.with_session(|session| session.watched_uris.insert(request.uri));
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.with_session(|session| session.watched_uris.remove(&request.uri));
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        // The SDK takes away what the server does not declare.
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            let sink = context.sink();
            // The sink refuses what this listener did not ask for.
            let _ = match change {
                Ok(Change::Tools) => sink.notify_tool_list_changed().await,
                Ok(Change::Prompts) => sink.notify_prompt_list_changed().await,
                Ok(Change::WatchedResource) => sink.notify_resource_updated(resources::WATCHED).await,
                Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            };
        }
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(prompts::list())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(request)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(&request)
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.with_session(|session| session.log_level = request.level);
        Ok(())
    }
}
