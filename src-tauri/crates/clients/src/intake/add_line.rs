//! Lines by which people add a server to a client: `claude mcp add`, `codex mcp add`, `gemini mcp add`,
//! `code --add-mcp`, and our own `headgate add`.

use headgate_model::Isolation;

use super::{
    Findings, command, document,
    found::{Found, Reach},
    launch, site,
};

/// Options with a value that say nothing about the server.
const IGNORED: &[&str] =
    &["--scope", "-s", "--profile", "--callback-port", "--client-id", "--description", "--workspace"];

/// Reads such a line; `None` when it is none.
pub(super) fn read(program: &str, args: &[String]) -> Option<Findings> {
    let word = |at: usize| args.get(at).map(String::as_str).unwrap_or_default();
    if let Some(at) = args.iter().position(|arg| arg == "--add-mcp" || arg.starts_with("--add-mcp=")) {
        let json = args[at].split_once('=').map(|(_, json)| json).or(args.get(at + 1).map(String::as_str));
        return Some(document::one(None, json.unwrap_or_default()));
    }
    match (launch::base(program).as_str(), word(0), word(1)) {
        ("headgate", "add", _) => Some(add(&args[1..])),
        ("npx" | "bunx", _, _) if args.iter().take(2).any(|arg| arg.starts_with("@smithery/cli")) => {
            let installs = args.iter().any(|arg| arg == "install" || arg == "mcp");
            let sentence =
                "this line writes into a client's settings; paste the URL or command of the server itself";
            installs.then(|| Findings::problem(sentence))
        }
        (_, "mcp", "add") => Some(add(&args[2..])),
        (_, "mcp", "add-json") => Some(add_json(&args[2..])),
        (client, "mcp", _)
            if ["claude", "codex", "gemini", "code", "copilot", "opencode"].contains(&client) =>
        {
            Some(Findings::problem(format!(
                "`{client} mcp {}` adds no server; paste a line with `mcp add`",
                word(1)
            )))
        }
        _ => None,
    }
}

fn add_json(args: &[String]) -> Findings {
    let mut words = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            option if IGNORED.contains(&option) => _ = rest.next(),
            option if option.starts_with("--") => {}
            _ => words.push(arg),
        }
    }
    match words.as_slice() {
        [name, json, ..] => document::one(Some((*name).clone()), json),
        _ => Findings::problem("the line names no server or has no JSON after the name; copy the whole line"),
    }
}

/// The form that all of them share, with the options of each.
fn add(args: &[String]) -> Findings {
    let mut line = Line::default();
    let mut rest = args.iter().map(String::as_str).peekable();
    while let Some(arg) = rest.next() {
        let (option, glued) = match arg.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (arg, None),
        };
        let mut value = || glued.or_else(|| rest.next()).unwrap_or_default().to_owned();
        match option {
            "--" => {
                line.command.extend(rest.map(str::to_owned));
                break;
            }
            // Everything after a command is the command's; after a URL come more options.
            _ if line.is_command() => line.command.push(arg.to_owned()),
            "--transport" | "-t" => line.transport = value(),
            "--url" => line.url = Some(value()),
            "--env" | "-e" | "--header" | "-H" | "--secret-env" | "--secret-header" => {
                let is_header = option.ends_with("header") || option == "-H";
                line.value(is_header, option.starts_with("--secret"), value());
                // Some clients take several after one option.
                while !is_header && glued.is_none() && rest.peek().is_some_and(|next| is_pair(next)) {
                    line.value(false, false, rest.next().unwrap_or_default().to_owned());
                }
            }
            "--bearer-token-env-var" => {
                let variable = value();
                line.found.values.insert("Authorization".to_owned(), None);
                line.found.note(format!(
                    "give Authorization as `Bearer ` and the token that is in the variable {variable}"
                ));
            }
            "--cwd" => line.cwd = Some(value()),
            "--isolation" => line.isolation(&value()),
            "--prefix" => line.found.prefix = Some(value()),
            "--off" => {
                let tool = value();
                line.found.off.push(tool);
            }
            "--keep-warm" => line.found.keep_warm = true,
            "--disabled" => line.found.is_disabled = true,
            "--demo" => line.demo = true,
            option if IGNORED.contains(&option) => _ = value(),
            "--client-secret" => {
                line.found.note("`--client-secret` was left out: signing in is done by the gateway")
            }
            "--timeout" | "--include-tools" | "--exclude-tools" | "--memory-limit" => {
                let value = value();
                line.found
                    .note(format!("`{option} {value}` was left out: set it once the upstream is there"));
            }
            option if option.starts_with('-') => line.found.note(format!("`{option}` was left out")),
            _ if line.found.name.is_none() => line.found.name = Some(arg.to_owned()),
            _ => line.command.push(arg.to_owned()),
        }
    }
    line.end()
}

fn is_pair(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| command::is_variable(name))
}

#[derive(Default)]
struct Line {
    found: Found,
    transport: String,
    url: Option<String>,
    command: Vec<String>,
    cwd: Option<String>,
    demo: bool,
}

impl Line {
    fn is_command(&self) -> bool {
        let is_site =
            |first: &String| first.contains("://") || matches!(self.transport.as_str(), "http" | "sse");
        self.command.first().is_some_and(|first| !is_site(first))
    }

    fn value(&mut self, is_header: bool, is_secret: bool, pair: String) {
        let divider = if is_header { ':' } else { '=' };
        let (name, value) = match pair.split_once(divider) {
            Some((name, value)) if !is_secret => (name.trim(), Some(value.trim().to_owned())),
            _ => (pair.trim(), None),
        };
        if !name.is_empty() {
            self.found.values.insert(name.to_owned(), value);
        }
    }

    fn isolation(&mut self, word: &str) {
        self.found.isolation = match word {
            "shared" => Some(Isolation::Shared),
            "project" => Some(Isolation::Project),
            "session" => Some(Isolation::Session),
            _ => None,
        };
    }

    fn end(mut self) -> Findings {
        let mut words = self.command;
        let url = self.url.or_else(|| {
            let is_url = words.len() == 1 && site::url(&words[0]).is_some_and(|(_, guessed)| !guessed);
            let is_site = is_url || matches!(self.transport.as_str(), "http" | "sse" | "streamable-http");
            (is_site && !words.is_empty()).then(|| words.remove(0))
        });
        self.found.reach = match (url, words.is_empty()) {
            _ if self.demo => Reach::Demo,
            (Some(url), _) => match site::url(&url) {
                Some((url, _)) => Reach::Site(url),
                None => return Findings::problem(format!("`{url}` is no http:// or https:// URL")),
            },
            (None, false) => {
                let args = words.split_off(1);
                Reach::Command { program: words.remove(0), args, cwd: self.cwd }
            }
            (None, true) => {
                return Findings::problem(
                    "the line names a server and no command or URL; copy the whole line",
                );
            }
        };
        if self.transport == "sse" {
            self.found.note("it is for the old transport (SSE), and Headgate speaks Streamable HTTP, which many such servers know too");
        }
        Findings::one(self.found)
    }
}
