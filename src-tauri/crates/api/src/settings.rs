//! `/api/settings`: what a person may tune, and where each value comes from.

use std::collections::BTreeMap;

use headgate_model::Unit;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingView {
    /// Its name.
    pub key: String,
    /// What holds now, or from the next start on when it needs a restart; absent when only the start
    /// tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What holds when nobody says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Where the value comes from.
    pub source: SettingSource,
    /// What the value is.
    pub unit: Unit,
    /// What it does, in words for people.
    pub meaning: String,
    /// A change of it holds only after a restart.
    pub at_start: bool,
    /// It was changed and waits for a restart.
    pub needs_restart: bool,
}

/// Where the value of a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SettingSource {
    /// Nobody said otherwise.
    Default,
    /// A person set it, and the database keeps it.
    Kept,
    /// A variable of the gateway's environment, which wins over what is kept.
    Environment,
}

impl SettingSource {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Kept => "kept",
            Self::Environment => "environment",
        }
    }
}

/// `GET /api/settings`, and the answer to a change.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SettingList {
    /// In the order of the table.
    pub settings: Vec<SettingView>,
}

/// `PATCH /api/settings`: new values by key; `null` goes back to the default.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SettingsPatch(pub BTreeMap<String, Value>);
