//! One upstream's part of a catalog: what of its offer is shown, under which names, and how a shown
//! definition is made of the upstream's own. Who has a name that two parts show is the catalog's to say.

use std::sync::Arc;

use headgate_model::{ToolChoice, ToolChoices, UpstreamName, UpstreamSpec};
use headgate_protocol::{Edits, Raw};

use super::{Item, Kind};
use crate::{naming::Naming, upstream::listing::Offer};

/// One upstream's part of a catalog.
#[derive(Clone)]
pub struct Part {
    /// Who offers it.
    pub upstream: UpstreamName,
    /// The prefix at `/mcp`; `None` in the upstream's own catalog.
    pub prefix: Option<String>,
    /// What was decided about its tools; without new names in the upstream's own catalog.
    pub tool_choices: ToolChoices,
    /// What it offers.
    pub offer: Arc<Offer>,
}

impl PartialEq for Part {
    /// Offers are compared by identity: a new one is published anyway.
    fn eq(&self, other: &Self) -> bool {
        let same = (&self.upstream, &self.prefix, &self.tool_choices)
            == (&other.upstream, &other.prefix, &other.tool_choices);
        same && Arc::ptr_eq(&self.offer, &other.offer)
    }
}

/// An entry of the upstream's own list that is shown.
pub(super) struct Entry<'a> {
    /// The name or URI that clients see.
    pub(super) name: String,
    pub(super) own: String,
    definition: &'a Raw,
}

impl Part {
    /// What an upstream offers at `/mcp`.
    pub(crate) fn new(spec: &UpstreamSpec, offer: Arc<Offer>) -> Self {
        Self {
            upstream: spec.name.clone(),
            prefix: spec.prefix.clone(),
            tool_choices: spec.tool_choices.clone(),
            offer,
        }
    }

    /// The same at `/mcp/{upstream}`: under its own names, with what is off and described anew.
    pub(crate) fn alone(mut self) -> Self {
        self.prefix = None;
        for choice in self.tool_choices.values_mut() {
            choice.name = None;
        }
        self
    }

    /// What was decided about one of its tools.
    pub fn choice(&self, own: &str) -> Option<&ToolChoice> {
        self.tool_choices.get(own)
    }

    /// True when a person switched this tool off.
    pub fn is_off(&self, own: &str) -> bool {
        self.choice(own).is_some_and(|choice| choice.off)
    }

    /// All its tools as clients see them, or would if they were not off or held back.
    pub fn tools(&self) -> impl Iterator<Item = Item> + '_ {
        self.entries(Kind::Tool).map(|entry| self.item(Kind::Tool, entry))
    }

    /// What it shows of a kind.
    pub(super) fn shown(&self, kind: Kind) -> impl Iterator<Item = Entry<'_>> {
        self.entries(kind).filter(move |entry| kind != Kind::Tool || !self.is_off(&entry.own))
    }

    /// A definition without a name cannot be asked for, so it is left out.
    fn entries(&self, kind: Kind) -> impl Iterator<Item = Entry<'_>> {
        kind.of(&self.offer).iter().filter_map(move |definition| {
            let own = definition.text_at(&[kind.key()])?;
            Some(Entry { name: self.shown_name(kind, &own), own, definition })
        })
    }

    fn shown_name(&self, kind: Kind, own: &str) -> String {
        let naming = Naming::new(self.prefix.as_deref());
        match kind {
            Kind::Tool => self.new_name(own).map_or_else(|| naming.name(own), str::to_owned),
            Kind::Prompt => naming.name(own),
            Kind::Resource | Kind::Template => naming.uri(own),
        }
    }

    fn new_name(&self, own: &str) -> Option<&str> {
        self.choice(own)?.name.as_deref()
    }

    /// The entry of the catalog; only what differs from the upstream's own definition is written anew.
    pub(super) fn item(&self, kind: Kind, Entry { name, own, definition }: Entry<'_>) -> Item {
        let mut edits = Edits::new(definition);
        if name != own {
            edits.replace(&[kind.key()], &Raw::of(&name));
        }
        let choice = self.choice(&own).filter(|_| kind == Kind::Tool);
        if let Some(description) = choice.and_then(|choice| choice.description.as_ref()) {
            edits.set("description", &Raw::of(description));
        }
        Item { name, own, upstream: self.upstream.clone(), definition: edits.apply() }
    }
}
