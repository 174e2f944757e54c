//! The window's look, and what is left of a page whose window was closed.

use e2e::{processes, wait_until};

use super::{Page, in_window};
use crate::desktop::stage::Stage;

/// The background of the page, as it is drawn.
async fn background(page: &Page) -> String {
    let script = "return getComputedStyle(document.body).backgroundColor";
    page.run(script).await.as_str().unwrap().to_owned()
}

/// Tokens of `ui/src/tokens.css`.
const LIGHT: &str = "rgb(245, 248, 248)";
const DARK: &str = "rgb(14, 20, 21)";

#[tokio::test]
async fn the_chosen_look_outlives_the_app() {
    in_window!(stage, page);
    assert_eq!(background(&page).await, LIGHT);
    page.turn_to("Settings").await;
    page.turn_to_part("Appearance").await;
    page.press("Dark").await;
    page.until("it is dark", async || background(&page).await == DARK).await;
    page.close().await;
    // What becomes of an app whose driver leaves is the driver's affair, and differs from run to run.
    stage.app_processes().into_iter().for_each(processes::terminate);
    wait_until("the app is gone", async || stage.app_processes().is_empty()).await;
    let page = Page::open(&stage).await;
    assert_eq!(background(&page).await, DARK);
    page.turn_to("Settings").await;
    page.turn_to_part("Appearance").await;
    page.press("Light").await;
    page.until("it is light again", async || background(&page).await == LIGHT).await;
}

#[tokio::test]
async fn the_tray_brings_the_window_back() {
    let Some(stage) = Stage::set_with_driver().await else { return };
    let tray = stage.put_up_tray().await;
    let page = Page::open(&stage).await;
    page.turn_to("Activity").await;
    stage.close_window();
    stage.window_is(false).await;
    tray.shows("Running, no sessions").await;
    tray.click("Open Headgate").await;
    stage.window_is(true).await;
    page.turn_to_open_window().await;
    page.shows("Gateway runs").await;
    page.shows("No upstream yet").await;
}
