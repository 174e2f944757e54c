//! Command lines: what stands before a command, which commands are no servers, and which are a detour to a URL.

use std::collections::BTreeMap;

use headgate_model::secrecy;
use url::Url;

use super::{
    Findings, Surroundings, add_line,
    found::{self, Found, Reach, embedded, with_home},
    launch,
    shell::{self, Word, Words},
    site,
};

/// What the commands before set up for those after them.
#[derive(Default)]
struct Setting {
    cwd: Option<String>,
    variables: BTreeMap<String, Option<String>>,
    /// What is to be said of every server after them.
    notes: Vec<String>,
}

impl Setting {
    /// Goes to a folder as a shell does. One that is not told in full counts from the folder before it, and from
    /// the home folder where there is none: nobody knows where the line was meant to be typed.
    fn go(&mut self, folder: Option<&str>, surroundings: &Surroundings) {
        let home = surroundings.home.as_ref().map(|home| home.to_string_lossy().into_owned());
        let Some(folder) = folder else {
            self.cwd = home;
            return;
        };
        let is_whole =
            folder.starts_with(['/', '\\']) || folder.get(1..2) == Some(":") || folder.starts_with("${");
        if is_whole {
            self.cwd = Some(folder.to_owned());
            return;
        }
        let Some(before) = self.cwd.clone().or_else(|| home.clone()).filter(|_| folder != "-") else {
            self.notes
                .push(format!("`cd {folder}` was left out: nobody knows from where; give the whole path"));
            return;
        };
        let joined = joined(&before, folder);
        if self.cwd.is_none() {
            self.notes.push(format!(
                "`cd {folder}` was taken from your home folder, so that it runs in `{joined}`; write the whole path if \
                 it is elsewhere"
            ));
        }
        self.cwd = Some(joined);
    }
}

/// A folder below or beside another one, by its words alone.
fn joined(before: &str, folder: &str) -> String {
    let mut parts: Vec<&str> = before.trim_end_matches('/').split('/').collect();
    for part in folder.split('/') {
        match part {
            "" | "." => {}
            // There is nothing above the root.
            ".." if parts.len() > 1 => _ = parts.pop(),
            ".." => {}
            part => parts.push(part),
        }
    }
    if parts.len() == 1 && parts[0].is_empty() { "/".to_owned() } else { parts.join("/") }
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
    let mut notes = setting.notes.clone();
    if let Some(home) = &surroundings.home {
        let home = home.to_string_lossy();
        for word in &mut words {
            if word.is_in_home {
                word.text.replace_range(..1, &home);
            }
            if word.expands {
                word.text = with_home(&word.text, &home);
                word.expands = embedded(&word.text).is_some();
            }
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
            setting.go(args.first().map(String::as_str), surroundings);
            return Findings::default();
        }
        "export" | "set" => {
            words.remove(0);
            setting.variables.extend(assignments(&mut words));
            return Findings::default();
        }
        _ => {}
    }
    if let Some(mut findings) = add_line::read(program, args) {
        for found in &mut findings.found {
            if let Reach::Command { args, .. } = &found.reach {
                let own = words.iter().filter(|word| args.contains(&word.text)).cloned().collect::<Vec<_>>();
                found.notes.extend(unexpanded(&own));
            }
        }
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
    words.iter().filter(|word| word.expands).map(|word| {
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
                let before = used.len();
                let value = substituted(value.trim(), &variables, &mut used);
                // What was secret as a variable stays so under whatever name it travels.
                let is_secret = |variable: &String| {
                    let value = variables.get(variable).and_then(Option::as_deref);
                    found::is_secret(variable, value.unwrap_or_default())
                };
                if used[before..].iter().any(is_secret) {
                    found.secret.insert(name.trim().to_owned());
                }
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

/// `docker run -e TOKEN=abc` shows its secret to everybody; `-e TOKEN` passes on a variable of its own. What is
/// no secret stays where it is: a variable of `docker` itself could make it do something else.
fn take_docker_variables(found: &mut Found, options: std::ops::Range<usize>) {
    let Reach::Command { args, .. } = &mut found.reach else { return };
    let mut moved = Vec::new();
    let mut at = options.start;
    while at < options.end {
        let takes_next = launch::takes_next(&args[at]);
        let (word, option) = match args[at].as_str() {
            "-e" | "--env" => (at + 1, String::new()),
            long if long.starts_with("--env=") => (at, "--env=".to_owned()),
            cluster if launch::is_cluster(cluster, 'e') => {
                let end = cluster.find('e').map_or(0, |end| end + 1);
                if takes_next { (at + 1, String::new()) } else { (at, cluster[..end].to_owned()) }
            }
            _ => (args.len(), String::new()),
        };
        at += if takes_next { 2 } else { 1 };
        let Some(word) = args.get_mut(word) else { continue };
        let pair = word[option.len()..].to_owned();
        let name = pair.split('=').next().unwrap_or_default();
        if !is_variable(name) || steers_docker(name) {
            continue;
        }
        match pair.split_once('=') {
            Some((name, value)) if found::is_secret(name, value) || found::is_asked(value) => {
                *word = format!("{option}{name}");
                moved.push(name.to_owned());
                // What stands in the arguments goes before what docker finds in its variables.
                found.values.insert(name.to_owned(), Some(value.to_owned()));
            }
            Some(_) => {}
            None => _ = found.values.entry(name.to_owned()).or_insert(None),
        }
    }
    if !moved.is_empty() {
        let names = moved.join(", ");
        found.note(format!(
            "{names} went from the arguments to the variables, where other programs do not see it"
        ));
    }
}

/// True for variables that `docker` reads for itself.
fn steers_docker(name: &str) -> bool {
    secrecy::steers(name) || ["DOCKER_", "CONTAINER", "BUILDX_"].iter().any(|start| name.starts_with(start))
}
