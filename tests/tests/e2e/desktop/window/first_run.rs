//! From nothing to the first green call.

use super::in_window;

#[tokio::test]
async fn the_first_call_is_three_clicks_away() {
    in_window!(stage, page);
    page.shows("First steps").await;
    page.press("Use the demo").await;
    page.shows("1 upstream behind the gate.").await;
    page.press("Try echo").await;
    page.press("Call the tool").await;
    page.shows("Answered").await;
    page.shows("Hello from Headgate").await;
    assert_eq!(page.clicks(), 3);
    // The strip has heard of it, and waits for a client.
    page.turn_to("Upstreams").await;
    page.shows("echo answered in").await;
    assert!(page.has("press", "Connect a client").await);
    assert!(!page.has("press", "Use the demo").await, "that step is done");
    let calls = stage.headgate_json(&["activity", "--json"]).await;
    assert!(calls.to_string().contains(r#""outcome":"ok""#), "{calls}");
}
