//! The upstreams that serve a session: the shared ones, those of its project, and those that run for it
//! alone.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use headgate_model::{Isolation, UpstreamName};

use super::{Session, Stream, wishes};
use crate::{
    gateway::Sharers,
    slot::{Keeper, Slot, held},
    unready::Unready,
    upstream::{
        Upstream,
        common::ProjectCopy,
        connection::{Context, Owner},
        fingerprint::{Fingerprint, fingerprint},
        handle::{Changes, Handle},
        listing::Offer,
        start::Definition,
    },
};

impl Session {
    /// The running copy of an upstream that serves this session, started if need be.
    /// What has to be asked for that goes to `stream`. A failure is a sentence for the client.
    pub(crate) async fn live(
        self: &Arc<Self>,
        name: &UpstreamName,
        stream: Option<&Arc<Stream>>,
    ) -> Result<Handle, String> {
        let missing = || format!("there is no upstream `{name}`, or it is switched off");
        let enabled = || self.gateway.upstream(name).filter(|upstream| upstream.spec.enabled);
        let mut upstream = enabled().ok_or_else(missing)?;
        if upstream.spec.isolation == Isolation::Shared {
            let slot = upstream.slot().ok_or_else(missing)?;
            return slot.demand().await.map_err(|unready| self.told(unready));
        }
        let mut project = None;
        if upstream.spec.isolation == Isolation::Project || upstream.spec.transport.needs_project() {
            project = self.find_project(stream).await;
            // To ask a client takes time, in which the definition may have changed.
            upstream = enabled().ok_or_else(missing)?;
        }
        if upstream.is_held() {
            return Err(held(name).for_clients());
        }
        let needs_project = upstream.spec.transport.needs_project();
        let slot = match (upstream.spec.isolation, project) {
            (_, None) if needs_project && stream.is_some() => return Err(homeless(name)),
            (Isolation::Project, Some(project)) => self.common_copy(&upstream, &project).slot.clone(),
            // Nobody is asked yet in which project; the copy for everybody tells what is offered.
            (Isolation::Session, None) if needs_project => upstream.slot().ok_or_else(missing)?,
            (Isolation::Session, project) => {
                self.own_slot(&upstream, project).ok_or("the session has ended")?
            }
            (Isolation::Project | Isolation::Shared, _) => upstream.slot().ok_or_else(missing)?,
        };
        slot.demand().await.map_err(|unready| self.told(unready))
    }

    /// Behind `headgate proxy` there is no face that could tell more, and its client is the person's own.
    fn told(&self, unready: Unready) -> String {
        if self.gateway.ends_with_child { unready.reason } else { unready.for_clients() }
    }

    fn common_copy(&self, upstream: &Upstream, project: &Path) -> Arc<ProjectCopy> {
        upstream.projects().of(&self.gateway, &upstream.spec, &upstream.context, project)
    }

    /// The copy of an upstream that serves this session, if it runs.
    pub(super) fn copy_of(&self, name: &UpstreamName) -> Option<Handle> {
        let upstream = self.gateway.upstream(name)?;
        match upstream.spec.isolation {
            Isolation::Shared => upstream.slot()?.live(),
            Isolation::Session => self.own_copy(name)?.live(),
            Isolation::Project => match self.named_project() {
                Some(project) => upstream.projects().get(&project)?.slot.live(),
                None => upstream.slot()?.live(),
            },
        }
    }

    /// For whom the copy of an upstream runs that serves this session.
    pub(super) fn sharers_of(&self, name: &UpstreamName) -> Option<Sharers> {
        let upstream = self.gateway.upstream(name)?;
        Some(match (upstream.spec.isolation, self.named_project()) {
            (Isolation::Session, _) => Sharers::Session(self.shown_id()),
            (Isolation::Project, Some(project)) => Sharers::Project(project),
            (Isolation::Shared | Isolation::Project, _) => Sharers::Everybody,
        })
    }

    /// The slots that run for this session alone.
    pub(crate) fn own_copies(&self) -> Vec<(UpstreamName, Arc<Slot>)> {
        self.lock().own.iter().map(|(name, slot)| (name.clone(), slot.clone())).collect()
    }

    fn own_copy(&self, name: &UpstreamName) -> Option<Arc<Slot>> {
        self.lock().own.get(name).cloned()
    }

    fn own_slot(self: &Arc<Self>, upstream: &Arc<Upstream>, project: Option<PathBuf>) -> Option<Arc<Slot>> {
        let mut state = self.lock();
        if state.ended {
            return None;
        }
        state.asleep = false;
        let name = &upstream.spec.name;
        if let Some(slot) = state.own.get(name).filter(|slot| slot.project == project) {
            return Some(slot.clone());
        }
        let definition = Definition {
            machine: self.gateway.machine.clone(),
            spec: upstream.spec.clone(),
            context: Context { changes: Arc::new(Changes::default()), project, ..upstream.context.clone() },
            owner: Owner::Session(Arc::downgrade(self)),
            parameters: self.parameters_of_copy(),
        };
        let keeper = OwnUpstream {
            session: Arc::downgrade(self),
            name: name.clone(),
            definition: fingerprint(&upstream.spec, None),
        };
        let slot = Slot::new(definition, keeper, None, None);
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

fn homeless(name: &UpstreamName) -> String {
    format!(
        "`{name}` works in the folder of a project, and this client did not say in which one; start the \
         client in the project's folder, or send the header `X-Headgate-Project: /path/of/the/project`"
    )
}

/// Keeps what an upstream of one session offers.
struct OwnUpstream {
    session: Weak<Session>,
    name: UpstreamName,
    definition: Fingerprint,
}

impl Keeper for OwnUpstream {
    async fn offered(&self, offer: Arc<Offer>) {
        let Some(session) = self.session.upgrade() else { return };
        let current = session.gateway.upstream(&self.name);
        if current.is_none_or(|current| fingerprint(&current.spec, None) != self.definition) {
            return;
        }
        let before = session.catalog();
        {
            let mut state = session.lock();
            state.view = None;
            state.offers.insert(self.name.clone(), offer.clone());
        }
        session.gateway.learned(&self.name, offer);
        session.tell_changes(&session.catalog().changes_since(&before));
    }

    fn is_pinned(&self) -> bool {
        let Some(session) = self.session.upgrade() else { return false };
        let warm = session.gateway.upstream(&self.name).is_some_and(|upstream| upstream.spec.keep_warm);
        warm || session.lock().subscribed.iter().any(|(upstream, _)| *upstream == self.name)
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
