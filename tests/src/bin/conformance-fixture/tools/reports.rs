//! Tools that take a moment and report meanwhile: log messages, progress, and a stream that
//! the session closes under them (see `polling.rs`).

use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam};
use serde_json::json;

use super::{Call, Entry, Reply, no_arguments, pause, success};

/// The tool whose callers lose their stream in the middle of the call.
pub(crate) const RECONNECTION: &str = "test_reconnection";

/// Long enough that a client tells two messages apart.
const STEP_MS: u64 = 50;

/// Longer than a client that lost its stream waits before it comes back.
const RECONNECTION_MS: u64 = 500;

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "test_tool_with_logging",
        description: "Logs three messages while it works",
        input_schema: no_arguments,
        run: |call| Box::pin(with_logging(call)),
    },
    Entry {
        name: "test_logging_tool",
        description: "Logs one message, if the request asks for logs",
        input_schema: no_arguments,
        run: |call| Box::pin(with_one_log(call)),
    },
    Entry {
        name: "test_tool_with_progress",
        description: "Reports progress three times, if the request carries a token",
        input_schema: no_arguments,
        run: |call| Box::pin(with_progress(call)),
    },
    Entry {
        name: RECONNECTION,
        description: "Answers after its caller's stream was closed",
        input_schema: no_arguments,
        run: |_| Box::pin(reconnection()),
    },
];

async fn with_logging(call: Call) -> Reply {
    log(&call, "Tool execution started").await;
    pause(STEP_MS).await;
    log(&call, "Tool processing data").await;
    pause(STEP_MS).await;
    log(&call, "Tool execution completed").await;
    Ok(success("Tool with logging executed").into())
}

async fn with_one_log(call: Call) -> Reply {
    log(&call, "Logs were asked for").await;
    Ok(success("Logging tool executed").into())
}

async fn with_progress(call: Call) -> Reply {
    report(&call, 0.0).await;
    pause(STEP_MS).await;
    report(&call, 50.0).await;
    pause(STEP_MS).await;
    report(&call, 100.0).await;
    Ok(success("Tool with progress executed").into())
}

async fn reconnection() -> Reply {
    pause(RECONNECTION_MS).await;
    Ok(success("Reconnection test completed").into())
}

/// Messages are a courtesy: a client that is gone gets none.
async fn log(call: &Call, message: &str) {
    let level = LoggingLevel::Info;
    if call.fixture.wants_log(level, &call.context) {
        let notification =
            LoggingMessageNotificationParam::new(level, json!(message)).with_logger("conformance-fixture");
        let _ = call.context.peer.notify_logging_message(notification).await;
    }
}

async fn report(call: &Call, percent: f64) {
    if let Some(token) = call.context.meta.get_progress_token() {
        let notification = ProgressNotificationParam::new(token, percent).with_total(100.0);
        let _ = call.context.peer.notify_progress(notification).await;
    }
}
