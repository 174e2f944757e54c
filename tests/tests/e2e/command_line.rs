//! The command line as a person uses it, from the first server to the last.

use std::process::Output;

use e2e::{Mcp, Sandbox, programs};
use serde_json::{Value, json};

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn done(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = sandbox.cli(args).await;
    assert_eq!(output.status.code(), Some(0), "{args:?}: {} {}", text(&output), complaint(&output));
    text(&output)
}

async fn told(sandbox: &Sandbox, args: &[&str]) -> Value {
    let text = done(sandbox, args).await;
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?} printed no JSON ({e}): {text}"))
}

#[tokio::test]
async fn a_person_registers_uses_and_removes_servers() {
    let sandbox = Sandbox::start().await;
    let fake = programs::fake_upstream();
    let fake = fake.to_str().unwrap();
    done(&sandbox, &["add", "--demo"]).await;
    done(&sandbox, &["add", "fake", "--prefix", "f", "--env", "A=1", "--", fake, "--stdio"]).await;
    let list = done(&sandbox, &["list"]).await;
    assert!(list.contains("demo") && list.contains("fake"), "{list}");
    let list = told(&sandbox, &["list", "--json"]).await;
    assert_eq!(list["upstreams"].as_array().unwrap().len(), 2, "{list}");
    assert!(done(&sandbox, &["tools"]).await.contains("f_echo"));
    let result = told(&sandbox, &["call", "f_echo", r#"{"n":1}"#, "--json"]).await;
    assert_eq!(result["echo"]["arguments"], json!({ "n": 1 }));
    assert!(done(&sandbox, &["show", "fake"]).await.contains("ready"));

    let client = told(&sandbox, &["client", "add", "claude", "--json"]).await;
    let (url, key) = (client["url"].as_str().unwrap(), client["key"].as_str().unwrap());
    assert_eq!(url, sandbox.at("/mcp"));
    let mcp = Mcp::open(url, key).await;
    assert_eq!(mcp.call("f_echo", json!({})).await["echo"]["name"], "echo");
    assert!(done(&sandbox, &["client", "list"]).await.contains("claude"));
    assert!(done(&sandbox, &["sessions"]).await.contains("claude"));
    done(&sandbox, &["client", "revoke", "claude"]).await;
    assert_eq!(mcp.request("ping", json!({})).await.status, 401);

    done(&sandbox, &["disable", "fake"]).await;
    assert!(!done(&sandbox, &["tools"]).await.contains("f_echo"));
    done(&sandbox, &["enable", "fake"]).await;
    done(&sandbox, &["remove", "fake"]).await;
    assert!(!done(&sandbox, &["list"]).await.contains("fake"));
}

#[tokio::test]
async fn a_clash_is_told_with_the_ways_out() {
    let sandbox = Sandbox::start().await;
    let fake = programs::fake_upstream();
    let fake = fake.to_str().unwrap();
    done(&sandbox, &["add", "one", "--", fake, "--stdio", "--bare", "--tool", "search"]).await;
    let again = ["add", "two", "--", fake, "--stdio", "--bare", "--tool", "search"];
    let output = sandbox.cli(&again).await;
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    for part in ["search", "one", "--prefix", "--off"] {
        assert!(complaint(&output).contains(part), "`{part}` is not in: {}", complaint(&output));
    }
}

#[tokio::test]
async fn secrets_come_from_standard_input_and_stay_out_of_sight() {
    let sandbox = Sandbox::start().await;
    let fake = programs::fake_upstream();
    let args = ["add", "fake", "--secret-env", "TOKEN", "--", fake.to_str().unwrap(), "--stdio"];
    let output = sandbox.cli_with_input(&args, "very-secret\n").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for args in [&["show", "fake"][..], &["show", "fake", "--json"], &["list", "--json"], &["logs", "fake"]] {
        assert!(!done(&sandbox, args).await.contains("very-secret"), "{args:?}");
    }
    assert!(!sandbox.log().contains("very-secret"));
    if cfg!(target_os = "linux") {
        let client = sandbox.client("tester", "/mcp").await;
        let pid = &client.call("count", json!({})).await["count"]["pid"];
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        assert!(environment.split(|byte| *byte == 0).any(|entry| entry == b"TOKEN=very-secret"));
    }
}

#[tokio::test]
async fn without_a_gateway_a_look_at_it_says_so() {
    let home = tempfile::tempdir().unwrap();
    for args in [&["list"][..], &["tools"], &["sessions"]] {
        let mut command = tokio::process::Command::new(programs::headgate());
        let output = command.args(args).env("HEADGATE_HOME", home.path()).output().await.unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {output:?}");
        assert!(complaint(&output).contains("no gateway is running"), "{args:?}: {output:?}");
    }
    assert_eq!(e2e::processes::of_home(home.path()), [0; 0]);
}
