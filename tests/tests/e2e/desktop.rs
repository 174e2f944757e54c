//! The desktop app as a person meets it: a window on a screen of its own, and a tray that is read and
//! clicked over D-Bus. Where the app or the screen is missing, a test says so and does nothing.

mod notifications;
mod page;
mod screen;
mod stage;
mod tray;
mod window;

use e2e::{processes, wait_until};
use stage::Stage;

/// Starts the app on a stage with a tray, or leaves the test.
macro_rules! on_stage {
    ($stage:ident, $tray:ident) => {
        let Some(mut $stage) = Stage::set().await else { return };
        let $tray = $stage.put_up_tray().await;
        $stage.start_app();
    };
}

#[tokio::test]
async fn a_window_opens_and_the_gateway_is_started() {
    on_stage!(stage, tray);
    stage.window_is(true).await;
    let pid = stage.gateway().await;
    // The gateway and the login are asked apart, and whichever answers last completes the menu.
    tray.shows_all(&[
        "(Running, no sessions)",
        "--",
        "Stop the gateway",
        "Copy URL",
        "Open Headgate",
        "--",
        "Start at login",
        "--",
        "Quit",
        "Quit and stop the gateway",
    ])
    .await;
    // It is nobody's child here, and was started with what a daemon needs.
    assert!(processes::command_line(pid).contains("serve --detached"), "{}", processes::command_line(pid));
}

#[tokio::test]
async fn the_tray_stops_and_starts_the_gateway() {
    on_stage!(stage, tray);
    let first = stage.gateway().await;
    tray.shows("Running, no sessions").await;
    let running = tray.icon().await;
    tray.click("Stop the gateway").await;
    tray.shows("Stopped").await;
    wait_until("there is no URL to copy", async || tray.menu().await.has("(Copy URL)")).await;
    wait_until("the gateway has ended", async || !processes::is_alive(first)).await;
    assert!(stage.stopped_mark().exists());
    wait_until("the icon follows", async || tray.icon().await != running).await;
    tray.click("Start the gateway").await;
    tray.shows("Running, no sessions").await;
    assert_ne!(stage.gateway().await, first);
    assert!(!stage.stopped_mark().exists());
    wait_until("the icon is back", async || tray.icon().await == running).await;
}

#[tokio::test]
async fn what_others_do_shows_in_the_tray() {
    on_stage!(stage, tray);
    stage.gateway().await;
    tray.shows("Running, no sessions").await;
    let running = tray.icon().await;
    stage.headgate(&["down"]).await;
    tray.shows("Stopped").await;
    stage.headgate(&["up"]).await;
    tray.shows("Running, no sessions").await;
    stage.add_frail().await;
    tray.shows_entry("frail: ").await;
    wait_until("the icon tells of trouble", async || tray.icon().await != running).await;
}

#[tokio::test]
async fn a_killed_gateway_is_found_again() {
    on_stage!(stage, tray);
    let first = stage.gateway().await;
    tray.shows("Running, no sessions").await;
    processes::kill(first);
    wait_until("another gateway runs", async || stage.gateway_now().is_some_and(|pid| pid != first)).await;
    tray.shows("Running, no sessions").await;
}

/// A gateway lets calls finish before it ends, and answers meanwhile.
#[tokio::test]
async fn an_end_that_takes_time_is_no_crash() {
    let Some(mut stage) = Stage::set().await else { return };
    let tray = stage.put_up_tray().await;
    let notifications = stage.put_up_notifications().await;
    stage.start_app();
    let first = stage.gateway().await;
    tray.shows("Running, no sessions").await;
    stage.headgate(&["add", "--demo"]).await;
    for (word, left) in [("restart", "Running, no sessions"), ("down", "Stopped")] {
        let call = stage.headgate_may_fail(&["call", "slow", r#"{"seconds":8,"steps":8}"#]);
        let end = async {
            wait_until("the call is in flight", async || calls_in_flight(&stage).await == 1).await;
            stage.headgate(&[word]).await;
        };
        let (called, ()) = tokio::join!(call, end);
        assert!(called.status.success(), "{word} waited for the call: {called:?}");
        tray.shows(left).await;
        assert_eq!(notifications.others().await, [], "{word}");
        assert!(!processes::is_alive(first));
    }
}

async fn calls_in_flight(stage: &Stage) -> u64 {
    stage.headgate_json(&["status", "--json"]).await["calls"].as_u64().unwrap()
}

#[tokio::test]
async fn a_stopped_gateway_is_not_started_by_the_app() {
    let Some(mut stage) = Stage::set().await else { return };
    stage.headgate(&["down"]).await;
    let tray = stage.put_up_tray().await;
    stage.start_app();
    stage.window_is(true).await;
    tray.shows("Stopped").await;
    assert!(stage.stopped_mark().exists());
    assert_eq!(stage.gateway_now(), None);
}

#[tokio::test]
async fn a_second_start_shows_the_window_of_the_first() {
    on_stage!(stage, tray);
    stage.window_is(true).await;
    tray.shows("Running, no sessions").await;
    wait_until("the page has a process", async || !stage.web_processes().is_empty()).await;
    stage.close_window();
    stage.window_is(false).await;
    assert!(stage.app_runs(), "it lives on in the tray");
    // The page's memory is free.
    wait_until("the page's processes are gone", async || stage.web_processes().is_empty()).await;
    let second = stage.start_another_app().await;
    assert!(second.success(), "{second}");
    stage.window_is(true).await;
    assert!(stage.app_runs());
    stage.close_window();
    stage.window_is(false).await;
    tray.click("Open Headgate").await;
    stage.window_is(true).await;
}

#[tokio::test]
async fn the_tray_lets_the_gateway_start_at_login() {
    on_stage!(stage, tray);
    tray.shows("Running, no sessions").await;
    let at_login = async || {
        let answer = stage.headgate_may_fail(&["autostart", "--json"]).await;
        serde_json::from_slice::<serde_json::Value>(&answer.stdout).unwrap()["on"] == true
    };
    for on in [true, false] {
        tray.click("Start at login").await;
        wait_until("the login knows", async || at_login().await == on).await;
        wait_until("the tray knows", async || tray.menu().await.is_checked("Start at login") == on).await;
    }
}

#[tokio::test]
async fn quitting_leaves_the_gateway() {
    on_stage!(stage, tray);
    let gateway = stage.gateway().await;
    tray.shows("Running, no sessions").await;
    tray.click("Quit").await;
    stage.app_ends().await;
    assert!(processes::is_alive(gateway), "the gateway and its clients go on");
}

#[tokio::test]
async fn quitting_can_stop_the_gateway() {
    on_stage!(stage, tray);
    let gateway = stage.gateway().await;
    tray.shows("Running, no sessions").await;
    tray.click("Quit and stop the gateway").await;
    stage.app_ends().await;
    wait_until("the gateway has ended", async || !processes::is_alive(gateway)).await;
    assert!(stage.stopped_mark().exists(), "and nothing starts another one");
}

#[tokio::test]
async fn without_a_tray_closing_the_window_ends_the_app() {
    let Some(mut stage) = Stage::set().await else { return };
    stage.start_app();
    stage.window_is(true).await;
    let gateway = stage.gateway().await;
    stage.close_window();
    stage.app_ends().await;
    assert!(processes::is_alive(gateway));
}
