//! `/api/tools`, `/api/resources`, `/api/prompts`: everything that clients see, and what is off.

use headgate_api::{CatalogItem, CatalogItems};
use headgate_gateway::{Catalog, Item, Kind, Scope};

use super::{Admin, Answer, ok};

impl Admin {
    pub(super) fn tools(&self) -> Answer {
        let catalog = self.gateway.published(&Scope::All);
        let mut items = items(&catalog, Kind::Tool);
        items.extend(switched_off(&catalog));
        ok(&CatalogItems { items })
    }

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
    let view = |item: &Item| CatalogItem {
        name: item.name.clone(),
        upstream: item.upstream.clone(),
        own_name: item.own.clone(),
        on: true,
        definition: item.definition.read().unwrap_or_default(),
    };
    catalog.items(kind).iter().map(view).collect()
}

fn switched_off(catalog: &Catalog) -> impl Iterator<Item = CatalogItem> + '_ {
    catalog.parts().iter().flat_map(|part| {
        let tools = part.offer.tools.iter().filter_map(|tool| Some((tool.text_at(&["name"])?, tool)));
        tools.filter(|(name, _)| part.off.contains(name)).map(|(name, tool)| CatalogItem {
            name: name.clone(),
            upstream: part.upstream.clone(),
            own_name: name,
            on: false,
            definition: tool.read().unwrap_or_default(),
        })
    })
}
