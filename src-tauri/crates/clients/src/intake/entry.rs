//! One server as a client's settings have it, in any of the dialects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Findings, command,
    found::{Found, Reach},
    launch, shell, site,
};

const COMMANDS: &[&str] = &["command", "cmd"];
const URLS: &[&str] = &["url", "serverUrl", "httpUrl", "uri", "endpoint"];
const VARIABLES: &[&str] = &["env", "envs", "environment"];
const HEADERS: &[&str] = &["headers", "http_headers"];

/// Members that say nothing that Headgate does not know, or that nobody misses.
const UNIMPORTANT: &[&str] = &[
    "name",
    "type",
    "transport",
    "transportType",
    "source",
    "description",
    "display_name",
    "title",
    "bundled",
    "gallery",
    "version",
    "id",
];

/// True for an object that says how a server is reached.
pub(super) fn is_server(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    let is_command = |value: &Value| match value {
        Value::String(_) | Value::Array(_) => true,
        // An older form of Zed.
        Value::Object(inner) => inner.contains_key("path"),
        _ => false,
    };
    COMMANDS.iter().filter_map(|key| members.get(*key)).any(is_command)
        || URLS.iter().filter_map(|key| members.get(*key)).any(Value::is_string)
}

/// Reads it.
pub(super) fn read(name: Option<String>, value: &Value) -> Findings {
    let Value::Object(members) = value else { return Findings::default() };
    let called = name.clone().unwrap_or_else(|| "the server".to_owned());
    let mut members = members.clone();
    let mut found = Found { name, ..Found::default() };
    let command = take(&mut members, COMMANDS);
    let url = take(&mut members, URLS);
    let text = |value: Option<Value>| {
        value.and_then(|value| value.as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    };
    match (command, text(url)) {
        (Some(command), None) => {
            if let Err(sentence) = read_command(&mut found, command, &mut members) {
                return Findings::problem(format!("`{called}`: {sentence}"));
            }
        }
        (command, Some(url)) => {
            let Some((url, _)) = site::url(&url) else {
                return Findings::problem(format!("`{called}`: `{url}` is no http:// or https:// URL"));
            };
            found.reach = Reach::Site(url);
            if command.is_some() {
                found.note("it had a command beside its URL, which was left out");
            }
            read_headers(&mut found, &mut members);
        }
        (None, None) => return Findings::problem(format!("`{called}` has neither a command nor a URL")),
    }
    if let Reach::Command { program, args, .. } = &found.reach
        && launch::is_ours(program, args)
    {
        return Findings::problem(format!(
            "`{called}` is the entry for Headgate itself, and no upstream of it"
        ));
    }
    remark(&mut found, members);
    command::simplify(&mut found);
    Findings::one(found)
}

fn take(members: &mut Map<String, Value>, keys: &[&str]) -> Option<Value> {
    let mut taken = keys.iter().filter_map(|key| members.remove(*key)).collect::<Vec<_>>();
    (!taken.is_empty()).then(|| taken.remove(0))
}

fn read_command(found: &mut Found, command: Value, members: &mut Map<String, Value>) -> Result<(), String> {
    let mut env = take(members, VARIABLES);
    let mut words = match command {
        Value::Array(words) => texts(&words),
        Value::Object(mut inner) => {
            env = env.or(take(&mut inner, VARIABLES));
            let args = inner.remove("args").and_then(|args| args.as_array().map(|args| texts(args)));
            let path = inner.remove("path").and_then(|path| path.as_str().map(str::to_owned));
            path.into_iter().chain(args.unwrap_or_default()).collect()
        }
        Value::String(program) => vec![program],
        _ => Vec::new(),
    };
    match members.remove("args") {
        Some(Value::Array(args)) => words.extend(texts(&args)),
        Some(Value::String(args)) => words.extend(split(&args)?),
        _ => {}
    }
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        return Err("its command is empty".to_owned());
    }
    let mut args = words.split_off(1);
    let mut program = words.remove(0);
    // A whole line where a program's name belongs.
    let first = program.split_whitespace().next().unwrap_or_default();
    if args.is_empty() && first.len() < program.len() && launch::is_runner(first) {
        let mut words = split(&program)?;
        args = words.split_off(1);
        program = words.remove(0);
        found.note("the command was a whole line, and was divided into words");
    }
    let cwd = take(members, &["cwd", "workingDirectory"]).and_then(|cwd| cwd.as_str().map(str::to_owned));
    found.reach = Reach::Command { program, args, cwd: cwd.filter(|cwd| !cwd.is_empty()) };
    found.values = values(env);
    for key in ["env_keys", "env_vars", "secret_env"] {
        let names = members.remove(key).and_then(|names| names.as_array().map(|names| texts(names)));
        for name in names.unwrap_or_default() {
            found.values.entry(name).or_insert(None);
        }
    }
    if members
        .remove("headers")
        .is_some_and(|headers| headers.as_object().is_some_and(|headers| !headers.is_empty()))
    {
        found.note("it had headers, which a command does not take");
    }
    Ok(())
}

fn split(line: &str) -> Result<Vec<String>, String> {
    let commands = shell::commands(line)?;
    Ok(commands.into_iter().flatten().map(|word| word.text).collect())
}

fn read_headers(found: &mut Found, members: &mut Map<String, Value>) {
    found.values = values(take(members, HEADERS));
    if let Some(Value::Object(mut options)) = members.remove("requestOptions") {
        found.values.extend(values(options.remove("headers")));
    }
    if let Some(Value::Object(headers)) = members.remove("env_http_headers") {
        found.values.extend(headers.into_iter().map(|(name, _)| (name, None)));
    }
    if let Some(variable) = members.remove("bearer_token_env_var") {
        found.values.insert("Authorization".to_owned(), None);
        let variable = variable.as_str().unwrap_or_default().to_owned();
        found.note(format!(
            "give Authorization as `Bearer ` and the token that is in the variable {variable}"
        ));
    }
    let names = members.remove("secret_headers").and_then(|names| names.as_array().map(|names| texts(names)));
    found.values.extend(names.unwrap_or_default().into_iter().map(|name| (name, None)));
}

fn values(table: Option<Value>) -> BTreeMap<String, Option<String>> {
    let Some(Value::Object(table)) = table else { return BTreeMap::new() };
    table.into_iter().map(|(name, value)| (name, text(&value))).collect()
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Says what of the entry is lost.
fn remark(found: &mut Found, members: Map<String, Value>) {
    let kind = ["type", "transport"].iter().filter_map(|key| members.get(*key)).find_map(Value::as_str);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("sse")) {
        found.note("it is for the old transport (SSE), and Headgate speaks Streamable HTTP, which many such servers know too");
    }
    found.is_disabled = members.get("disabled") == Some(&Value::Bool(true))
        || members.get("enabled") == Some(&Value::Bool(false));
    if found.is_disabled {
        found.note("it was switched off where it comes from, and stays so until you switch it on");
    }
    for (key, value) in members {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        match key.as_str() {
            _ if is_empty => {}
            "disabled" | "enabled" | "oauth" if !value.is_object() => {}
            "autoApprove" | "alwaysAllow" | "trust" | "allowedTools" | "autoAllow" => found.note(format!(
                "`{key}` was left out: which calls need no question is for each client to say"
            )),
            "envFile" | "env_file" => found.note(format!(
                "`{key}` was left out: Headgate reads no such files; give its variables one by one"
            )),
            "headersHelper" => found.note(
                "`headersHelper` was left out: Headgate runs no program for headers; give their values as secrets",
            ),
            "timeout" | "startup_timeout_sec" | "startup_timeout_ms" | "tool_timeout_sec" => found.note(format!(
                "`{key}` was left out: the gateway's own times hold until they are set for this upstream"
            )),
            "tools" | "includeTools" | "excludeTools" | "disabledTools" | "enabled_tools" | "disabled_tools"
            | "available_tools"
                if value != serde_json::json!(["*"]) =>
            {
                found.note(format!("`{key}` was left out: switch tools off once the upstream is there"));
            }
            "tools" => {}
            key if UNIMPORTANT.contains(&key) => {}
            key => found.note(format!("`{key}` was left out: Headgate has nothing like it")),
        }
    }
}
