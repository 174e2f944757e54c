//! The names under which clients see what upstreams offer, and the way back.

/// How one upstream's names are shown in a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Naming<'a> {
    prefix: Option<&'a str>,
}

/// MCP Apps find their pages by this scheme, so their URIs keep it.
const UI_SCHEME: &str = "ui://";

impl<'a> Naming<'a> {
    /// With the prefix of the upstream's definition, if it has one.
    pub(crate) fn new(prefix: Option<&'a str>) -> Self {
        Self { prefix }
    }

    /// True when names are shown as they are.
    pub(crate) fn is_plain(self) -> bool {
        self.prefix.is_none()
    }

    /// `search` becomes `github_search`.
    pub(crate) fn name(self, own: &str) -> String {
        self.prefix.map_or_else(|| own.to_owned(), |prefix| format!("{prefix}_{own}"))
    }

    /// `file:///a` becomes `github+file:///a`.
    pub(crate) fn uri(self, own: &str) -> String {
        match self.prefix {
            Some(prefix) if !own.starts_with(UI_SCHEME) => format!("{prefix}+{own}"),
            _ => own.to_owned(),
        }
    }

    /// The upstream's own URI, when `shown` can be one of its URIs.
    pub(crate) fn own_uri(self, shown: &str) -> Option<&str> {
        match self.prefix {
            Some(_) if shown.starts_with(UI_SCHEME) => Some(shown),
            Some(prefix) => shown.strip_prefix(prefix)?.strip_prefix('+'),
            None => Some(shown),
        }
    }
}

/// How well `uri` fits a URI template (RFC 6570): the number of literal characters, or `None` when it
/// does not fit. Expressions match any text; the longest literal wins.
pub(crate) fn template_fit(template: &str, uri: &str) -> Option<usize> {
    let mut literals = Vec::new();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        literals.push(literal);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    let Some(first) = literals.first() else { return (template == uri).then_some(uri.len()) };
    let last = rest;
    let mut middle = uri.strip_prefix(first)?.strip_suffix(last)?;
    for literal in &literals[1..] {
        let at = middle.find(literal)?;
        middle = &middle[at + literal.len()..];
    }
    Some(literals.iter().map(|literal| literal.len()).sum::<usize>() + last.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixed_names_lead_back() {
        let naming = Naming::new(Some("github"));
        assert_eq!(naming.name("search"), "github_search");
        assert_eq!(naming.uri("file:///a"), "github+file:///a");
        assert_eq!(naming.own_uri("github+file:///a"), Some("file:///a"));
        assert_eq!(naming.own_uri("file:///a"), None);
        assert_eq!(naming.uri("ui://app/x"), "ui://app/x");
        assert_eq!(naming.own_uri("ui://app/x"), Some("ui://app/x"));
        assert_eq!(Naming::new(None).own_uri("a:b"), Some("a:b"));
    }

    fn check(template: &str, uri: &str, fit: Option<usize>) {
        assert_eq!(template_fit(template, uri), fit, "{template} {uri}");
    }

    #[test]
    fn templates_fit_by_their_literals() {
        check("test://t/{id}/data", "test://t/7/data", Some(14));
        check("test://t/{id}/data", "test://t/7/other", None);
        check("file:///{+path}", "file:///a/b", Some(8));
        check("a:{x}-{y}", "a:1-2", Some(3));
        check("a:{x}-{y}", "a:12", None);
        check("plain:x", "plain:x", Some(7));
        check("aa{x}aa", "aaa", None);
    }
}
