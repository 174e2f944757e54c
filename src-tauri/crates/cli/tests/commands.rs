//! The commands as a person runs them: the real binary, in a fresh home, against a gateway that
//! gives prepared answers.
#![allow(clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Output, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use headgate_api::{Home, Manifest};
use serde_json::{Value, json};

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const TOKEN: &str = "s3cret";

/// One request as the gateway got it.
struct Request {
    /// For example `POST /mcp`.
    what: String,
    head: String,
    body: Value,
}

/// Head and body of an answer; an open one is not ended before the client leaves.
struct Answer {
    status: u16,
    media_type: &'static str,
    body: String,
    open: bool,
}

fn answer(status: u16, media_type: &'static str, body: impl ToString) -> Answer {
    Answer { status, media_type, body: body.to_string(), open: false }
}

struct Gateway {
    home: tempfile::TempDir,
    requests: Receiver<Request>,
}

impl Gateway {
    fn start(answer: fn(&Request) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let home = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            url: format!("http://{}", listener.local_addr().unwrap()),
            pid: std::process::id(),
            version: "0.1.0".to_owned(),
            instance: "one".to_owned(),
            admin_token: TOKEN.to_owned(),
        };
        manifest.write(&Home::at(home.path())).unwrap();
        let (seen, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = seen.clone();
                thread::spawn(move || give(stream.unwrap(), answer, &seen));
            }
        });
        Self { home, requests }
    }

    fn command(&self, words: &[&str]) -> Command {
        headgate(self.home.path(), words)
    }

    fn run(&self, words: &[&str], input: &str) -> Output {
        run(self.command(words), input)
    }
}

/// Answers one request and closes; the thread may outlive its test, so it never panics on a client
/// that left.
fn give(mut stream: TcpStream, answer: fn(&Request) -> Answer, seen: &Sender<Request>) {
    let Some(request) = receive(&mut stream) else { return };
    if let Some(nonce) = request.what.strip_prefix("GET /health?nonce=") {
        assert!(!request.head.contains("authorization"), "{}", request.head);
        let proof = headgate_api::proof::prove(TOKEN, nonce, stream.local_addr().unwrap().port());
        let body = json!({ "proof": proof }).to_string();
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all((head + &body).as_bytes());
        return;
    }
    let Answer { status, media_type, body, open } = answer(&request);
    let _ = seen.send(request);
    let length = if open { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\nmcp-session-id: s1\r\n{length}connection: close\r\n\r\n"
    );
    let _ = stream.write_all((head + &body).as_bytes());
    while open && stream.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
}

fn receive(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    let what = head.split(" HTTP").next()?.to_owned();
    Some(Request { what, head, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn headgate(home: &std::path::Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headgate"));
    command.args(words).env("HEADGATE_HOME", home);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().unwrap();
    // The program may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, stdout: &str, stderr: &str) {
    let seen = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{seen:?}");
    assert_eq!(seen.0, stdout);
    assert!(seen.1.contains(stderr), "{}", seen.1);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn upstream(name: &str) -> Value {
    json!({
        "name": name, "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
        "state": "ready", "pids": [], "tools": 3, "resources": 1, "resource_templates": 0,
        "prompts": 1, "held_back": [], "noise_lines": 0, "restarts": 0,
    })
}

#[test]
fn without_a_gateway_the_commands_say_so() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["list"][..], &["add", "x", "--secret-env", "K", "--", "srv"]] {
        let output = run(headgate(home.path(), words), "");
        check(&output, 3, "", "no gateway is running");
    }
    assert!(home.path().read_dir().unwrap().next().is_none(), "asking leaves nothing behind");
}

#[test]
fn a_wrong_command_line_is_told_before_anybody_is_asked() {
    let home = tempfile::tempdir().unwrap();
    for (words, told) in [
        (&["call", "echo", "[1]"][..], "must be a JSON object"),
        (&["add", "docs", "uvx"], "a command goes after `--`"),
        (&["proxy", "--host", "0.0.0.0", "srv"], "--no-auth"),
        (&["list", "--jsn"], "--json"),
    ] {
        check(&run(headgate(home.path(), words), ""), 2, "", told);
    }
}

#[test]
fn add_reads_secrets_and_shows_what_the_server_says() {
    let gateway = Gateway::start(|_| {
        let lines = [json!({ "progress": "fetching 3 packages" }), json!({ "upstream": upstream("gh") })];
        answer(200, "application/x-ndjson", format!("{}\n{}\n", lines[0], lines[1]))
    });
    let output = gateway.run(&["add", "gh", "--secret-env", "TOKEN", "--", "npx", "-y", "gh"], "t0ken\n");
    check(&output, 0, "added `gh`: 3 tools, 1 resource, 1 prompt\n", "fetching 3 packages\n");
    let request = gateway.requests.recv().unwrap();
    assert_eq!(request.what, "POST /api/upstreams");
    assert_eq!(request.body["secrets"], json!({ "TOKEN": "t0ken" }));
    assert_eq!(request.body["transport"]["args"], json!(["-y", "gh"]));
}

#[test]
fn a_clash_is_refused_with_the_list() {
    let gateway = Gateway::start(|_| {
        let clash = json!({ "kind": "tool", "name": "search", "own_name": "search", "owner": "github" });
        let problem = json!({
            "type": "urn:headgate:problem:clash", "title": "clash", "status": 409, "code": "clash",
            "detail": "`docs` offers a name that is taken", "clashes": [clash],
        });
        answer(409, PROBLEM, problem)
    });
    let output = gateway.run(&["add", "docs", "https://example.com/mcp"], "");
    check(&output, 4, "", "error: `docs` offers a name that is taken\n");
    check(&output, 4, "", "  tool  search  github\n");
    check(&output, 4, "", "--off search\n");
}

#[test]
fn lists_are_text_or_json() {
    let gateway = Gateway::start(|_| answer(200, JSON, json!({ "upstreams": [upstream("demo")] })));
    let table = "NAME  STATE  TOOLS  RESOURCES  PROMPTS  NOTE\ndemo  ready  3      1          1\n";
    check(&gateway.run(&["list"], ""), 0, table, "");
    let output = gateway.run(&["list", "--json"], "");
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed["upstreams"][0]["name"], "demo");
}

/// A gateway whose tools/call answers by an event stream.
fn tools(request: &Request) -> Answer {
    let id = &request.body["id"];
    let result = |result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
    let tool = request.body["params"]["name"].as_str().unwrap_or_default();
    match (request.body["method"].as_str(), tool) {
        (Some("initialize"), _) => answer(200, JSON, result(json!({ "protocolVersion": "2025-11-25" }))),
        (Some("tools/call"), "broken") => {
            let content = json!([{ "type": "text", "text": "no such file" }]);
            answer(200, JSON, result(json!({ "content": content, "isError": true })))
        }
        (Some("tools/call"), "unknown") => {
            let error = json!({ "code": -32602, "message": "unknown tool `unknown`" });
            answer(200, JSON, json!({ "jsonrpc": "2.0", "id": id, "error": error }))
        }
        (Some("tools/call"), _) => {
            let token = &request.body["params"]["_meta"]["progressToken"];
            let params = json!({ "progressToken": token, "progress": 1, "total": 2, "message": "half" });
            let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
            let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
            let content = result(json!({ "content": [{ "type": "text", "text": "hello\nthere" }] }));
            let start = format!("id: 1_0\ndata: \n\ndata: {progress}\n\ndata: {ping}\n\n");
            let open = tool == "endless";
            let end = if open { ": waiting\n\n".to_owned() } else { format!("data: {content}\n\n") };
            Answer { status: 200, media_type: EVENTS, body: start + &end, open }
        }
        _ => answer(202, JSON, ""),
    }
}

#[test]
fn call_is_a_whole_session() {
    let gateway = Gateway::start(tools);
    let output = gateway.run(&["call", "greet", r#"{"n":1.0}"#], "");
    check(&output, 0, "hello\nthere\n", "1/2 half\n");
    let seen: Vec<Request> = gateway.requests.try_iter().collect();
    let methods: Vec<String> =
        seen.iter().map(|r| r.body["method"].as_str().unwrap_or(&r.what).to_owned()).collect();
    let expected = ["initialize", "notifications/initialized", "tools/call", "POST /mcp", "DELETE /mcp"];
    assert_eq!(methods, expected, "the unnamed one answers the ping");
    assert_eq!(seen[2].body["params"]["arguments"].to_string(), r#"{"n":1.0}"#);
    assert_eq!(seen[3].body, json!({ "jsonrpc": "2.0", "id": 2, "result": {} }));
    for request in &seen {
        assert!(request.head.contains("authorization: Bearer s3cret\r\n"), "{}", request.head);
        assert!(request.head.contains("x-headgate-client: headgate-cli\r\n"), "{}", request.head);
        let in_session = request.head.contains("mcp-session-id: s1\r\n");
        assert_eq!(in_session, request.body["method"] != "initialize", "{}", request.head);
    }
}

#[test]
fn call_prints_the_raw_result_on_request() {
    let gateway = Gateway::start(tools);
    let output = gateway.run(&["call", "greet", "--json"], "");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["content"][0]["text"], "hello\nthere");
}

#[test]
fn a_call_that_fails_says_why() {
    let gateway = Gateway::start(tools);
    check(&gateway.run(&["call", "broken"], ""), 1, "no such file\n", "the tool `broken` reports an error");
    let told = "cannot call `unknown`: unknown tool `unknown` (JSON-RPC error -32602)";
    check(&gateway.run(&["call", "unknown"], ""), 1, "", told);
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_call_and_ends_the_session() {
    use rustix::process::{Pid, Signal, kill_process};
    let gateway = Gateway::start(tools);
    let child = gateway.command(&["call", "endless"]).spawn().unwrap();
    let next = || gateway.requests.recv().unwrap();
    // Its answer to the ping tells that it reads the stream.
    while next().body["result"].is_null() {}
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let cancelled = next();
    assert_eq!(cancelled.body["method"], "notifications/cancelled");
    assert_eq!(cancelled.body["params"]["requestId"], 2);
    assert_eq!(next().what, "DELETE /mcp");
    check(&child.wait_with_output().unwrap(), 130, "", "interrupted");
}

#[test]
fn completions_and_help_need_no_gateway() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["completions", "bash"][..], &["--help"], &["add", "--help"], &["proxy", "--help"]] {
        let output = run(headgate(home.path(), words), "");
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("headgate"), "{words:?}");
    }
}
