//! Names of the methods that the gateway acts on. All others pass by their names alone.

macro_rules! methods {
    ($($name:ident = $text:literal;)*) => {
        $(#[doc = concat!("`", $text, "`")] pub const $name: &str = $text;)*
    };
}

methods! {
    INITIALIZE = "initialize";
    INITIALIZED = "notifications/initialized";
    PING = "ping";
    DISCOVER = "server/discover";
    TOOLS_LIST = "tools/list";
    TOOLS_CALL = "tools/call";
    RESOURCES_LIST = "resources/list";
    RESOURCES_TEMPLATES_LIST = "resources/templates/list";
    RESOURCES_READ = "resources/read";
    RESOURCES_SUBSCRIBE = "resources/subscribe";
    RESOURCES_UNSUBSCRIBE = "resources/unsubscribe";
    PROMPTS_LIST = "prompts/list";
    PROMPTS_GET = "prompts/get";
    TASKS = "tasks/";
    TASKS_RESULT = "tasks/result";
    TASKS_CANCEL = "tasks/cancel";
    COMPLETE = "completion/complete";
    SET_LEVEL = "logging/setLevel";
    SAMPLING = "sampling/createMessage";
    ELICIT = "elicitation/create";
    ROOTS_LIST = "roots/list";
    CANCELLED = "notifications/cancelled";
    PROGRESS = "notifications/progress";
    LOG_MESSAGE = "notifications/message";
    RESOURCE_UPDATED = "notifications/resources/updated";
    TOOLS_CHANGED = "notifications/tools/list_changed";
    RESOURCES_CHANGED = "notifications/resources/list_changed";
    PROMPTS_CHANGED = "notifications/prompts/list_changed";
    ROOTS_CHANGED = "notifications/roots/list_changed";
    ELICITATION_COMPLETE = "notifications/elicitation/complete";
}
