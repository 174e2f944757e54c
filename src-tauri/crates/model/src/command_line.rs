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
            let words =
                std::iter::once(apart(command, |c| c != '=')).chain(args.iter().map(|arg| quoted(arg)));
            let words = words.collect::<Vec<_>>();
            folder.chain(variables).chain([words.join(" ")]).collect()
        }
        Transport::Http { url, headers } => {
            let headers = values(headers).map(|(name, value)| format!(" {name}: {value}"));
            [quoted(url.as_str())].into_iter().chain(headers).collect()
        }
        Transport::Demo => "headgate demo".to_owned(),
    }
}

fn values(values: &BTreeMap<String, ConfigValue>) -> impl Iterator<Item = (String, String)> {
    values.iter().map(|(name, value)| {
        let name = apart(name, |c| !"=:/,".contains(c));
        match value {
            ConfigValue::Plain(text) => (name, quoted(text)),
            ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => {
                let value = format!("${{{name}}}");
                (name, value)
            }
        }
    })
}

/// A word in a place where some characters would make it something else: a command with a `=` reads as a
/// variable, and a name with one as a shorter name.
fn apart(word: &str, may_stand: impl Fn(char) -> bool) -> String {
    let shown = quoted(word);
    if shown == word && !word.chars().all(may_stand) { format!("'{word}'") } else { shown }
}

/// A word with nothing hidden and nothing lost: as a shell reads it back, and where it has characters that
/// cannot be seen, as Headgate does, for shells write those in ways of their own.
pub fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "@%+=:,./-_".contains(c);
    if word.chars().any(is_unseen) {
        format!("$'{}'", word.chars().map(escaped).collect::<String>())
    } else if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn escaped(c: char) -> String {
    match c {
        '\n' => r"\n".to_owned(),
        '\r' => r"\r".to_owned(),
        '\t' => r"\t".to_owned(),
        '\\' | '\'' => format!("\\{c}"),
        c if is_unseen(c) => format!("\\u{{{:x}}}", c as u32),
        c => c.to_string(),
    }
}

/// True for what a person cannot see or tell from a blank, and for what turns text around: controls, soft
/// hyphens, zero-width and direction marks, odd blanks, fillers, variation selectors, tags. The web UI has
/// the same list in `invisible.ts`.
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1345f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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

    #[test]
    fn nothing_is_hidden() {
        let unseen =
            json!({ "type": "stdio", "command": "a", "args": ["\u{202e}x", "y\u{200b}'\\", "z\u{3164}"] });
        check(unseen, r"a $'\u{202e}x' $'y\u{200b}\'\\' $'z\u{3164}'");
        let whole = json!({ "A=1 npx -y good-server #": "", "B": "1", "C=2": { "secret": "x" } });
        let named = json!({ "type": "stdio", "command": "evil", "env": whole });
        check(named, "'A=1 npx -y good-server #'='' B=1 'C=2'=${'C=2'} evil");
        check(json!({ "type": "stdio", "command": "A=1", "args": ["B=2"] }), "'A=1' B=2");
        let headers = json!({ "X\u{202e}": "1", "A: b C": "2" });
        let http = json!({ "type": "http", "url": "https://example.com/", "headers": headers });
        check(http, r"https://example.com/ 'A: b C': 2 $'X\u{202e}': 1");
    }
}
