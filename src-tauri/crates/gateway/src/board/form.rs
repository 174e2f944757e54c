//! The form of a question: a flat schema of strings, numbers, switches and choices (client/elicitation,
//! 2025-11-25), and whether what a person filled in fits it. What a schema says beyond that is not checked
//! here; the upstream has the last word.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate};
use headgate_protocol::{Edits, Raw};
use regex::RegexBuilder;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// A pattern is a stranger's; one that needs more memory than this is not checked.
const MAX_PATTERN_BYTES: usize = 256 * 1024;
/// The days of a year, as in 2026-11-20.
const DATE_BYTES: usize = 10;
/// Faults that are told at once; a person mends them one by one.
const MAX_FAULTS: usize = 64;
/// A name in a fault; the longer ones are cut.
const MAX_NAME_CHARS: usize = 200;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name in the schema; empty for the content as a whole.
    pub field: String,
    /// What belongs there, in words for people.
    pub reason: String,
}

/// A form, as far as it is checked.
#[derive(Debug, Default)]
pub(super) struct Form {
    fields: Vec<(String, Field)>,
    required: Vec<String>,
}

#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    properties: Option<Raw>,
    #[serde(default)]
    required: Vec<String>,
}

/// One field; members that are not what they should be make it one that takes anything.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Field {
    #[serde(rename = "type")]
    kind: String,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Option<String>,
    format: Option<String>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    #[serde(flatten)]
    choice: Choice,
    items: Option<Choice>,
    default: Option<Value>,
}

/// The values that may be chosen, alone or with titles.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Choice {
    #[serde(rename = "enum")]
    plain: Option<Vec<Value>>,
    one_of: Option<Vec<Titled>>,
    any_of: Option<Vec<Titled>>,
}

#[derive(Debug, Deserialize)]
struct Titled {
    #[serde(rename = "const")]
    value: Value,
}

/// The faults as one sentence.
pub(super) fn sentence(faults: &[Fault]) -> String {
    let told = faults.iter().map(|fault| match fault.field.as_str() {
        "" => fault.reason.clone(),
        field => format!("`{field}` {}", fault.reason),
    });
    told.collect::<Vec<_>>().join("; ")
}

impl Form {
    /// Reads a schema; an error says why it is none.
    pub(super) fn read(schema: &Raw) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("it is no object".to_owned());
        }
        let outline: Outline = schema.read().map_err(|error| error.to_string())?;
        let members = match &outline.properties {
            None => Vec::new(),
            Some(properties) => properties.members().ok_or("its `properties` are no object")?,
        };
        let mut names = HashSet::new();
        if let Some((twice, _)) = members.iter().find(|(name, _)| !names.insert(name.as_str())) {
            return Err(format!("it has two fields `{}`", shown(twice)));
        }
        let fields = members.iter().map(|(name, field)| (name.clone(), field.read().unwrap_or_default()));
        Ok(Self { fields: fields.collect(), required: outline.required })
    }

    /// The content as it goes to the upstream: byte for byte what was filled in, with the default of each
    /// field that must be there and was left out.
    pub(super) fn checked(&self, content: Option<&Raw>) -> Result<Raw, Vec<Fault>> {
        let empty = Raw::constant("{}");
        let content = content.unwrap_or(&empty);
        let members = content.members().ok_or_else(|| vec![fault("", "it must be an object")])?;
        let mut faults = Vec::new();
        let mut given = HashSet::new();
        for (name, value) in &members {
            let reason = match self.fields.iter().find(|(known, _)| known == name) {
                _ if !given.insert(name.as_str()) => Some("stands there twice".to_owned()),
                None => Some("is not asked for".to_owned()),
                Some((_, field)) => field.misses(&value.read().unwrap_or_default()),
            };
            faults.extend(reason.map(|reason| fault(name, &reason)));
        }
        let mut edits = Edits::new(content);
        let left_out: Vec<_> = self.required.iter().filter(|name| !given.contains(name.as_str())).collect();
        let mut defaults = Vec::new();
        for name in left_out {
            let field = self.fields.iter().find(|(known, _)| known == name).map(|(_, field)| field);
            match field.and_then(|field| Some((field, field.default.as_ref()?))) {
                Some((field, default)) if field.misses(default).is_none() => {
                    defaults.push((name, Raw::of(default)))
                }
                _ => faults.push(fault(name, "is needed")),
            }
        }
        if !faults.is_empty() {
            faults.truncate(MAX_FAULTS);
            return Err(faults);
        }
        let Some(((name, value), more)) = defaults.split_first() else { return Ok(content.clone()) };
        edits.set(name, value);
        Ok(more.iter().fold(edits.apply(), |content, (name, value)| {
            let mut edits = Edits::new(&content);
            edits.set(name, value);
            edits.apply()
        }))
    }
}

impl Field {
    /// What belongs here, when this value does not.
    fn misses(&self, value: &Value) -> Option<String> {
        match (self.kind.as_str(), value) {
            ("string", Value::String(text)) => match self.choice.values() {
                Some(values) => not_among(&values, value),
                None => self.misses_text(text),
            },
            ("string", _) => Some("needs text".to_owned()),
            ("integer", Value::Number(number)) if is_whole(number) => self.misses_number(number),
            ("integer", _) => Some("needs a whole number".to_owned()),
            ("number", Value::Number(number)) => self.misses_number(number),
            ("number", _) => Some("needs a number".to_owned()),
            ("boolean", Value::Bool(_)) => None,
            ("boolean", _) => Some("needs `true` or `false`".to_owned()),
            ("array", Value::Array(chosen)) => self.misses_choices(chosen),
            ("array", _) => Some("needs a list".to_owned()),
            _ => None,
        }
    }

    fn misses_text(&self, text: &str) -> Option<String> {
        let length = text.chars().count() as u64;
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            return Some(format!("needs at least {min} characters"));
        }
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            return Some(format!("takes at most {max} characters"));
        }
        if let Some(pattern) = self.pattern.as_deref().filter(|pattern| !matches(pattern, text)) {
            return Some(format!("must match `{}`", shown(pattern)));
        }
        match self.format.as_deref() {
            Some("email") if !is_email(text) => Some("needs an e-mail address".to_owned()),
            Some("uri") if Url::parse(text).is_err() => Some("needs a whole URI".to_owned()),
            Some("date") if !is_date(text) => Some("needs a date such as 2026-11-20".to_owned()),
            Some("date-time") if DateTime::parse_from_rfc3339(text).is_err() => {
                Some("needs a time such as 2026-11-20T12:00:00Z".to_owned())
            }
            _ => None,
        }
    }

    fn misses_number(&self, number: &serde_json::Number) -> Option<String> {
        let number = number.as_f64()?;
        if let Some(min) = self.minimum.filter(|min| number < *min) {
            return Some(format!("must be at least {min}"));
        }
        self.maximum.filter(|max| number > *max).map(|max| format!("must be at most {max}"))
    }

    fn misses_choices(&self, chosen: &[Value]) -> Option<String> {
        let count = chosen.len() as u64;
        if let Some(min) = self.min_items.filter(|min| count < *min) {
            return Some(format!("needs at least {min} of its choices"));
        }
        if let Some(max) = self.max_items.filter(|max| count > *max) {
            return Some(format!("takes at most {max} of its choices"));
        }
        let values = self.items.as_ref()?.values()?;
        chosen.iter().find_map(|value| not_among(&values, value))
    }
}

impl Choice {
    fn values(&self) -> Option<Vec<&Value>> {
        let titled = self.one_of.as_ref().or(self.any_of.as_ref());
        match (&self.plain, titled) {
            (Some(values), _) => Some(values.iter().collect()),
            (None, Some(titled)) => Some(titled.iter().map(|titled| &titled.value).collect()),
            (None, None) => None,
        }
    }
}

fn not_among(values: &[&Value], value: &Value) -> Option<String> {
    /// So many choices are told; a face shows them all.
    const TOLD: usize = 12;
    if values.contains(&value) {
        return None;
    }
    let words: Vec<_> = values.iter().take(TOLD).map(|value| shown(&value.to_string())).collect();
    let more = if values.len() > TOLD { ", …" } else { "" };
    Some(format!("takes {}{more}", words.join(", ")))
}

fn fault(field: &str, reason: &str) -> Fault {
    Fault { field: shown(field), reason: reason.to_owned() }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_NAME_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// 1.0 is a whole number as well (JSON Schema, "integer").
fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// The language of patterns has more than ours; what we cannot read, the upstream checks.
fn matches(pattern: &str, text: &str) -> bool {
    let regex = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    regex.map_or(true, |regex| regex.is_match(text))
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_date(text: &str) -> bool {
    text.len() == DATE_BYTES && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}
