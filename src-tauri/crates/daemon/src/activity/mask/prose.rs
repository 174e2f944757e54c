//! Masks text that is no JSON: assignments, headers, URLs with a password, keys in PEM, and words that
//! look like tokens.

use headgate_model::secrecy;

use super::{HIDDEN, may_hide};

/// A word after `Bearer` is a token when it is at least this long and has a digit, or is twice as long.
const MIN_BEARER: usize = 8;

/// Masks text.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, hidden) = step(rest, first);
        out.push_str(&rest[..kept]);
        if hidden > 0 {
            out.push_str(HIDDEN);
        }
        rest = &rest[kept + hidden..];
    }
    out
}

/// How much stays of what `rest` begins with, and how much after it is hidden.
fn step(rest: &str, first: char) -> (usize, usize) {
    if !is_word(first) {
        return match first {
            ':' => url_password(rest).unwrap_or((1, 0)),
            _ => (first.len_utf8(), 0),
        };
    }
    if let Some(end) = private_key(rest) {
        return (0, end);
    }
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(length);
    if secrecy::looks_secret(word) {
        return (0, length);
    }
    let found = if word.eq_ignore_ascii_case("bearer") { bearer(after) } else { assigned(word, after) };
    found.map_or((length, 0), |(kept, hidden)| (length + kept, hidden))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// ` abc` of `Bearer abc`.
fn bearer(after: &str) -> Option<(usize, usize)> {
    let token = after.trim_start_matches([' ', '\t']);
    let length = value_length(token);
    let word = &token[..length];
    let is_token =
        length >= MIN_BEARER * 2 || (length >= MIN_BEARER && word.contains(|c: char| c.is_ascii_digit()));
    (is_token && token.len() < after.len()).then(|| (after.len() - token.len(), length))
}

/// `=abc` of `password=abc`, `": "abc"` of `"password": "abc"`.
fn assigned(name: &str, after: &str) -> Option<(usize, usize)> {
    if !may_hide(name) {
        return None;
    }
    let blank = [' ', '\t'];
    let unquoted = after.trim_start_matches('\\');
    let unquoted = unquoted.strip_prefix(['"', '\'']).unwrap_or(after).trim_start_matches(blank);
    let value = unquoted.strip_prefix([':', '='])?.trim_start_matches(blank);
    let opened = value.trim_start_matches('\\');
    let (value, length) = match opened.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &opened[1..];
            (inner, inner.find([quote, '\\']).unwrap_or(inner.len()))
        }
        _ => (value, scheme_length(value)),
    };
    secrecy::hides(name, &value[..length]).then(|| (after.len() - value.len(), length))
}

/// A value, together with the word for its kind that comes before it in headers.
fn scheme_length(value: &str) -> usize {
    let scheme = ["bearer ", "basic ", "token "]
        .into_iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let start = scheme.map_or(0, str::len);
    start + value_length(&value[start..])
}

fn value_length(value: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '\\' | '<' | '>' | ')' | '}' | ']')
    };
    value.find(ends).unwrap_or(value.len())
}

/// `://` and `user:password` of `://user:password@host`.
fn url_password(rest: &str) -> Option<(usize, usize)> {
    let authority = rest.strip_prefix("://")?;
    let end =
        authority.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>'));
    let at = authority[..end.unwrap_or(authority.len())].rfind('@')?;
    authority[..at].contains(':').then_some((3, at))
}

/// The length of a private key in PEM.
fn private_key(rest: &str) -> Option<usize> {
    let head = rest.strip_prefix("-----BEGIN ")?;
    let (label, _) = head.split_once("-----")?;
    if !label.ends_with("PRIVATE KEY") {
        return None;
    }
    let end = format!("-----END {label}-----");
    Some(rest.find(&end).map_or(rest.len(), |at| at + end.len()))
}
