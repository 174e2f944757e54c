//! Who may come in, and what others are told.

use e2e::{Mcp, Sandbox, UpstreamOptions, parameters, request_text};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends these bytes and reads the head of what comes back, without ending the request.
async fn head_of(sandbox: &Sandbox, request: &str) -> String {
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    e2e::in_time("the head of an answer", async {
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                break;
            }
        }
    })
    .await;
    String::from_utf8_lossy(&head).into_owned()
}

fn initialize() -> String {
    request_text("1", "initialize", &parameters().to_string())
}

#[tokio::test]
async fn without_a_valid_key_nobody_comes_in() {
    let sandbox = Sandbox::start().await;
    let key = sandbox.client_key("tester").await;
    for key in ["", "wrong", &format!("{key}x"), &key[1..]] {
        let stranger = Mcp::new(&sandbox.at("/mcp"), key);
        for answer in [
            stranger.post_bytes(initialize()).await,
            stranger.delete().await,
            stranger.listen().await.finish().await,
        ] {
            assert_eq!(answer.status, 401, "{answer:?}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"headgate\"");
            assert!(answer.body.contains("headgate client add"), "{}", answer.body);
        }
    }
    let basic = Mcp::new(&sandbox.at("/mcp"), "").with_header("authorization", &format!("Basic {key}"));
    assert_eq!(basic.post_bytes(initialize()).await.status, 401);
    let relaxed = Mcp::new(&sandbox.at("/mcp"), "").with_header("authorization", &format!("bearer {key}"));
    assert_eq!(relaxed.post_bytes(initialize()).await.status, 200);
}

#[tokio::test]
async fn a_key_may_stand_in_the_path_and_never_in_the_log() {
    let sandbox = Sandbox::builder().arg("--log-level").arg("debug").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let key = sandbox.client_key("tester").await;
    for path in [format!("/k/{key}/mcp"), format!("/k/{key}/mcp/fake")] {
        let client = Mcp::open(&sandbox.at(&path), "").await;
        assert_eq!(client.call("echo", json!({})).await["echo"]["name"], "echo");
        client.listen().await;
        client.delete().await;
    }
    let wrong = Mcp::new(&sandbox.at("/k/wrong-key/mcp"), "");
    assert_eq!(wrong.post_bytes(initialize()).await.status, 401);
    let admin = Mcp::new(&sandbox.at(&format!("/k/{}/mcp", sandbox.admin_token())), "");
    assert_eq!(
        admin.post_bytes(initialize()).await.status,
        401,
        "the admin token does not belong into paths"
    );
    let log = sandbox.log();
    assert!(log.contains("/k/***/mcp"), "{log}");
    for secret in [key.as_str(), "wrong-key", sandbox.admin_token()] {
        assert!(!log.contains(secret), "`{secret}` is in the log");
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_its_sessions_end() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("own", &[], UpstreamOptions::per_session()).await;
    let client = sandbox.client("leaver", "/mcp").await;
    let other = sandbox.client("stayer", "/mcp").await;
    let pid = client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32;
    let stays = other.call("count", json!({})).await["count"]["pid"].as_u64().unwrap() as u32;
    let mut stream = client.listen().await;
    let (status, _) = sandbox.admin(Method::DELETE, "/clients/leaver", None).await;
    assert!((200..300).contains(&status), "{status}");
    assert_eq!(client.request("ping", json!({})).await.status, 401);
    assert!(stream.next().await.is_none(), "an open stream ends");
    e2e::wait_until("its child ends", async || !sandbox.children().contains(&pid)).await;
    assert!(sandbox.children().contains(&stays));
    assert_eq!(other.request("ping", json!({})).await.result(), json!({}));
    // The name is free again; the old key and the old session are not.
    let key = sandbox.client_key("leaver").await;
    let mut back = Mcp::new(&sandbox.at("/mcp"), &key);
    back.set_session(client.session().unwrap());
    assert_eq!(back.request("ping", json!({})).await.status, 404);
}

#[tokio::test]
async fn the_admin_api_takes_the_admin_token_only() {
    let sandbox = Sandbox::start().await;
    let key = sandbox.client_key("tester").await;
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    for path in
        ["/api/upstreams", "/api/tools", "/api/resources", "/api/prompts", "/api/sessions", "/api/clients"]
    {
        for (key, statuses) in [
            ("", &[401][..]),
            ("wrong", &[401]),
            (key.as_str(), &[401, 403]),
            (sandbox.admin_token(), &[200]),
        ] {
            let response = http.get(sandbox.at(path)).bearer_auth(key).send().await.unwrap();
            let status = response.status().as_u16();
            assert!(statuses.contains(&status), "{path} with {key:?}: {status}");
            if status != 200 {
                assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
                let problem: Value = response.json().await.unwrap();
                assert!(
                    ["unauthorized", "forbidden"].contains(&problem["code"].as_str().unwrap()),
                    "{problem}"
                );
                assert!(problem["detail"].as_str().unwrap().len() > 20, "{problem}");
            }
        }
    }
    let key_in_path =
        http.get(sandbox.at(&format!("/k/{}/api/upstreams", sandbox.admin_token()))).send().await.unwrap();
    assert_eq!(key_in_path.status(), 404);
}

#[tokio::test]
async fn a_face_speaks_mcp_for_a_named_client() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut face =
        Mcp::new(&sandbox.at("/mcp"), sandbox.admin_token()).with_header("x-headgate-client", "bridged");
    face.initialize(parameters()).await;
    assert_eq!(face.call("echo", json!({})).await["echo"]["name"], "echo");
    let sessions = sandbox.look("/sessions").await;
    assert_eq!(sessions["sessions"][0]["client"], "bridged", "{sessions}");
    assert_eq!(sessions["sessions"][0]["id"], json!(face.session().unwrap()[..8]), "{sessions}");
    // The session belongs to that name.
    face.set_header("x-headgate-client", "another");
    assert_eq!(face.request("ping", json!({})).await.status, 404);
}

#[tokio::test]
async fn foreign_pages_are_refused_before_their_body_is_read() {
    let sandbox = Sandbox::start().await;
    let key = sandbox.client_key("tester").await;
    let port = sandbox.address().rsplit(':').next().unwrap().to_owned();
    let head = async |host: &str, origin: &str, path: &str| {
        // The body never comes; only who does not read it can answer.
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Authorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        );
        head_of(&sandbox, &request).await
    };
    let own = format!("127.0.0.1:{port}");
    for path in ["/mcp", "/mcp/x", "/api/upstreams", "/health"] {
        for host in ["evil.example", "evil.example:80", "127.0.0.1:1", "127.0.0.1.evil.example"] {
            let answer = head(host, "", path).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{host} {path}: {answer}");
        }
        for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "file://"] {
            let answer = head(&own, &format!("Origin: {origin}\r\n"), path).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{origin} {path}: {answer}");
        }
    }
    let twice = format!("GET /health HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\n\r\n");
    let answer = head_of(&sandbox, &twice).await;
    assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"), "{answer}");
    for host in [format!("localhost:{port}"), own.clone(), format!("[::1]:{port}")] {
        let answer = head_of(&sandbox, &format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    // A key, too, is looked at before the body.
    let refused = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    assert!(head_of(&sandbox, refused).await.starts_with("HTTP/1.1 401"));
    let api = "POST /api/upstreams HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    assert!(head_of(&sandbox, api).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn nothing_looks_like_oauth() {
    let sandbox = Sandbox::start().await;
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/mcp/.well-known/openid-configuration",
    ] {
        for method in [Method::GET, Method::POST] {
            let response = http.request(method, sandbox.at(path)).send().await.unwrap();
            assert_eq!(response.status(), 404, "{path}");
        }
    }
    let register = http.post(sandbox.at("/register")).json(&json!({})).send().await.unwrap();
    assert!([404, 405].contains(&register.status().as_u16()));
}

#[tokio::test]
async fn a_servers_credentials_are_its_own() {
    let sandbox = Sandbox::start().await;
    let options = UpstreamOptions {
        headers: [("X-Team".to_owned(), "core".to_owned())].into(),
        secrets: [("Authorization".to_owned(), "Bearer upstream-secret".to_owned())].into(),
        ..UpstreamOptions::default()
    };
    let flags = ["--require-header", "Authorization: Bearer upstream-secret"];
    let _http = sandbox.add_fake_http("site", &flags, options).await;
    let client = sandbox.client("tester", "/mcp").await;
    let headers = &client.call("headers", json!({})).await["headers"];
    assert_eq!(headers["authorization"], "Bearer upstream-secret");
    assert_eq!(headers["x-team"], "core");
    assert_eq!(headers["mcp-protocol-version"], "2025-11-25");
    // The secret is nowhere a face or a client could read it.
    for path in ["/upstreams", "/upstreams/site", "/upstreams/site/logs", "/sessions", "/tools"] {
        assert!(!sandbox.look(path).await.to_string().contains("upstream-secret"), "{path}");
    }
    let database = std::fs::read(sandbox.home().join("headgate.db")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains("upstream-secret"));
}

#[tokio::test]
async fn a_child_gets_its_own_environment_and_not_the_gateways() {
    let sandbox = Sandbox::builder().env("PRIVATE_TOKEN", "leaked").start().await;
    let options = UpstreamOptions {
        env: [("PLAIN".to_owned(), "plain value".to_owned())].into(),
        secrets: [("HIDDEN".to_owned(), "hidden value".to_owned())].into(),
        cwd: Some(sandbox.home().to_owned()),
        ..UpstreamOptions::default()
    };
    sandbox.add_fake("fake", &[], options).await;
    let client = sandbox.client("tester", "/mcp").await;
    let pid = client.call("count", json!({})).await["count"]["pid"].as_u64().unwrap();
    if cfg!(target_os = "linux") {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        let environment = String::from_utf8_lossy(&environment).replace('\0', "\n");
        for expected in ["PLAIN=plain value", "HIDDEN=hidden value", "PATH=", "HEADGATE_HOME="] {
            assert!(environment.lines().any(|line| line.starts_with(expected)), "{expected}: {environment}");
        }
        assert!(!environment.contains("PRIVATE_TOKEN"), "{environment}");
        assert_eq!(
            std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap(),
            sandbox.home().canonicalize().unwrap()
        );
    }
    assert!(!sandbox.look("/upstreams").await.to_string().contains("hidden value"));
}
