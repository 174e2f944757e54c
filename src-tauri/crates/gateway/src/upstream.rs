//! An upstream as it is registered: its definition, what it last offered, its log, and the slots that
//! run it for everybody and for projects. Those of single sessions belong to the sessions.

pub(crate) mod common;
pub(crate) mod connection;
pub(crate) mod fingerprint;
pub(crate) mod handle;
mod http;
mod link;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod mask;
pub(crate) mod start;
mod stdio;
pub(crate) mod subscriptions;
mod tasks;

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use arc_swap::ArcSwapOption;
use headgate_model::{Isolation, Suggestion, UpstreamSpec};

use crate::{activity::Counters, gateway::Gateway, slot::Slot, suggestion};
use common::Projects;
use connection::Context;
use handle::Changes;
use listing::Offer;
use start::Connected;
use subscriptions::Subscriptions;

/// What an upstream offered when it was last listed, and what people are told of that: an offer may be large,
/// and faces look again and again, so it is read once.
struct Offered {
    offer: Arc<Offer>,
    server: Option<String>,
    disturbing: Option<String>,
}

impl Offered {
    fn new(offer: Arc<Offer>) -> Arc<Self> {
        let (server, disturbing) = (offer.server(), suggestion::why_disturbing(&offer));
        Arc::new(Self { offer, server, disturbing })
    }
}

/// One registered upstream.
pub struct Upstream {
    /// Its definition.
    pub spec: Arc<UpstreamSpec>,
    pub(crate) context: Context,
    offered: ArcSwapOption<Offered>,
    /// The copy for everybody; `None` while it is disabled.
    slot: Option<Arc<Slot>>,
    projects: Arc<Projects>,
}

impl Upstream {
    /// Takes an upstream in; an enabled one gets a slot, which takes over `connected`.
    pub(crate) fn new(
        gateway: &Arc<Gateway>,
        spec: UpstreamSpec,
        context: Context,
        offer: Option<Arc<Offer>>,
        connected: Option<Connected>,
    ) -> Arc<Self> {
        let spec = Arc::new(spec);
        let slot =
            spec.enabled.then(|| common::slot(gateway, &spec, context.clone(), offer.clone(), connected));
        let offered = ArcSwapOption::new(offer.map(Offered::new));
        Arc::new(Self { spec, context, offered, slot, projects: Arc::default() })
    }

    /// The same upstream under a changed definition that runs in the same way.
    pub(crate) fn redefined(&self, spec: UpstreamSpec) -> Arc<Self> {
        Arc::new(Self {
            spec: Arc::new(spec),
            context: self.context.clone(),
            offered: ArcSwapOption::new(self.offered.load_full()),
            slot: self.slot.clone(),
            projects: self.projects.clone(),
        })
    }

    /// The copy for everybody. Where every session or project has its own, it only tells what is offered,
    /// and serves clients that work in no project.
    pub(crate) fn slot(&self) -> Option<Arc<Slot>> {
        self.slot.clone()
    }

    /// The copies that run for projects.
    pub(crate) fn projects(&self) -> &Projects {
        &self.projects
    }

    /// Who subscribed at the copy that sessions of `project` share.
    pub(crate) fn subscriptions(&self, project: Option<&Path>) -> Arc<Subscriptions> {
        let copy = project.filter(|_| self.spec.isolation == Isolation::Project);
        let copy = copy.and_then(|project| self.projects.get(project));
        copy.map_or_else(|| self.context.subscriptions.clone(), |copy| copy.context.subscriptions.clone())
    }

    /// True when a person stopped it.
    pub(crate) fn is_held(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.status().held)
    }

    /// What it says besides MCP.
    pub fn log(&self) -> &log::Log {
        &self.context.log
    }

    /// What it offered when it was last listed.
    pub fn offer(&self) -> Option<Arc<Offer>> {
        self.offered.load().as_ref().map(|offered| offered.offer.clone())
    }

    /// It was listed; true when it offers something else than before.
    pub(crate) fn learn(&self, offer: &Arc<Offer>) -> bool {
        let before = self.offered.swap(Some(Offered::new(offer.clone())));
        before.is_none_or(|before| *before.offer != **offer)
    }

    /// The name and version that it gave itself.
    pub(crate) fn server(&self) -> Option<String> {
        self.offered.load().as_ref().and_then(|offered| offered.server.clone())
    }

    /// How it would better be shared, by what was seen of it so far.
    pub(crate) fn suggestion(&self) -> Option<Suggestion> {
        let asked_roots = self.context.asked_roots.load(Relaxed);
        let offered = self.offered.load_full()?;
        suggestion::suggest(self.spec.isolation, offered.disturbing.as_deref(), asked_roots)
    }
}

/// A context for an upstream that was never seen before.
pub(crate) fn fresh_context(spec: &UpstreamSpec) -> Context {
    Context {
        name: spec.name.clone(),
        log: Arc::default(),
        subscriptions: Arc::default(),
        changes: Arc::new(Changes::default()),
        counters: Arc::new(Counters::default()),
        project: None,
        start_ms: Arc::default(),
        asked_roots: Arc::default(),
    }
}
