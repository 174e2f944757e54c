//! URLs: of servers, and the links by which pages add a server to a client.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::{Host, Url};

use super::{
    Findings, document, entry,
    found::{Found, Reach},
};

/// What a name must end with to be taken for a site when nothing else tells.
const TOPS: &[&str] = &["com", "org", "net", "io", "ai", "dev", "app", "cloud", "co", "tech", "so", "run"];

/// Reads a text that is nothing but a URL.
pub(super) fn read(text: &str) -> Option<Findings> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    if let Some(findings) = link(text) {
        return Some(findings);
    }
    let (url, guessed) = url(text)?;
    let mut found = Found { reach: Reach::Site(url), ..Found::default() };
    if guessed {
        found.note("the address had no scheme, so that it was completed");
    }
    Some(Findings::one(found))
}

/// A URL of a server, and whether its scheme was guessed.
pub(super) fn url(text: &str) -> Option<(Url, bool)> {
    if let Some((scheme, _)) = text.split_once("://") {
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        return Some(text).filter(|_| is_web).and_then(|text| Url::parse(text).ok()).map(|url| (url, false));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') || text.contains(['@', '=', '\\']) {
        return None;
    }
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let has_path = text.len() > host.len();
    let url = Url::parse(&format!("https://{text}")).ok()?;
    match url.host()? {
        Host::Domain("localhost") => {}
        Host::Domain(name) => {
            let (_, top) = name.rsplit_once('.')?;
            let is_named = TOPS.contains(&top) || name.starts_with("mcp.");
            if !(is_named || (has_path && top.len() >= 2 && name.matches('.').count() >= 2)) {
                return None;
            }
            return Some((url, true));
        }
        Host::Ipv4(_) if host.matches('.').count() == 3 => {}
        Host::Ipv6(_) => {}
        // A bare number is an address as well, for URLs.
        Host::Ipv4(_) => return None,
    }
    Url::parse(&format!("http://{text}")).ok().map(|url| (url, true))
}

/// `cursor://…/mcp/install?name=N&config=BASE64`, `vscode:mcp/install?JSON`, and pages that lead to them.
fn link(text: &str) -> Option<Findings> {
    let url = Url::parse(text).ok()?;
    if !text.contains("install") {
        return None;
    }
    let pair = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let config = match (pair("config"), url.scheme()) {
        (Some(config), _) => decoded(&config)?,
        (None, "vscode" | "vscode-insiders") => {
            // The whole query is one value, and a form without names decodes it.
            let query = format!("q={}", url.query()?.replace('+', "%2B").replace('&', "%26"));
            let (_, json) = url::form_urlencoded::parse(query.as_bytes()).next()?;
            decoded(&json)?
        }
        _ => return None,
    };
    let name = pair("name").or_else(|| Some(config.get("name")?.as_str()?.to_owned()));
    Some(match entry::is_server(&config) {
        true => entry::read(name, &config),
        false => document::servers(&config),
    })
}

fn decoded(config: &str) -> Option<Value> {
    let json = || STANDARD.decode(config).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    serde_json::from_str(config).ok().or_else(json).filter(Value::is_object)
}
