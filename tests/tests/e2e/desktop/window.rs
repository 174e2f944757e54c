//! What a person does in the window, each test with an app of its own.

mod adding;
mod calling;
mod cost;
mod crowd;
mod figures;
mod first_run;
mod gateway;
mod looks;
mod notices;
mod pictures;
mod sessions;
mod walls;

use super::{page::Page, stage::Stage};

/// Starts the app with its page in hand, or leaves the test.
macro_rules! in_window {
    ($stage:ident, $page:ident) => {
        let Some($stage) = $crate::desktop::stage::Stage::set_with_driver().await else { return };
        let $page = $crate::desktop::page::Page::open(&$stage).await;
        $page.shows("Gateway runs").await;
    };
}
use in_window;

/// Adds the demo without a look at the page.
async fn add_demo(stage: &Stage, page: &Page) {
    stage.headgate(&["add", "--demo"]).await;
    page.shows("demo").await;
}
