//! The daemon's own life: one owner, a manifest, a polite end.

use std::process::Command;

use e2e::{Running, Sandbox, UpstreamOptions, in_time};
use serde_json::{Value, json};

#[tokio::test]
async fn the_manifest_tells_where_the_gateway_is() {
    let sandbox = Sandbox::start().await;
    let manifest = sandbox.manifest();
    for member in ["url", "version", "instance", "admin_token"] {
        assert!(manifest[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    assert_eq!(manifest["pid"], sandbox.pid());
    assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(sandbox.home().join("manifest.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    if cfg!(target_os = "linux") {
        let line = e2e::processes::command_line(sandbox.pid());
        assert!(line.contains(" serve"), "{line}");
        assert!(!line.contains(sandbox.admin_token()));
    }
}

#[tokio::test]
async fn a_second_gateway_is_refused_with_the_address_of_the_first() {
    let sandbox = Sandbox::start().await;
    let output = sandbox.cli(&["serve", "--port", "0"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(sandbox.url()) && error.contains(&sandbox.pid().to_string()), "{error}");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(sandbox.home().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest, *sandbox.manifest(), "the first one's manifest is untouched");
}

#[tokio::test]
async fn of_many_that_start_at_once_one_wins() {
    let home = tempfile::tempdir().unwrap();
    let mut contenders: Vec<_> = (0..6)
        .map(|_| {
            let mut command = Command::new(e2e::programs::headgate());
            command
                .args(["serve", "--port", "0", "--secret-store", "file"])
                .env("HEADGATE_HOME", home.path())
                .env("SHELL", "/bin/sh");
            command.stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut left = Vec::new();
    e2e::wait_until("all but one have ended", async || {
        left.extend(contenders.extract_if(.., |child| child.try_wait().unwrap().is_none()));
        std::mem::swap(&mut left, &mut contenders);
        left.clear();
        contenders.len() == 1
    })
    .await;
    let winner = &mut contenders[0];
    let manifest = home.path().join("manifest.json");
    let manifest: Value = e2e::wait_for("the winner writes its manifest", async || {
        serde_json::from_slice(&std::fs::read(&manifest).ok()?).ok()
    })
    .await;
    assert_eq!(manifest["pid"], winner.id());
    e2e::processes::terminate(winner.id());
    e2e::wait_until("the winner ends", async || winner.try_wait().unwrap().is_some()).await;
    e2e::wait_until("nothing is left", async || e2e::processes::of_home(home.path()).is_empty()).await;
}

#[tokio::test]
async fn a_gateway_that_was_killed_is_succeeded_at_once() {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    sandbox.running().kill();
    // Its manifest is stale; commands say so, and a successor takes over.
    let output = sandbox.cli(&["list"]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("headgate "), "{output:?}");
    let home = sandbox.stop();
    let sandbox = Sandbox::builder().home(home).start().await;
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

/// It still answers while it lets a call finish, and is none that somebody who wants one could have.
#[cfg(unix)]
#[tokio::test]
async fn a_gateway_that_is_ending_is_succeeded() {
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let held = client.start_call("hold", json!({ "key": "k" })).await;
    e2e::wait_until("the call is in flight", async || sandbox.look("/status").await["calls"] == 1).await;
    let old = sandbox.pid();
    e2e::processes::terminate(old);
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    e2e::wait_until("it says that it is ending", async || {
        let health = http.get(sandbox.at("/health")).send().await.unwrap().json::<Value>().await.unwrap();
        health["stopping"] == true
    })
    .await;
    sandbox.restart().await;
    assert_ne!(sandbox.pid(), old, "the one that was ending counted as the one that was wanted");
    assert!(!e2e::processes::is_alive(old));
    assert_eq!(sandbox.look("/status").await["stopping"], false);
    held.finish().await;
}

#[tokio::test]
async fn a_polite_end_leaves_nothing_and_takes_no_longer_than_its_limits() {
    let sandbox = Sandbox::start().await;
    let flags = ["--ignore-eof", "--ignore-term", "--grandchild"];
    sandbox
        .add_fake("stubborn", &flags, UpstreamOptions { prefix: Some("s"), ..UpstreamOptions::per_session() })
        .await;
    sandbox.add_fake("shared", &flags, UpstreamOptions::default()).await;
    let mut streams = Vec::new();
    let mut held = Vec::new();
    let client = sandbox.client("tester", "/mcp").await;
    for _ in 0..5 {
        let client = client.another().await;
        client.call("s_count", json!({})).await;
        streams.push(client.listen().await);
        held.push(client.start_call("s_hold", json!({ "key": "k" })).await);
    }
    let before = std::time::Instant::now();
    // Stopping checks that nothing is left. The limits of a stop add up to ten seconds, and some more pass on a busy
    // machine.
    let home = sandbox.stop();
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
    assert!(!home.path().join("manifest.json").exists(), "a gateway that ended leaves no manifest");
    for stream in &mut streams {
        assert!(in_time("a stream ends", stream.next()).await.is_none());
    }
    for call in held {
        call.finish().await;
    }
}

#[tokio::test]
async fn health_is_open_to_everybody() {
    let sandbox = Sandbox::start().await;
    let response = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let response = response.get(sandbox.at("/health")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.text().await.unwrap();
    assert!(!body.contains(sandbox.admin_token()), "{body}");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let sandbox = Sandbox::start().await;
    let port = sandbox.address().rsplit(':').next().unwrap().to_owned();
    let mut second = Running::start(|command| {
        command.args(["serve", "--port", &port, "--secret-store", "file"]);
    });
    let status = second.ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(second.log().contains(&port), "{}", second.log());
}

#[tokio::test]
async fn the_first_port_is_kept_for_good() {
    let home = tempfile::tempdir().unwrap();
    let mut home = Some(home);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut running = Running::start_in(home.take().unwrap(), |command| {
            command.args(["serve", "--secret-store", "file"]);
        });
        let manifest = running.home().join("manifest.json");
        let manifest: Value = e2e::wait_for("the gateway writes its manifest", async || {
            if let Some(status) = running.exit_status() {
                panic!("it ended: {status}");
            }
            serde_json::from_slice(&std::fs::read(&manifest).ok()?).ok()
        })
        .await;
        seen.push(manifest["url"].as_str().unwrap().to_owned());
        home = Some(running.stop());
    }
    assert_eq!(seen[0], seen[1]);
    let port: u16 = seen[0].rsplit(':').next().unwrap().parse().unwrap();
    assert!((4283..=4299).contains(&port), "{port}");
}

/// It is asked for its PATH, and given up; what it had started goes with it.
#[cfg(unix)]
#[tokio::test]
async fn a_login_shell_that_hangs_leaves_nobody_behind() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let shell = folder.path().join("shell");
    std::fs::write(&shell, "#!/bin/sh\nsleep 1000 &\nwait\n").unwrap();
    std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
    let sandbox = Sandbox::builder().env("SHELL", shell.to_str().unwrap()).start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    // Stopping checks that nothing is left.
    drop(sandbox.stop());
}
