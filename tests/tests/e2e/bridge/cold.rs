//! Many bridges at once in a home where no daemon runs: one of them starts it, all of them use it.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;

use e2e::{Sandbox, UpstreamOptions, processes, wait_until};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Pipe;

/// A home with one upstream, whose daemon has ended or was killed.
async fn home(killed: bool) -> Sandbox {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    match killed {
        true => sandbox.running().kill(),
        false => processes::terminate(sandbox.pid()),
    }
    wait_until("nothing is left", async || processes::of_home(sandbox.home()).is_empty()).await;
    sandbox
}

async fn check(bridges: usize, killed: bool) {
    let mut sandbox = home(killed).await;
    let lives = join_all((0..bridges).map(|number| {
        let sandbox = &sandbox;
        async move {
            let mut bridge = Pipe::open(sandbox, &format!("bridge-{number}")).await;
            let tools = bridge.request("tools/list", "{}").await;
            assert!(tools.text.contains("\"echo\""), "{}", tools.text);
            let count = bridge.call("count", Value::Null).await;
            (bridge, count["count"]["pid"].as_u64())
        }
    }));
    let (lives, servers): (Vec<_>, BTreeSet<_>) = lives.await.into_iter().unzip();
    sandbox.follow().await;
    assert_eq!(servers.len(), 1, "one server for all");
    let all = processes::of_home(sandbox.home());
    let daemons = all.into_iter().filter(|pid| processes::command_line(*pid).contains(" serve"));
    assert_eq!(daemons.collect::<Vec<_>>(), [sandbox.pid()]);
    let sessions = sandbox.look("/sessions").await;
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(bridges), "{}", json!(sessions));
    join_all(lives.into_iter().map(Pipe::end)).await;
    assert!(processes::is_alive(sandbox.pid()), "the daemon stays");
}

#[tokio::test]
async fn one_bridge_starts_the_daemon() {
    check(1, false).await;
}

#[tokio::test]
async fn of_six_bridges_one_starts_the_daemon() {
    check(6, false).await;
    check(6, true).await;
}

#[tokio::test]
async fn of_thirty_two_bridges_one_starts_the_daemon() {
    check(32, false).await;
    check(32, true).await;
}
