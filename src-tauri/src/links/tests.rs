use super::*;

#[track_caller]
fn check(link: &str, page: Option<&str>) {
    assert_eq!(Url::parse(link).ok().and_then(|link| super::page(&link)).as_deref(), page, "{link}");
}

#[test]
fn a_link_names_a_page() {
    check("headgate://upstreams", Some("/upstreams"));
    check("headgate://upstreams/", Some("/upstreams"));
    check("headgate://upstreams/github", Some("/upstreams/github"));
    check("headgate://upstreams/github/logs", Some("/upstreams/github/logs"));
    check("headgate://activity", Some("/activity"));
    // The way up ends at the page.
    check("headgate://upstreams/%2e%2e/../x", Some("/upstreams/x"));
}

#[test]
fn what_names_no_page_is_no_link() {
    for link in [
        "headgate://",
        "headgate:upstreams",
        "headgate://nowhere",
        "headgate://upstreams/a/b/c",
        "headgate://upstreams/a?start=true",
        "headgate://upstreams/a#x",
        "headgate://me@upstreams/a",
        "headgate://upstreams:1/a",
        "headgate://upstreams/a%2Fb",
        "headgate://upstreams/<b>",
        "headgate://upstreams/-a",
        "https://upstreams/a",
        "file:///upstreams",
    ] {
        check(link, None);
    }
    check(&format!("headgate://upstreams/{}", "a".repeat(129)), None);
}
