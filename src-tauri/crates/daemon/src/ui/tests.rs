use http_body_util::BodyExt;

use super::*;

/// A UI of two files and an icon.
fn built(path: &str) -> Option<File> {
    let (text, kind) = match path {
        INDEX => ("<!doctype html>", "text/html"),
        "assets/app-1a2b.js" => ("run()", "text/javascript"),
        "favicon.svg" => ("<svg/>", "image/svg+xml"),
        _ => return None,
    };
    let digest = [text.len() as u8; 32];
    Some(File { bytes: text.as_bytes().into(), digest, media_type: kind.to_owned() })
}

fn ask(method: &str, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    answer_from(built, &Method::from_bytes(method.as_bytes()).unwrap(), path, headers)
}

fn header(response: &Response<Body>, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Status, type, caching and body of the answer at a path; empty when it is not the UI's.
async fn look(path: &str) -> String {
    let Some(response) = ask("GET", path, &HeaderMap::new()) else { return String::new() };
    let (kind, caching) = (header(&response, "content-type"), header(&response, "cache-control"));
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    format!("{status} | {kind} | {caching} | {}", String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn pages_are_the_index_and_files_are_themselves() {
    let index = "200 | text/html; charset=utf-8 | no-cache | <!doctype html>";
    for page in
        ["/", "/add", "/upstreams", "/upstreams/github/tools", "/tools/a b", "/activity/17", "/settings/"]
    {
        assert_eq!(look(page).await, index, "{page}");
    }
    let script = "200 | text/javascript; charset=utf-8 | public, max-age=31536000, immutable | run()";
    assert_eq!(look("/assets/app-1a2b.js").await, script);
    assert_eq!(look("/favicon.svg").await, "200 | image/svg+xml | no-cache | <svg/>");
    for nowhere in ["/assets/app-0000.js", "/assets/", "/upstreamsx", "/mcpx", "/../x", "/k/K", "x", ""] {
        assert_eq!(look(nowhere).await, "", "{nowhere}");
    }
}

#[tokio::test]
async fn what_stands_in_for_the_page_is_no_page() {
    let stand_in = |path: &str| {
        let text = format!("<!doctype html>{STAND_IN}<p>The page was not built");
        let file =
            File { bytes: text.into_bytes().into(), digest: [1; 32], media_type: "text/html".to_owned() };
        (path == INDEX).then_some(file)
    };
    let answer = |path| answer_from(stand_in, &Method::GET, path, &HeaderMap::new());
    let body = answer("/tools").unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, NOT_BUILT.as_bytes());
    assert!(answer("/index.html").is_none());
    // The one is written by a build script, which cannot be asked for it.
    assert!(include_str!("../../../../build.rs").contains(&STAND_IN.replace('"', "\\\"")));
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let first = ask("GET", "/assets/app-1a2b.js", &HeaderMap::new()).unwrap();
    let headers = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
    let again = ask("GET", "/assets/app-1a2b.js", &headers).unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(ask("GET", "/favicon.svg", &headers).unwrap().status(), 200);
}

#[test]
fn every_answer_is_protected_and_can_only_be_read() {
    for (method, path, status) in [("GET", "/", 200), ("HEAD", "/favicon.svg", 200), ("POST", "/tools", 405)]
    {
        let response = ask(method, path, &HeaderMap::new()).unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        for (name, value) in PROTECTION {
            assert_eq!(header(&response, name), *value, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_gateway_without_a_ui_says_so() {
    let response = answer_from(|_| None, &Method::GET, "/tools", &HeaderMap::new()).unwrap();
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"This gateway was built without its web UI"), "{body:?}");
}

#[test]
fn only_names_below_the_folder_are_looked_up() {
    for (path, plain) in
        [("a/b.js", true), ("../b", false), ("a//b", false), ("a\\..\\b", false), ("c:x", false)]
    {
        assert_eq!(is_plain(path), plain, "{path}");
    }
}
