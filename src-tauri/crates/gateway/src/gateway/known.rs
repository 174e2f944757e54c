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
    Listed {
        /// Whose definition it is.
        upstream: UpstreamName,
        /// What is known.
        known: Known,
    },
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
    /// The definition.
    pub fingerprint: Fingerprint,
    /// What it offered when it was last listed.
    pub offer: Arc<Offer>,
    /// How long its last start took, in milliseconds; 0 while nobody knows.
    pub start_ms: u64,
}

/// Everything that is known, by definition.
#[derive(Default)]
pub(super) struct Library {
    known: Mutex<HashMap<Fingerprint, Known>>,
}

impl Library {
    pub(super) fn fill(&self, known: Vec<Known>) {
        self.lock().extend(known.into_iter().map(|known| (known.fingerprint, known)));
    }

    pub(super) fn offer(&self, fingerprint: &Fingerprint) -> Option<Arc<Offer>> {
        self.lock().get(fingerprint).map(|known| known.offer.clone())
    }

    pub(super) fn start_ms(&self, fingerprint: &Fingerprint) -> u64 {
        self.lock().get(fingerprint).map_or(0, |known| known.start_ms)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Fingerprint, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// What is known of a definition, run in this project.
    pub(crate) fn known_offer(&self, spec: &UpstreamSpec, project: Option<&Path>) -> Option<Arc<Offer>> {
        self.library.offer(&fingerprint(spec, project))
    }

    /// Remembers what a copy offers. Answers the one in memory when nothing is new.
    pub(super) fn learn(&self, spec: &UpstreamSpec, context: &Context, offer: Arc<Offer>) -> Arc<Offer> {
        let fingerprint = fingerprint(spec, context.project.as_deref());
        let start_ms = context.start_ms.load(Relaxed);
        let mut library = self.library.lock();
        match library.get_mut(&fingerprint) {
            Some(known) if known.offer == offer => {
                known.start_ms = start_ms;
                self.note(Change::Started { fingerprint, start_ms });
                known.offer.clone()
            }
            _ => {
                let known = Known { fingerprint, offer: offer.clone(), start_ms };
                library.insert(fingerprint, known.clone());
                self.note(Change::Listed { upstream: spec.name.clone(), known });
                offer
            }
        }
    }

    /// Forgets what was known of a definition that is not registered any more.
    pub(super) fn unlearn(&self, spec: &UpstreamSpec, projects: impl Iterator<Item = impl AsRef<Path>>) {
        let mut library = self.library.lock();
        library.remove(&fingerprint(spec, None));
        for project in projects {
            library.remove(&fingerprint(spec, Some(project.as_ref())));
        }
    }
}
