//! What upstreams take of this machine, who is told, and what happens when it is too much.

use e2e::{Sandbox, UpstreamOptions, processes, wait_for};
use serde_json::{Value, json};

const MIB: u64 = 1024 * 1024;

/// The figures of one upstream, once they satisfy a condition.
async fn usage(sandbox: &Sandbox, name: &str, mut is_met: impl FnMut(&Value) -> bool) -> Value {
    wait_for("the usage is as it should be", async || {
        let view = sandbox.upstream(name).await;
        is_met(&view["usage"]).then(|| view["usage"].clone())
    })
    .await
}

fn bytes(usage: &Value) -> u64 {
    usage["memory_bytes"].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn the_whole_tree_of_an_upstream_counts() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--spawn-child", "48"], UpstreamOptions::default()).await;
    let whole = |usage: &Value| usage["processes"] == 2 && bytes(usage) >= 48 * MIB;
    let seen = usage(&sandbox, "fake", whole).await;
    // As much as it took, and not many times as much.
    assert!(bytes(&seen) < 48 * MIB * 3, "{seen}");
    assert!(seen["cpu_percent"].is_number() && seen["uptime_ms"].is_number(), "{seen}");

    // The child may still be taking the last of its memory.
    let copy = wait_for("the child has all it wants", async || {
        let copy = sandbox.look("/usage").await["upstreams"][0]["copies"][0].clone();
        let taken = copy["tree"][1]["memory_bytes"].as_u64()?;
        (taken >= 48 * MIB).then_some(copy)
    })
    .await;
    let child = sandbox.upstream("fake").await["pids"][0].clone();
    let tree: Vec<(&Value, &Value)> = copy["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| (&process["depth"], &process["parent"]))
        .collect();
    assert_eq!(copy["pid"], child);
    assert_eq!(tree, [(&json!(0), &json!(sandbox.pid())), (&json!(1), &child)], "{copy}");

    let status = sandbox.look("/status").await;
    let own = &status["gateway"];
    assert!(own["processes"].as_u64().unwrap() >= 1 && bytes(own) > MIB, "{status}");
    assert!(bytes(own) < 48 * MIB * 3, "the gateway does not count what its upstreams take: {status}");
    assert_eq!(
        status["total"]["processes"].as_u64().unwrap(),
        own["processes"].as_u64().unwrap() + 2,
        "{status}"
    );
}

#[tokio::test]
async fn what_does_not_run_takes_nothing() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    usage(&sandbox, "fake", |usage| usage["processes"] == 1).await;
    sandbox.admin(reqwest::Method::POST, "/upstreams/fake/stop", None).await;
    usage(&sandbox, "fake", Value::is_null).await;
}

#[tokio::test]
async fn sharing_is_told_from_the_sessions_that_are_there() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--spawn-child", "32"], UpstreamOptions::default()).await;
    let saving = async |sessions: u64| {
        wait_for("the saving is as it should be", async || {
            let saving = sandbox.look("/status").await["saving"].clone();
            let is_met =
                saving["sessions"] == sessions && saving["processes"] == 2 && bytes(&saving) > 32 * MIB;
            is_met.then_some(saving)
        })
        .await
    };
    let sentence = |saving: &Value| saving["sentence"].as_str().unwrap().to_owned();
    let alone = saving(0).await;
    assert!(sentence(&alone).starts_with("no client is connected; 2 processes, "), "{alone}");
    let one = sandbox.client("one", "/mcp").await;
    let used = saving(1).await;
    assert!(sentence(&used).starts_with("1 client uses 2 processes, "), "{used}");
    assert!(!sentence(&used).contains("without"), "{used}");
    let two = one.another().await;
    let shared = saving(2).await;
    assert!(sentence(&shared).starts_with("2 clients share 2 processes, "), "{shared}");
    assert!(sentence(&shared).contains("; without Headgate 4 processes, "), "{shared}");
    assert_eq!(shared["without_processes"], 4);
    // The second copy would need its own 32 MiB.
    let without = shared["without_memory_bytes"].as_u64().unwrap();
    assert!(without >= bytes(&shared) + 32 * MIB, "{shared}");
    two.delete().await;
    saving(1).await;
}

#[tokio::test]
async fn status_and_top_have_the_figures() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--spawn-child", "32"], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    usage(&sandbox, "fake", |usage| usage["processes"] == 2 && bytes(usage) > 32 * MIB).await;
    let told = async |args: &[&str]| {
        let output = sandbox.cli(args).await;
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let status: Value = serde_json::from_str(&told(&["status", "--json"]).await).unwrap();
    assert_eq!(status["saving"]["processes"], 2, "{status}");
    assert!(bytes(&status["gateway"]) > MIB, "{status}");
    let top: Value = serde_json::from_str(&told(&["top", "--json"]).await).unwrap();
    let fake = &top["upstreams"][0];
    assert_eq!(
        (&fake["name"], &fake["state"], &fake["usage"]["processes"]),
        (&json!("fake"), &json!("ready"), &json!(2))
    );
    assert_eq!(fake["copies"][0]["tree"].as_array().unwrap().len(), 2, "{top}");
    // Without a terminal it prints one look and ends.
    for args in [&["status"][..], &["top"], &["top", "--once"]] {
        let text = told(args).await;
        for part in ["fake", "1 client uses 2 processes, ", " MB"] {
            assert!(text.contains(part), "`{part}` is not in {args:?}: {text}");
        }
    }
    drop(client);
}

#[tokio::test]
async fn an_upstream_above_its_memory_limit_is_restarted_and_says_why() {
    let sandbox = Sandbox::builder().env("HEADGATE_MEMORY_LIMIT", "160").start().await;
    sandbox.add_fake("fake", &["--leak-mib-per-call", "100"], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let first = client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap();
    let held = client.start_call("hold", json!({ "key": "k" })).await;
    // Somebody who watches makes the next looks come soon.
    usage(&sandbox, "fake", |usage| bytes(usage) > 160 * MIB).await;
    let answer = held.finish().await;
    let told = answer.last().json().to_string();
    assert!(told.contains("memory limit of 160 MiB"), "the call in flight fails with the reason: {told}");
    let reason = wait_for("the reason is shown", async || {
        sandbox.upstream("fake").await["last_exit"].as_str().map(str::to_owned)
    })
    .await;
    assert!(reason.starts_with("`fake` was restarted, because its process took 2"), "{reason}");
    assert!(reason.ends_with("MiB, more than its memory limit of 160 MiB"), "{reason}");
    for args in [&["list"][..], &["show", "fake"], &["status"]] {
        let output = sandbox.cli(args).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("memory limit of 160 MiB"), "{args:?}: {text}");
    }
    let log = sandbox.upstream_log("fake").await.join("\n");
    assert!(log.contains("memory limit of 160 MiB"), "{log}");
    e2e::wait_until("it is gone", async || !processes::is_alive(first as u32)).await;
    let second = client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap();
    assert_ne!(first, second);
    let fake = sandbox.upstream("fake").await;
    assert_eq!(fake["restarts"], 1, "{fake}");
    assert!(fake["first_use_ms"].as_u64().is_some_and(|ms| ms > 0), "{fake}");
}
