//! `/api/tools`: every tool as clients see it, also off or held back, and what they cost. Also what
//! choices about tools may say.

use std::collections::{BTreeMap, HashSet};

use headgate_api::{Problem, TokenTotals, ToolItem, ToolPatch, Tools, code, patched_choices};
use headgate_gateway::{Catalog, Item, Kind, Part, Scope};
use headgate_model::{ToolChoices, checked_choices};

use super::{Admin, Answer, catalog::text, ok};

impl Admin {
    pub(super) async fn tools(&self) -> Answer {
        self.gateway.count_tokens().await;
        let catalog = self.gateway.published(&Scope::All);
        let items: Vec<ToolItem> =
            catalog.parts().iter().flat_map(|part| self.tools_of(&catalog, part)).collect();
        ok(&Tools { tokens: TokenTotals::of(&items), items })
    }

    /// An upstream that lists a name twice has that tool once.
    fn tools_of(&self, catalog: &Catalog, part: &Part) -> Vec<ToolItem> {
        let mut seen = HashSet::new();
        let tools = part.tools().filter(|item| seen.insert(item.own.clone()));
        tools.map(|item| self.tool(catalog, part, &item)).collect()
    }

    fn tool(&self, catalog: &Catalog, part: &Part, item: &Item) -> ToolItem {
        let choice = part.choice(&item.own).cloned().unwrap_or_default();
        let has_its_name = |shown: &Item| (&shown.upstream, &shown.own) == (&item.upstream, &item.own);
        ToolItem {
            name: item.name.clone(),
            upstream: item.upstream.clone(),
            own_name: item.own.clone(),
            on: !choice.off,
            definition: text(&item.definition),
            renamed: choice.name.is_some(),
            held_back: !choice.off && !catalog.item(Kind::Tool, &item.name).is_some_and(has_its_name),
            own_description: choice.description.map(|_| own_description(part, &item.own)),
            tokens: self.gateway.tokens(&item.definition),
        }
    }
}

fn own_description(part: &Part, own: &str) -> String {
    let mut tools = part.offer.tools.iter();
    let definition = tools.find(|tool| tool.text_at(&["name"]).as_deref() == Some(own));
    definition.and_then(|tool| tool.text_at(&["description"])).unwrap_or_default()
}

/// The choices after a change, if all of them are allowed.
pub(super) fn changed(
    choices: &ToolChoices,
    patch: BTreeMap<String, Option<ToolPatch>>,
) -> Result<ToolChoices, Problem> {
    allowed(patched_choices(choices.clone(), patch))
}

/// Choices from outside, if all of them are allowed.
pub(super) fn allowed(choices: ToolChoices) -> Result<ToolChoices, Problem> {
    checked_choices(choices).map_err(|error| Problem::new(400, code::INVALID, error.to_string()))
}
