//! `/api/clients`: who has a key. A key is told once, when it is made. The database and the keys that are let in
//! change together, one request after the other: a key that is taken back must not come back by a renewal.

mod known;

use std::path::{Path, PathBuf};

use headgate_api::{
    ClientSnippet, ClientSnippets, ClientView, Clients, CreatedClient, NewClient, Problem, SessionView, code,
};
use headgate_model::ClientName;
use headgate_store::{ClientRecord, StoreError};

use super::{Admin, Answer, created, done, internal, now_ms, ok};
use crate::keys;

/// Stands where a key belongs that is not told any more.
const KEY_PLACEHOLDER: &str = "YOUR_KEY";

impl Admin {
    pub(super) async fn clients(&self) -> Answer {
        ok(&Clients { clients: self.client_views(&self.session_views()) })
    }

    /// By name, with the number of these sessions that each has.
    pub(super) fn client_views(&self, sessions: &[SessionView]) -> Vec<ClientView> {
        let view = |client: ClientRecord| ClientView {
            created_ms: client.created_ms,
            sessions: sessions.iter().filter(|session| session.client == client.name.as_str()).count(),
            name: client.name,
        };
        let mut views: Vec<ClientView> = self.keys.clients().into_iter().map(view).collect();
        views.sort_by(|a, b| a.name.cmp(&b.name));
        views
    }

    pub(super) async fn post_client(&self, new: NewClient) -> Answer {
        let _commit = self.committing.lock().await;
        let key = new_key()?;
        let key_sha256 = keys::hash(&key);
        let record = ClientRecord { name: new.name.clone(), key_sha256, created_ms: now_ms() };
        match self.store.add_client(record.clone()).await {
            Ok(()) => {}
            Err(StoreError::Exists(name)) => {
                let detail =
                    format!("there is a client `{name}` already; use another name, or revoke its key");
                let advice = format!("`headgate client revoke {name}` revokes it");
                return Err(Problem::new(409, code::EXISTS, detail).advise(advice));
            }
            Err(error) => return Err(internal(error)),
        }
        self.keys.add(record);
        self.gateway.changed();
        created(&self.told(new.name, key))
    }

    /// A new key; with the old one end the sessions that it opened.
    pub(super) async fn renew_key(&self, name: &ClientName) -> Answer {
        let commit = self.committing.lock().await;
        let key = new_key()?;
        let key_sha256 = keys::hash(&key);
        if !self.store.set_client_key(name, key_sha256).await.map_err(internal)? {
            return Err(no_client(name));
        }
        self.keys.replace(name, key_sha256);
        // Sessions take their time to end, and none begins by the old key any more.
        drop(commit);
        self.gateway.end_sessions_of(&format!("client:{name}")).await;
        self.gateway.changed();
        created(&self.told(name.clone(), key))
    }

    /// All that a person needs to connect a client, told this once.
    fn told(&self, name: ClientName, key: String) -> CreatedClient {
        CreatedClient { snippets: self.snippets_with(&name, &key), url: self.mcp_url(), name, key }
    }

    /// The same without the key, at any time; also for a client that has none and comes through the bridge.
    pub(super) fn snippets(&self, name: &ClientName) -> Answer {
        let snippets = self.snippets_with(name, KEY_PLACEHOLDER);
        ok(&ClientSnippets { url: self.mcp_url(), placeholder: KEY_PLACEHOLDER.to_owned(), snippets })
    }

    fn snippets_with(&self, name: &ClientName, key: &str) -> Vec<ClientSnippet> {
        let program = stable(&self.program);
        let snippets = headgate_clients::snippets(name, &self.mcp_url(), key, &program, &known::folders());
        snippets.into_iter().map(snippet).collect()
    }

    fn mcp_url(&self) -> String {
        format!("{}/mcp", self.manifest.url)
    }

    pub(super) async fn delete_client(&self, name: &ClientName) -> Answer {
        let commit = self.committing.lock().await;
        let removed = self.store.remove_client(name).await.map_err(internal)?;
        self.keys.remove(name);
        drop(commit);
        self.gateway.changed();
        self.gateway.end_sessions_of(&format!("client:{name}")).await;
        if !removed {
            return Err(no_client(name));
        }
        done()
    }
}

fn new_key() -> Result<String, Problem> {
    keys::generate("hgk").map_err(|error| Problem::new(500, code::INTERNAL, format!("{error:#}")))
}

fn no_client(name: &ClientName) -> Problem {
    Problem::new(404, code::NOT_FOUND, format!("there is no client `{name}`"))
        .advise("`headgate client list` tells which there are".to_owned())
}

/// The place that stays when Headgate is updated. A gateway that was started by hand may have none.
fn stable(program: &Path) -> PathBuf {
    let own = || std::env::current_exe().ok();
    if program.exists() { program.to_owned() } else { own().unwrap_or_else(|| program.to_owned()) }
}

fn snippet(snippet: headgate_clients::Snippet) -> ClientSnippet {
    ClientSnippet {
        client_id: snippet.client_id.to_owned(),
        title: snippet.title.to_owned(),
        file: snippet.file.map(|file| file.to_string_lossy().into_owned()),
        language: snippet.language.to_owned(),
        text: snippet.text,
        stdio: snippet.stdio,
    }
}
