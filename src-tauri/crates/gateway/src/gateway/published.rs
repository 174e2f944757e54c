//! What is published of the upstreams: the catalogs that sessions look into, built anew under the lock of changes and
//! read without one. Which upstreams there are is `gateway`'s.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, MutexGuard, OnceLock},
    time::Duration,
};

use headgate_model::{Isolation, UpstreamName};
use tokio::time::timeout_at;

use super::Gateway;
use crate::{
    catalog::{Catalog, Part},
    router::Scope,
    upstream::{
        fingerprint::{Fingerprint, fingerprint},
        listing::Offer,
    },
};

/// Lists wait this long for upstreams that start together with the gateway; later ones are announced.
const STARTUP_WAIT: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Published {
    serial: u64,
    pub(super) all: Arc<Catalog>,
    each: HashMap<UpstreamName, Arc<Alone>>,
}

/// One upstream under its own names. Few sessions look at one, so its catalog is built for the first.
struct Alone {
    part: Part,
    page_size: usize,
    catalog: OnceLock<Arc<Catalog>>,
}

impl Alone {
    fn catalog(&self) -> Arc<Catalog> {
        let build = || Catalog::build(vec![self.part.clone()], &Catalog::default(), self.page_size);
        self.catalog.get_or_init(|| Arc::new(build())).clone()
    }
}

impl Gateway {
    /// The catalog of a scope.
    pub fn published(&self, scope: &Scope) -> Arc<Catalog> {
        let published = self.published.load();
        match scope {
            Scope::All => published.all.clone(),
            Scope::One(name) => published.each.get(name).map(|alone| alone.catalog()).unwrap_or_default(),
        }
    }

    /// Grows whenever something was published.
    pub fn catalog_serial(&self) -> u64 {
        self.published.load().serial
    }

    /// The running copy of an upstream was listed.
    pub(crate) fn offered(&self, name: &UpstreamName, definition: &Fingerprint, offer: Arc<Offer>) {
        let change = self.change();
        // A definition that was replaced while it started says nothing of the new one.
        let current = self.upstream(name).filter(|upstream| fingerprint(&upstream.spec, None) == *definition);
        if let Some(upstream) = current {
            let offer = self.learn(&upstream.spec, &upstream.context, offer);
            if upstream.learn(&offer) {
                self.publish(change);
                if upstream.spec.isolation == Isolation::Project {
                    // What differed from the old one may be equal to the new one, or the other way round.
                    self.sessions().iter().for_each(|session| session.adopt_known());
                }
            }
        }
        self.attempted(name);
    }

    /// The copy of a project was listed.
    pub(crate) fn offered_in(
        &self,
        name: &UpstreamName,
        definition: &Fingerprint,
        project: &Path,
        offer: Arc<Offer>,
    ) {
        let Some(upstream) = self.upstream(name) else { return };
        if fingerprint(&upstream.spec, Some(project)) != *definition {
            return;
        }
        let Some(copy) = upstream.projects().get(project) else { return };
        let offer = self.learn(&upstream.spec, &copy.context, offer);
        copy.offer.store(Some(offer.clone()));
        for session in self.sessions().iter().filter(|session| session.works_in(project)) {
            session.adopt(name, offer.clone());
        }
        self.learned(name, offer);
    }

    /// A session's own copy was listed; that helps when the upstream could not be listed before.
    pub(crate) fn learned(&self, name: &UpstreamName, offer: Arc<Offer>) {
        if self.upstream(name).is_some_and(|upstream| upstream.offer().is_none()) {
            let definition = self.upstream(name).map(|upstream| fingerprint(&upstream.spec, None));
            if let Some(definition) = definition {
                self.offered(name, &definition, offer);
            }
        }
    }

    /// An upstream was tried for the first time, with whatever result.
    pub(crate) fn attempted(&self, name: &UpstreamName) {
        self.untried.send_if_modified(|untried| untried.remove(name));
    }

    /// Waits until every upstream was tried once since the start, or long enough.
    pub(crate) async fn settled(&self) {
        let mut untried = self.untried.subscribe();
        let _ = timeout_at(self.began + STARTUP_WAIT, untried.wait_for(HashSet::is_empty)).await;
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        let upstreams = self.upstreams();
        let enabled = upstreams.iter().filter(|upstream| upstream.spec.enabled);
        enabled.filter_map(|upstream| Some(Part::new(&upstream.spec, upstream.offer()?))).collect()
    }

    /// Builds the catalogs anew and tells the sessions what changed for them.
    pub(super) fn publish(&self, change: MutexGuard<'_, ()>) {
        let page_size = self.machine.settings.load().page_size;
        let before = self.published.load_full();
        let parts = self.parts();
        let alone = |part: &Part| {
            let part = part.clone().alone();
            let name = part.upstream.clone();
            let old = before.each.get(&name);
            let unchanged = old.filter(|old| old.part == part && old.page_size == page_size);
            let new = || Arc::new(Alone { part, page_size, catalog: OnceLock::new() });
            (name, unchanged.cloned().unwrap_or_else(new))
        };
        let each = parts.iter().map(alone).collect();
        let all = Arc::new(Catalog::build(parts, &before.all, page_size));
        for held in all.held_back().iter().filter(|held| !before.all.held_back().contains(held)) {
            let (kind, name) = (held.kind.words(), &held.name);
            tracing::warn!(upstream = %held.newcomer, "{kind} `{name}` is held back: `{}` has that name", held.owner);
        }
        let sessions = self.sessions();
        let views: Vec<_> = sessions.iter().map(|session| (session, session.catalog())).collect();
        self.published.store(Arc::new(Published { serial: before.serial + 1, all, each }));
        let mut told: HashMap<&Scope, Vec<&'static str>> = HashMap::new();
        for (session, view) in &views {
            let news = || session.catalog().changes_since(view);
            match session.has_own_view() {
                true => session.tell_changes(&news()),
                false => session.tell_changes(told.entry(&session.scope).or_insert_with(news)),
            }
        }
        drop(change);
        self.machine.changed();
    }
}
