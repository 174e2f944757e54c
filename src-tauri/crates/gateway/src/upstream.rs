//! An upstream as it is registered: its definition, what it last offered, its log, and the slot that
//! runs it for everybody (or, when every session has its own, that only lists it).

pub(crate) mod connection;
pub(crate) mod handle;
mod http;
mod link;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod start;
mod stdio;
mod subscriptions;

use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use headgate_model::{Isolation, UpstreamSpec};

use crate::{
    gateway::Gateway,
    session::wishes,
    slot::{Definition, Keeper, Slot},
};
use connection::{Context, Owner};
use handle::{Changes, Handle};
use listing::Offer;
use start::Connected;

/// One registered upstream.
pub struct Upstream {
    /// Its definition.
    pub spec: Arc<UpstreamSpec>,
    pub(crate) context: Context,
    /// What it offered when it was last listed.
    pub(crate) offer: ArcSwapOption<Offer>,
    /// `None` while it is disabled.
    slot: Option<Arc<Slot>>,
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
        let slot = spec.enabled.then(|| {
            let definition = Definition {
                machine: gateway.machine.clone(),
                spec: spec.clone(),
                context: context.clone(),
                owner: Owner::Shared,
                parameters: start::shared_parameters(),
            };
            let keeper = Shared { gateway: Arc::downgrade(gateway), spec: spec.clone() };
            Slot::new(definition, keeper, connected)
        });
        Arc::new(Self { spec, context, offer: ArcSwapOption::new(offer), slot })
    }

    /// The same upstream under a changed definition that runs in the same way.
    pub(crate) fn redefined(&self, spec: UpstreamSpec) -> Arc<Self> {
        Arc::new(Self {
            spec: Arc::new(spec),
            context: self.context.clone(),
            offer: ArcSwapOption::new(self.offer.load_full()),
            slot: self.slot.clone(),
        })
    }

    pub(crate) fn slot(&self) -> Option<Arc<Slot>> {
        self.slot.clone()
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
        self.offer.load_full()
    }
}

/// A context for an upstream that was never seen before.
pub(crate) fn fresh_context(spec: &UpstreamSpec) -> Context {
    Context {
        name: spec.name.clone(),
        log: Arc::default(),
        subscriptions: Arc::default(),
        changes: Arc::new(Changes::default()),
    }
}

/// Keeps what the copy for everybody offers.
struct Shared {
    gateway: Weak<Gateway>,
    spec: Arc<UpstreamSpec>,
}

impl Keeper for Shared {
    async fn offered(&self, offer: Arc<Offer>) {
        let Some(gateway) = self.gateway.upgrade() else { return };
        gateway.offered(&self.spec.name, offer);
        if self.spec.isolation == Isolation::Session {
            // It was only listed. In a task of its own: the slot that tells this is the one to stop.
            let name = self.spec.name.clone();
            tokio::spawn(async move {
                if let Some(slot) = gateway.upstream(&name).and_then(|upstream| upstream.slot()) {
                    slot.stop(false).await;
                }
            });
        }
    }

    async fn ready(&self, handle: &Handle) {
        let Some(gateway) = self.gateway.upgrade() else { return };
        let Some(upstream) = gateway.upstream(&self.spec.name) else { return };
        for uri in upstream.context.subscriptions.uris() {
            wishes::resubscribe(handle, &uri).await;
        }
        if let Some(level) = gateway.most_verbose_level() {
            wishes::send_level(handle, level).await;
        }
    }

    async fn crashed(&self) {
        if let Some(gateway) = self.gateway.upgrade() {
            gateway.attempted(&self.spec.name);
        }
    }
}
