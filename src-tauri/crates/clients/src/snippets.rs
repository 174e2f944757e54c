//! What to paste into each client's settings so that it reaches the gateway.

use std::path::{Path, PathBuf};

use headgate_model::ClientName;

use crate::{
    entry::{self, HttpEntry, Way},
    known::{Folders, KNOWN_CLIENTS, KnownClient},
    loopback,
};

/// Text for one client's settings. It has no `Debug`, since it may hold a key.
pub struct Snippet {
    /// The id of the client in the list of known ones.
    pub client_id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Where it belongs, where that is known.
    pub file: Option<PathBuf>,
    /// `json`, `toml` or `yaml`.
    pub language: &'static str,
    /// The whole text of a file that has nothing else in it.
    pub text: String,
    /// It starts the bridge and holds no key.
    pub stdio: bool,
}

/// How `client` reaches the gateway from each known program: at `url` with `key`, or by the bridge of `program`.
pub fn snippets(
    client: &ClientName,
    url: &str,
    key: &str,
    program: &Path,
    folders: &Folders,
) -> Vec<Snippet> {
    let url = loopback(url);
    let program = program.to_string_lossy();
    let args = ["connect", "--client", client.as_str()].map(str::to_owned);
    let snippet = |known: &KnownClient, way: Way| Snippet {
        client_id: known.id,
        title: known.title,
        file: known.file(folders),
        language: known.form.language(),
        text: entry::text(known.form, known.http.unwrap_or(HttpEntry::Url), known.stdio, &way),
        stdio: matches!(way, Way::Stdio { .. }),
    };
    let both = |known: &KnownClient| {
        let http = known.speaks_http().then(|| snippet(known, Way::Http { url: &url, key }));
        http.into_iter()
            .chain([snippet(known, Way::Stdio { program: &program, args: &args })])
            .collect::<Vec<_>>()
    };
    KNOWN_CLIENTS.iter().flat_map(both).collect()
}
