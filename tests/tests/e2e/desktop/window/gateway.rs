//! A gateway that ends behind the window's back.

use e2e::{Mcp, processes, programs, wait_until};
use serde_json::json;

use super::{Page, Stage, add_demo, in_window};

/// Notes what the banner says, and that this page is still the same.
const WATCH: &str = "window.heard = [];
    const banner = document.querySelector('.banner');
    const note = () => heard.push(banner.innerText);
    new MutationObserver(note).observe(banner, { childList: true, subtree: true, characterData: true });";

#[tokio::test]
async fn a_killed_gateway_is_missed_and_found_again() {
    in_window!(stage, page);
    add_demo(&stage, &page).await;
    page.run(WATCH).await;
    let first = stage.gateway().await;
    processes::kill(first);
    wait_until("another gateway runs", async || stage.gateway_now().is_some_and(|pid| pid != first)).await;
    page.until("the page has said so", async || {
        page.run("return heard.join(' ')").await.to_string().contains("Gateway does not answer")
    })
    .await;
    page.shows("Gateway runs").await;
    page.shows_no("Gateway does not answer").await;
    page.shows("demo").await;
    // What happens now is heard, by the page that was there before.
    stage
        .headgate(&["add", "later", "--", programs::fake_upstream().to_str().unwrap(), "--stdio", "--bare"])
        .await;
    page.shows("later").await;
    assert!(page.run("return heard.length").await.as_u64() > Some(0), "it was not loaded anew");
}

/// As after an update: the new app finds a gateway of the old version, which may not be ended yet.
#[tokio::test]
async fn an_older_gateway_is_replaced_after_its_last_call() {
    let Some(stage) = Stage::set_with_driver().await else { return };
    stage.headgate(&["up"]).await;
    stage.headgate(&["add", "fake", "--", programs::fake_upstream().to_str().unwrap(), "--stdio"]).await;
    let old = stage.gateway().await;
    let mut manifest = stage.manifest().unwrap();
    let (url, key) = (manifest["url"].as_str().unwrap(), manifest["admin_token"].as_str().unwrap());
    let client = Mcp::open(&format!("{url}/mcp"), key).await;
    let call = client.start_call("hold", json!({ "key": "last" })).await;
    manifest["version"] = "0.0.1".into();
    stage.write_manifest(&manifest);
    let page = Page::open(&stage).await;
    page.shows("the gateway is still version 0.0.1").await;
    page.shows("Gateway runs").await;
    assert_eq!(stage.gateway_now(), Some(old));
    client.call("release", json!({ "key": "last" })).await;
    assert_eq!(call.finish().await.status, 200);
    wait_until("it is replaced", async || stage.gateway_now().is_some_and(|pid| pid != old)).await;
    page.shows_no("0.0.1").await;
    page.shows("Gateway runs").await;
}

#[tokio::test]
async fn a_stopped_gateway_is_started_from_the_window() {
    in_window!(stage, page);
    stage.headgate(&["down"]).await;
    page.shows("Gateway is stopped").await;
    assert!(stage.stopped_mark().exists());
    page.press("Start the gateway").await;
    page.shows("Gateway runs").await;
    stage.gateway().await;
}
