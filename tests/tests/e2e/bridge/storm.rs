//! Many bridges come and go; the daemon is afterwards what it was before.
#![cfg(target_os = "linux")]

use std::fs;

use e2e::{Sandbox, UpstreamOptions, wait_until};
use futures_util::future::join_all;
use serde_json::Value;

use super::Pipe;

/// A bridge that leaves only the buffers of one connection behind would leave 50 KiB; two hundred of
/// them leave 10 MiB. What an allocator keeps for the next storm is less than half of that.
const TOLERANCE_KIB: u64 = 5 * 1024;
const AT_ONCE: usize = 20;
const ROUNDS: usize = 10;

#[tokio::test]
async fn two_hundred_bridges_leave_nothing() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    sandbox.add_fake("own", &["--bare", "--tool", "own"], UpstreamOptions::per_session()).await;
    // Whatever is made once is made by a first storm.
    storm(&sandbox).await;
    storm(&sandbox).await;
    wait_until("the first storm is over", async || sessions(&sandbox).await == 0).await;
    let children = settled_children(&sandbox).await;
    let (memory, descriptors) = (memory_kib(sandbox.pid()), descriptors(sandbox.pid()));
    for _ in 0..ROUNDS {
        storm(&sandbox).await;
    }
    wait_until("no session is left", async || sessions(&sandbox).await == 0).await;
    wait_until("no child is left", async || sandbox.children() == children).await;
    wait_until("no descriptor is left", async || self::descriptors(sandbox.pid()) <= descriptors).await;
    let after = memory_kib(sandbox.pid());
    println!("memory {memory} -> {after} KiB, {descriptors} descriptors");
    assert!(after <= memory + TOLERANCE_KIB, "{memory} KiB before, {after} KiB after");
}

/// Some bridges at once, each through a whole short life.
async fn storm(sandbox: &Sandbox) {
    let lives = (0..AT_ONCE).map(|number| async move {
        let mut bridge = Pipe::open(sandbox, &format!("client-{number}")).await;
        let tools = bridge.request("tools/list", "{}").await;
        assert!(tools.text.contains("\"echo\""), "{}", tools.text);
        bridge.call("echo", Value::Null).await;
        if number == 0 {
            bridge.call("own", Value::Null).await;
        }
        bridge.end().await;
    });
    join_all(lives).await;
}

async fn sessions(sandbox: &Sandbox) -> usize {
    sandbox.look("/sessions").await["sessions"].as_array().expect("a list").len()
}

/// The shared server alone.
async fn settled_children(sandbox: &Sandbox) -> Vec<u32> {
    wait_until("only the shared server is left", async || sandbox.children().len() == 1).await;
    sandbox.children()
}

fn memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("read the status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("list the descriptors").count()
}
