//! The client against a server that answers each connection with the next prepared text.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use super::*;
use crate::proof;

const TOKEN: &str = "s3cret";

/// A home whose manifest points at a server that proves itself and gives these answers, one per
/// connection, and returns the heads of the requests.
async fn serve(answers: &[String]) -> (tempfile::TempDir, Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers = answers.to_vec();
    let server = thread::spawn(move || {
        let health = give(&listener, |head| {
            let nonce = head.split("nonce=").nth(1).unwrap().split(' ').next().unwrap();
            let proof = proof::prove(TOKEN, nonce, address.port());
            answer("200 OK", "application/json", &format!(r#"{{"proof":"{proof}"}}"#))
        });
        assert!(!health.contains("authorization"), "{health}");
        answers.iter().map(|answer| give(&listener, |_| answer.clone())).collect::<Vec<_>>()
    });
    let (folder, client) = attach(format!("http://{address}")).await;
    (folder, client.unwrap(), server)
}

fn give(listener: &TcpListener, answer: impl FnOnce(&str) -> String) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    stream.write_all(answer(&head).as_bytes()).unwrap();
    head + &String::from_utf8(body).unwrap()
}

async fn attach(url: String) -> (tempfile::TempDir, Result<Client, ClientError>) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let manifest = Manifest {
        url,
        pid: 7,
        version: "0.1.0".to_owned(),
        instance: "one".to_owned(),
        admin_token: TOKEN.to_owned(),
    };
    manifest.write(&home).unwrap();
    let client = Client::attach(&home).await;
    (folder, client)
}

fn answer(status: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

const UPSTREAM: &str = r#"{"name":"demo","transport":{"type":"demo"},"isolation":"shared","enabled":true,"state":"ready","pids":[],"tools":3,"resources":1,"resource_templates":0,"prompts":1,"held_back":[],"noise_lines":0,"restarts":0}"#;

fn demo() -> NewUpstream {
    serde_json::from_str(r#"{"name":"demo","transport":{"type":"demo"}}"#).unwrap()
}

fn words(heard: Heard<'_>) -> String {
    match heard {
        Heard::Program(program) => program.origin_sentence.clone(),
        Heard::Said(text) => text.to_owned(),
        Heard::Step(step) => format!("{}: {}", step.step, step.detail),
    }
}

async fn register(media_type: &str, body: &str) -> (Vec<String>, Result<UpstreamView, ClientError>) {
    let (_folder, client, _server) = serve(&[answer("200 OK", media_type, body)]).await;
    let mut heard = Vec::new();
    let result = client.register(&demo(), |line| heard.push(words(line))).await;
    (heard, result)
}

#[tokio::test]
async fn a_request_carries_the_token_and_the_path() {
    let (_folder, client, server) = serve(&[
        answer("200 OK", "application/json", r#"{"upstreams":[]}"#),
        answer("200 OK", "application/json", UPSTREAM),
        "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned(),
    ])
    .await;
    assert!(client.upstreams().await.unwrap().upstreams.is_empty());
    let patch = UpstreamPatch { enabled: Some(false), ..UpstreamPatch::default() };
    client.patch_upstream(&"demo".parse().unwrap(), &patch).await.unwrap();
    client.revoke_client(&"claude".parse().unwrap()).await.unwrap();
    let requests = server.join().unwrap();
    assert!(requests[0].starts_with("GET /api/upstreams HTTP/1.1"), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Bearer s3cret"), "{}", requests[0]);
    assert!(requests[1].starts_with("PATCH /api/upstreams/demo "), "{}", requests[1]);
    assert!(requests[1].ends_with(r#"{"enabled":false}"#), "{}", requests[1]);
    assert!(requests[2].starts_with("DELETE /api/clients/claude "), "{}", requests[2]);
}

#[tokio::test]
async fn a_registration_is_followed_line_by_line() {
    let lines =
        format!("{{\"progress\":\"fetching\"}}\n\n{{\"progress\":\"built\"}}\n{{\"upstream\":{UPSTREAM}}}\n");
    let (heard, result) = register("application/x-ndjson; charset=utf-8", &lines).await;
    assert_eq!(heard, ["fetching", "built"]);
    assert_eq!(result.unwrap().tools, 3);
}

#[tokio::test]
async fn a_test_is_followed_step_by_step() {
    let lines = r#"{"progress":"x"}
{"step":{"step":"start","ok":true,"ms":1,"detail":"process 7"}}
{"report":{"ok":true,"steps":[],"command_line":"x","clashes":[],"stderr":[],"noise_lines":0}}
"#;
    let (_folder, client, _server) = serve(&[answer("200 OK", NDJSON, lines)]).await;
    let mut heard = Vec::new();
    let report = client.test_definition(&demo(), |line| heard.push(words(line))).await;
    assert_eq!(heard, ["x", "start: process 7"]);
    assert!(report.unwrap().ok);
}

#[tokio::test]
async fn a_registration_may_answer_at_once() {
    let (heard, result) = register("application/json", UPSTREAM).await;
    assert!(heard.is_empty());
    assert_eq!(result.unwrap().spec.name.as_str(), "demo");
}

#[tokio::test]
async fn a_refusal_at_the_end_of_the_lines_is_a_problem() {
    let problem = serde_json::to_string(&Problem::new(409, crate::code::CLASH, "taken")).unwrap();
    let lines = format!("{{\"progress\":\"x\"}}\n{{\"problem\":{problem}}}\n");
    let (_, result) = register(NDJSON, &lines).await;
    assert!(matches!(result, Err(ClientError::Problem(problem)) if problem.code == "clash"));
}

#[tokio::test]
async fn lines_that_end_early_are_no_success() {
    let (_, result) = register(NDJSON, "{\"progress\":\"x\"}\n").await;
    assert!(result.unwrap_err().to_string().contains("ended before the work did"));
}

#[tokio::test]
async fn a_problem_speaks_for_itself() {
    let body = serde_json::to_string(&Problem::new(404, crate::code::NOT_FOUND, "no upstream `x`"));
    let (_folder, client, _server) = serve(&[answer("404 Not Found", PROBLEM_JSON, &body.unwrap())]).await;
    let error = client.upstream(&"x".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "no upstream `x`");
}

#[tokio::test]
async fn an_answer_that_is_none_of_ours_is_said_to_be_so() {
    let (_folder, client, _server) = serve(&[answer("404 Not Found", "text/html", "<html>")]).await;
    let error = client.sessions().await.unwrap_err();
    assert!(error.to_string().contains("status 404 Not Found"), "{error}");
}

#[tokio::test]
async fn a_stranger_at_the_port_gets_no_token() {
    let proof = |nonce: &str, port| proof::prove(TOKEN, nonce, port);
    let check = async |health: fn(String) -> String, of_port: fn(u16) -> u16| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stranger = thread::spawn(move || {
            give(&listener, |head| {
                let nonce = head.split("nonce=").nth(1).unwrap().split(' ').next().unwrap();
                answer("200 OK", "application/json", &health(proof(nonce, of_port(address.port()))))
            })
        });
        let (_folder, client) = attach(format!("http://{address}")).await;
        assert!(matches!(client, Err(ClientError::Impostor { pid: 7, .. })), "{client:?}");
        let request = stranger.join().unwrap();
        assert!(request.starts_with("GET /health?nonce=") && !request.contains("authorization"), "{request}");
    };
    check(|_| r#"{"status":"ok"}"#.to_owned(), |port| port).await;
    check(|_| r#"{"proof":""}"#.to_owned(), |port| port).await;
    check(|_| "x".repeat(1 << 20), |port| port).await;
    // What a daemon on another port says of itself.
    check(|proof| format!(r#"{{"proof":"{proof}"}}"#), |port| port ^ 1).await;
}

#[tokio::test]
async fn a_stale_manifest_is_told_from_none() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (folder, client) = attach(format!("http://{closed}")).await;
    let error = client.unwrap_err();
    assert!(matches!(&error, ClientError::Unreachable { pid: 7, .. }), "{error}");
    assert!(error.to_string().contains("headgate up"), "{error}");
    let nowhere = Client::attach(&Home::at(folder.path().join("nowhere"))).await.unwrap_err();
    assert!(matches!(nowhere, ClientError::Manifest(ManifestError::NotRunning { .. })));
}

#[tokio::test]
async fn nothing_that_can_be_printed_holds_the_token() {
    let (_folder, client, _server) = serve(&[]).await;
    let error = client.tools().await.unwrap_err();
    let request = client.mcp(Method::POST, &"cli".parse().unwrap());
    let text = format!("{client:?} {error:?} {request:?}");
    assert!(!text.contains(TOKEN), "{text}");
}

#[tokio::test]
async fn events_are_read_and_strange_ones_passed_over() {
    let status =
        r#"{"version":"1","pid":1,"instance":"i","url":"u","uptime_ms":5,"calls":2,"stopping":false}"#;
    let body = format!(
        ": keep-alive\n\ndata: {{\"upstream_removed\":\"a\"}}\n\ndata: {{\"weather\":\"fine\"}}\n\n\
         data: {{\"status\":{status}}}\n\n"
    );
    let (_folder, client, _server) = serve(&[answer("200 OK", "text/event-stream", &body)]).await;
    let mut watch = client.events().await.unwrap();
    let first = watch.next().await.unwrap();
    assert!(matches!(&first, Some(crate::Event::UpstreamRemoved(name)) if name.as_str() == "a"), "{first:?}");
    let second = watch.next().await.unwrap();
    assert!(matches!(&second, Some(crate::Event::Status(status)) if status.calls == 2), "{second:?}");
    assert!(watch.next().await.unwrap().is_none());
}

#[tokio::test]
async fn events_that_are_no_json_are_an_error() {
    let (_folder, client, _server) = serve(&[answer("200 OK", "text/event-stream", "data: {oops\n\n")]).await;
    let error = client.events().await.unwrap().next().await.unwrap_err();
    assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
}

#[tokio::test]
async fn the_power_of_the_admin_stays_below_the_admin_api() {
    let (_folder, client, server) = serve(&[answer("200 OK", "application/json", "{}")]).await;
    for (path, stays) in [
        ("/api/tools?all=true", true),
        ("/api/upstreams/a%2Fb", true),
        ("/api/../mcp", false),
        ("/api/%2e%2e/mcp", false),
        ("/api/ui/codes", false),
        ("/api/ui/tokens?x", false),
        ("/api/tools/../ui/codes", false),
        ("/api/ui\\codes", false),
        ("/mcp", false),
        ("api/tools", false),
        ("//elsewhere/api/tools", false),
        ("http://elsewhere/api/tools", false),
        ("", false),
    ] {
        assert_eq!(client.admin(Method::GET, path).is_some(), stays, "{path}");
    }
    client.admin(Method::GET, "/api/tools").unwrap().send().await.unwrap();
    let heads = server.join().unwrap();
    assert!(heads[0].starts_with("GET /api/tools HTTP/1.1") && heads[0].contains(TOKEN), "{heads:?}");
}
