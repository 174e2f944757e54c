//! Takes what looks secret out of text before it is kept: values under telling names, and tokens that
//! can be told by their looks. It reads JSON that was cut off as well, and JSON within strings of JSON.
//!
//! It errs on the side of hiding. A secret that has neither a telling name nor a known look stays.

mod prose;
#[cfg(test)]
mod tests;

use headgate_model::secrecy;

pub(crate) use prose::text;

/// Stands where something was hidden.
const HIDDEN: &str = "***";

/// Masks JSON; every byte that hides nothing stays as it is.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, from) = rest.split_at(at);
        let (literal, after) = from.split_at(literal_length(from));
        out.push_str(before);
        rest = match after_colon(after) {
            Some(value) => {
                out.push_str(literal);
                out.push_str(&after[..after.len() - value.len()]);
                match hidden_value(&unescaped(literal), value) {
                    Some(rest) => {
                        out.push_str("\"***\"");
                        rest
                    }
                    None => value,
                }
            }
            None => {
                out.push_str(&masked(literal));
                after
            }
        };
    }
    out.push_str(rest);
    out
}

/// What follows the value that `text` begins with, if that is hidden under this name.
fn hidden_value<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    if !may_hide(name) {
        return None;
    }
    let (own, rest) = text.split_at(value_length(text));
    secrecy::hides(name, own).then_some(rest)
}

/// False when no value is hidden under this name. Asked first, it keeps deeply nested values from being
/// measured again at each level.
fn may_hide(name: &str) -> bool {
    secrecy::hides(name, "any text")
}

/// A string of JSON with what it says masked.
fn masked(literal: &str) -> String {
    let said = unescaped(literal);
    let holds_json = said.trim_start().starts_with(['{', '[']);
    let calm = if holds_json { text(&json(&said)) } else { text(&said) };
    if calm == said {
        return literal.to_owned();
    }
    let quoted = serde_json::Value::from(calm).to_string();
    match is_closed(literal) {
        true => quoted,
        false => quoted[..quoted.len() - 1].to_owned(),
    }
}

/// What a string of JSON says; its last, broken escape is left out when it was cut off.
fn unescaped(literal: &str) -> String {
    let read = |text: &str| serde_json::from_str::<String>(text).ok();
    if is_closed(literal) {
        return read(literal).unwrap_or_else(|| literal.to_owned());
    }
    // The longest escape is a pair of six characters each.
    let ends = literal.char_indices().map(|(at, _)| at).rev().take(12);
    let cuts = std::iter::once(literal.len()).chain(ends);
    cuts.filter(|cut| *cut > 0)
        .find_map(|cut| read(&format!("{}\"", &literal[..cut])))
        .unwrap_or_else(|| literal.to_owned())
}

fn is_closed(literal: &str) -> bool {
    literal.len() > 1 && closing_quote(literal).is_some()
}

/// Where the string ends that `text` begins with.
fn closing_quote(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn literal_length(text: &str) -> usize {
    closing_quote(text).map_or(text.len(), |at| at + 1)
}

/// What stands behind the colon that `text` begins with, if it does.
fn after_colon(text: &str) -> Option<&str> {
    Some(text.trim_start().strip_prefix(':')?.trim_start())
}

/// The length of the value that `text` begins with, as far as it goes.
fn value_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'"') => literal_length(text),
        Some(b'{' | b'[') => nested_length(text),
        _ => text.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(text.len()),
    }
}

fn nested_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = text[at..].find(['"', '{', '[', '}', ']']) {
        at += found;
        match text.as_bytes()[at] {
            b'"' => at += literal_length(&text[at..]),
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            _ => (depth, at) = (depth - 1, at + 1),
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
