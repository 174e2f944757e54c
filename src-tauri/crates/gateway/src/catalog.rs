//! The catalog: everything that clients see, under the names they see, as one immutable snapshot. Its
//! lists are finished bytes, and a call is looked up in the same snapshot that was listed.

mod part;

use std::{collections::HashMap, ops::Range};

use headgate_model::UpstreamName;
use headgate_protocol::{Edits, Raw, method};

use crate::{
    naming::{Naming, template_fit},
    upstream::listing::Offer,
};

pub use part::Part;

/// A kind of thing that upstreams offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Called by name.
    Tool,
    /// Rendered by name.
    Prompt,
    /// Read by URI.
    Resource,
    /// Read by a URI that fits it.
    Template,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Tool, Self::Prompt, Self::Resource, Self::Template];

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Template => "resource template",
        }
    }

    /// The member of a definition that names it.
    fn key(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "name",
            Self::Resource => "uri",
            Self::Template => "uriTemplate",
        }
    }

    /// The member of a list result that holds the definitions.
    fn list(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Prompt => "prompts",
            Self::Resource => "resources",
            Self::Template => "resourceTemplates",
        }
    }

    fn of(self, offer: &Offer) -> &[Raw] {
        match self {
            Self::Tool => &offer.tools,
            Self::Prompt => &offer.prompts,
            Self::Resource => &offer.resources,
            Self::Template => &offer.templates,
        }
    }

    /// The notification that tells of a change.
    pub fn changed(self) -> &'static str {
        match self {
            Self::Tool => method::TOOLS_CHANGED,
            Self::Prompt => method::PROMPTS_CHANGED,
            Self::Resource | Self::Template => method::RESOURCES_CHANGED,
        }
    }
}

/// One entry of the catalog.
#[derive(Debug, Clone)]
pub struct Item {
    /// The name or URI that clients see.
    pub name: String,
    /// The name or URI at its upstream.
    pub own: String,
    /// Who offers it.
    pub upstream: UpstreamName,
    /// Its definition, under the name that clients see.
    pub definition: Raw,
}

/// An entry that is held back because its name is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// Which kind of thing.
    pub kind: Kind,
    /// The name or URI that both have.
    pub name: String,
    /// The name or URI at the upstream whose entry is held back.
    pub own: String,
    /// Who has it.
    pub owner: UpstreamName,
    /// Whose entry is held back.
    pub newcomer: UpstreamName,
}

/// A snapshot of everything that is offered.
#[derive(Default)]
pub struct Catalog {
    sections: [Section; 4],
    parts: Vec<Part>,
    held_back: Vec<HeldBack>,
}

#[derive(Default)]
struct Section {
    items: Vec<Item>,
    index: HashMap<String, usize>,
    /// Where the entries of each upstream stand, which lie together.
    places: HashMap<UpstreamName, Range<usize>>,
    /// Finished results of the list method, one for each page.
    pages: Vec<Raw>,
}

impl Catalog {
    /// Builds a catalog. Who had a name in `previous` keeps it; otherwise the earlier part has it.
    pub fn build(parts: Vec<Part>, previous: &Catalog, page_size: usize) -> Self {
        let mut held_back = Vec::new();
        let sections = Kind::ALL.map(|kind| section(kind, &parts, previous, page_size, &mut held_back));
        Self { sections, parts, held_back }
    }

    fn section(&self, kind: Kind) -> &Section {
        &self.sections[kind as usize]
    }

    /// The entries of one kind, in the order in which they are listed.
    pub fn items(&self, kind: Kind) -> &[Item] {
        &self.section(kind).items
    }

    /// Those of one upstream.
    pub fn items_of(&self, kind: Kind, upstream: &UpstreamName) -> &[Item] {
        let section = self.section(kind);
        section.places.get(upstream).map_or(&[], |range| &section.items[range.clone()])
    }

    /// The entry that clients know by `name`.
    pub fn item(&self, kind: Kind, name: &str) -> Option<&Item> {
        let section = self.section(kind);
        section.index.get(name).map(|at| &section.items[*at])
    }

    /// The finished result of a list request; `None` for a cursor that we never gave.
    pub fn page(&self, kind: Kind, cursor: Option<&str>) -> Option<&Raw> {
        let number = match cursor {
            None => 0,
            Some(cursor) => cursor.strip_prefix(CURSOR)?.parse().ok().filter(|number| *number > 0)?,
        };
        self.section(kind).pages.get(number)
    }

    /// The parts it was built from, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part of one upstream.
    pub fn part(&self, upstream: &UpstreamName) -> Option<&Part> {
        self.parts.iter().find(|part| part.upstream == *upstream)
    }

    /// Entries whose names are taken.
    pub fn held_back(&self) -> &[HeldBack] {
        &self.held_back
    }

    /// Who reads `uri`, and its URI there: an exact match first, then the longest literal template,
    /// then whoever's prefix it bears, then the only one who has resources at all.
    pub fn reader(&self, uri: &str) -> Option<(&UpstreamName, String)> {
        if let Some(item) = self.item(Kind::Resource, uri) {
            return Some((&item.upstream, item.own.clone()));
        }
        let fits =
            self.items(Kind::Template).iter().filter_map(|item| Some((template_fit(&item.name, uri)?, item)));
        // The first of equals, so that the answer does not depend on what comes later.
        let best = fits.rev().max_by_key(|(fit, _)| *fit).and_then(|(_, item)| self.part(&item.upstream));
        let part = best.or_else(|| self.prefixed(uri)).or_else(|| self.only_reader())?;
        let own = Naming::new(part.prefix.as_deref()).own_uri(uri)?;
        Some((&part.upstream, own.to_owned()))
    }

    fn prefixed(&self, uri: &str) -> Option<&Part> {
        self.parts.iter().find(|part| {
            part.prefix.is_some()
                && !uri.starts_with("ui://")
                && Naming::new(part.prefix.as_deref()).own_uri(uri).is_some()
        })
    }

    fn only_reader(&self) -> Option<&Part> {
        let mut readers = self.parts.iter().filter(|part| part.offer.declares("resources"));
        readers.next().filter(|_| readers.next().is_none())
    }

    /// The notifications that tell the way from `previous` to this catalog.
    pub fn changes_since(&self, previous: &Catalog) -> Vec<&'static str> {
        let mut changes: Vec<&'static str> = Kind::ALL
            .into_iter()
            .filter(|kind| self.section(*kind).pages != previous.section(*kind).pages)
            .map(Kind::changed)
            .collect();
        changes.dedup();
        changes
    }
}

/// Our cursors are page numbers.
const CURSOR: &str = "page-";

fn section(
    kind: Kind,
    parts: &[Part],
    previous: &Catalog,
    page_size: usize,
    held_back: &mut Vec<HeldBack>,
) -> Section {
    let mut section = Section::default();
    let owners = owners(kind, parts, previous);
    for part in parts {
        let first = section.items.len();
        for entry in part.shown(kind) {
            let owner = owners.get(&entry.name).copied().unwrap_or(&part.upstream);
            if *owner != part.upstream || section.index.contains_key(&entry.name) {
                held_back.push(HeldBack {
                    kind,
                    name: entry.name,
                    own: entry.own,
                    owner: owner.clone(),
                    newcomer: part.upstream.clone(),
                });
                continue;
            }
            section.index.insert(entry.name.clone(), section.items.len());
            section.items.push(part.item(kind, entry));
        }
        section.places.insert(part.upstream.clone(), first..section.items.len());
    }
    section.pages = pages(kind, &section.items, page_size);
    section
}

/// Who has each name that more than one part may offer.
fn owners<'a>(kind: Kind, parts: &'a [Part], previous: &'a Catalog) -> HashMap<String, &'a UpstreamName> {
    let mut owners: HashMap<String, &UpstreamName> = HashMap::new();
    for part in parts {
        for name in part.shown(kind).map(|entry| entry.name) {
            let had_it = previous.item(kind, &name).is_some_and(|item| item.upstream == part.upstream);
            if had_it || !owners.contains_key(&name) {
                owners.insert(name, &part.upstream);
            }
        }
    }
    owners
}

fn pages(kind: Kind, items: &[Item], page_size: usize) -> Vec<Raw> {
    if items.is_empty() {
        return vec![page(kind, &[], None)];
    }
    let count = items.len().div_ceil(page_size);
    let chunks = items.chunks(page_size).enumerate();
    chunks.map(|(at, chunk)| page(kind, chunk, (at + 1 < count).then_some(at + 1))).collect()
}

fn page(kind: Kind, items: &[Item], next: Option<usize>) -> Raw {
    let bytes: usize = items.iter().map(|item| item.definition.as_bytes().len() + 1).sum();
    let mut text = Vec::with_capacity(bytes + 64);
    text.extend_from_slice(format!("{{\"{}\":[", kind.list()).as_bytes());
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(item.definition.as_bytes());
    }
    text.push(b']');
    if let Some(next) = next {
        text.extend_from_slice(format!(",\"nextCursor\":\"{CURSOR}{next}\"").as_bytes());
    }
    text.push(b'}');
    // Built from whole values, so this is JSON.
    Raw::parse(text).unwrap_or_else(|_| Raw::constant("{}"))
}

/// Shows the URIs inside a result under the names that clients know: contents that were read, and
/// resources in tool results and prompts.
pub(crate) fn show_uris(result: &Raw, naming: Naming<'_>) -> Raw {
    if naming.is_plain() {
        return result.clone();
    }
    let mut edits = Edits::new(result);
    let mut show = |part: &Raw, path: &[&str]| {
        if let (Some(uri), Some(text)) = (part.at(path), part.text_at(path)) {
            edits.replace_part(&uri, &Raw::of(&naming.uri(&text)));
        }
    };
    for content in list(result, "contents") {
        show(&content, &["uri"]);
    }
    let in_messages = list(result, "messages").into_iter().filter_map(|message| message.at(&["content"]));
    for content in list(result, "content").into_iter().chain(in_messages) {
        match content.text_at(&["type"]).as_deref() {
            Some("resource") => show(&content, &["resource", "uri"]),
            Some("resource_link") => show(&content, &["uri"]),
            _ => {}
        }
    }
    edits.apply()
}

fn list(result: &Raw, member: &str) -> Vec<Raw> {
    result.at(&[member]).and_then(|list| list.elements()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
