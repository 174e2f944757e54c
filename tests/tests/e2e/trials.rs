//! `/api/calls`: a tool that a person tries goes the way of a client's call, tells its progress and can be
//! cancelled.

use std::collections::VecDeque;

use e2e::{Sandbox, UpstreamOptions, in_time, wait_until};
use reqwest::{Method, Response};
use serde_json::{Value, json};

async fn with_fake() -> Sandbox {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    sandbox
}

/// The lines of a call that is being tried.
struct Lines {
    response: Response,
    buffer: Vec<u8>,
    lines: VecDeque<String>,
}

impl Lines {
    async fn of(sandbox: &Sandbox, body: &str) -> Self {
        let request = sandbox.admin_request(Method::POST, "/calls").header("accept", "application/x-ndjson");
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let response = in_time("the head of the answer", request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        Self { response, buffer: Vec::new(), lines: VecDeque::new() }
    }

    async fn next_text(&mut self) -> Option<String> {
        while self.lines.is_empty() {
            let chunk = in_time("the next line", self.response.chunk()).await.unwrap()?;
            self.buffer.extend_from_slice(&chunk);
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                self.lines.push_back(String::from_utf8(line).unwrap());
            }
        }
        self.lines.pop_front()
    }

    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await.expect("one more line")).unwrap()
    }

    /// The id that the first line tells.
    async fn id(&mut self) -> String {
        self.next().await["call"]["id"].as_str().expect("the first line names the call").to_owned()
    }
}

async fn seen(sandbox: &Sandbox) -> String {
    let client = sandbox.client(&format!("looker-{}", rand::random::<u32>()), "/mcp").await;
    client.call("seen", json!({})).await.to_string()
}

async fn until_all_is_over(sandbox: &Sandbox) {
    wait_until("nothing is tried any more", async || sandbox.look("/calls").await["calls"] == json!([]))
        .await;
}

/// Waits until the server heard so often that nobody waits for a call.
async fn until_told(sandbox: &Sandbox, times: usize) {
    wait_until("the server hears that nobody waits", async || {
        seen(sandbox).await.matches("nobody waits for it any more").count() == times
    })
    .await;
}

#[tokio::test]
async fn a_tool_is_tried_as_a_client_and_tells_its_progress() {
    let sandbox = with_fake().await;
    let body = r#"{"tool":"progress","arguments":{"steps":2,"big":9007199254740993},"client":"claude"}"#;
    let mut lines = Lines::of(&sandbox, body).await;
    let first = lines.next().await;
    assert_eq!((&first["call"]["tool"], &first["call"]["client"]), (&json!("progress"), &json!("claude")));
    for step in 1..=2 {
        let progress = lines.next().await;
        assert_eq!(progress["progress"]["progress"], step, "{progress}");
    }
    let last = lines.next().await;
    assert!(last["result"]["done"] == true && last["duration_ms"].is_u64(), "{last}");
    assert_eq!(lines.next_text().await, None);
    let recorded = &sandbox.look("/activity?method=tools/call").await["calls"][0];
    assert_eq!((&recorded["client"], &recorded["target"]), (&json!("claude"), &json!("progress")));
    wait_until("its session has ended", async || sandbox.look("/sessions").await["sessions"] == json!([]))
        .await;
}

#[tokio::test]
async fn arguments_and_results_stay_as_they_are_written() {
    let sandbox = with_fake().await;
    let given = r#"{"z":9007199254740993,"a":1.0,"ü":"é"}"#;
    let body = format!(r#"{{"tool":"echo","upstream":"fake","arguments":{given}}}"#);
    let mut lines = Lines::of(&sandbox, &body).await;
    lines.id().await;
    let last = lines.next_text().await.unwrap();
    assert!(last.starts_with(r#"{"result":"#) && last.contains(given), "{last}");

    let mut lines = Lines::of(&sandbox, r#"{"tool":"log","arguments":{"text":"hello"}}"#).await;
    lines.id().await;
    let log = lines.next().await;
    assert_eq!(log["log"]["data"]["text"], "hello", "{log}");
}

#[tokio::test]
async fn errors_end_the_lines_and_questions_are_refused() {
    let sandbox = with_fake().await;
    for (tool, code) in [("error", -32001), ("nothing", -32602)] {
        let mut lines = Lines::of(&sandbox, &json!({ "tool": tool }).to_string()).await;
        lines.id().await;
        let last = lines.next().await;
        assert_eq!(last["error"]["code"], code, "{last}");
    }
    let ask = json!({ "tool": "ask", "arguments": { "method": "elicitation/create", "params": {} } });
    let mut lines = Lines::of(&sandbox, &ask.to_string()).await;
    lines.id().await;
    let last = lines.next().await;
    assert!(last["result"]["answer"]["error"]["code"].is_i64(), "{last}");
}

#[tokio::test]
async fn a_plain_answer_comes_once_and_wrong_wishes_are_refused() {
    let sandbox = with_fake().await;
    let post = async |body: Value| {
        let request = sandbox.admin_request(Method::POST, "/calls").header("accept", "application/json");
        let response = in_time("the answer", request.json(&body).send()).await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, end) = post(json!({ "tool": "progress" })).await;
    assert!(status == 200 && end["result"]["done"] == true, "{status} {end}");
    let (status, end) = post(json!({ "tool": "mute", "timeout_s": 1 })).await;
    assert!(status == 200 && end["error"]["message"].as_str().unwrap().contains("within 1 s"), "{end}");
    assert!(seen(&sandbox).await.contains("the time that it was given is over"), "the server was told why");
    for (body, status, word) in [
        (json!({ "tool": "echo", "upstream": "gone" }), 404, "no upstream `gone`"),
        (json!({ "tool": "echo", "arguments": [1] }), 400, "object"),
        (json!({ "tool": "echo", "timeout_s": 0 }), 400, "timeout_s"),
        (json!({ "tool": "echo", "unknown": 0 }), 400, "unknown"),
    ] {
        let (found, problem) = post(body.clone()).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(found == status && detail.contains(word), "{body}: {found} {problem}");
    }
}

#[tokio::test]
async fn a_call_is_cancelled_by_its_id_or_by_going_away() {
    let sandbox = with_fake().await;
    let mut lines = Lines::of(&sandbox, r#"{"tool":"mute","client":"claude"}"#).await;
    let id = lines.id().await;
    assert_eq!(sandbox.look("/calls").await["calls"][0]["id"], json!(id));
    let (status, _) = sandbox.admin(Method::DELETE, &format!("/calls/{id}"), None).await;
    assert_eq!(status, 204);
    let last = lines.next().await;
    assert_eq!(last["error"]["code"], -32800, "{last}");
    wait_until("the server heard of it", async || seen(&sandbox).await.contains("a person cancelled it"))
        .await;
    until_all_is_over(&sandbox).await;
    let (status, problem) = sandbox.admin(Method::DELETE, &format!("/calls/{id}"), None).await;
    assert_eq!(status, 404, "{problem}");

    let mut lines = Lines::of(&sandbox, r#"{"tool":"mute"}"#).await;
    lines.id().await;
    drop(lines);
    until_told(&sandbox, 1).await;
    until_all_is_over(&sandbox).await;

    let plain = sandbox.admin_request(Method::POST, "/calls").header("accept", "application/json");
    let plain = tokio::spawn(plain.json(&json!({ "tool": "mute" })).send());
    wait_until("it is tried", async || sandbox.look("/calls").await["calls"] != json!([])).await;
    plain.abort();
    until_told(&sandbox, 2).await;
    until_all_is_over(&sandbox).await;
    let recorded = sandbox.look("/activity?outcome=cancelled").await;
    assert_eq!(recorded["calls"].as_array().unwrap().len(), 3, "{recorded}");
}

#[tokio::test]
async fn only_so_many_are_tried_at_once() {
    let sandbox = with_fake().await;
    let mut all = Vec::new();
    for _ in 0..16 {
        let mut lines = Lines::of(&sandbox, r#"{"tool":"mute"}"#).await;
        lines.id().await;
        all.push(lines);
    }
    let (status, problem) = sandbox.admin(Method::POST, "/calls", Some(json!({ "tool": "echo" }))).await;
    assert_eq!((status, &problem["code"]), (429, &json!("busy")), "{problem}");
    drop(all);
    until_all_is_over(&sandbox).await;
    let mut lines = Lines::of(&sandbox, r#"{"tool":"echo"}"#).await;
    lines.id().await;
    assert!(lines.next().await["result"].is_object());
}
