//! Nothing is left behind, however the gateway ends.
#![cfg(target_os = "linux")]

use e2e::{Sandbox, UpstreamOptions, processes, programs, wait_until};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn fifty_children_die_with_a_gateway_that_is_killed() {
    let mut sandbox = Sandbox::start().await;
    sandbox
        .add_fake("own", &[], UpstreamOptions { prefix: Some("own"), ..UpstreamOptions::per_session() })
        .await;
    sandbox.add_fake("shared", &[], UpstreamOptions::prefixed("shared")).await;
    // Through a shell, with a grandchild, deaf to the end of its input and to polite signals.
    let script = format!(
        "sleep 1000 & (trap '' TERM HUP INT; exec sleep 1000) & trap '' TERM HUP INT; '{}' --stdio --ignore-eof --ignore-term --grandchild; sleep 1000",
        programs::fake_upstream().display()
    );
    let shell = UpstreamOptions { prefix: Some("shell"), ..UpstreamOptions::per_session() };
    sandbox.add_stdio("shell", "/bin/sh", &["-c", &script], shell).await;

    let client = sandbox.client("tester", "/mcp").await;
    let sessions = join_all((0..50).map(|_| client.another())).await;
    for few in sessions.chunks(10) {
        join_all(few.iter().map(|session| session.call("own_count", json!({})))).await;
    }
    sessions[0].call("shell_count", json!({})).await;
    let children = sandbox.children();
    // The shell, its server with a grandchild, and two sleepers, besides the fifty and the shared one.
    assert!(children.len() >= 50 + 1 + 5, "{}", children.len());

    sandbox.running().kill();
    wait_until("no child and no grandchild is left", async || processes::of_home(sandbox.home()).is_empty())
        .await;
}

#[tokio::test]
async fn who_leaves_its_group_is_found_too() {
    let mut sandbox = Sandbox::start().await;
    let script = format!("setsid sleep 1000 & exec '{}' --stdio", programs::fake_upstream().display());
    sandbox.add_stdio("shell", "/bin/sh", &["-c", &script], UpstreamOptions::default()).await;
    assert_eq!(sandbox.children().len(), 2);
    sandbox.running().kill();
    wait_until("nobody is left", async || processes::of_home(sandbox.home()).is_empty()).await;
}

#[tokio::test]
async fn a_thousand_sessions_leave_the_shared_children_only() {
    let sandbox = Sandbox::builder().env("HEADGATE_SESSION_SLEEP", "1").start().await;
    sandbox.add_fake("own", &["--bare", "--tool", "own"], UpstreamOptions::per_session()).await;
    sandbox.add_fake("shared", &[], UpstreamOptions::default()).await;
    let http = sandbox.add_fake_http("site", &["--bare", "--tool", "site"], UpstreamOptions::default()).await;
    wait_until("only the shared child runs", async || sandbox.children().len() == 1).await;
    let shared = sandbox.children();
    let client = sandbox.client("tester", "/mcp").await;
    for round in 0..50 {
        let sessions = (0..20).map(|number| {
            let client = &client;
            async move {
                let session = client.another().await;
                session.call("echo", json!({})).await;
                match number {
                    0 => drop(session.call("own", json!({})).await),
                    1 => drop(session.call("site", json!({})).await),
                    _ => {}
                }
                // Half of them leave without a word.
                if (number + round) % 2 == 0 {
                    session.delete().await;
                }
            }
        });
        join_all(sessions).await;
    }
    wait_until("only the shared child is left", async || sandbox.children() == shared).await;
    assert_eq!(client.call("count", json!({})).await["count"]["pid"], shared[0]);
    drop(http);
}
