//! Upstreams that run where their client works: one copy for each project.

use std::{fs, path::Path};

use e2e::{Mcp, Sandbox, UpstreamOptions, in_time, parameters, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::{bridge::Pipe, sleep::nothing_runs};

pub(crate) const PLACEHOLDER: &str = "${PROJECT_ROOT}";

pub(crate) fn project(note: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(note), note).unwrap();
    folder
}

pub(crate) async fn in_project(sandbox: &Sandbox, client: &str, path: &str, project: &str) -> Mcp {
    let key = sandbox.client_key(client).await;
    let mut mcp = Mcp::new(&sandbox.at(path), &key).with_header("x-headgate-project", project);
    mcp.initialize(parameters()).await;
    mcp
}

async fn place(client: &Mcp) -> Value {
    client.call("where", json!({})).await["where"].clone()
}

fn url(folder: &Path) -> String {
    Url::from_file_path(folder).unwrap().into()
}

#[tokio::test]
async fn each_project_has_a_copy_and_shares_it() {
    let mut sandbox = Sandbox::start().await;
    let env = [("PROJECT".to_owned(), format!("<{PLACEHOLDER}>"))].into();
    let options = UpstreamOptions { env, ..UpstreamOptions::per_project() };
    sandbox.add_fake("fake", &["--instructions", PLACEHOLDER], options).await;
    let (a, b) = (project("a"), project("ü b"));
    let (a, b) = (a.path(), b.path());
    let first = in_project(&sandbox, "first", "/mcp", a.to_str().unwrap()).await;
    let second = in_project(&sandbox, "second", "/mcp/fake", &url(a)).await;
    let other = in_project(&sandbox, "other", "/mcp", &url(b)).await;

    let (one, two, three) = (place(&first).await, place(&second).await, place(&other).await);
    assert_eq!(one, two, "the two clients share a copy");
    assert_ne!(one["pid"], three["pid"]);
    for (place, folder) in [(&one, a), (&three, b)] {
        let folder = folder.to_str().unwrap();
        assert_eq!(place["cwd"], folder);
        assert_eq!(place["project"], format!("<{folder}>"));
        assert!(place["args"].as_array().unwrap().contains(&folder.into()), "{place}");
    }
    let sessions = sandbox.look("/sessions").await;
    let projects = sessions["sessions"].as_array().unwrap().iter().map(|session| session["project"].clone());
    assert_eq!(projects.filter(|project| *project == json!(a)).count(), 2, "{sessions}");
    assert_eq!(sandbox.upstream("fake").await["pids"].as_array().unwrap().len(), 2);

    // What was named is kept with the session.
    sandbox.down().await;
    sandbox.restart().await;
    let mut first = first;
    first.move_to(&sandbox.at("/mcp"));
    assert_eq!(place(&first).await["cwd"], a.to_str().unwrap());
}

#[tokio::test]
async fn the_bridge_tells_the_repository_it_was_started_in() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::per_project()).await;
    let repository = project("file");
    let deep = repository.path().join("src/deep");
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(repository.path().join(".git")).unwrap();
    let mut command = sandbox.command();
    command.args(["connect", "--client", "editor"]).current_dir(&deep);
    let mut bridge = Pipe::start(command);
    bridge.initialize(&parameters()).await;
    let answer = bridge.call("where", json!({})).await;
    assert_eq!(answer["where"]["cwd"], repository.path().to_str().unwrap());
    let call = sandbox.command().args(["call", "where", "--json"]).current_dir(&deep).output().unwrap();
    assert!(String::from_utf8_lossy(&call.stdout).contains(repository.path().to_str().unwrap()), "{call:?}");
}

#[tokio::test]
async fn roots_name_the_project_of_who_sends_no_header() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::per_project()).await;
    let (a, b) = (project("a"), project("b"));
    let client = sandbox.client("tester", "/mcp").await;
    for (round, folder) in [&a, &b].into_iter().enumerate() {
        let mut call = client.start_call("where", json!({})).await;
        let question = call.next_of("roots/list").await;
        let roots = json!({ "roots": [{ "uri": "file:///no/such/folder" }, { "uri": url(folder.path()) }] });
        client.respond(&question.id(), &roots.to_string()).await;
        let answer = call.finish().await.result();
        assert!(answer.to_string().contains(folder.path().to_str().unwrap()), "round {round}: {answer}");
        // Asked once, until they change.
        assert_eq!(place(&client).await["cwd"], folder.path().to_str().unwrap());
        client.notify("notifications/roots/list_changed", None).await;
    }
}

#[tokio::test]
async fn who_works_in_no_project_is_told_so() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("placed", &["--instructions", PLACEHOLDER], UpstreamOptions::prefixed("placed")).await;
    let options = UpstreamOptions { prefix: Some("free"), ..UpstreamOptions::per_project() };
    sandbox.add_fake("free", &[], options).await;
    let mut client = sandbox.client("tester", "/mcp").await.fresh();
    let mut none = parameters();
    none["capabilities"] = json!({});
    client.initialize(none).await;
    let (_, sentence) = client.try_call("placed_where", json!({})).await.error();
    assert!(sentence.contains("`placed`") && sentence.contains("X-Headgate-Project"), "{sentence}");
    // One that does not name the project runs where it would without one.
    let home = std::env::home_dir().unwrap();
    assert_eq!(client.call("free_where", json!({})).await["where"]["cwd"], json!(home));

    let key = sandbox.client_key("second").await;
    let lost = Mcp::new(&sandbox.at("/mcp"), &key).with_header("x-headgate-project", "/no/such/folder");
    let answer = lost.request("initialize", parameters()).await;
    assert!(answer.status == 400 && answer.error().1.contains("/no/such/folder"), "{:?}", answer.error());
}

#[tokio::test]
async fn what_names_the_project_is_not_shared_by_everybody() {
    let sandbox = Sandbox::start().await;
    let transport = json!({ "type": "stdio", "command": "x", "args": [PLACEHOLDER] });
    let (status, problem) = sandbox.try_add("files", transport, UpstreamOptions::shared()).await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("isolation `project`"), "{problem}");
}

#[tokio::test]
async fn what_a_project_offers_is_shown_there_only() {
    let mut sandbox = Sandbox::builder().env("HEADGATE_UPSTREAM_SLEEP", "0.4").start().await;
    let tools = format!("{PLACEHOLDER}/tools");
    sandbox.add_fake("fake", &["--tools-file", &tools], UpstreamOptions::default()).await;
    let special = project("tools");
    fs::write(special.path().join("tools"), "special\n").unwrap();
    let plain = project("x");
    let inside = in_project(&sandbox, "inside", "/mcp", special.path().to_str().unwrap()).await;
    let outside = in_project(&sandbox, "outside", "/mcp", plain.path().to_str().unwrap()).await;
    let has = async |client: &Mcp| {
        client.request("tools/list", json!({})).await.raw_result().contains("\"special\"")
    };
    assert!(!has(&inside).await);
    let mut heard = inside.listen().await;
    place(&inside).await;
    heard.next_of("notifications/tools/list_changed").await;
    assert!(has(&inside).await);
    assert_eq!(inside.call("special", json!({})).await["tool"], json!(["fake", "special"]));
    place(&outside).await;
    assert!(!has(&outside).await);
    drop(heard);

    // It is known there from then on, also while nothing runs, and after a restart.
    in_time("both fall asleep", wait_until("nothing runs", async || sandbox.children().is_empty())).await;
    sandbox.down().await;
    sandbox.restart().await;
    let inside = in_project(&sandbox, "again", "/mcp", special.path().to_str().unwrap()).await;
    assert!(has(&inside).await);
    nothing_runs(&sandbox).await;
}

#[tokio::test]
async fn an_own_copy_waits_for_the_project_too() {
    let sandbox = Sandbox::start().await;
    let options = UpstreamOptions::per_session();
    sandbox.add_fake("fake", &["--instructions", PLACEHOLDER], options).await;
    let folder = project("a");
    // At its own path the server is introduced before the client can be asked anything.
    let client = sandbox.client("tester", "/mcp/fake").await;
    let mut call = client.start_call("where", json!({})).await;
    let question = call.next_of("roots/list").await;
    client.respond(&question.id(), &json!({ "roots": [{ "uri": url(folder.path()) }] }).to_string()).await;
    let answer = call.finish().await.result().to_string();
    assert!(answer.contains(folder.path().to_str().unwrap()), "{answer}");
}
