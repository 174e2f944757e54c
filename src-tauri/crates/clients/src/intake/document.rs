//! Pieces of settings: JSON with or without comments, TOML and YAML, whole or cut out.

use serde_json::{Map, Value, json};

use super::{Findings, entry};

/// The members under which clients keep their servers.
const TABLES: &[&str] = &[
    "mcpServers",
    "amp.mcpServers",
    "servers",
    "context_servers",
    "mcp_servers",
    "extensions",
    "mcp",
    "mcp.servers",
    "upstreams",
];

/// Reads a text that is settings by its looks; `None` when it is not.
pub(super) fn read(text: &str) -> Option<Findings> {
    let value = match form(text)? {
        Form::Json => json_of(text),
        Form::Fragment => json_of(&format!("{{{}}}", text.trim_end_matches(','))),
        Form::Toml => toml_of(text),
        Form::Yaml => yaml_of(text),
    };
    Some(match value {
        Ok(value) => servers(&value),
        Err(sentence) => Findings::problem(sentence),
    })
}

enum Form {
    Json,
    /// `"name": {…}` without the braces around it.
    Fragment,
    Toml,
    Yaml,
}

fn form(text: &str) -> Option<Form> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines().next()?;
    let is_heading = |line: &str| {
        let is_key = |c: char| c.is_ascii_alphanumeric() || "._-\"' ".contains(c);
        let inner = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(is_key))
    };
    if is_heading(first) && !text.trim_end().ends_with(']') || (is_heading(first) && lines().count() > 1) {
        return Some(Form::Toml);
    }
    if text.starts_with(['{', '[']) || text.starts_with("//") || text.starts_with("/*") {
        return Some(Form::Json);
    }
    if let Some((_, after)) = text.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        return after.trim_start().starts_with(':').then_some(Form::Fragment);
    }
    let key = first.strip_suffix(':').map(|key| key.trim_matches(['"', '\'']));
    let is_name = |key: &str| !key.is_empty() && !key.contains(char::is_whitespace);
    if key.is_some_and(is_name) || first == "---" {
        return Some(Form::Yaml);
    }
    let is_first_pair =
        |line: &str| line.starts_with("- name:") || line.starts_with("name: ") || line.starts_with("cmd: ");
    is_first_pair(first).then_some(Form::Yaml)
}

fn json_of(text: &str) -> Result<Value, String> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let options = jsonc_parser::ParseOptions::default();
    jsonc_parser::parse_to_serde_value(text, &options)
        .map_err(|error| format!("the text looks like JSON and breaks off: {error}"))
}

fn toml_of(text: &str) -> Result<Value, String> {
    // The parser's own message quotes the line, which may hold a secret; a place is enough.
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let line = place.map(|line| format!(" in line {line}")).unwrap_or_default();
        format!("the text looks like TOML and cannot be read{line}: {}", error.message())
    })
}

fn yaml_of(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|place| format!(" in line {}", place.line())).unwrap_or_default();
        format!(
            "the text looks like YAML and cannot be read{line}; copy whole lines with the blanks before them"
        )
    })
}

/// Every server of a document.
pub(super) fn servers(value: &Value) -> Findings {
    let mut findings = Findings::default();
    collect(value, &mut findings);
    if findings.found.is_empty() && findings.problems.is_empty() {
        return Findings::problem(
            "there is no server in these settings; paste the part with `mcpServers`, `servers` or the like",
        );
    }
    findings
}

fn collect(value: &Value, findings: &mut Findings) {
    match value {
        Value::Object(members) if entry::is_server(value) => {
            let name = members.get("name").and_then(Value::as_str).map(str::to_owned);
            findings.add(entry::read(name, value));
        }
        Value::Object(members) => {
            let tables: Vec<&Value> = TABLES.iter().filter_map(|table| members.get(*table)).collect();
            match tables.is_empty() {
                true => table(members, findings),
                false => tables.into_iter().for_each(|inner| collect_table(inner, findings)),
            }
        }
        Value::Array(items) => {
            items.iter().filter(|item| item.is_object()).for_each(|item| collect(item, findings))
        }
        _ => {}
    }
}

fn collect_table(value: &Value, findings: &mut Findings) {
    match value {
        // VS Code's settings have one table within the other.
        Value::Object(members) => match members.get("servers").filter(|inner| !entry::is_server(inner)) {
            Some(Value::Object(inner)) => table(inner, findings),
            _ => table(members, findings),
        },
        other => collect(other, findings),
    }
}

fn table(members: &Map<String, Value>, findings: &mut Findings) {
    for (name, value) in members {
        if entry::is_server(value) {
            findings.add(entry::read(Some(name.clone()), value));
        } else if value
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind == "builtin" || kind == "platform")
        {
            findings
                .problems
                .push(format!("`{name}` is built into its client, and no server that others can use"));
        } else if value.is_object() && TABLES.contains(&name.as_str()) {
            collect_table(value, findings);
        }
    }
}

/// One server in JSON, as commands take it.
pub(super) fn one(name: Option<String>, json: &str) -> Findings {
    match json_of(json) {
        Ok(value) if entry::is_server(&value) => {
            let own = || value.get("name").and_then(Value::as_str).map(str::to_owned);
            entry::read(name.or_else(own), &value)
        }
        Ok(value) => servers(&match name {
            Some(name) => json!({ name: value }),
            None => value,
        }),
        Err(sentence) => Findings::problem(sentence),
    }
}
