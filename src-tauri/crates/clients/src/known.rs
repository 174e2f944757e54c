//! The AI clients that Headgate knows: where each keeps its settings, how it speaks MCP, and by what it is
//! told that it is installed. Pure; who looks at the disk is the caller.

use std::path::{Path, PathBuf};

use crate::entry::{Form, HttpEntry, StdioEntry};

/// An AI client.
#[derive(Debug)]
pub struct KnownClient {
    /// Stable, in lower case; fit for the name of a client.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Programs on the PATH by which it is told.
    pub programs: &'static [&'static str],
    /// Where its settings are; `None` for clients that we do not know by name.
    place: Option<Place>,
    pub(crate) form: Form,
    /// How an entry with a URL looks; `None` for clients that speak stdio alone.
    pub(crate) http: Option<HttpEntry>,
    pub(crate) stdio: StdioEntry,
}

/// Folders of a person from which settings are found.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The home folder.
    pub home: PathBuf,
    /// Where applications keep their settings: `~/.config`, `~/Library/Application Support`, `%APPDATA%`.
    pub applications: PathBuf,
    /// Whether this is Windows, where programs that follow Unix elsewhere have other places.
    pub is_windows: bool,
}

/// Where a file is.
#[derive(Debug)]
enum Place {
    /// Below the home folder.
    Home(&'static str),
    /// Below the folder of applications.
    Application(&'static str),
    /// Below `~/.config`, and elsewhere below `%APPDATA%` on Windows.
    Dot(&'static str, &'static str),
}

impl KnownClient {
    /// The file that holds its settings.
    pub fn file(&self, folders: &Folders) -> Option<PathBuf> {
        Some(match self.place.as_ref()? {
            Place::Home(path) => folders.home.join(path),
            Place::Application(path) => folders.applications.join(path),
            Place::Dot(_, windows) if folders.is_windows => folders.applications.join(windows),
            Place::Dot(path, _) => folders.home.join(".config").join(path),
        })
    }

    /// What is there only where it is installed, or was: its settings, or the folder it made for them.
    pub fn signs(&self, folders: &Folders) -> Vec<PathBuf> {
        let Some(file) = self.file(folders) else { return Vec::new() };
        let common = [&folders.home, &folders.applications];
        let own =
            |folder: &&Path| !common.iter().any(|common| common == folder) && !folder.ends_with(".config");
        let folder = file.parent().filter(own).map(Path::to_owned);
        [file].into_iter().chain(folder).collect()
    }

    /// True when it can be given a URL.
    pub fn speaks_http(&self) -> bool {
        self.http.is_some()
    }

    /// True for a client that has a name.
    pub fn is_somebody(&self) -> bool {
        self.place.is_some()
    }
}

const fn json(
    id: &'static str,
    title: &'static str,
    programs: &'static [&'static str],
    place: Place,
    table: &'static str,
    http: Option<HttpEntry>,
    stdio: StdioEntry,
) -> KnownClient {
    KnownClient { id, title, programs, place: Some(place), form: Form::Json(table), http, stdio }
}

use HttpEntry::{HttpUrl, Remote, ServerUrl, StreamableHttp, Typed, TypedWithTools, Url, Zed};
use Place::{Application, Dot, Home};
use StdioEntry as Stdio;

/// Every client, the one for all others last.
pub const KNOWN_CLIENTS: &[KnownClient] = &[
    json(
        "claude-code",
        "Claude Code",
        &["claude"],
        Home(".claude.json"),
        "mcpServers",
        Some(Typed),
        Stdio::Typed,
    ),
    json(
        "claude-desktop",
        "Claude Desktop",
        &["claude-desktop"],
        Application("Claude/claude_desktop_config.json"),
        "mcpServers",
        None,
        Stdio::Plain,
    ),
    json("cursor", "Cursor", &["cursor"], Home(".cursor/mcp.json"), "mcpServers", Some(Url), Stdio::Plain),
    json(
        "vscode",
        "VS Code",
        &["code"],
        Application("Code/User/mcp.json"),
        "servers",
        Some(Typed),
        Stdio::Typed,
    ),
    KnownClient {
        id: "codex",
        title: "Codex",
        programs: &["codex"],
        place: Some(Home(".codex/config.toml")),
        form: Form::Toml,
        http: Some(Url),
        stdio: Stdio::Plain,
    },
    json(
        "windsurf",
        "Windsurf",
        &["windsurf"],
        Home(".codeium/windsurf/mcp_config.json"),
        "mcpServers",
        Some(ServerUrl),
        Stdio::Plain,
    ),
    json(
        "zed",
        "Zed",
        &["zed", "zeditor"],
        Dot("zed/settings.json", "Zed/settings.json"),
        "context_servers",
        Some(Zed),
        Stdio::Zed,
    ),
    json(
        "opencode",
        "opencode",
        &["opencode"],
        Home(".config/opencode/opencode.json"),
        "mcp",
        Some(Remote { oauth: true }),
        Stdio::Local,
    ),
    json(
        "gemini-cli",
        "Gemini CLI",
        &["gemini"],
        Home(".gemini/settings.json"),
        "mcpServers",
        Some(Typed),
        Stdio::Plain,
    ),
    KnownClient {
        id: "goose",
        title: "Goose",
        programs: &["goose"],
        place: Some(Dot("goose/config.yaml", "Block/goose/config/config.yaml")),
        form: Form::Goose,
        http: Some(Url),
        stdio: Stdio::Plain,
    },
    json(
        "qwen-code",
        "Qwen Code",
        &["qwen"],
        Home(".qwen/settings.json"),
        "mcpServers",
        Some(HttpUrl),
        Stdio::Plain,
    ),
    json(
        "copilot-cli",
        "Copilot CLI",
        &["copilot"],
        Home(".copilot/mcp-config.json"),
        "mcpServers",
        Some(TypedWithTools),
        Stdio::LocalWithTools,
    ),
    json(
        "cline",
        "Cline",
        &[],
        Application("Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
        "mcpServers",
        Some(StreamableHttp),
        Stdio::Plain,
    ),
    KnownClient {
        id: "continue",
        title: "Continue",
        programs: &["cn"],
        place: Some(Home(".continue/config.yaml")),
        form: Form::Continue,
        http: Some(Url),
        stdio: Stdio::Plain,
    },
    json(
        "lm-studio",
        "LM Studio",
        &["lms"],
        Home(".lmstudio/mcp.json"),
        "mcpServers",
        Some(Url),
        Stdio::Plain,
    ),
    json(
        "kiro",
        "Kiro",
        &["kiro", "kiro-cli"],
        Home(".kiro/settings/mcp.json"),
        "mcpServers",
        Some(Url),
        Stdio::Plain,
    ),
    json(
        "amp",
        "Amp",
        &["amp"],
        Home(".config/amp/settings.json"),
        "amp.mcpServers",
        Some(Url),
        Stdio::Plain,
    ),
    json(
        "antigravity",
        "Antigravity",
        &["antigravity"],
        Home(".gemini/config/mcp_config.json"),
        "mcpServers",
        Some(ServerUrl),
        Stdio::Plain,
    ),
    json(
        "kilo-code",
        "Kilo Code",
        &["kilo"],
        Home(".config/kilo/kilo.json"),
        "mcp",
        Some(Remote { oauth: false }),
        Stdio::Local,
    ),
    json("junie", "Junie", &["junie"], Home(".junie/mcp/mcp.json"), "mcpServers", None, Stdio::Plain),
    KnownClient {
        id: "generic",
        title: "Another client",
        programs: &[],
        place: None,
        form: Form::Json("mcpServers"),
        http: Some(Typed),
        stdio: Stdio::Plain,
    },
];
