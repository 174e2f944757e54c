//! `/api/backup` and `/api/restore`: the whole setup as one document, and back. A plan says what differs;
//! carrying it out is one transaction, and then the gateway follows.

mod plan;
mod secrets;
#[cfg(test)]
mod tests;

use futures_util::future::join_all;
use headgate_api::{Backup, Problem, Restore, RestoreItem, RestoreMode, RestoreReport, code};
use headgate_model::{ClientName, UpstreamSpec};
use headgate_store::{ClientRecord, Restoration};

use super::{Admin, Answer, internal, now_ms, ok, register::KeptSecrets, upstreams::secret_refs};
use crate::keys;
use plan::{Given, Plan, Present};
pub(super) use secrets::{may_inherit, values, values_mut};

const PLAN_CHANGED: &str = "something was changed after the plan was shown, so that something else would be done \
                            than what was agreed to; nothing was done, look at the new plan";

impl Admin {
    pub(super) async fn backup(&self) -> Answer {
        let specs = self.gateway.upstreams();
        let specs = specs.iter().map(|upstream| secrets::hidden(&upstream.spec)).collect();
        let clients = self.store.clients().await.map_err(internal)?;
        ok(&Backup {
            settings: Some(self.tuning.kept_values()),
            upstreams: Some(specs),
            clients: Some(clients.into_iter().map(|client| client.name).collect()),
            ..Backup::empty(now_ms())
        })
    }

    pub(super) async fn restore(&self, restore: Restore) -> Answer {
        restore.backup.check().map_err(|why| Problem::new(400, code::INVALID, why))?;
        let mut kept = KeptSecrets::new(self);
        // Before the lock: a keychain may wait for its password.
        let given = self.given(&restore, &mut kept).await?;
        let commit = self.committing.lock().await;
        let present = self.present().await?;
        let replace = restore.mode == RestoreMode::Replace;
        let planned = |given: &Given| {
            plan::plan(&present, &restore.backup, replace, given)
                .map_err(|why| Problem::new(400, code::INVALID, why))
        };
        let plan = planned(&given)?;
        // A person sees the plan before giving secrets.
        let digest = planned(&Given::new())?.digest();
        if restore.plan.is_some_and(|agreed| agreed != digest) {
            return Err(Problem::new(409, code::PLAN_CHANGED, PLAN_CHANGED));
        }
        self.try_port(&plan.settings).await?;
        let items = match restore.dry_run {
            true => plan.items,
            false => {
                let removed = plan.remove_clients.clone();
                let items = self.restore_now(plan, &present, kept).await?;
                // Sessions take their time to end, and none begins by the old keys any more.
                drop(commit);
                let ends = removed
                    .iter()
                    .map(async |name| self.gateway.end_sessions_of(&format!("client:{name}")).await);
                join_all(ends).await;
                items
            }
        };
        ok(&RestoreReport { dry_run: restore.dry_run, digest, items })
    }

    async fn present(&self) -> Result<Present, Problem> {
        let clients = self.store.clients().await.map_err(internal)?;
        Ok(Present {
            upstreams: self.gateway.upstreams().iter().map(|upstream| upstream.spec.clone()).collect(),
            settings: self.tuning.kept_values(),
            clients: clients.into_iter().map(|client| client.name).collect(),
        })
    }

    /// References to the secrets that came with the document. A dry run keeps none of them.
    async fn given(&self, restore: &Restore, kept: &mut KeptSecrets) -> Result<Given, Problem> {
        let mut given = Given::new();
        for (upstream, values) in &restore.secrets {
            let references = match restore.dry_run {
                true => values.0.keys().map(|name| (name.clone(), secrets::stand_in())).collect(),
                false => kept.keep_all(upstream, &values.0).await?,
            };
            given.insert(upstream.clone(), references);
        }
        Ok(given)
    }

    async fn restore_now(
        &self,
        mut plan: Plan,
        present: &Present,
        kept: KeptSecrets,
    ) -> Result<Vec<RestoreItem>, Problem> {
        let mut items = std::mem::take(&mut plan.items);
        let records = new_clients(&plan.add_clients, &mut items)?;
        let restoration = Restoration {
            put_upstreams: plan.put_upstreams.clone(),
            remove_upstreams: plan.remove_upstreams.clone(),
            settings: plan.settings.clone(),
            add_clients: records.clone(),
            remove_clients: plan.remove_clients.clone(),
        };
        self.store.restore(restoration).await.map_err(internal)?;
        kept.release(|secret| plan.put_upstreams.iter().any(|spec| secret_refs(spec).contains(secret)));
        for name in &plan.remove_upstreams {
            self.gateway.remove(name);
        }
        let is_there = |spec: &UpstreamSpec| self.gateway.upstream(&spec.name).is_some();
        let (changed, new): (Vec<_>, Vec<_>) = plan.put_upstreams.iter().cloned().partition(is_there);
        for spec in changed {
            self.gateway.redefine(spec);
        }
        self.gateway.adopt(new);
        self.forget(plan.abandoned_secrets(present));
        for record in records {
            self.keys.add(record);
        }
        for name in &plan.remove_clients {
            self.keys.remove(name);
        }
        self.tune(&plan.settings);
        Ok(items)
    }
}

/// Makes the keys of new clients, and tells each in the item of its client.
fn new_clients(names: &[ClientName], items: &mut [RestoreItem]) -> Result<Vec<ClientRecord>, Problem> {
    let mut records = Vec::new();
    for name in names {
        let key =
            keys::generate("hgk").map_err(|error| Problem::new(500, code::INTERNAL, format!("{error:#}")))?;
        records.push(ClientRecord { name: name.clone(), key_sha256: keys::hash(&key), created_ms: now_ms() });
        if let Some(item) = plan::item_of(items, name) {
            item.key = Some(key);
        }
    }
    Ok(records)
}

/// Why a definition cannot run as it is, and what to type about that.
pub(super) fn lacks(spec: &UpstreamSpec) -> Option<(String, String)> {
    let needed = secrets::needed(spec);
    let name = &spec.name;
    (!needed.is_empty()).then(|| {
        (
            format!("`{name}` needs secrets that are not here: {}", needed.join(", ")),
            format!(
                "give them with `headgate secret {name} {}`, then `headgate enable {name}`",
                needed.join(" ")
            ),
        )
    })
}
