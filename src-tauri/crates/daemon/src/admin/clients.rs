//! `/api/clients`: who has a key. A key is told once, when it is made.

use std::time::{SystemTime, UNIX_EPOCH};

use headgate_api::{ClientView, Clients, CreatedClient, NewClient, Problem, code};
use headgate_model::ClientName;
use headgate_store::{ClientRecord, StoreError};

use super::{Admin, Answer, created, done, internal, ok};
use crate::keys;

impl Admin {
    pub(super) async fn clients(&self) -> Answer {
        ok(&Clients { clients: self.client_views().await? })
    }

    pub(super) async fn client_views(&self) -> Result<Vec<ClientView>, Problem> {
        let mut records = self.store.clients().await.map_err(internal)?;
        records.sort_by(|a, b| a.name.cmp(&b.name));
        let reports = self.gateway.session_reports();
        let view = |record: ClientRecord| ClientView {
            created_ms: record.created_ms,
            sessions: reports.iter().filter(|report| report.client == record.name.as_str()).count(),
            name: record.name,
        };
        Ok(records.into_iter().map(view).collect())
    }

    pub(super) async fn post_client(&self, new: NewClient) -> Answer {
        let key =
            keys::generate("hgk").map_err(|error| Problem::new(500, code::INTERNAL, format!("{error:#}")))?;
        let key_sha256 = keys::hash(&key);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let record = ClientRecord { name: new.name.clone(), key_sha256, created_ms: now };
        match self.store.add_client(record).await {
            Ok(()) => {}
            Err(StoreError::Exists(name)) => {
                let advice = format!("revoke it with `headgate client revoke {name}`, or use another name");
                let detail = format!("there is a client `{name}` already; {advice}");
                return Err(Problem::new(409, code::EXISTS, detail));
            }
            Err(error) => return Err(internal(error)),
        }
        self.keys.add(new.name.clone(), key_sha256);
        self.gateway.changed();
        created(&CreatedClient { name: new.name, key, url: format!("{}/mcp", self.manifest.url) })
    }

    pub(super) async fn delete_client(&self, name: &ClientName) -> Answer {
        let removed = self.store.remove_client(name).await.map_err(internal)?;
        self.keys.remove(name);
        self.gateway.changed();
        self.gateway.end_sessions_of(&format!("client:{name}")).await;
        if !removed {
            let advice = "`headgate client list` tells which there are";
            let detail = format!("there is no client `{name}`; {advice}");
            return Err(Problem::new(404, code::NOT_FOUND, detail));
        }
        done()
    }
}
