//! `/api/resources`, `/api/prompts`: what clients see of these.

use headgate_api::{CatalogItem, CatalogItems};
use headgate_gateway::{Catalog, Item, Kind, Scope};
use headgate_protocol::Raw;
use serde_json::value::RawValue;

use super::{Admin, Answer, ok};

impl Admin {
    pub(super) fn resources(&self) -> Answer {
        let catalog = self.gateway.published(&Scope::All);
        let mut all = items(&catalog, Kind::Resource);
        all.extend(items(&catalog, Kind::Template));
        ok(&CatalogItems { items: all })
    }

    pub(super) fn prompts(&self) -> Answer {
        ok(&CatalogItems { items: items(&self.gateway.published(&Scope::All), Kind::Prompt) })
    }
}

fn items(catalog: &Catalog, kind: Kind) -> Vec<CatalogItem> {
    catalog.items(kind).iter().map(view).collect()
}

fn view(item: &Item) -> CatalogItem {
    CatalogItem {
        name: item.name.clone(),
        upstream: item.upstream.clone(),
        own_name: item.own.clone(),
        on: true,
        definition: text(&item.definition),
    }
}

/// The same text, for the types of the API.
pub(super) fn text(definition: &Raw) -> Box<RawValue> {
    // It was read as JSON when it came.
    definition.read().unwrap_or_else(|_| RawValue::NULL.to_owned())
}
