//! What a document would change. Plain functions: what is there and what should be come in, and the
//! difference comes out, for people and for the database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use headgate_api::{Backup, RestoreAction, RestoreItem, RestoreKind};
use headgate_model::{ClientName, ConfigValue, SecretRef, UpstreamName, UpstreamSpec, command_line, setting};
use headgate_store::SettingChanges;
use serde_json::Value;

use super::secrets;
use crate::{
    admin::{
        patch::checked_timeouts,
        register::checked_isolation,
        tools::allowed,
        upstreams::{checked_prefix, checked_transport, secret_refs},
    },
    keys,
    settings::checked,
};

/// References to the secrets that came with a document.
pub(super) type Given = BTreeMap<UpstreamName, BTreeMap<String, SecretRef>>;

/// What is there.
#[derive(Default)]
pub(super) struct Present {
    pub(super) upstreams: Vec<Arc<UpstreamSpec>>,
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) clients: Vec<ClientName>,
}

/// What is to be done, and how it reads.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) put_upstreams: Vec<UpstreamSpec>,
    pub(super) remove_upstreams: Vec<UpstreamName>,
    pub(super) settings: SettingChanges,
    pub(super) add_clients: Vec<ClientName>,
    pub(super) remove_clients: Vec<ClientName>,
    pub(super) items: Vec<RestoreItem>,
}

/// Compares; an error is a sentence that says why the document cannot be put back.
pub(super) fn plan(present: &Present, backup: &Backup, replace: bool, given: &Given) -> Result<Plan, String> {
    let mut plan = Plan::default();
    if let Some(upstreams) = &backup.upstreams {
        plan.upstreams(present, upstreams, replace, given)?;
    }
    if let Some(name) = given.keys().find(|name| !plan.names(name)) {
        return Err(format!("secrets came for `{name}`, which the document does not have"));
    }
    if let Some(settings) = &backup.settings {
        plan.settings(present, settings, replace)?;
    }
    if let Some(clients) = &backup.clients {
        plan.clients(present, clients, replace)?;
    }
    Ok(plan)
}

/// The item of a client.
pub(super) fn item_of<'a>(items: &'a mut [RestoreItem], client: &ClientName) -> Option<&'a mut RestoreItem> {
    items.iter_mut().find(|item| item.kind == RestoreKind::Client && item.name == client.as_str())
}

impl Plan {
    /// Differs when something else would be done.
    pub(super) fn digest(&self) -> String {
        let settled = [RestoreAction::Unchanged, RestoreAction::Left];
        let done: Vec<&RestoreItem> =
            self.items.iter().filter(|item| !settled.contains(&item.action)).collect();
        // Items have string keys only, so that they always have a JSON form.
        URL_SAFE_NO_PAD.encode(keys::hash(&serde_json::to_string(&done).unwrap_or_default()))
    }

    /// Secrets that nobody refers to once the plan was carried out.
    pub(super) fn abandoned_secrets(&self, present: &Present) -> Vec<SecretRef> {
        let still: BTreeSet<SecretRef> = self.put_upstreams.iter().flat_map(secret_refs).collect();
        let touched = |spec: &&Arc<UpstreamSpec>| {
            self.remove_upstreams.contains(&spec.name)
                || self.put_upstreams.iter().any(|put| put.name == spec.name)
        };
        let before = present.upstreams.iter().filter(touched).flat_map(|spec| secret_refs(spec));
        before.filter(|secret| !still.contains(secret)).collect()
    }

    fn names(&self, upstream: &UpstreamName) -> bool {
        let left = [RestoreAction::Left, RestoreAction::Removed];
        let is_it = |item: &RestoreItem| item.kind == RestoreKind::Upstream && item.name == upstream.as_str();
        self.items.iter().any(|item| is_it(item) && !left.contains(&item.action))
    }

    fn upstreams(
        &mut self,
        present: &Present,
        wanted: &[UpstreamSpec],
        replace: bool,
        given: &Given,
    ) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for spec in wanted {
            if !seen.insert(&spec.name) {
                return Err(format!("the document has two upstreams `{}`", spec.name));
            }
            let old = present.upstreams.iter().find(|old| old.name == spec.name);
            let nothing = BTreeMap::new();
            let spec = completed(spec, old.map(Arc::as_ref), given.get(&spec.name).unwrap_or(&nothing))?;
            self.upstream(old.map(Arc::as_ref), spec);
        }
        for old in present.upstreams.iter().filter(|old| !seen.contains(&old.name)) {
            let action = unnamed(replace);
            if action == RestoreAction::Removed {
                self.remove_upstreams.push(old.name.clone());
            }
            self.items.push(item(RestoreKind::Upstream, old.name.as_str(), action));
        }
        Ok(())
    }

    fn upstream(&mut self, old: Option<&UpstreamSpec>, spec: UpstreamSpec) {
        let action = match old {
            None => RestoreAction::Added,
            Some(old) if *old == spec => RestoreAction::Unchanged,
            Some(_) => RestoreAction::Changed,
        };
        self.items.push(RestoreItem {
            changes: old.map(|old| differences(old, &spec)).unwrap_or_default(),
            command: Some(command_line(&spec.transport)),
            needs: secrets::needed(&spec),
            ..item(RestoreKind::Upstream, spec.name.as_str(), action)
        });
        if action != RestoreAction::Unchanged {
            self.put_upstreams.push(spec);
        }
    }

    fn settings(
        &mut self,
        present: &Present,
        wanted: &BTreeMap<String, Value>,
        replace: bool,
    ) -> Result<(), String> {
        // Values are compared as the text that is kept: 5 and "5" are one.
        let wanted = checked(wanted).map_err(|problem| problem.detail)?;
        let before = checked(&present.settings).map_err(|problem| problem.detail)?;
        for (key, value) in &wanted {
            let old = before.get(key).cloned().flatten();
            let stays = is_of_machine(key) && !replace;
            let action = match (&old, value) {
                (old, value) if old == value => RestoreAction::Unchanged,
                _ if stays => RestoreAction::Left,
                (None, _) => RestoreAction::Added,
                (Some(_), None) => RestoreAction::Removed,
                (Some(_), Some(_)) => RestoreAction::Changed,
            };
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "default".to_owned());
            let mut item = item(RestoreKind::Setting, key, action);
            if action != RestoreAction::Unchanged {
                let when = match (is_of_machine(key), stays) {
                    (false, _) => "",
                    (true, false) => " (after a restart)",
                    (true, true) => " (only when everything is replaced, since it belongs to one machine)",
                };
                item.changes = vec![format!("{key}: {} -> {}{when}", text(&old), text(value))];
            }
            if !matches!(action, RestoreAction::Unchanged | RestoreAction::Left) {
                self.settings.insert(key.clone(), value.clone());
            }
            self.items.push(item);
        }
        for key in before.keys().filter(|key| !wanted.contains_key(*key)) {
            let action = unnamed(replace && !is_of_machine(key));
            if action == RestoreAction::Removed {
                self.settings.insert(key.clone(), None);
            }
            self.items.push(item(RestoreKind::Setting, key, action));
        }
        Ok(())
    }

    fn clients(&mut self, present: &Present, wanted: &[ClientName], replace: bool) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for name in wanted {
            if !seen.insert(name) {
                return Err(format!("the document has two clients `{name}`"));
            }
            let action = match present.clients.contains(name) {
                true => RestoreAction::Unchanged,
                false => RestoreAction::Added,
            };
            if action == RestoreAction::Added {
                self.add_clients.push(name.clone());
            }
            self.items.push(item(RestoreKind::Client, name.as_str(), action));
        }
        for name in present.clients.iter().filter(|name| !seen.contains(name)) {
            let action = unnamed(replace);
            if action == RestoreAction::Removed {
                self.remove_clients.push(name.clone());
            }
            self.items.push(item(RestoreKind::Client, name.as_str(), action));
        }
        Ok(())
    }
}

/// The definition with every secret that is there or came with the document. One that lacks a secret is
/// disabled.
fn completed(
    wanted: &UpstreamSpec,
    old: Option<&UpstreamSpec>,
    given: &BTreeMap<String, SecretRef>,
) -> Result<UpstreamSpec, String> {
    let mut spec = wanted.clone();
    spec.prefix = checked_prefix(spec.prefix).map_err(|problem| problem.detail)?;
    spec.tool_choices = allowed(spec.tool_choices).map_err(|problem| problem.detail)?;
    checked_isolation(&spec).map_err(|problem| problem.detail)?;
    checked_transport(&spec.transport).map_err(|problem| problem.detail)?;
    checked_timeouts(&spec).map_err(|problem| problem.detail)?;
    let old_values = old
        .filter(|old| secrets::may_inherit(&old.transport, &spec.transport))
        .and_then(|old| secrets::values(&old.transport));
    let mut taken = BTreeSet::new();
    for (name, value) in secrets::values_mut(&mut spec.transport).into_iter().flatten() {
        let kept = old_values.and_then(|values| values.get(name));
        match (&value, given.get(name), kept) {
            (ConfigValue::Secret { .. }, ..) => {
                let advice = "a document holds names in their place, as {\"secret_needed\": NAME}";
                return Err(format!("`{}` refers to a kept secret by `{name}`; {advice}", wanted.name));
            }
            (ConfigValue::Needed { .. }, Some(secret), _) => {
                taken.insert(name.clone());
                *value = ConfigValue::Secret { secret: secret.clone() };
            }
            (ConfigValue::Needed { .. }, None, Some(secret @ ConfigValue::Secret { .. })) => {
                *value = secret.clone();
            }
            (ConfigValue::Needed { .. }, None, _) => {
                *value = ConfigValue::Needed { secret_needed: name.clone() };
            }
            (ConfigValue::Plain(_), ..) => {}
        }
    }
    if let Some(name) = given.keys().find(|name| !taken.contains(*name)) {
        return Err(format!("a value came for `{name}`, which is no secret of `{}`", wanted.name));
    }
    spec.enabled &= secrets::needed(&spec).is_empty();
    Ok(spec)
}

/// The port, which clients know, and the place of secrets: they are of one machine, so that a document must
/// not take them away without naming them, nor change them beside other things.
fn is_of_machine(key: &str) -> bool {
    setting(key).is_some_and(|row| row.at_start)
}

fn unnamed(replace: bool) -> RestoreAction {
    if replace { RestoreAction::Removed } else { RestoreAction::Left }
}

fn item(kind: RestoreKind, name: &str, action: RestoreAction) -> RestoreItem {
    let name = name.to_owned();
    RestoreItem { kind, name, action, changes: Vec::new(), command: None, needs: Vec::new(), key: None }
}

/// Every leaf that differs, as `path: before -> after`.
fn differences(old: &UpstreamSpec, new: &UpstreamSpec) -> Vec<String> {
    let leaves = |spec: &UpstreamSpec| {
        let mut leaves = BTreeMap::new();
        // Every definition was read from JSON or goes into the database as JSON.
        collect("", &serde_json::to_value(spec).unwrap_or_default(), &mut leaves);
        leaves
    };
    let (old, new) = (leaves(old), leaves(new));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let text = |value: Option<&String>| value.cloned().unwrap_or_else(|| "(none)".to_owned());
    let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    differing.map(|path| format!("{path}: {} -> {}", text(old.get(path)), text(new.get(path)))).collect()
}

/// Lists are leaves, since their entries have no names; so are secrets.
fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if members.contains_key("secret") => {
            leaves.insert(path.to_owned(), "(secret)".to_owned());
        }
        Value::Object(members) if members.contains_key("secret_needed") => {
            leaves.insert(path.to_owned(), "(secret without a value)".to_owned());
        }
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, value, leaves);
            }
        }
        other => {
            leaves.insert(path.to_owned(), other.to_string());
        }
    }
}
