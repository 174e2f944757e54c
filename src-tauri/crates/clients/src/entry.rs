//! How an entry for the gateway looks in each client's settings.

use serde_json::{Value, json};

use crate::ENTRY;

/// What a file is written in, and where servers stand in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// A member of this name holds the servers by name.
    Json(&'static str),
    /// Codex.
    Toml,
    /// Goose.
    Goose,
    /// Continue, which has a list.
    Continue,
}

/// How a URL is written in JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HttpEntry {
    Url,
    Typed,
    TypedWithTools,
    ServerUrl,
    HttpUrl,
    StreamableHttp,
    Zed,
    Remote {
        /// It would try to sign in unless it is told that there is no need.
        oauth: bool,
    },
}

/// How a command is written in JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StdioEntry {
    Plain,
    Typed,
    Zed,
    Local,
    LocalWithTools,
}

/// The ways to the gateway.
pub(crate) enum Way<'a> {
    /// Its URL with a key.
    Http { url: &'a str, key: &'a str },
    /// Its bridge, which needs no key.
    Stdio { program: &'a str, args: &'a [String] },
}

impl Form {
    /// The name of the language.
    pub(crate) fn language(self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Toml => "toml",
            Self::Goose | Self::Continue => "yaml",
        }
    }
}

/// The text of a whole file with nothing but the entry.
pub(crate) fn text(form: Form, http: HttpEntry, stdio: StdioEntry, way: &Way) -> String {
    match form {
        Form::Json(table) => {
            let entry = match *way {
                Way::Http { url, key } => http_entry(http, url, key),
                Way::Stdio { program, args } => stdio_entry(stdio, program, args),
            };
            format!("{:#}", json!({ table: { ENTRY: entry } }))
        }
        Form::Toml => toml(way),
        Form::Goose => goose(way),
        Form::Continue => continue_yaml(way),
    }
}

fn http_entry(entry: HttpEntry, url: &str, key: &str) -> Value {
    let headers = json!({ "Authorization": bearer(key) });
    match entry {
        HttpEntry::Url => json!({ "url": url, "headers": headers }),
        HttpEntry::Typed => json!({ "type": "http", "url": url, "headers": headers }),
        HttpEntry::TypedWithTools => {
            json!({ "type": "http", "url": url, "headers": headers, "tools": ["*"] })
        }
        HttpEntry::ServerUrl => json!({ "serverUrl": url, "headers": headers }),
        HttpEntry::HttpUrl => json!({ "httpUrl": url, "headers": headers }),
        HttpEntry::StreamableHttp => json!({ "type": "streamableHttp", "url": url, "headers": headers }),
        HttpEntry::Zed => json!({ "source": "custom", "url": url, "headers": headers }),
        HttpEntry::Remote { oauth: true } => {
            json!({ "type": "remote", "url": url, "headers": headers, "enabled": true, "oauth": false })
        }
        HttpEntry::Remote { oauth: false } => {
            json!({ "type": "remote", "url": url, "headers": headers, "enabled": true })
        }
    }
}

fn stdio_entry(entry: StdioEntry, program: &str, args: &[String]) -> Value {
    let words = || [program].into_iter().chain(args.iter().map(String::as_str)).collect::<Vec<_>>();
    match entry {
        StdioEntry::Plain => json!({ "command": program, "args": args }),
        StdioEntry::Typed => json!({ "type": "stdio", "command": program, "args": args }),
        StdioEntry::Zed => json!({ "source": "custom", "command": program, "args": args }),
        StdioEntry::Local => json!({ "type": "local", "command": words(), "enabled": true }),
        StdioEntry::LocalWithTools => {
            json!({ "type": "local", "command": program, "args": args, "tools": ["*"] })
        }
    }
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

/// A string of JSON is one of TOML and of YAML as well.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn list(args: &[String]) -> String {
    format!("[{}]", args.iter().map(|arg| quoted(arg)).collect::<Vec<_>>().join(", "))
}

fn toml(way: &Way) -> String {
    match *way {
        Way::Http { url, key } => format!(
            "[mcp_servers.{ENTRY}]\nurl = {}\nhttp_headers = {{ Authorization = {} }}\n",
            quoted(url),
            quoted(&bearer(key)),
        ),
        Way::Stdio { program, args } => {
            format!("[mcp_servers.{ENTRY}]\ncommand = {}\nargs = {}\n", quoted(program), list(args))
        }
    }
}

fn goose(way: &Way) -> String {
    let reach = match *way {
        Way::Http { url, key } => format!(
            "type: streamable_http\n    uri: {}\n    headers:\n      Authorization: {}",
            quoted(url),
            quoted(&bearer(key)),
        ),
        Way::Stdio { program, args } => {
            format!("type: stdio\n    cmd: {}\n    args: {}", quoted(program), list(args))
        }
    };
    format!("extensions:\n  {ENTRY}:\n    name: {ENTRY}\n    {reach}\n    enabled: true\n    timeout: 300\n")
}

fn continue_yaml(way: &Way) -> String {
    let reach = match *way {
        Way::Http { url, key } => format!(
            "type: streamable-http\n    url: {}\n    requestOptions:\n      headers:\n        Authorization: {}",
            quoted(url),
            quoted(&bearer(key)),
        ),
        Way::Stdio { program, args } => format!("command: {}\n    args: {}", quoted(program), list(args)),
    };
    format!("mcpServers:\n  - name: {ENTRY}\n    {reach}\n")
}
