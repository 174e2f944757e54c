//! Links to pages: `headgate://upstreams/github` from other programs, and which page that is. A link shows
//! a page and does nothing else.

#[cfg(test)]
mod tests;

use url::Url;

const SCHEME: &str = "headgate";

/// The pages, and how many further parts their paths may have.
const PAGES: [(&str, usize); 6] =
    [("upstreams", 2), ("tools", 1), ("sessions", 1), ("activity", 1), ("clients", 1), ("settings", 1)];

/// Names of upstreams, tools and clients are shorter.
const MAX_PART_BYTES: usize = 128;

/// The path of the page that a link names, if it names one.
pub(crate) fn page(link: &Url) -> Option<String> {
    let plain = link.scheme() == SCHEME
        && link.username().is_empty()
        && link.password().is_none()
        && link.port().is_none()
        && link.query().is_none()
        && link.fragment().is_none();
    let page = link.host_str().filter(|_| plain)?;
    let (_, max_parts) = PAGES.iter().find(|(name, _)| *name == page)?;
    let parts: Vec<&str> = link.path().split('/').filter(|part| !part.is_empty()).collect();
    let known = parts.len() <= *max_parts && parts.iter().all(|part| is_part(part));
    known.then(|| std::iter::once(page).chain(parts).fold(String::new(), |path, part| path + "/" + part))
}

fn is_part(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    part.len() <= MAX_PART_BYTES
        && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        && part.chars().all(plain)
}
