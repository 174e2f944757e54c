//! The web UI: its pages, and how a browser is let in.

use e2e::Sandbox;
use reqwest::{
    Method, Response,
    header::{HOST, ORIGIN},
};
use serde_json::{Value, json};

/// What a browser gets that opens this path.
async fn open(sandbox: &Sandbox, path: &str) -> Response {
    reqwest::get(sandbox.at(path)).await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn pages_are_served_to_anybody_here_and_load_nothing_from_elsewhere() {
    let sandbox = Sandbox::start().await;
    for path in ["/", "/add", "/upstreams/a", "/tools", "/sessions", "/activity", "/clients", "/settings"] {
        let page = open(&sandbox, path).await;
        assert_eq!(page.status(), 200, "{path}");
        assert!(header(&page, "content-type").starts_with("text/"), "{path}");
        let policy = header(&page, "content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert_eq!(header(&page, "referrer-policy"), "no-referrer");
        assert_eq!(header(&page, "x-frame-options"), "DENY");
        assert_eq!(header(&page, "set-cookie"), "");
    }
    for path in ["/nothing", "/assets/none.js", "/mcpx", "/k/K", "/.well-known/x"] {
        assert_eq!(open(&sandbox, path).await.status(), 404, "{path}");
    }
    let posted = reqwest::Client::new().post(sandbox.at("/")).send().await.unwrap();
    assert_eq!(posted.status(), 405);
}

#[tokio::test]
async fn pages_are_not_served_to_other_names_and_other_pages() {
    let sandbox = Sandbox::start().await;
    for (name, value) in [(HOST, "evil.example"), (ORIGIN, "http://evil.example")] {
        let request = reqwest::Client::new().get(sandbox.at("/")).header(name, value);
        assert_eq!(request.send().await.unwrap().status(), 403, "{value}");
    }
}

/// Makes a link as a face does, and reads its code.
async fn code(sandbox: &Sandbox) -> String {
    let (status, link) = sandbox.admin(Method::POST, "/ui/codes", Some(json!({}))).await;
    assert_eq!((status, &link["valid_s"], &link["page"]), (201, &60.into(), &Value::Null), "{link}");
    let url = link["url"].as_str().unwrap();
    let code = url.strip_prefix(&sandbox.at("/#code=")).unwrap_or_else(|| panic!("{url}"));
    assert!(code.len() > 40, "256 bits do not fit into {code}");
    code.to_owned()
}

/// Trades a code as the page does.
async fn trade(sandbox: &Sandbox, code: &str) -> Response {
    let request = reqwest::Client::new().post(sandbox.at("/api/ui/tokens")).header(ORIGIN, sandbox.url());
    request.json(&json!({ "code": code })).send().await.unwrap()
}

async fn token(sandbox: &Sandbox) -> String {
    let response = trade(sandbox, &code(sandbox).await).await;
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "set-cookie"), "");
    response.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

async fn status_with(sandbox: &Sandbox, method: Method, path: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().request(method, sandbox.at(path)).bearer_auth(token);
    request.json(&json!({})).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_code_lets_one_browser_in() {
    let sandbox = Sandbox::builder().arg("--log-level").arg("debug").start().await;
    let code = code(&sandbox).await;
    let first = trade(&sandbox, &code).await;
    assert_eq!(first.status(), 201);
    let token = first.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let again = trade(&sandbox, &code).await;
    assert_eq!(again.status(), 401);
    assert!(again.text().await.unwrap().contains("used before"));

    assert_eq!(status_with(&sandbox, Method::GET, "/api/status", &token).await, 200);
    assert_eq!(status_with(&sandbox, Method::POST, "/api/upstreams", &token).await, 400);
    // It lets nobody else in, and speaks no MCP.
    assert_eq!(status_with(&sandbox, Method::POST, "/api/ui/codes", &token).await, 403);
    assert_eq!(status_with(&sandbox, Method::POST, "/mcp", &token).await, 401);
    for wrong in ["", &code, &token[1..], &format!("{token}x")] {
        assert_eq!(status_with(&sandbox, Method::GET, "/api/status", wrong).await, 401, "{wrong}");
    }
    for secret in [&code, &token] {
        assert!(!sandbox.log().contains(secret.as_str()), "a secret is in the log");
    }
    // It ends with the gateway.
    let sandbox = Sandbox::builder().home(sandbox.stop()).start().await;
    assert_eq!(status_with(&sandbox, Method::GET, "/api/status", &token).await, 401);
}

#[tokio::test]
async fn only_pages_of_ours_trade_codes_and_only_faces_make_them() {
    let sandbox = Sandbox::start().await;
    let code = code(&sandbox).await;
    for (name, value) in [(HOST, "evil.example"), (ORIGIN, "http://evil.example"), (ORIGIN, "null")] {
        let request = reqwest::Client::new().post(sandbox.at("/api/ui/tokens")).header(&name, value);
        let response = request.json(&json!({ "code": code })).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}: {value}");
    }
    let key = sandbox.client_key("tester").await;
    assert_eq!(status_with(&sandbox, Method::POST, "/api/ui/codes", &key).await, 403);
    assert_eq!(status_with(&sandbox, Method::POST, "/api/ui/codes", "").await, 401);
    assert_eq!(status_with(&sandbox, Method::GET, "/api/ui/tokens", "").await, 401);
    assert_eq!(trade(&sandbox, &code).await.status(), 201, "none of that used the code up");
}

#[tokio::test]
async fn who_tries_codes_is_told_to_wait_and_shuts_nobody_out() {
    let sandbox = Sandbox::start().await;
    let before = token(&sandbox).await;
    let mut tries = 0;
    while trade(&sandbox, "hgc_guess").await.status() == 401 {
        tries += 1;
        assert!(tries < 100, "there is no end");
    }
    assert_eq!(trade(&sandbox, "hgc_guess").await.status(), 429);
    let link = code(&sandbox).await;
    assert_eq!(trade(&sandbox, &link).await.status(), 201);
    assert_eq!(status_with(&sandbox, Method::GET, "/api/status", &before).await, 200);
}

#[tokio::test]
async fn little_is_read_of_strangers() {
    let sandbox = Sandbox::start().await;
    assert_eq!(trade(&sandbox, &"x".repeat(2000)).await.status(), 413);
    let large = json!({ "name": "x".repeat(2000) });
    assert_eq!(sandbox.admin(Method::POST, "/clients", Some(large)).await.0, 400, "others may send more");
}

#[tokio::test]
async fn a_page_hears_events_by_its_token() {
    let sandbox = Sandbox::start().await;
    let request = reqwest::Client::new().get(sandbox.at("/api/events")).bearer_auth(token(&sandbox).await);
    let mut response = request.header(ORIGIN, sandbox.url()).send().await.unwrap();
    let first = e2e::in_time("the state", response.chunk()).await.unwrap().unwrap();
    assert!(first.starts_with(b"data: {\"state\":"), "{first:?}");
}

#[tokio::test]
async fn the_command_line_prints_a_link_that_works() {
    let sandbox = Sandbox::start().await;
    let output = sandbox.cli(&["ui", "--print"]).await;
    let link = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("once and for 60 seconds"), "{output:?}");
    assert_eq!(trade(&sandbox, link.split_once("#code=").unwrap().1).await.status(), 201);
}

/// A program that is started in place of a browser sees neither the link nor its code among its arguments.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_browser_is_opened_without_telling_others_the_code() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let sandbox = Sandbox::start().await;
    let mut blind = sandbox.command();
    blind.args(["ui", "--json"]).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let blind: Value = serde_json::from_slice(&blind.output().unwrap().stdout).unwrap();
    assert_eq!(blind["opened"], false);
    assert!(blind["why_not"].as_str().unwrap().contains("no screen"), "{blind}");

    let folder = tempfile::tempdir().unwrap();
    let (browser, told) = (folder.path().join("xdg-open"), folder.path().join("told"));
    fs::write(
        &browser,
        "#!/bin/sh\nprintf %s \"$*\" > \"${0%/*}/part\" && mv \"${0%/*}/part\" \"${0%/*}/told\"\n",
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut command = sandbox.command();
    command.args(["ui", "--json"]).env("DISPLAY", ":99").env("PATH", path);
    let output: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(output["opened"], true, "{output}");
    let page = e2e::wait_for("the browser is started", async || fs::read_to_string(&told).ok()).await;
    let link = output["url"].as_str().unwrap();
    let code = link.split_once("#code=").unwrap().1;
    assert!(!page.contains(code), "{page}");
    assert!(fs::read_to_string(&page).unwrap().contains(link));
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(trade(&sandbox, code).await.status(), 201);
    assert!(!fs::exists(&page).unwrap(), "the page outlives its code");
}

#[tokio::test]
async fn the_document_is_printed_without_a_gateway() {
    let sandbox = Sandbox::start().await;
    let served = sandbox.look("/openapi.json").await;
    let home = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(e2e::programs::headgate());
    let output = command.arg("openapi").env("HEADGATE_HOME", home.path()).output().await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), served);
    assert_eq!(served["paths"]["/api/ui/tokens"]["post"]["security"], json!([{}]));
}
