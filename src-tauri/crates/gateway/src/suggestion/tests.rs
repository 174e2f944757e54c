//! Which upstreams are taken for such that remember.

use headgate_protocol::Raw;
use serde_json::json;

use super::*;

fn offer(server: &str, tools: &[&str], capabilities: serde_json::Value) -> Offer {
    let initialize = json!({ "serverInfo": { "name": server }, "capabilities": capabilities });
    let tools = tools.iter().map(|name| Raw::of(&json!({ "name": name }))).collect();
    let (prompts, resources, templates) = (Vec::new(), Vec::new(), Vec::new());
    Offer { initialize: Raw::of(&initialize), tools, prompts, resources, templates }
}

/// The word in backticks of the reason; `-` where there is none.
#[track_caller]
fn check(server: &str, tools: &[&str], expected: &str) {
    let reason = keeps_state(&offer(server, tools, json!({})));
    let telling = reason.as_deref().and_then(|reason| reason.split('`').nth(1)).unwrap_or("-");
    assert_eq!(telling, expected, "{server} {tools:?}: {reason:?}");
}

#[test]
fn servers_that_keep_something_open_are_known_by_name() {
    check("Playwright", &[], "Playwright");
    check("chrome_devtools", &[], "chrome_devtools");
    check("Desktop Commander", &[], "Desktop Commander");
    check("sequential-thinking-server", &[], "sequential-thinking-server");
    check("mcp-ssh-manager", &[], "mcp-ssh-manager");
    check("dsshell", &[], "-");
    check("github-mcp-server", &["search", "create_issue", "close_issue"], "-");
    check("", &[], "-");
}

#[test]
fn tools_that_open_something_tell() {
    for telling in [
        "browser_navigate",
        "puppeteer_click",
        "start_process",
        "startProcess",
        "create_session",
        "wd_start_session",
        "open-terminal",
        "connect",
        "connect_to_database",
        "begin_transaction",
        "new_tab",
        "launchBrowser",
    ] {
        let both = ["list_things", telling, "commit_transaction"];
        check("x", &both, telling);
    }
    check("wiki", &["create_page", "update_page", "delete_page"], "-");
    check("devtools", &["list_pages", "new_page", "close_page"], "new_page");
    check("browserless", &["create_page", "navigate_page"], "create_page");
    check("bank", &["create_transaction"], "-");
    check("stripe", &["create_checkout_session", "list_sessions"], "-");
    check("github", &["create_issue", "close_issue", "start_workflow", "browse"], "-");
    check("files", &["read_file", "write_file", "disconnected_files"], "-");
}

#[test]
fn the_advice_is_for_shared_copies_only() {
    let browser = offer("playwright", &[], json!({}));
    let plain = offer("time", &["get_time"], json!({}));
    let tasks = offer("jobs", &[], json!({ "tasks": { "list": {} } }));
    let isolation = |current, offer, asked| {
        suggest(current, why_disturbing(offer).as_deref(), asked).map(|suggestion| suggestion.isolation)
    };
    let (shared, session) = (Isolation::Shared, Isolation::Session);
    assert_eq!(isolation(shared, &plain, false), None);
    assert_eq!(isolation(shared, &plain, true), Some(Isolation::Project));
    assert_eq!(isolation(shared, &browser, false), Some(session));
    assert_eq!(isolation(shared, &browser, true), Some(session), "what it keeps is more than the folders");
    assert_eq!(isolation(shared, &tasks, false), Some(session));
    assert_eq!(isolation(session, &browser, true), None);
}
