//! Which program an upstream runs: found through the login shell, told with where it comes from, and with
//! what to install when it is missing.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use e2e::{Sandbox, UpstreamOptions, programs, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

/// A program that becomes the fake upstream.
fn put_program(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = format!("#!/bin/sh\nexec '{}' --stdio\n", programs::fake_upstream().display());
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn run(sandbox: &Sandbox, words: &[&str]) -> String {
    let mut command = sandbox.command();
    command.args(words);
    let output = tokio::process::Command::from(command).output().await.unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn what_only_terminals_set_up_is_found() {
    let home = tempfile::tempdir().unwrap();
    let npx = home.path().join(".nvm/versions/node/v22.1.0/bin/npx");
    put_program(&npx);
    fs::write(home.path().join(".profile"), "export FROM_PROFILE=1\n").unwrap();
    let bashrc =
        "case $- in *i*) ;; *) return;; esac\nexport PATH=\"$HOME/.nvm/versions/node/v22.1.0/bin:$PATH\"\n";
    fs::write(home.path().join(".bashrc"), bashrc).unwrap();
    let builder = Sandbox::builder().env("HOME", home.path().to_str().unwrap());
    let sandbox = builder.env("SHELL", "/bin/bash").start().await;

    let view = sandbox.add_stdio("mine", "npx", &[], UpstreamOptions::default()).await;
    let sentence = format!("{}, from nvm", npx.display());
    let expected = json!({
        "command": "npx", "path": npx, "origin": "nvm", "origin_sentence": sentence,
    });
    assert_eq!(view["program"], expected, "{view:#}");
    assert_eq!(sandbox.upstream("mine").await["program"], expected);
    assert_eq!(sandbox.look("/upstreams").await["upstreams"][0]["program"], expected);
    assert!(run(&sandbox, &["show", "mine"]).await.contains(&sentence));

    let report: Value = serde_json::from_str(&run(&sandbox, &["doctor", "--json"]).await).unwrap();
    let check = |name: &str| {
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.find(|check| check["name"] == name).unwrap()["found"].as_str().unwrap().to_owned()
    };
    assert!(check("npx").contains("from nvm"), "{report:#}");
    assert!(check("PATH").contains("your login shell (/bin/bash)"), "{report:#}");

    let log = wait_for("the difference is told", async || {
        Some(sandbox.log()).filter(|log| log.contains("besides our own"))
    })
    .await;
    assert!(log.contains("v22.1.0/bin"), "{log}");
}

#[tokio::test]
async fn a_missing_program_is_told_with_what_to_install() {
    let sandbox = Sandbox::start().await;
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let options = || UpstreamOptions {
        env: [("PATH".to_owned(), path.to_owned())].into(),
        ..UpstreamOptions::default()
    };
    let transport = || json!({ "type": "stdio", "command": "uvx", "args": ["mcp-server-time"] });
    let (status, problem) = sandbox.try_add("time", transport(), options()).await;
    let detail = problem["detail"].as_str().unwrap();
    assert_eq!((status, &problem["code"]), (502, &json!("upstream-failed")));
    for part in ["`time`", "there is no program `uvx` on the PATH", "install uv, which brings `uvx`"] {
        assert!(detail.contains(part), "`{part}` is not in: {detail}");
    }

    // It was there when it was registered.
    put_program(&empty.path().join("uvx"));
    assert_eq!(sandbox.try_add("time", transport(), options()).await.0, 201);
    fs::remove_file(empty.path().join("uvx")).unwrap();
    let program = wait_for("the gateway notices", async || {
        let program = sandbox.upstream("time").await["program"].clone();
        program["path"].is_null().then_some(program)
    })
    .await;
    assert!(program["advice"].as_str().unwrap().contains("install uv"), "{program}");
    let doctor = run(&sandbox, &["doctor"]).await;
    assert!(doctor.contains("there is no program `uvx`") && doctor.contains("fix: install uv"), "{doctor}");
}

#[tokio::test]
async fn a_list_tells_every_program_at_its_first_look() {
    let sandbox = Sandbox::start().await;
    for at in 0..20 {
        let name = format!("u{at}");
        let transport =
            json!({ "type": "stdio", "command": programs::fake_upstream(), "args": ["--stdio", "--bare"] });
        let body = json!({ "name": name, "transport": transport });
        let (status, answer) = sandbox.admin(Method::POST, "/upstreams", Some(body)).await;
        assert_eq!(status, 201, "{answer}");
        sandbox.admin(Method::PATCH, &format!("/upstreams/{name}"), Some(json!({ "enabled": false }))).await;
    }
    let list = sandbox.look("/upstreams").await;
    let upstreams = list["upstreams"].as_array().unwrap();
    assert_eq!(upstreams.len(), 20);
    assert!(upstreams.iter().all(|upstream| upstream["program"]["path"].is_string()), "{list}");
}
