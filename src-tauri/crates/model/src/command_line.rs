//! What an upstream runs or calls, as one line that a person can read, judge and paste. Pure.

use std::collections::BTreeMap;

use crate::{ConfigValue, Transport};

/// The whole command with its folder and environment, or the URL with its headers. Secret values stand as
/// `${NAME}`.
pub fn command_line(transport: &Transport) -> String {
    match transport {
        Transport::Stdio { command, args, env, cwd } => {
            let folder = cwd.iter().map(|cwd| format!("cd {} && ", quoted(&cwd.to_string_lossy())));
            let variables = values(env).map(|(name, value)| format!("{name}={value} "));
            let words = [command].into_iter().chain(args).map(|word| quoted(word)).collect::<Vec<_>>();
            folder.chain(variables).chain([words.join(" ")]).collect()
        }
        Transport::Http { url, headers } => {
            let headers = values(headers).map(|(name, value)| format!(" {name}: {value}"));
            [quoted(url.as_str())].into_iter().chain(headers).collect()
        }
        Transport::Demo => "headgate demo".to_owned(),
    }
}

fn values(values: &BTreeMap<String, ConfigValue>) -> impl Iterator<Item = (&String, String)> {
    values.iter().map(|(name, value)| match value {
        ConfigValue::Plain(text) => (name, quoted(text)),
        ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => (name, format!("${{{name}}}")),
    })
}

/// A word as a shell reads it back, with nothing hidden and nothing lost.
pub fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "@%+=:,./-_".contains(c);
    if word.chars().any(char::is_control) {
        format!("$'{}'", word.escape_debug())
    } else if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(transport: serde_json::Value, expected: &str) {
        assert_eq!(command_line(&serde_json::from_value(transport).unwrap()), expected);
    }

    #[test]
    fn a_person_can_judge_what_runs() {
        let plain =
            json!({ "type": "stdio", "command": "npx", "args": ["-y", "some-server", "it's \"it\"", ""] });
        check(plain, r#"npx -y some-server 'it'\''s "it"' ''"#);
        let env = json!({ "A": "1 2", "TOKEN": { "secret": "x/TOKEN/abc" } });
        let full = json!({ "type": "stdio", "command": "/my dir/x", "env": env, "cwd": "/tmp/a b" });
        check(full, "cd '/tmp/a b' && A='1 2' TOKEN=${TOKEN} '/my dir/x'");
        let headers = json!({ "Authorization": { "secret": "x" }, "X-Team": "core" });
        let http = json!({ "type": "http", "url": "https://example.com/mcp", "headers": headers });
        check(http, "https://example.com/mcp Authorization: ${Authorization} X-Team: core");
        check(json!({ "type": "demo" }), "headgate demo");
        let long = "x".repeat(5000);
        check(json!({ "type": "stdio", "command": long }), &long);
        check(json!({ "type": "stdio", "command": "a\u{1b}[2Jb" }), r"$'a\u{1b}[2Jb'");
    }
}
