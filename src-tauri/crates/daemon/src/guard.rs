//! Who may come in, decided from the head of a request before a byte of its body is read: host and
//! origin keep web pages out, keys and the admin token keep strangers out. Plain functions.

use std::net::IpAddr;

use headgate_gateway::Scope;
use hyper::{
    HeaderMap, Uri,
    header::{AUTHORIZATION, HOST, ORIGIN},
};

/// The names by which this server may be called.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    hosts: Vec<String>,
    port: u16,
}

impl Names {
    /// Loopback, the address it is bound to, and whatever a person allowed besides.
    pub(crate) fn new(bound: IpAddr, allowed: &[String], port: u16) -> Self {
        let mut hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "[::1]".to_owned()];
        hosts.push(match bound {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        });
        hosts.extend(allowed.iter().map(|host| host.to_ascii_lowercase()));
        Self { hosts, port }
    }

    /// True when a page of ours, or no page at all, sends this request (transports, "Security
    /// Warning"): a rebound DNS name shows in Host, a foreign page in Origin.
    pub(crate) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (uri.authority(), hosts.next(), hosts.next()) {
            (Some(authority), _, None) => Some(authority.as_str()),
            (None, Some(host), None) => host.to_str().ok(),
            _ => None,
        };
        let mut origins = headers.get_all(ORIGIN).iter();
        let own_origin = match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => origin.to_str().is_ok_and(|origin| self.is_own_origin(origin)),
            (Some(_), Some(_)) => false,
        };
        host.is_some_and(|host| self.is_own_host(host)) && own_origin
    }

    fn is_own_host(&self, host: &str) -> bool {
        let (name, port) = split_port(host);
        port.is_none_or(|port| port == self.port.to_string()) && self.knows(name)
    }

    fn is_own_origin(&self, origin: &str) -> bool {
        let Some(host) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
            return false;
        };
        let (name, port) = split_port(host);
        port == Some(&self.port.to_string()) && self.knows(name)
    }

    fn knows(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.hosts.contains(&name)
    }
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// The bearer token of a request (RFC 6750).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `/mcp...`, with the key when it stands in the path.
    Mcp { key: Option<&'a str>, scope: Scope },
    /// `/api/...`, without that prefix.
    Admin(&'a str),
    /// `/health`.
    Health,
    /// Nothing of ours.
    Nowhere,
}

/// Reads a path.
pub(crate) fn place(path: &str) -> Place<'_> {
    let (key, rest) = match path.strip_prefix("/k/").and_then(|rest| rest.split_once('/')) {
        Some((key, rest)) => (Some(key), rest),
        None => (None, path.strip_prefix('/').unwrap_or(path)),
    };
    match rest.strip_prefix("mcp") {
        Some("" | "/") => return Place::Mcp { key, scope: Scope::All },
        Some(tail) => {
            let name = tail.strip_prefix('/').map(|name| name.strip_suffix('/').unwrap_or(name));
            if let Some(Ok(name)) = name.map(str::parse) {
                return Place::Mcp { key, scope: Scope::One(name) };
            }
        }
        None => {}
    }
    match (key, rest) {
        (None, "health") => Place::Health,
        (None, rest) => rest.strip_prefix("api/").map_or(Place::Nowhere, Place::Admin),
        (Some(_), _) => Place::Nowhere,
    }
}

/// A path as it may stand in a log: without the key.
pub(crate) fn masked(path: &str) -> String {
    match path.strip_prefix("/k/") {
        Some(rest) => format!("/k/***{}", rest.find('/').map_or("", |at| &rest[at..])),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn admitted(host: &str, origin: Option<&str>) -> bool {
        let names = Names::new([127, 0, 0, 1].into(), &["Gate.Lan".to_owned()], 4283);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        names.admit(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn only_our_own_names_are_admitted() {
        for host in ["127.0.0.1:4283", "localhost:4283", "LOCALHOST", "[::1]:4283", "[::1]", "gate.lan:4283"]
        {
            assert!(admitted(host, None), "{host}");
        }
        for host in
            ["evil.example", "evil.example:4283", "127.0.0.1.evil.example", "127.0.0.1:80", "", "[::2]"]
        {
            assert!(!admitted(host, None), "{host}");
        }
    }

    #[test]
    fn only_our_own_pages_are_admitted() {
        assert!(admitted("127.0.0.1:4283", Some("http://127.0.0.1:4283")));
        assert!(admitted("127.0.0.1:4283", Some("http://localhost:4283")));
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost:3000",
            "http://localhost",
            "file://",
            "http://localhost:4283.evil.example",
        ] {
            assert!(!admitted("127.0.0.1:4283", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let names = Names::new([127, 0, 0, 1].into(), &[], 4283);
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("127.0.0.1:4283"));
        headers.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(!names.admit(&Uri::from_static("/"), &headers));
        assert!(!names.admit(&Uri::from_static("/"), &HeaderMap::new()));
    }

    #[test]
    fn paths_are_read() {
        let one = |name: &str| Scope::One(name.parse().unwrap());
        assert_eq!(place("/mcp"), Place::Mcp { key: None, scope: Scope::All });
        assert_eq!(place("/mcp/"), Place::Mcp { key: None, scope: Scope::All });
        assert_eq!(place("/mcp/a"), Place::Mcp { key: None, scope: one("a") });
        assert_eq!(place("/k/K/mcp"), Place::Mcp { key: Some("K"), scope: Scope::All });
        assert_eq!(place("/k/K/mcp/a"), Place::Mcp { key: Some("K"), scope: one("a") });
        assert_eq!(place("/api/upstreams"), Place::Admin("upstreams"));
        assert_eq!(place("/health"), Place::Health);
        for nowhere in [
            "/",
            "/mcpx",
            "/mcp/a/b",
            "/mcp/%2e",
            "/k/K/api/upstreams",
            "/k/K",
            "/.well-known/x",
            "/k/K/health",
        ] {
            assert_eq!(place(nowhere), Place::Nowhere, "{nowhere}");
        }
    }

    #[test]
    fn keys_do_not_stand_in_logs() {
        assert_eq!(masked("/k/secret/mcp/a"), "/k/***/mcp/a");
        assert_eq!(masked("/k/secret"), "/k/***");
        assert_eq!(masked("/mcp"), "/mcp");
    }
}
