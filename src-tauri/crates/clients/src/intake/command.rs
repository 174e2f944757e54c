//! Command lines: what stands before a command, which commands are no servers, and which are a detour to a URL.

use std::collections::BTreeMap;

use url::Url;

use super::{
    Findings, Surroundings, add_line,
    found::{Found, Reach},
    launch,
    shell::{self, Word, Words},
    site,
};

/// What the commands before set up for those after them.
#[derive(Default)]
struct Setting {
    cwd: Option<String>,
    variables: BTreeMap<String, Option<String>>,
}

/// Reads command lines, one or several.
pub(super) fn read(text: &str, surroundings: &Surroundings) -> Findings {
    let lines: Vec<&str> = text.lines().map(without_prompt).collect();
    let commands = match shell::commands(&lines.join("\n")) {
        Ok(commands) => commands,
        Err(sentence) => return Findings::problem(sentence),
    };
    let mut findings = Findings::default();
    let mut setting = Setting::default();
    for words in commands {
        findings.add(one(words, &mut setting, surroundings));
    }
    if findings.found.is_empty() && findings.problems.is_empty() {
        return Findings::problem("there is no command in the text");
    }
    findings
}

/// A line without what a terminal or a page put before it.
fn without_prompt(line: &str) -> &str {
    let line = line.trim_start();
    let rest = line.strip_prefix("PS ").and_then(|rest| rest.split_once("> ")).map(|(_, rest)| rest);
    let signs = ["$ ", "% ", "> ", "❯ ", "➜ ", "# "];
    match rest.or_else(|| signs.iter().find_map(|sign| line.strip_prefix(sign))) {
        // A comment looks like the prompt of an administrator, and no command begins with a capital.
        Some(rest)
            if line.starts_with('#') && !launch::is_runner(rest.split(' ').next().unwrap_or_default()) =>
        {
            let _ = rest;
            line
        }
        Some(rest) => rest,
        None => line,
    }
}

fn one(mut words: Words, setting: &mut Setting, surroundings: &Surroundings) -> Findings {
    let mut notes = Vec::new();
    for word in &mut words {
        if word.is_in_home
            && let Some(home) = &surroundings.home
        {
            word.text.replace_range(..1, &home.to_string_lossy());
        }
    }
    let mut variables = assignments(&mut words);
    loop {
        match words.first().map(|word| word.text.as_str()) {
            Some("sudo") => {
                words.remove(0);
                notes.push(
                    "`sudo` was left out: the gateway runs servers as the person it belongs to".to_owned(),
                );
            }
            Some("env" | "/usr/bin/env") => {
                words.remove(0);
                while words.first().is_some_and(|word| word.text.starts_with('-')) {
                    notes.push(format!("`env {}` was left out", words.remove(0).text));
                }
                variables.extend(assignments(&mut words));
            }
            Some("exec" | "command" | "time" | "nohup") if words.len() > 1 => _ = words.remove(0),
            _ => break,
        }
    }
    let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    let Some((program, args)) = texts.split_first() else {
        setting.variables.extend(variables);
        return Findings::default();
    };
    match program.as_str() {
        "cd" | "pushd" => {
            setting.cwd = args.first().cloned();
            return Findings::default();
        }
        "export" | "set" => {
            words.remove(0);
            setting.variables.extend(assignments(&mut words));
            return Findings::default();
        }
        _ => {}
    }
    if let Some(findings) = add_line::read(program, args) {
        return with_notes(findings, notes);
    }
    if prepares(program, args) {
        return Findings::problem(format!(
            "`{}` prepares something and is no server; run it in a terminal, and paste the command that starts the server",
            texts.iter().take(3).cloned().collect::<Vec<_>>().join(" ")
        ));
    }
    if let (Some((url, guessed)), []) = (site::url(program), args) {
        let mut found = Found { reach: Reach::Site(url), ..Found::default() };
        if guessed {
            found.note("the address had no scheme, so that it was completed");
        }
        return with_notes(Findings::one(found), notes);
    }
    if launch::is_ours(program, args) {
        return Findings::problem("this is the command of Headgate itself, and no upstream of it");
    }
    if program.starts_with('-') {
        return Findings::problem(format!(
            "the line begins with the option `{program}`; copy it from its beginning"
        ));
    }
    if program.contains("://") {
        return Findings::problem(format!("`{program}` is no http:// or https:// URL"));
    }
    notes.extend(unexpanded(&words));
    let is_relative = |text: &&String| text.starts_with("./") || text.starts_with("../");
    if let Some(path) = texts.iter().find(is_relative).filter(|_| setting.cwd.is_none()) {
        notes.push(format!(
            "`{path}` is looked for in your home folder; write the whole path, or give a folder"
        ));
    }
    let mut values = setting.variables.clone();
    values.extend(variables);
    let reach = Reach::Command { program: program.clone(), args: args.to_vec(), cwd: setting.cwd.clone() };
    let mut found = Found { reach, values, notes, ..Found::default() };
    simplify(&mut found);
    Findings::one(found)
}

fn with_notes(mut findings: Findings, notes: Vec<String>) -> Findings {
    for found in &mut findings.found {
        found.notes.splice(0..0, notes.iter().cloned());
        simplify(found);
    }
    findings
}

/// Takes `NAME=value` words from the front.
fn assignments(words: &mut Words) -> BTreeMap<String, Option<String>> {
    let mut taken = BTreeMap::new();
    while let Some((name, value)) = words.first().and_then(assignment) {
        taken.insert(name, Some(value));
        words.remove(0);
    }
    taken
}

fn assignment(word: &Word) -> Option<(String, String)> {
    let (name, value) = word.text.split_once('=')?;
    is_variable(name).then(|| (name.to_owned(), value.to_owned()))
}

/// True for the name of a variable.
pub(super) fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unexpanded(words: &[Word]) -> impl Iterator<Item = String> {
    words.iter().filter(|word| word.expands && !word.text.contains("${HOME}")).map(|word| {
        format!("`{}` is passed on as it is written: Headgate runs programs without a shell", word.text)
    })
}

/// Commands that people run before they start a server.
fn prepares(program: &str, args: &[String]) -> bool {
    let first = args.iter().map(String::as_str).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    match launch::base(program).as_str() {
        "npm" | "pnpm" | "yarn" | "bun" => matches!(first, "install" | "i" | "add" | "ci" | "build" | "link"),
        "pip" | "pip3" | "pipx" | "uv" | "brew" | "cargo" | "go" | "gem" | "apt" | "apt-get" | "winget"
        | "scoop" | "dotnet" => {
            matches!(first, "install" | "add" | "sync" | "build" | "get" | "tap" | "venv" | "update" | "pip")
                || (program == "uv" && first == "tool" && args.iter().any(|arg| arg == "install"))
        }
        "docker" | "podman" => matches!(first, "pull" | "build" | "login" | "volume" | "network"),
        "git" | "mkdir" | "chmod" | "cp" | "mv" | "source" | "echo" | "curl" | "wget" => true,
        _ => false,
    }
}

/// Takes detours out of a definition.
pub(super) fn simplify(found: &mut Found) {
    let Reach::Command { program, args, .. } = &found.reach else { return };
    if let Some((url, rest)) = remote(program, args) {
        let (url, rest) = (url, rest.to_vec());
        return reach_directly(found, url, &rest);
    }
    if let Some(options) = launch::docker_options(program, args) {
        take_docker_variables(found, options);
    }
}

/// The URL and what follows it, when the command is a bridge from stdio to a URL.
fn remote<'a>(program: &str, args: &'a [String]) -> Option<(Url, &'a [String])> {
    let is_bridge = |word: &str| {
        let word = launch::base(word);
        word == "mcp-remote" || word.starts_with("mcp-remote@")
    };
    let after = match is_bridge(program) {
        true => 0,
        false => {
            args.iter().take(6).position(|arg| is_bridge(arg)).filter(|_| launch::is_runner(program))? + 1
        }
    };
    let at = args[after..].iter().position(|arg| arg.contains("://"))? + after;
    let url = Url::parse(&args[at]).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some((url, &args[at + 1..]))
}

fn reach_directly(found: &mut Found, url: Url, rest: &[String]) {
    let variables = std::mem::take(&mut found.values);
    let mut used = Vec::new();
    let mut left = Vec::new();
    let mut rest = rest.iter();
    while let Some(option) = rest.next() {
        let header = (option == "--header" || option == "-H").then(|| rest.next()).flatten();
        match header.and_then(|header| header.split_once(':')) {
            Some((name, value)) => {
                let value = substituted(value.trim(), &variables, &mut used);
                found.values.insert(name.trim().to_owned(), value);
            }
            None => left.push(option.clone()),
        }
    }
    found.reach = Reach::Site(url);
    found.note("it went by way of `mcp-remote`; Headgate speaks to the URL itself, and needs no Node for it");
    if !left.is_empty() {
        found.note(format!("options of `mcp-remote` were left out: {}", left.join(" ")));
    }
    for name in variables.keys().filter(|name| !used.contains(name)) {
        found.note(format!("the variable {name} was left out: a URL takes headers and no variables"));
    }
}

/// A header's value with its variables filled in; `None` when one is not known.
fn substituted(
    value: &str,
    variables: &BTreeMap<String, Option<String>>,
    used: &mut Vec<String>,
) -> Option<String> {
    let mut whole = value.to_owned();
    for (name, value) in variables {
        let place = format!("${{{name}}}");
        if whole.contains(&place) {
            used.push(name.clone());
            whole = whole.replace(&place, value.as_deref()?);
        }
    }
    Some(whole)
}

/// `docker run -e TOKEN=abc` shows its secret to everybody; `-e TOKEN` passes on a variable of its own.
fn take_docker_variables(found: &mut Found, options: std::ops::Range<usize>) {
    let Reach::Command { args, .. } = &mut found.reach else { return };
    let mut moved = Vec::new();
    for at in options {
        let word = match args[at].as_str() {
            "-e" | "--env" => args.get_mut(at + 1),
            _ => continue,
        };
        let Some(word) = word else { continue };
        match word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())) {
            Some((name, value)) if is_variable(&name) => {
                *word = name.clone();
                moved.push(name.clone());
                found.values.entry(name).or_insert(Some(value));
            }
            None if is_variable(word) => _ = found.values.entry(word.clone()).or_insert(None),
            _ => {}
        }
    }
    if !moved.is_empty() {
        let names = moved.join(", ");
        found.note(format!(
            "{names} went from the arguments to the variables, where other programs do not see it"
        ));
    }
}
