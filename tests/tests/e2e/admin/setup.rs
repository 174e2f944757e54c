//! The setup as a document: `backup` and `restore`, `export` and `apply`.

use std::{fs, path::Path};

use e2e::{Mcp, Sandbox, UpstreamOptions, programs, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "very-secret-value";

async fn done(sandbox: &Sandbox, args: &[&str], input: &str) -> String {
    let output = sandbox.cli_with_input(args, input).await;
    let (text, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{args:?}: {text} {complaint}");
    format!("{text}{complaint}")
}

async fn ready(sandbox: &Sandbox, name: &str) {
    wait_until(&format!("`{name}` is ready"), async || sandbox.upstream(name).await["state"] == "ready")
        .await;
}

/// A gateway with something of everything.
async fn furnished() -> Sandbox {
    let sandbox = Sandbox::start().await;
    let secrets = [("TOKEN".to_owned(), SECRET.to_owned())].into();
    let env = [("LEVEL".to_owned(), "1".to_owned())].into();
    let options = UpstreamOptions { secrets, env, ..UpstreamOptions::prefixed("f") };
    sandbox.add_fake("fake", &["--tool", "a b"], options).await;
    done(&sandbox, &["add", "--demo"], "").await;
    done(&sandbox, &["disable", "demo"], "").await;
    done(&sandbox, &["settings", "set", "call_timeout", "600"], "").await;
    sandbox.client_key("claude").await;
    sandbox
}

/// What a backup and an export are about.
async fn setup(sandbox: &Sandbox) -> Value {
    let mut backup = sandbox.look("/backup").await;
    backup["made_ms"] = Value::Null;
    backup
}

fn write(sandbox: &Sandbox, name: &str, text: &str) -> String {
    let path = sandbox.home().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn assert_no_secret(text: &str, sandbox: &Sandbox) {
    assert!(!text.contains(SECRET), "the secret is in: {text}");
    assert!(!text.contains("fake/TOKEN"), "a reference is in: {text}");
    assert!(!text.contains(sandbox.admin_token()), "the admin token is in: {text}");
}

fn assert_is_private(file: &Path) {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
    #[cfg(not(unix))]
    assert!(file.exists());
}

#[tokio::test]
async fn a_backup_has_no_secret_and_restores_on_a_fresh_home() {
    let old = furnished().await;
    let file = old.home().join("backup.json");
    done(&old, &["backup", file.to_str().unwrap()], "").await;
    let text = fs::read_to_string(&file).unwrap();
    assert_no_secret(&text, &old);
    assert_is_private(&file);
    assert!(text.contains("\"secret_needed\": \"TOKEN\""), "{text}");
    let again = old.cli(&["backup", file.to_str().unwrap()]).await;
    assert_eq!(again.status.code(), Some(2), "an older backup is not overwritten");

    let new = Sandbox::start().await;
    let file = write(&new, "backup.json", &text);
    let shown = done(&new, &["restore", &file, "--dry-run"], "").await;
    assert!(shown.contains("+ upstream fake") && shown.contains("--tool 'a b'"), "{shown}");
    assert_eq!(new.look("/upstreams").await["upstreams"], json!([]), "a dry run does nothing");
    let unasked = new.cli(&["restore", &file]).await;
    assert_eq!(unasked.status.code(), Some(2), "without a person nobody agrees: {unasked:?}");
    assert_eq!(new.look("/upstreams").await["upstreams"], json!([]));

    let told = done(&new, &["restore", &file, "--yes"], &format!("{SECRET}\n")).await;
    assert!(!told.contains(SECRET), "{told}");
    assert!(told.contains("waiting for a line of standard input for each of: TOKEN of `fake`"), "{told}");
    let key =
        told.lines().find(|line| line.contains("`claude`")).and_then(|line| line.rsplit(' ').next()).unwrap();
    assert_eq!(setup(&new).await, setup(&old).await);
    ready(&new, "fake").await;
    let client = Mcp::open(&new.at("/mcp"), key).await;
    assert_eq!(client.call("f_echo", json!({})).await["echo"]["name"], "echo");
    assert_no_secret(&new.log(), &new);
    if cfg!(target_os = "linux") {
        let pid = &new.upstream("fake").await["pids"][0];
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
        let expected = format!("TOKEN={SECRET}");
        assert!(environment.split(|byte| *byte == 0).any(|entry| entry == expected.as_bytes()));
    }
    assert!(done(&new, &["restore", &file], "").await.contains("nothing to change"));
}

#[tokio::test]
async fn an_upstream_without_its_secret_waits_for_it_and_nothing_is_lost() {
    let old = furnished().await;
    let backup = setup(&old).await;
    let new = Sandbox::start().await;
    let mut backup = backup;
    backup["made_ms"] = json!(0);
    let restore = json!({ "backup": backup });
    let (status, report) = new.admin(Method::POST, "/restore", Some(restore.clone())).await;
    assert_eq!((status, &report["items"][0]["needs"]), (200, &json!(["TOKEN"])), "{report}");
    let fake = new.upstream("fake").await;
    assert_eq!((&fake["enabled"], &fake["prefix"]), (&json!(false), &json!("f")));
    assert!(fake["advice"].as_str().unwrap().contains("headgate secret fake TOKEN"), "{fake}");
    let refused = new.cli(&["enable", "fake"]).await;
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");

    let (_, again) = new.admin(Method::POST, "/restore", Some(restore)).await;
    assert_eq!(again["items"][0]["action"], "unchanged", "{again}");
    done(&new, &["secret", "fake", "TOKEN"], &format!("{SECRET}\n")).await;
    done(&new, &["enable", "fake"], "").await;
    ready(&new, "fake").await;
    let new = Sandbox::builder().home(new.stop()).start().await;
    done(&new, &["start", "fake"], "").await;
    ready(&new, "fake").await;
}

#[tokio::test]
async fn replacing_removes_what_the_backup_does_not_name() {
    let sandbox = furnished().await;
    let secrets = sandbox.home().join("secrets.json");
    assert!(fs::read_to_string(&secrets).unwrap().contains(SECRET));
    let key = sandbox.client_key("other").await;
    let client = Mcp::open(&sandbox.at("/mcp"), &key).await;
    let empty = json!({ "format": "headgate-backup", "version": 1, "upstreams": [], "clients": ["claude"] });
    let restore = json!({ "backup": empty, "mode": "replace" });
    let (status, report) = sandbox.admin(Method::POST, "/restore", Some(restore)).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!(sandbox.look("/upstreams").await["upstreams"], json!([]));
    assert_eq!(client.request("ping", json!({})).await.status, 401);
    assert_eq!(sandbox.look("/clients").await["clients"].as_array().unwrap().len(), 1);
    wait_until("its secret is forgotten", async || !fs::read_to_string(&secrets).unwrap().contains(SECRET))
        .await;
    let kept = setup(&sandbox).await;
    assert_eq!(kept["settings"]["call_timeout"], 600, "a section that is absent says nothing");
}

#[tokio::test]
async fn what_nobody_agreed_to_is_not_done() {
    let sandbox = furnished().await;
    let empty = json!({ "format": "headgate-backup", "version": 1, "upstreams": [] });
    let restore = async |more: Value| {
        let mut body = json!({ "backup": empty, "mode": "replace" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sandbox.admin(Method::POST, "/restore", Some(body)).await
    };
    let shown = restore(json!({ "dry_run": true })).await.1["digest"].take();
    assert!(shown.as_str().is_some_and(|digest| !digest.is_empty()));
    sandbox.client_key("another").await;
    let again = restore(json!({ "dry_run": true })).await.1["digest"].take();
    assert_eq!(again, shown, "what the document is not about does not matter");
    done(&sandbox, &["add", "--demo", "unseen", "--prefix", "u"], "").await;
    let (status, problem) = restore(json!({ "plan": shown })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("plan-changed")), "{problem}");
    assert_eq!(sandbox.look("/upstreams").await["upstreams"].as_array().unwrap().len(), 3);
    let shown = restore(json!({ "dry_run": true })).await.1["digest"].take();
    let (status, report) = restore(json!({ "plan": shown })).await;
    assert_eq!((status, &report["digest"]), (200, &shown), "{report}");
    assert_eq!(sandbox.look("/upstreams").await["upstreams"], json!([]));
}

#[tokio::test]
async fn a_document_that_cannot_be_put_back_changes_nothing() {
    let sandbox = furnished().await;
    let before = setup(&sandbox).await;
    let good =
        json!({ "name": "new", "transport": { "type": "demo" }, "isolation": "shared", "enabled": true });
    let mut evil = good.clone();
    evil["transport"] =
        json!({ "type": "http", "url": "http://x/", "headers": { "A": { "secret": "fake/TOKEN/1" } } });
    let mut unknown = good.clone();
    unknown["colour"] = json!("red");
    for upstreams in [json!([good, good]), json!([evil]), json!([unknown])] {
        let backup = json!({ "format": "headgate-backup", "version": 1, "upstreams": upstreams });
        let body = json!({ "backup": backup, "mode": "replace", "secrets": {} });
        let (status, problem) = sandbox.admin(Method::POST, "/restore", Some(body)).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{problem}");
    }
    assert_eq!(setup(&sandbox).await, before);
}

#[tokio::test]
async fn an_export_applies_to_a_fresh_home_and_a_second_time_to_nothing() {
    let old = furnished().await;
    let file = old.home().join("headgate.toml");
    done(&old, &["export", file.to_str().unwrap()], "").await;
    let text = fs::read_to_string(&file).unwrap();
    assert_no_secret(&text, &old);
    assert_is_private(&file);
    assert!(!text.contains("secret_store"), "what belongs to one machine is not exported: {text}");

    let new = Sandbox::start().await;
    done(&new, &["add", "--demo", "mine", "--prefix", "mine"], "").await;
    let file = write(&new, "headgate.toml", &text);
    // The secret comes from a variable this time.
    let mut apply = new.command();
    apply.args(["apply", &file, "--yes"]).env("TOKEN", SECRET).stdin(std::process::Stdio::null());
    let applied = tokio::task::spawn_blocking(move || apply.output()).await.unwrap().unwrap();
    assert!(applied.status.success(), "{applied:?}");
    let told = String::from_utf8_lossy(&applied.stderr);
    assert!(told.contains("takes TOKEN of `fake` from the environment variable TOKEN"), "{told}");
    ready(&new, "fake").await;
    assert!(done(&new, &["apply", &file], "").await.contains("nothing to change"));
    assert!(done(&new, &["list"], "").await.contains("mine"), "what the file does not name is left alone");

    let pruned = done(&new, &["apply", &file, "--prune", "--yes"], "").await;
    assert!(pruned.contains("- upstream mine"), "{pruned}");
    let (mut there, mut wanted) = (setup(&new).await, setup(&old).await);
    for setup in [&mut there, &mut wanted] {
        setup["clients"] = Value::Null;
    }
    assert_eq!(there, wanted);
    assert_eq!(done(&new, &["export"], "").await, text);
}

#[tokio::test]
async fn a_file_that_people_wrote_is_applied_and_changed() {
    let sandbox = Sandbox::start().await;
    let fake = programs::fake_upstream();
    let text = |prefix: &str| {
        format!(
            "[settings]\npage_size = 7\n\n[upstreams.fake] # Mine.\ncommand = [{:?}, \"--stdio\"]\nprefix = {prefix:?}\n",
            Path::to_str(&fake).unwrap(),
        )
    };
    let file = write(&sandbox, "headgate.toml", &text("one"));
    done(&sandbox, &["apply", &file, "--yes"], "").await;
    ready(&sandbox, "fake").await;
    let pids = sandbox.upstream("fake").await["pids"].clone();
    let file = write(&sandbox, "headgate.toml", &text("two"));
    let changed = done(&sandbox, &["apply", &file, "--yes"], "").await;
    assert!(
        changed.contains("~ upstream fake") && changed.contains("prefix: \"one\" -> \"two\""),
        "{changed}"
    );
    assert!(done(&sandbox, &["tools"], "").await.contains("two_echo"));
    assert_eq!(sandbox.upstream("fake").await["pids"], pids, "a new prefix restarts nothing");
    let restored = sandbox.cli(&["restore", &file, "--yes"]).await;
    assert_eq!(restored.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&restored.stderr).contains("`headgate apply "), "{restored:?}");
    let wrong = write(&sandbox, "wrong.toml", "[upstreams.fake]\ncommand = [\"x\"]\ncolour = \"red\"\n");
    let refused = sandbox.cli(&["apply", &wrong, "--yes"]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`colour`"), "{refused:?}");
}
