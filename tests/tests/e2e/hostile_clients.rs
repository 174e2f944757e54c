//! Clients that send what they should not. Each gets an answer that says what to do, and nobody else
//! notices.

use std::time::Duration;

use e2e::{Mcp, Sandbox};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::ways::one;

async fn check(client: &Mcp, body: &str, status: u16, code: i64, id: &str, hint: &str) {
    let answer = client.post_bytes(body.to_owned()).await;
    let what = body.chars().take(100).collect::<String>();
    assert_eq!((answer.status, answer.error().0), (status, code), "{what}: {answer:?}");
    assert_eq!(answer.last().id(), id, "{what}");
    assert!(answer.error().1.contains(hint), "{what}: {:?}", answer.error());
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_the_reason() {
    let (_sandbox, client) = one(&[]).await;
    let request = |text: &str| format!(r#"{{"jsonrpc":"2.0",{text}}}"#);
    for not_json in
        ["", "{", "nonsense", "{\"jsonrpc\":\"2.0\",}", "{\"a\":\"\u{1}\"}", "{} {}", "[1,", "\u{feff}{}"]
    {
        check(&client, not_json, 400, -32700, "null", "JSON").await;
    }
    for (body, id, hint) in [
        (r#"{"id":1,"method":"ping"}"#.to_owned(), "1", "jsonrpc"),
        (r#"{"jsonrpc":"1.0","id":"x","method":"ping"}"#.to_owned(), "\"x\"", "jsonrpc"),
        (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#.to_owned(), "1", "jsonrpc"),
        (request(r#""id":null,"method":"ping""#), "null", "id"),
        (request(r#""id":{},"method":"ping""#), "null", "id"),
        (request(r#""id":true,"method":"ping""#), "null", "id"),
        (request(r#""id":1,"method":7"#), "1", "method"),
        (request(r#""id":1"#), "1", "method"),
        (request(r#""id":1,"method":"ping","result":{}"#), "1", "exactly one"),
        (request(r#""id":1,"result":{},"error":{}"#), "1", "exactly one"),
        (request(r#""id":1,"id":2,"method":"ping""#), "null", "twice"),
        (request(r#""method":"ping","id":1,"\u006dethod":"tools/list""#), "null", "twice"),
        ("[]".to_owned(), "null", "empty"),
        ("7".to_owned(), "null", "object"),
        ("null".to_owned(), "null", "object"),
        ("\"text\"".to_owned(), "null", "object"),
    ] {
        check(&client, &body, 400, -32600, id, hint).await;
    }
    assert_eq!(client.request("ping", json!({})).await.result(), json!({}));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let (_sandbox, client) = one(&[]).await;
    for body in [
        &b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\"\xff\xfe\"}"[..],
        b"\xff",
        b"\0",
        b"\x1f\x8b\x08",
    ] {
        let answer = client.post_bytes(body.to_vec()).await;
        assert_eq!((answer.status, answer.error().0), (400, -32700), "{body:?}");
    }
    assert_eq!(client.request("ping", json!({})).await.result(), json!({}));
}

#[tokio::test]
async fn a_tower_of_brackets_harms_nobody() {
    let (_sandbox, client) = one(&[]).await;
    let tower = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let answer = client.post_bytes(tower.clone()).await;
    assert_eq!(answer.status, 400);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{tower}}}}}"#
    );
    let answer = client.post_bytes(body).await;
    assert!([200, 400].contains(&answer.status), "{}", answer.status);
    assert_eq!(client.request("ping", json!({})).await.result(), json!({}));
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn the_wrong_content_type_is_refused() {
    let (_sandbox, client) = one(&[]).await;
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = client.prepare_with(reqwest::Method::POST, &[("content-type", kind)]).body(call);
        let answer = client.exchange(request).await.finish().await;
        assert_eq!(answer.status, 415, "{kind}");
        assert!(answer.error().1.contains("application/json"), "{:?}", answer.error());
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        let request = client.prepare_with(reqwest::Method::POST, &[("content-type", kind)]).body(call);
        assert_eq!(client.exchange(request).await.status, 200, "{kind}");
    }
}

/// An open connection to the gateway, and everything but the rest of the head.
struct Raw {
    stream: TcpStream,
}

impl Raw {
    async fn post(sandbox: &Sandbox, client: &Mcp, key: &str, headers: &str) -> Self {
        let stream = TcpStream::connect(sandbox.address()).await.unwrap();
        let mut raw = Self { stream };
        raw.head(sandbox, client, key, headers).await;
        raw
    }

    async fn head(&mut self, sandbox: &Sandbox, client: &Mcp, key: &str, headers: &str) {
        let session = client.session().unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\nMcp-Session-Id: {session}\r\n\
             Content-Type: application/json\r\n{headers}\r\n",
            sandbox.address()
        );
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// What comes back within the limit, until its end or the first of it.
    async fn answer(&mut self, limit: Duration) -> String {
        let mut answer = Vec::new();
        timeout(limit, async {
            while self.stream.read_buf(&mut answer).await.is_ok_and(|count| count > 0) {
                if answer.windows(4).any(|end| end == b"\r\n\r\n") && answer.ends_with(b"}") {
                    break;
                }
            }
        })
        .await
        .unwrap_or_else(|_| {
            panic!("no answer within {} s: {}", limit.as_secs(), String::from_utf8_lossy(&answer))
        });
        String::from_utf8_lossy(&answer).into_owned()
    }
}

const SOON: Duration = Duration::from_secs(20);

async fn keyed() -> (Sandbox, Mcp, String) {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], e2e::UpstreamOptions::default()).await;
    let key = sandbox.client_key("tester").await;
    let client = Mcp::open(&sandbox.at("/mcp"), &key).await;
    (sandbox, client, key)
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let (sandbox, client, key) = keyed().await;
    let declared = format!("Content-Length: {}\r\n", 64 * 1024 * 1024 + 1);
    let answer = Raw::post(&sandbox, &client, &key, &declared).await.answer(SOON).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("64 MiB"), "{answer}");

    // One that does not say how large it is, is found out.
    let raw = Raw::post(&sandbox, &client, &key, "Transfer-Encoding: chunked\r\n").await;
    let (mut read, mut write) = raw.stream.into_split();
    let writing = tokio::spawn(async move {
        let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1024 * 1024], b"\r\n"].concat();
        // It may hang up as soon as it knows.
        for _ in 0..70 {
            if write.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = write.write_all(b"0\r\n\r\n").await;
    });
    let mut answer = Vec::new();
    timeout(SOON, async {
        while read.read_buf(&mut answer).await.is_ok_and(|count| count > 0 && !answer.ends_with(b"}")) {}
    })
    .await
    .unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    writing.abort();
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let (sandbox, client, key) = keyed().await;
    let many: String = (0..500).map(|number| format!("X-Flood-{number}: {number}\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(2 * 1024 * 1024));
    for headers in [many, long] {
        let mut raw = match timeout(SOON, Raw::post(&sandbox, &client, &key, &headers)).await {
            Ok(raw) => raw,
            Err(_) => panic!("the gateway neither reads nor hangs up"),
        };
        let answer = raw.answer(SOON).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

/// It waits for the gateway's patience to end, half a minute.
#[tokio::test]
async fn a_body_that_comes_too_slowly_is_given_up() {
    let (sandbox, client, key) = keyed().await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::post(&sandbox, &client, &key, "Content-Length: 1000\r\n").await;
        raw.stream.write_all(b"{\"jsonrpc\"").await.unwrap();
        slow.push(raw);
    }
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo", "others go on");
    drop(slow.split_off(1));
    let answer = slow[0].answer(Duration::from_secs(60)).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("slow"), "{answer}");
    // On a new connection: the old one was idle for as long as the slow one was suffered.
    let fresh = Mcp::open(&sandbox.at("/mcp"), &key).await;
    assert_eq!(fresh.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_body_that_breaks_off_harms_nobody() {
    let (sandbox, client, key) = keyed().await;
    for _ in 0..20 {
        let mut raw = Raw::post(&sandbox, &client, &key, "Content-Length: 1000\r\n").await;
        raw.stream.write_all(b"{\"jsonrpc\"").await.unwrap();
    }
    for garbage in [
        "\r\n\r\n",
        "GET\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /mcp HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
        stream.write_all(garbage.as_bytes()).await.unwrap();
    }
    assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_thousand_idle_connections_shut_nobody_out() {
    let (sandbox, client, _) = keyed().await;
    let mut idle = Vec::new();
    for _ in 0..800 {
        idle.push(TcpStream::connect(sandbox.address()).await.unwrap());
    }
    let fresh = client.another().await;
    assert_eq!(fresh.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn who_proves_nothing_cannot_stay() {
    let (sandbox, client, key) = keyed().await;
    let mut strangers = Vec::new();
    for said in
        ["", "GET /health HTTP/1.1\r\nHost: localhost\r\n", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        strangers.push(stream);
    }
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let length = format!("Content-Length: {}\r\n", ping.len());
    let mut known = Raw::post(&sandbox, &client, &key, &length).await;
    known.stream.write_all(ping.as_bytes()).await.unwrap();
    assert!(known.answer(SOON).await.starts_with("HTTP/1.1 200"));
    for mut stream in strangers {
        e2e::within(SOON, "a connection of a stranger", stream.read_to_end(&mut Vec::new())).await.unwrap();
    }
    known.head(&sandbox, &client, &key, &length).await;
    known.stream.write_all(ping.as_bytes()).await.unwrap();
    assert!(known.answer(SOON).await.starts_with("HTTP/1.1 200"));
}

/// More calls than one session may have in flight; the client hangs up on each, which cancels none.
#[tokio::test]
async fn calls_without_end_are_bounded_in_one_session_and_free_in_others() {
    let (_sandbox, client) = one(&[]).await;
    let other = client.another().await;
    for _ in 0..16 {
        futures_util::future::join_all((0..64).map(|_| client.start_call("mute", json!({})))).await;
    }
    let (code, sentence) = client.try_call("echo", json!({})).await.error();
    assert!(code == -32603 && sentence.contains("1024"), "{code} {sentence}");
    assert_eq!(other.call("echo", json!({})).await["echo"]["name"], "echo");
    client.delete().await;
    assert_eq!(other.call("echo", json!({})).await["echo"]["name"], "echo");
}

#[tokio::test]
async fn a_client_that_names_no_accept_is_served() {
    let (sandbox, client, key) = keyed().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let mut raw = Raw::post(&sandbox, &client, &key, &format!("Content-Length: {}\r\n", ping.len())).await;
    raw.stream.write_all(ping.as_bytes()).await.unwrap();
    let answer = raw.answer(SOON).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        "{answer}"
    );
}
