//! The web UI: its pages, and how a browser is let in.

use e2e::Sandbox;
use reqwest::{
    Response,
    header::{HOST, ORIGIN},
};

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
    for path in ["/", "/upstreams/a", "/tools", "/sessions", "/activity", "/clients", "/settings"] {
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
