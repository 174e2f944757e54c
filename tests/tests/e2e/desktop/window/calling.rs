//! Calling a tool that takes its time.

use e2e::wait_until;

use super::{add_demo, in_window};

#[tokio::test]
async fn a_slow_call_tells_how_far_it_is_and_can_be_cancelled() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    page.turn_to("Tools").await;
    page.open_row("slow").await;
    page.fill("seconds", "20").await;
    page.fill("steps", "100").await;
    page.press("Call the tool").await;
    page.shows("Running").await;
    page.shows("/ 100").await;
    let far = page.run("return document.querySelector('progress').value").await;
    assert!(far.as_f64().is_some_and(|far| (1.0..100.0).contains(&far)), "{far}");
    page.press("Cancel the call").await;
    page.shows("Cancelled").await;
    assert!(page.has("press", "Call again").await);
    wait_until("the record says so", async || {
        stage.headgate_json(&["activity", "--json"]).await.to_string().contains(r#""outcome":"cancelled""#)
    })
    .await;
    // The page goes on from there: the same tool answers when it is not cancelled.
    page.fill("seconds", "0.2").await;
    page.fill("steps", "2").await;
    page.press("Call the tool").await;
    page.shows("Answered").await;
}
