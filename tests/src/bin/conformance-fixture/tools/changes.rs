//! The suite's diagnostic tools: three that announce a change to whoever listens, and one
//! that insists on a capability of the client.

use rmcp::{ErrorData, model::ClientCapabilities};

use super::{Call, Entry, Reply, no_arguments, success};
use crate::server::Change;

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "test_trigger_tool_change",
        description: "Announces that the list of tools changed",
        input_schema: no_arguments,
        run: |call| Box::pin(announce(call, Change::Tools)),
    },
    Entry {
        name: "test_trigger_prompt_change",
        description: "Announces that the list of prompts changed",
        input_schema: no_arguments,
        run: |call| Box::pin(announce(call, Change::Prompts)),
    },
    Entry {
        name: "test_trigger_resource_update",
        description: "Announces that the watched resource changed",
        input_schema: no_arguments,
        run: |call| Box::pin(announce(call, Change::WatchedResource)),
    },
    Entry {
        name: "test_missing_capability",
        description: "Refuses clients that did not declare sampling",
        input_schema: no_arguments,
        run: |call| Box::pin(needs_sampling(call)),
    },
];

async fn announce(call: Call, change: Change) -> Reply {
    call.fixture.announce(change, &call.context).await;
    Ok(success("Change announced").into())
}

async fn needs_sampling(call: Call) -> Reply {
    let declared = call.context.client_capabilities().unwrap_or_default();
    if declared.sampling.is_none() {
        let required = ClientCapabilities::builder().enable_sampling().build();
        return Err(ErrorData::missing_required_client_capability(required));
    }
    Ok(success("Sampling is declared").into())
}
