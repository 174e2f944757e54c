//! The upstreams that serve a session: the shared ones, and those that run for it alone.

use std::sync::{Arc, Weak};

use headgate_model::{Isolation, UpstreamName};

use super::{Session, wishes};
use crate::{
    slot::{Definition, Keeper, Slot, held},
    upstream::{
        Upstream,
        connection::{Context, Owner},
        handle::{Changes, Handle},
        listing::Offer,
    },
};

impl Session {
    /// The running copy of an upstream that serves this session, started if need be.
    pub(crate) async fn live(self: &Arc<Self>, name: &UpstreamName) -> Result<Handle, String> {
        let missing = || format!("there is no upstream `{name}`, or it is switched off");
        let upstream =
            self.gateway.upstream(name).filter(|upstream| upstream.spec.enabled).ok_or_else(missing)?;
        let slot = match upstream.spec.isolation {
            Isolation::Shared => upstream.slot().ok_or_else(missing)?,
            Isolation::Session if upstream.is_held() => return Err(held(name)),
            Isolation::Session => self.own_slot(&upstream).ok_or("the session has ended")?,
        };
        slot.demand().await
    }

    fn own_slot(self: &Arc<Self>, upstream: &Arc<Upstream>) -> Option<Arc<Slot>> {
        let mut state = self.lock();
        if state.ended {
            return None;
        }
        state.asleep = false;
        let name = &upstream.spec.name;
        if let Some(slot) = state.own.get(name) {
            return Some(slot.clone());
        }
        let definition = Definition {
            machine: self.gateway.machine.clone(),
            spec: upstream.spec.clone(),
            context: Context { changes: Arc::new(Changes::default()), ..upstream.context.clone() },
            owner: Owner::Session(Arc::downgrade(self)),
            parameters: self.parameters.clone(),
        };
        let keeper = OwnUpstream { session: Arc::downgrade(self), name: name.clone() };
        let slot = Slot::new(definition, keeper, None);
        state.own.insert(name.clone(), slot.clone());
        Some(slot)
    }

    /// The upstream was removed or changed; its own copy ends when nobody uses it any more.
    pub(crate) fn drop_upstream(&self, name: &UpstreamName) {
        let mut state = self.lock();
        state.view = None;
        state.offers.remove(name);
        let slot = state.own.remove(name);
        drop(state);
        drop(slot);
    }
}

/// Keeps what an upstream of one session offers.
struct OwnUpstream {
    session: Weak<Session>,
    name: UpstreamName,
}

impl Keeper for OwnUpstream {
    async fn offered(&self, offer: Arc<Offer>) {
        let Some(session) = self.session.upgrade() else { return };
        let before = session.catalog();
        {
            let mut state = session.lock();
            state.view = None;
            state.offers.insert(self.name.clone(), offer.clone());
        }
        session.gateway.learned(&self.name, offer);
        session.tell_changes(&session.catalog().changes_since(&before));
    }

    async fn ready(&self, handle: &Handle) {
        let Some(session) = self.session.upgrade() else { return };
        wishes::prepare(&session, &self.name, handle).await;
    }

    async fn crashed(&self) {
        let Some(session) = self.session.upgrade() else { return };
        if session.gateway.ends_with_child {
            // In a task of its own: the slot that tells this is one of those that must end.
            tokio::spawn(async move { session.gateway.clone().end_session(&session).await });
        }
    }
}
