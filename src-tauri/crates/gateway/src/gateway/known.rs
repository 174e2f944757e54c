//! What is known of definitions from earlier runs, so that lists are answered before anything is started.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
};

use headgate_model::{UpstreamName, UpstreamSpec};

use super::Gateway;
use crate::{
    session::SessionChange,
    upstream::{
        connection::Context,
        fingerprint::{Fingerprint, fingerprint},
        listing::Offer,
    },
};

/// What should outlive this process.
#[derive(Debug)]
pub enum Change {
    /// Something of a session.
    Session(SessionChange),
    /// An upstream was listed, with a new result.
    Listed(Known),
    /// An upstream was started and listed, and offers what is known already.
    Started {
        /// Its definition.
        fingerprint: Fingerprint,
        /// How long it took, in milliseconds.
        start_ms: u64,
    },
}

/// What is known of one definition.
#[derive(Debug, Clone)]
pub struct Known {
    /// Whose definition it is.
    pub upstream: UpstreamName,
    /// The definition.
    pub fingerprint: Fingerprint,
    /// What it offered when it was last listed.
    pub offer: Arc<Offer>,
    /// How long its last start took, in milliseconds; 0 while nobody knows.
    pub start_ms: u64,
}

/// Definitions of one upstream that are remembered, as in the database: those of its projects, and a few that were
/// changed.
const MAX_FOR_UPSTREAM: usize = 64;

/// Everything that is known: of each upstream, what was learned last comes last.
#[derive(Default)]
pub(super) struct Library {
    known: Mutex<HashMap<UpstreamName, Vec<Known>>>,
}

impl Library {
    pub(super) fn fill(&self, all: Vec<Known>) {
        for known in all {
            self.add(known);
        }
    }

    pub(super) fn find(&self, upstream: &UpstreamName, fingerprint: &Fingerprint) -> Option<Known> {
        let all = self.lock();
        all.get(upstream)?.iter().find(|known| known.fingerprint == *fingerprint).cloned()
    }

    fn add(&self, known: Known) {
        let mut all = self.lock();
        let shelf = all.entry(known.upstream.clone()).or_default();
        shelf.retain(|other| other.fingerprint != known.fingerprint);
        if shelf.len() >= MAX_FOR_UPSTREAM {
            shelf.remove(0);
        }
        shelf.push(known);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UpstreamName, Vec<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// What is known of a definition, run in this project.
    pub(crate) fn known_offer(&self, spec: &UpstreamSpec, project: Option<&Path>) -> Option<Arc<Offer>> {
        self.library.find(&spec.name, &fingerprint(spec, project)).map(|known| known.offer)
    }

    /// Remembers what a copy offers. Answers the one in memory when nothing is new.
    pub(super) fn learn(&self, spec: &UpstreamSpec, context: &Context, offer: Arc<Offer>) -> Arc<Offer> {
        let fingerprint = fingerprint(spec, context.project.as_deref());
        let start_ms = context.start_ms.load(Relaxed);
        let before = self.library.find(&spec.name, &fingerprint).filter(|known| known.offer == offer);
        let is_new = before.is_none();
        let offer = before.map_or(offer, |known| known.offer);
        let known = Known { upstream: spec.name.clone(), fingerprint, offer: offer.clone(), start_ms };
        self.library.add(known.clone());
        self.note(match is_new {
            true => Change::Listed(known),
            false => Change::Started { fingerprint, start_ms },
        });
        offer
    }

    /// Forgets what was known of an upstream that is not registered any more.
    pub(super) fn unlearn(&self, upstream: &UpstreamName) {
        self.library.lock().remove(upstream);
    }
}

#[cfg(test)]
mod tests {
    use headgate_protocol::Raw;

    use super::*;

    fn known(number: u8) -> Known {
        let offer = Offer {
            initialize: Raw::constant("{}"),
            tools: Vec::new(),
            prompts: Vec::new(),
            resources: Vec::new(),
            templates: Vec::new(),
        };
        let upstream = "a".parse().unwrap();
        Known { upstream, fingerprint: [number; 32], offer: Arc::new(offer), start_ms: 0 }
    }

    #[test]
    fn the_oldest_definitions_are_forgotten() {
        let library = Library::default();
        library.fill((0..64).map(known).collect());
        library.add(known(0));
        library.add(known(64));
        let is_known = |number: u8| library.find(&"a".parse().unwrap(), &[number; 32]).is_some();
        assert_eq!([0, 1, 2, 64].map(is_known), [true, false, true, true]);
    }
}
