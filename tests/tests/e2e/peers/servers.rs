//! The reference servers of npm and PyPI, registered by the real command line and used for what
//! they are for: singly at `/mcp/NAME`, and all at once at `/mcp`.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use e2e::{Mcp, Sandbox, UpstreamOptions, free_port, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{everything_over_http, npm_program, python_program};

// ---- singly ------------------------------------------------------------------------------------------

#[tokio::test]
async fn everything_is_used() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "everything", &[], [npm_program("mcp-server-everything")]).await;
    let client = sandbox.client("e2e", "/mcp/everything").await;
    assert_eq!(client.welcome["serverInfo"]["name"], "mcp-servers/everything");
    assert!(!string(&client.welcome, "/instructions").is_empty());

    check(&client, "echo", json!({ "message": "hello" }), "Echo: hello").await;
    check(&client, "get-sum", json!({ "a": 2, "b": 40 }), "The sum of 2 and 40 is 42.").await;
    check_progress(&client).await;
    check_resources(&client).await;
    check_prompts(&client).await;
    check_sampling(&client).await;
}

async fn check_progress(client: &Mcp) {
    let params = json!({
        "name": "trigger-long-running-operation",
        "arguments": { "duration": 0.3, "steps": 3 },
        "_meta": { "progressToken": "mine" },
    });
    let answer = client.request("tools/call", params).await;
    let reports = answer.of("notifications/progress");
    let steps: Vec<&Value> = reports.iter().map(|report| &report["params"]["progress"]).collect();
    assert_eq!(steps, [1, 2, 3]);
    assert!(reports.iter().all(|report| report["params"]["progressToken"] == "mine"), "{reports:?}");
    assert!(text(&answer.result()).starts_with("Long running operation completed."));
}

async fn check_resources(client: &Mcp) {
    let listed = client.request("resources/list", json!({})).await.result();
    let uri = "demo://resource/static/document/features.md";
    assert!(names(&listed["resources"], "uri").contains(&uri), "{listed}");
    let read = client.request("resources/read", json!({ "uri": uri })).await.result();
    assert!(string(&read, "/contents/0/text").contains("Everything"), "{read}");

    let listed = client.request("resources/templates/list", json!({})).await.result();
    let template = "demo://resource/dynamic/text/{resourceId}";
    assert!(names(&listed["resourceTemplates"], "uriTemplate").contains(&template), "{listed}");
    let params = json!({ "uri": "demo://resource/dynamic/text/7" });
    let read = client.request("resources/read", params).await.result();
    assert!(string(&read, "/contents/0/text").starts_with("Resource 7:"), "{read}");
}

async fn check_prompts(client: &Mcp) {
    let listed = client.request("prompts/list", json!({})).await.result();
    assert!(names(&listed["prompts"], "name").contains(&"args-prompt"), "{listed}");
    let params = json!({ "name": "args-prompt", "arguments": { "city": "Oslo", "state": "Norway" } });
    let prompt = client.request("prompts/get", params).await.result();
    assert_eq!(prompt["messages"][0]["content"]["text"], "What's weather in Oslo, Norway?");
}

async fn check_sampling(client: &Mcp) {
    let mut exchange = client.start_call("trigger-sampling-request", json!({ "prompt": "a riddle" })).await;
    let question = exchange.next_of("sampling/createMessage").await;
    assert!(string(&question.json(), "/params/messages/0/content/text").ends_with("a riddle"));
    let content = json!({ "type": "text", "text": "a sphinx" });
    let sampled = json!({ "role": "assistant", "model": "m", "content": content });
    client.respond(&question.id(), &sampled.to_string()).await;
    let result = exchange.finish().await.result();
    assert!(text(&result).contains("a sphinx"), "{result}");
}

#[tokio::test]
async fn everything_may_restart_over_http() {
    let sandbox = Sandbox::start().await;
    let port = free_port();
    let mut server = everything_over_http(port).await;
    let url = format!("http://127.0.0.1:{port}/mcp");
    sandbox.add_http("everything", &url, UpstreamOptions::default()).await;
    let client = sandbox.client("e2e", "/mcp/everything").await;
    check(&client, "echo", json!({ "message": "before" }), "Echo: before").await;

    server.kill().await.expect("end the server");
    let _server = everything_over_http(port).await;
    check(&client, "echo", json!({ "message": "after" }), "Echo: after").await;
}

#[tokio::test]
async fn memory_remembers() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().expect("make a folder");
    let variable = format!("MEMORY_FILE_PATH={}", folder.path().join("memory.jsonl").display());
    add(&sandbox, "memory", &["--env", &variable], [npm_program("mcp-server-memory")]).await;
    let client = sandbox.client("e2e", "/mcp/memory").await;

    let observations = ["wrote the first program"];
    let entity = json!({ "name": "Ada", "entityType": "person", "observations": observations });
    client.call("create_entities", json!({ "entities": [entity] })).await;
    // Another session sees the same memory: the child is shared, and so is its file.
    let other = client.another().await;
    let graph = other.call("read_graph", json!({})).await;
    assert_eq!(graph["structuredContent"]["entities"], json!([entity]));
    let found = other.call("search_nodes", json!({ "query": "first program" })).await;
    assert!(text(&found).contains("Ada"), "{found}");
    assert!(fs::read_to_string(folder.path().join("memory.jsonl")).expect("read the memory").contains("Ada"));
}

#[tokio::test]
async fn filesystem_reads_and_writes() {
    let sandbox = Sandbox::start().await;
    let folder = Folder::new();
    add(&sandbox, "files", &[], [npm_program("mcp-server-filesystem"), folder.path().into()]).await;
    let client = sandbox.client("e2e", "/mcp/files").await;

    let file = folder.path().join("note.txt");
    client.call("write_file", json!({ "path": file, "content": "written through the gateway" })).await;
    assert_eq!(fs::read_to_string(&file).expect("read the note"), "written through the gateway");
    check(&client, "read_text_file", json!({ "path": file }), "written through the gateway").await;
    check(&client, "list_directory", json!({ "path": folder.path() }), "[FILE] note.txt").await;
    let outside = client.call("read_text_file", json!({ "path": std::env::temp_dir().join("x") })).await;
    assert_eq!(outside["isError"], true, "{outside}");
}

#[tokio::test]
async fn filesystem_follows_the_roots_of_its_client() {
    let sandbox = Sandbox::start().await;
    let (folder, first, second) = (Folder::new(), Folder::new(), Folder::new());
    let flags = ["--isolation", "session"];
    add(&sandbox, "files", &flags, [npm_program("mcp-server-filesystem"), folder.path().into()]).await;
    let client = sandbox.client("e2e", "/mcp/files").await;
    let mut standing = client.listen().await;

    for root in [&first, &second] {
        let question = standing.next_of("roots/list").await;
        let roots = json!({ "roots": [{ "uri": root.uri(), "name": "root" }] });
        client.respond(&question.id(), &roots.to_string()).await;
        let allowed = root.path().to_str().expect("a path in UTF-8");
        wait_until("the server follows the root", async || {
            text(&client.call("list_allowed_directories", json!({})).await).contains(allowed)
        })
        .await;
        client.notify("notifications/roots/list_changed", None).await;
    }
}

#[tokio::test]
async fn time_is_converted() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "time", &[], [python_program("servers", "mcp-server-time")]).await;
    let client = sandbox.client("e2e", "/mcp/time").await;
    check_time(&client, "convert_time").await;
    let unknown = client.call("get_current_time", json!({ "timezone": "Moon/Base" })).await;
    assert_eq!(unknown["isError"], true, "{unknown}");
}

async fn check_time(client: &Mcp, tool: &str) {
    let arguments = json!({ "source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "UTC" });
    let converted = client.call(tool, arguments).await;
    assert_eq!(converted["structuredContent"]["time_difference"], "-9.0h", "{converted}");
}

#[tokio::test]
async fn git_shows_a_repository() {
    let sandbox = Sandbox::start().await;
    let repository = repository();
    let path = repository.path();
    let server = python_program("servers", "mcp-server-git");
    add(&sandbox, "git", &[], [server, "--repository".into(), path.into()]).await;
    let client = sandbox.client("e2e", "/mcp/git").await;

    let status = client.call("git_status", json!({ "repo_path": path })).await;
    assert!(text(&status).contains("poem.txt"), "{status}");
    let log = client.call("git_log", json!({ "repo_path": path })).await;
    assert!(text(&log).contains("Begin a poem"), "{log}");
    let diff = client.call("git_diff_unstaged", json!({ "repo_path": path })).await;
    assert!(text(&diff).contains("+violets are blue"), "{diff}");
}

// ---- all at once -------------------------------------------------------------------------------------

#[tokio::test]
async fn all_are_used_at_once() {
    let sandbox = Sandbox::start().await;
    let (folder, repository) = (Folder::new(), repository());
    let variable = format!("MEMORY_FILE_PATH={}", folder.path().join("memory.jsonl").display());
    let time = python_program("servers", "mcp-server-time");
    add(&sandbox, "everything", &[], [npm_program("mcp-server-everything")]).await;
    add(&sandbox, "memory", &["--env", &variable], [npm_program("mcp-server-memory")]).await;
    add(&sandbox, "files", &[], [npm_program("mcp-server-filesystem"), folder.path().into()]).await;
    add(&sandbox, "time", &[], [time.clone()]).await;
    add(&sandbox, "git", &[], [python_program("servers", "mcp-server-git")]).await;
    check_clash(&sandbox, &time).await;

    let client = sandbox.client("e2e", "/mcp").await;
    let (path, repo) = (folder.path(), repository.path());
    let entity = json!({ "name": "Ada", "entityType": "person", "observations": [] });
    let (echo, memory, files, git, ..) = tokio::join!(
        client.call("echo", json!({ "message": "hello" })),
        client.call("create_entities", json!({ "entities": [entity] })),
        client.call("list_directory", json!({ "path": path })),
        client.call("git_log", json!({ "repo_path": repo })),
        check_time(&client, "convert_time"),
        check_time(&client, "second_convert_time"),
    );
    assert_eq!(text(&echo), "Echo: hello");
    assert!(text(&memory).contains("Ada"), "{memory}");
    assert_ne!(files["isError"], true, "{files}");
    assert!(text(&git).contains("Begin a poem"), "{git}");
}

/// The same server once more has all its names twice: it is refused, until it gets a prefix.
async fn check_clash(sandbox: &Sandbox, time: &Path) {
    let again = ["add".as_ref(), "second".as_ref(), "--".as_ref(), time.as_os_str()];
    let refused = sandbox.cli(&again).await;
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(4), "{complaint}");
    for word in ["convert_time", "get_current_time", "--prefix second"] {
        assert!(complaint.contains(word), "`{word}` is missing in: {complaint}");
    }
    add(sandbox, "second", &["--prefix", "second"], [time.to_owned()]).await;
}

// ---- the words of these tests ------------------------------------------------------------------------

/// `headgate add NAME FLAGS -- COMMAND`.
async fn add(sandbox: &Sandbox, name: &str, flags: &[&str], command: impl IntoIterator<Item = PathBuf>) {
    let mut words: Vec<OsString> = vec!["add".into(), name.into()];
    words.extend(flags.iter().map(OsString::from));
    words.push("--".into());
    words.extend(command.into_iter().map(OsString::from));
    let output = sandbox.cli(&words).await;
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{name}` was not added: {complaint}");
}

/// Calls a tool that answers with this text.
async fn check(client: &Mcp, tool: &str, arguments: Value, expected: &str) {
    assert_eq!(text(&client.call(tool, arguments).await), expected);
}

fn text(result: &Value) -> &str {
    string(result, "/content/0/text")
}

fn string<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}

fn names<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| entry[member].as_str()).collect()
}

/// A folder whose path has no links in it: the servers compare paths.
struct Folder(#[expect(dead_code, reason = "it deletes the folder when it is dropped")] TempDir, PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let path = match cfg!(windows) {
            true => folder.path().to_owned(),
            false => folder.path().canonicalize().expect("find the folder"),
        };
        Self(folder, path)
    }

    fn path(&self) -> &Path {
        &self.1
    }

    fn uri(&self) -> String {
        let path = self.1.to_string_lossy().replace('\\', "/");
        format!("file:///{}", path.trim_start_matches('/'))
    }
}

/// A repository with one commit and one change since.
fn repository() -> Folder {
    let folder = Folder::new();
    let poem = folder.path().join("poem.txt");
    git(&folder, &["init", "--quiet"]);
    fs::write(&poem, "roses are red\n").expect("write a poem");
    git(&folder, &["add", "poem.txt"]);
    git(&folder, &["commit", "--quiet", "--message", "Begin a poem"]);
    fs::write(&poem, "roses are red\nviolets are blue\n").expect("go on with the poem");
    folder
}

fn git(folder: &Folder, args: &[&str]) {
    let author = ["-c", "user.name=e2e", "-c", "user.email=e2e@example.com"];
    let mut git = Command::new("git");
    git.current_dir(folder.path()).args(author).args(args);
    assert!(git.status().expect("run git").success(), "{git:?} failed");
}
