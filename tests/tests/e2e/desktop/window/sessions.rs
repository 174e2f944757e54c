//! Who is connected, and the end of that.

use e2e::{Mcp, wait_for};
use serde_json::json;

use super::{add_demo, in_window};

#[tokio::test]
async fn a_session_appears_and_is_ended() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    let key = stage.headgate_json(&["client", "add", "editor", "--json"]).await;
    let key = key["key"].as_str().unwrap();
    let url = stage.manifest().unwrap()["url"].as_str().unwrap().to_owned();
    page.turn_to("Sessions").await;
    page.shows("Nobody is connected").await;
    let client = Mcp::open(&format!("{url}/mcp"), key).await;
    page.shows("editor").await;
    let told = client.call("echo", json!({ "message": "hello" })).await;
    assert_eq!(told["content"][0]["text"], "hello");
    page.shows("uses demo").await;
    page.open_row("editor").await;
    page.press("End session").await;
    page.shows("The client opens a new session by itself").await;
    // The one in the dialog.
    page.press("End session").await;
    page.shows("Nobody is connected").await;
    let status = wait_for("the client is told", async || {
        let answer = client.try_call("echo", json!({ "message": "still here" })).await;
        (answer.status != 200).then_some(answer.status)
    })
    .await;
    assert_eq!(status, 404, "which lets a client begin anew");
}
