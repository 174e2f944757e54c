//! The clients of the two SDKs with `headgate connect` as their stdio server: the same features, the
//! same words as over HTTP.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use e2e::{Sandbox, programs, wait_until};
use tokio::{process::Command, time::timeout};

use super::{
    clients::{EXPECTED, SCRIPT_DEADLINE, python, stdio_servers},
    node, script,
};

/// What only HTTP has.
const HTTP_ONLY: [&str; 2] = ["resumption:", "session termination:"];

#[tokio::test]
async fn the_npm_sdk_uses_every_feature_through_the_bridge() {
    check(&stdio_servers().await, node(), &script("sdk.mjs")).await;
}

#[tokio::test]
async fn the_python_sdk_uses_every_feature_through_the_bridge() {
    check(&stdio_servers().await, python(), &script("sdk.py")).await;
}

async fn check(sandbox: &Sandbox, interpreter: PathBuf, script: &Path) {
    let key = sandbox.client_key("sdk").await;
    let mut client = Command::new(interpreter);
    client.arg(script).args([sandbox.url(), &key]).arg(programs::headgate());
    client.env("HEADGATE_HOME", sandbox.home()).kill_on_drop(true).stdin(Stdio::null());
    let output = timeout(SCRIPT_DEADLINE, client.output()).await.expect("the client hangs");
    let output = output.expect("run the client");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    let expected = EXPECTED.lines().filter(|line| !HTTP_ONLY.iter().any(|name| line.starts_with(name)));
    let expected: Vec<&str> = expected.collect();
    for (expected, said) in expected.iter().zip(said.lines()).filter(|(expected, said)| *expected != said) {
        eprintln!("expected {expected}\n     got {said}");
    }
    assert!(said.lines().eq(expected), "{} differs:\n{said}{complaints}", script.display());
    // The client ended its server as it always does.
    wait_until("no session of the bridge is left", async || {
        let sessions = sandbox.look("/sessions").await;
        let sessions = sessions["sessions"].as_array().expect("a list");
        !sessions.iter().any(|session| session["client"] == "npm-sdk" || session["client"] == "python-sdk")
    })
    .await;
}
