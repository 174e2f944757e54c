//! What is told while nobody looks at the window.

use super::{Page, Stage};

#[tokio::test]
async fn a_failure_is_told_once_and_a_click_opens_its_page() {
    let Some(stage) = Stage::set_with_driver().await else { return };
    let tray = stage.put_up_tray().await;
    let notifications = stage.put_up_notifications().await;
    let page = Page::open(&stage).await;
    page.shows("Gateway runs").await;
    stage.close_window();
    stage.window_is(false).await;
    stage.add_frail().await;
    let failure = notifications.next().await;
    assert_eq!((&*failure.title, &*failure.body), ("frail failed", "Open Headgate to see why."));
    notifications.click(&failure).await;
    stage.window_is(true).await;
    page.turn_to_open_window().await;
    page.is_at("/upstreams/frail").await;
    tray.shows_entry("frail: ").await;
    assert_eq!(notifications.others().await, [], "it was told once, and nothing else was");
}
