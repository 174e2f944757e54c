//! Figures for people: how soon the window can be used, and what the app takes. Run on a quiet machine:
//! `cargo nextest run -p e2e --run-ignored only figures --no-capture`.

use std::{fs, time::Duration};

use e2e::{wait_for, wait_until};
use tokio::time::sleep;

use super::{
    Page, Stage,
    cost::{age_s, pss_kb},
};

/// Memory still moves for a while after a page was drawn.
const SETTLING: Duration = Duration::from_secs(1);
/// Less than this from one look to the next is calm.
const CALM_KB: u64 = 1024;

async fn calm(pids: impl Fn() -> Vec<u32>) -> u64 {
    let mut before = 0;
    wait_for("memory is calm", async || {
        let now = pss_kb(&pids());
        let is_calm = now.abs_diff(before) < CALM_KB;
        before = now;
        if !is_calm {
            sleep(SETTLING).await;
        }
        is_calm.then_some(now)
    })
    .await
}

fn tell(what: &str, kb: u64) {
    eprintln!("{what}: {:.0} MB", kb as f64 / 1000.0);
}

fn tell_load() {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    eprintln!("load: {}", load.trim());
}

fn web(stage: &Stage) -> Vec<u32> {
    [stage.processes_of("WebKitWebProcess"), stage.processes_of("WebKitNetworkProcess")].concat()
}

#[tokio::test]
#[ignore = "figures for people"]
async fn figures() {
    tell_load();
    for gateway in ["is started", "runs already"] {
        let Some(stage) = Stage::set_with_driver().await else { return };
        if gateway == "runs already" {
            stage.headgate(&["up"]).await;
        }
        let page = Page::open(&stage).await;
        let app = stage.app_processes()[0];
        let drawn_s = age_s(app);
        page.shows("No upstream yet").await;
        eprintln!("gateway {gateway}: page drawn after {drawn_s:.2} s, first list after {:.2} s", age_s(app));
        let paint = page
            .run(
                "const [paint] = performance.getEntriesByName('first-contentful-paint');
                 return paint ? Math.round(performance.timeOrigin + paint.startTime - Date.now()) : null",
            )
            .await;
        if let Some(ago_ms) = paint.as_f64() {
            eprintln!("first words painted after {:.2} s", age_s(app) + ago_ms / 1000.0);
        }
    }
    let Some(mut stage) = Stage::set().await else { return };
    let tray = stage.put_up_tray().await;
    stage.start_app();
    stage.window_is(true).await;
    tray.shows("Running, no sessions").await;
    wait_until("the page has its processes", async || !stage.web_processes().is_empty()).await;
    sleep(SETTLING).await;
    tell("window open: app", calm(|| stage.app_processes()).await);
    tell("window open: WebKit", calm(|| web(&stage)).await);
    stage.close_window();
    stage.window_is(false).await;
    wait_until("the page's processes are gone", async || stage.web_processes().is_empty()).await;
    tell("window closed: app", calm(|| stage.app_processes()).await);
    tell("window closed: WebKit", calm(|| web(&stage)).await);
    let gateway = stage.gateway().await;
    tell("gateway", calm(|| vec![gateway]).await);
    tell_load();
}
