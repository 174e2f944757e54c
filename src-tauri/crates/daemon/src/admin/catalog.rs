//! `/api/resources`, `/api/prompts`: what clients see of these.

use headgate_api::{CatalogItem, CatalogItems};
use headgate_gateway::{Catalog, Item, Kind, Scope};

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
    catalog.items(kind).iter().map(|item| view(item, true)).collect()
}

/// An entry as faces see it.
pub(super) fn view(item: &Item, on: bool) -> CatalogItem {
    CatalogItem {
        name: item.name.clone(),
        upstream: item.upstream.clone(),
        own_name: item.own.clone(),
        on,
        definition: item.definition.read().unwrap_or_default(),
    }
}
