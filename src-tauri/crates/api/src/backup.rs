//! `/api/backup` and `/api/restore`: the whole setup as one document without secrets, and what came, or
//! would come, of putting one back.

use std::collections::BTreeMap;

use headgate_model::{ClientName, UpstreamName, UpstreamSpec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use crate::SecretValues;

/// A setup as one document. A section that is absent says nothing about its things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Always `headgate-backup`.
    #[schema(pattern = "^headgate-backup$")]
    pub format: String,
    /// The version of the form, now 1.
    #[schema(minimum = 1, maximum = 1)]
    pub version: u32,
    /// When it was made, in milliseconds since 1970.
    #[serde(default)]
    pub made_ms: u64,
    /// Settings that a person changed, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<BTreeMap<String, Value>>,
    /// Definitions in the order of registration; `{"secret_needed": NAME}` stands for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstreams: Option<Vec<UpstreamSpec>>,
    /// Clients that have a key. The keys are made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Vec<ClientName>>,
}

impl Backup {
    /// What every document says of its form.
    pub const FORMAT: &str = "headgate-backup";
    /// The version of the form that this program writes, and the newest that it reads.
    pub const VERSION: u32 = 1;

    /// A document that says nothing yet.
    pub fn empty(made_ms: u64) -> Self {
        let format = Self::FORMAT.to_owned();
        Self { format, version: Self::VERSION, made_ms, settings: None, upstreams: None, clients: None }
    }

    /// Says why this is no document that can be put back.
    pub fn check(&self) -> Result<(), String> {
        if self.format != Self::FORMAT {
            return Err(format!("this is no backup of Headgate: its format is `{}`", self.format));
        }
        match self.version {
            Self::VERSION => Ok(()),
            version => Err(format!(
                "the backup has version {version} of its form and this headgate knows {}; use the headgate that made it",
                Self::VERSION
            )),
        }
    }
}

/// `POST /api/restore`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// What should be.
    pub backup: Backup,
    /// What happens to things that the document does not name.
    #[serde(default)]
    pub mode: RestoreMode,
    /// Only tell what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// The digest of the plan that a person saw and agreed to. When something else would be done by now, it is
    /// refused with code `plan-changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Values of secrets that the document needs, by upstream and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<UpstreamName, SecretValues>,
}

/// What happens to things that a document does not name, in the sections that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoreMode {
    /// They are left alone.
    #[default]
    Merge,
    /// They are removed.
    Replace,
}

/// What came, or would come, of a document.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct RestoreReport {
    /// Nothing was done.
    pub dry_run: bool,
    /// Of what was, or would be, done, as it is before secrets are given. Empty from an older gateway.
    #[serde(default)]
    pub digest: String,
    /// Upstreams, then settings, then clients.
    pub items: Vec<RestoreItem>,
}

impl RestoreReport {
    /// True when everything is as the document says.
    pub fn is_settled(&self) -> bool {
        let settled =
            |item: &RestoreItem| matches!(item.action, RestoreAction::Unchanged | RestoreAction::Left);
        self.items.iter().all(settled)
    }
}

/// One thing. It has no `Debug`, so that no key is ever logged.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct RestoreItem {
    /// What it is.
    pub kind: RestoreKind,
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub action: RestoreAction,
    /// What differs, as `what: before -> after`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// What will run, or be called, in full: the command with its folder and environment, or the URL with
    /// its headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Secrets without a value; the upstream is disabled until they have one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The key of a new client, told this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What a thing in a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoreKind {
    /// An MCP server.
    Upstream,
    /// A setting.
    Setting,
    /// A client with a key.
    Client,
}

impl RestoreKind {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Setting => "setting",
            Self::Client => "client",
        }
    }
}

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoreAction {
    /// It was not there.
    Added,
    /// It was there and differed.
    Changed,
    /// The document does not name it, and things like it are to be removed.
    Removed,
    /// It was as the document says.
    Unchanged,
    /// The document does not name it.
    Left,
}

/// Reads JSON and refuses what would be lost: members that the type does not know, at any depth.
pub fn read_strictly<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(json);
    // The question marks of a path stand for values that may be absent, which nobody wants to know.
    let mut note =
        |path: serde_ignored::Path| unknown.push(format!("`{}`", path.to_string().replace(".?", "")));
    let value = serde_ignored::deserialize(&mut reader, &mut note).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    match unknown.is_empty() {
        true => Ok(value),
        false => Err(format!("nobody knows {}; a newer headgate may, or it is misspelt", unknown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, part: Option<&str>) {
        let read = read_strictly::<Backup>(json.as_bytes()).and_then(|backup| backup.check());
        match (read, part) {
            (Ok(()), None) => {}
            (Err(sentence), Some(part)) => assert!(sentence.contains(part), "{sentence}"),
            (read, _) => panic!("{json}: {read:?}"),
        }
    }

    #[test]
    fn only_what_is_wholly_understood_is_read() {
        check(r#"{"format":"headgate-backup","version":1}"#, None);
        check(r#"{"format":"headgate-backup","version":2}"#, Some("version 2"));
        check(r#"{"format":"other","version":1}"#, Some("`other`"));
        check(r#"{"format":"headgate-backup","version":1} x"#, Some("trailing"));
        let upstream =
            r#"{"name":"a","transport":{"type":"demo"},"isolation":"shared","enabled":true,"colour":"red"}"#;
        let json = format!(r#"{{"format":"headgate-backup","version":1,"upstreams":[{upstream}]}}"#);
        check(&json, Some("`upstreams.0.colour`"));
    }
}
