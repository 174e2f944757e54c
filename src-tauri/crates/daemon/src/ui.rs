//! The web UI: the files that Vite built, with the headers that keep other pages away from it. They hold no
//! secret, so that nobody needs a token to see them; what they show they get from the admin API.

pub(crate) mod page;
pub(crate) mod passes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What Vite built. A release carries it; a debug build reads it from the source tree when it is asked for.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// The page that finds its own way by the path.
const INDEX: &str = "index.html";
/// Pages of the UI, by the first part of their paths, as in `ui/src/routes.ts`.
const PAGES: &[&str] = &["", "add", "upstreams", "tools", "sessions", "activity", "clients", "settings"];
/// Vite puts a digest into the names of these files, so that one name always means one content.
const ASSETS: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Nothing is loaded from elsewhere, no page may frame this one or keep a hold on its window, and no link tells
/// where it was followed from. Images and sounds come from tool results, which the page has as bytes.
const PROTECTION: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

const NOT_BUILT: &str = "This gateway was built without its web UI.\n\
    Everything can be done with `headgate` in a terminal; `headgate --help` tells what there is.\n";

/// What the desktop app puts into the same folder when it is compiled before the page is built has this in it.
const STAND_IN: &str = "<meta name=\"headgate-not-built\">";

/// One of those files.
struct File {
    bytes: Cow<'static, [u8]>,
    digest: [u8; 32],
    media_type: String,
}

impl From<EmbeddedFile> for File {
    fn from(file: EmbeddedFile) -> Self {
        let (digest, media_type) = (file.metadata.sha256_hash(), file.metadata.mimetype().to_owned());
        Self { bytes: file.data, digest, media_type }
    }
}

/// Answers what belongs to the UI; everything else is somebody else's.
pub(crate) fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    answer_from(|path| Dist::get(path).map(File::from), method, path, headers)
}

fn answer_from(
    file: impl Fn(&str) -> Option<File>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let path = path.strip_prefix('/')?;
    let file = |path: &str| file(path).filter(|file| !is_stand_in(path, file));
    let mut response = match (is_page(path), Some(path).filter(|path| is_plain(path)).and_then(&file)) {
        (true, _) => file(INDEX).map_or_else(not_built, |index| sent(index, ASK_AGAIN, headers)),
        (false, Some(asset)) if path.starts_with(ASSETS) => sent(asset, FOR_EVER, headers),
        (false, Some(other)) => sent(other, ASK_AGAIN, headers),
        (false, None) => return None,
    };
    if ![Method::GET, Method::HEAD].contains(method) {
        response = Response::new(Body::from("A page can only be read.\n"));
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    for (name, value) in PROTECTION {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Some(response)
}

fn is_stand_in(path: &str, file: &File) -> bool {
    path == INDEX && str::from_utf8(&file.bytes).is_ok_and(|text| text.contains(STAND_IN))
}

fn is_page(path: &str) -> bool {
    PAGES.contains(&path.split('/').next().unwrap_or_default())
}

/// True for the name of a file below the folder.
fn is_plain(path: &str) -> bool {
    !path.contains(['\\', '\0', ':']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The file, unless the browser has it already.
fn sent(file: File, caching: HeaderValue, headers: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(file.digest));
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag);
    let mut response = match is_known {
        true => Response::new(Body::empty()),
        false => Response::new(Body::from(file.bytes.into_owned())),
    };
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let kind = content_type(&file.media_type);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, caching);
    for (name, value) in [(CONTENT_TYPE, kind), (ETAG, tag)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// Text is UTF-8, which browsers would otherwise guess.
fn content_type(kind: &str) -> String {
    let charset = if kind.starts_with("text/") { "; charset=utf-8" } else { "" };
    format!("{kind}{charset}")
}

fn not_built() -> Response<Body> {
    let mut response = Response::new(Body::from(NOT_BUILT));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, ASK_AGAIN);
    response
}
