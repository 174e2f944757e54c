//! Adding an upstream by pasting what people have.

use e2e::programs;
use serde_json::json;

use super::{add_demo, in_window};

#[tokio::test]
async fn a_pasted_server_whose_names_are_taken_gets_a_prefix() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    let server =
        json!({ "command": programs::fake_upstream(), "args": ["--stdio", "--bare", "--tool", "echo"] });
    let settings = json!({ "mcpServers": { "second": server } });
    // Through the clipboard, anywhere on the page.
    let invoke = "await window.__TAURI_INTERNALS__.invoke('copy', { text: arguments[0] })";
    page.work(invoke, vec![settings.to_string().into()]).await;
    page.control('v').await;
    page.is_at("/add").await;
    page.shows("This will run on your computer, exactly so:").await;
    page.shows(&programs::fake_upstream().display().to_string()).await;
    page.press("Start and check").await;
    page.shows("1 name is taken").await;
    page.shows("taken by demo").await;
    page.press("Use the prefix second_").await;
    page.shows_no("1 name is taken").await;
    page.press("Add second").await;
    page.is_at("/upstreams/second").await;
    page.turn_to_part("Tools").await;
    page.shows("second_echo").await;
    let tools = stage.headgate_json(&["tools", "--json"]).await;
    assert!(tools.to_string().contains(r#""second_echo""#), "{tools}");
}
