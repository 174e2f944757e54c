//! Bodies of the admin API about tools: what there is of them, what they cost, and changes to them.

use std::collections::BTreeMap;

use headgate_model::{ToolChoice, ToolChoices, UpstreamName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// `GET /api/tools`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Tools {
    /// Those of one upstream after those of another, each in the order in which the upstream lists them.
    pub items: Vec<ToolItem>,
    /// What the tools cost that are offered.
    pub tokens: TokenTotals,
}

/// One tool.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ToolItem {
    /// The name that clients see at `/mcp`, or would if it were neither off nor held back.
    pub name: String,
    /// Who offers it.
    pub upstream: UpstreamName,
    /// The name it has at its upstream.
    pub own_name: String,
    /// False when it is switched off.
    pub on: bool,
    /// The definition under that name, byte for byte as clients see it.
    #[schema(value_type = Object)]
    pub definition: Box<RawValue>,
    /// It has another name at its upstream, and no prefix is the reason.
    pub renamed: bool,
    /// It is on and not offered, since another tool has its name.
    pub held_back: bool,
    /// The upstream's own description, when another one is shown; empty when the upstream has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_description: Option<String>,
    /// What its name, description and input schema cost a model's context; `null` when that could not be
    /// counted.
    pub tokens: Option<u64>,
}

/// Sums over tools that are offered. What could not be counted is not in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenTotals {
    /// The tokenizer's vocabulary; models that use another one count differently.
    pub encoding: String,
    /// Of all upstreams.
    pub total: u64,
    /// Of each upstream that has tools.
    pub upstreams: BTreeMap<UpstreamName, u64>,
}

/// The vocabulary by which tokens are counted.
const ENCODING: &str = "o200k_base";

impl ToolItem {
    /// True when clients see it.
    pub fn is_offered(&self) -> bool {
        self.on && !self.held_back
    }
}

impl TokenTotals {
    /// Sums up what is on.
    pub fn of(items: &[ToolItem]) -> Self {
        let mut upstreams: BTreeMap<UpstreamName, u64> = BTreeMap::new();
        for tool in items {
            let cost = tool.tokens.filter(|_| tool.is_offered()).unwrap_or_default();
            *upstreams.entry(tool.upstream.clone()).or_default() += cost;
        }
        Self { encoding: ENCODING.to_owned(), total: upstreams.values().sum(), upstreams }
    }
}

/// A change to one tool: the fields that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolPatch {
    /// Switches it off everywhere, or on again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<bool>,
    /// Its new whole name at `/mcp`; an empty one gives it back the one it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What clients read of it; an empty one gives it back the upstream's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Changes choices by name; those about other tools stay. Nothing is checked here.
pub fn patched_choices(mut choices: ToolChoices, patch: BTreeMap<String, Option<ToolPatch>>) -> ToolChoices {
    for (own, change) in patch {
        match change {
            Some(change) => change.apply(choices.entry(own).or_default()),
            None => _ = choices.remove(&own),
        }
    }
    choices
}

impl ToolPatch {
    fn apply(self, choice: &mut ToolChoice) {
        choice.off = self.off.unwrap_or(choice.off);
        for (change, chosen) in [(self.name, &mut choice.name), (self.description, &mut choice.description)] {
            if let Some(text) = change {
                *chosen = Some(text).filter(|text| !text.is_empty());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(patch: Value, expected: Value) {
        let kept = json!({
            "a": { "off": true, "name": "b", "description": "c" },
            "other": { "name": "stays" },
        });
        let patch = serde_json::from_value(patch).unwrap();
        let patched = patched_choices(serde_json::from_value(kept).unwrap(), patch);
        let expected: ToolChoices = serde_json::from_value(expected).unwrap();
        assert_eq!(patched, expected);
    }

    #[test]
    fn only_what_is_given_changes() {
        let other = json!({ "name": "stays" });
        let a = |choice: Value| json!({ "a": choice, "other": other });
        check(json!({}), a(json!({ "off": true, "name": "b", "description": "c" })));
        check(json!({ "a": {} }), a(json!({ "off": true, "name": "b", "description": "c" })));
        check(json!({ "a": { "off": false } }), a(json!({ "name": "b", "description": "c" })));
        check(
            json!({ "a": { "name": "new" } }),
            a(json!({ "off": true, "name": "new", "description": "c" })),
        );
        check(json!({ "a": { "name": "" } }), a(json!({ "off": true, "description": "c" })));
        check(json!({ "a": { "description": "" } }), a(json!({ "off": true, "name": "b" })));
        check(json!({ "a": null }), json!({ "other": other }));
        check(
            json!({ "a": null, "new": { "off": true } }),
            json!({ "other": other, "new": { "off": true } }),
        );
    }

    #[test]
    fn only_what_is_offered_costs() {
        let tool = |upstream: &str, on: bool, tokens: Option<u64>| ToolItem {
            name: "t".to_owned(),
            upstream: upstream.parse().unwrap(),
            own_name: "t".to_owned(),
            on,
            definition: RawValue::NULL.to_owned(),
            renamed: false,
            held_back: false,
            own_description: None,
            tokens,
        };
        let tools = [
            tool("a", true, Some(3)),
            tool("b", true, Some(4)),
            tool("a", true, None),
            tool("a", true, Some(5)),
            tool("c", false, Some(9)),
            ToolItem { held_back: true, ..tool("c", true, Some(9)) },
        ];
        let totals = serde_json::to_value(TokenTotals::of(&tools)).unwrap();
        let upstreams = json!({ "a": 8, "b": 4, "c": 0 });
        assert_eq!(totals, json!({ "encoding": "o200k_base", "total": 12, "upstreams": upstreams }));
    }
}
