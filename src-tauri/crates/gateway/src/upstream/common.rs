//! Copies of an upstream that sessions share: the one for everybody, and one for each project.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use arc_swap::ArcSwapOption;
use headgate_model::{Isolation, UpstreamName, UpstreamSpec, UpstreamState};

use super::{
    connection::{Context, Owner},
    fingerprint::{Fingerprint, fingerprint},
    handle::{Changes, Handle},
    listing::Offer,
    start::{self, Connected, Definition},
};
use crate::{
    gateway::Gateway,
    session::wishes,
    slot::{Keeper, Slot},
};

/// Projects of one upstream that are remembered; beyond it those that run nothing are forgotten.
const MAX_PROJECTS: usize = 64;

/// A slot for a copy that sessions share.
pub(super) fn slot(
    gateway: &Arc<Gateway>,
    spec: &Arc<UpstreamSpec>,
    context: Context,
    known: Option<Arc<Offer>>,
    connected: Option<Connected>,
) -> Arc<Slot> {
    let keeper = Common {
        gateway: Arc::downgrade(gateway),
        name: spec.name.clone(),
        isolation: spec.isolation,
        definition: fingerprint(spec, context.project.as_deref()),
        context: context.clone(),
    };
    let definition = Definition {
        machine: gateway.machine.clone(),
        spec: spec.clone(),
        context,
        owner: Owner::Shared,
        parameters: start::shared_parameters(),
    };
    Slot::new(definition, keeper, known, connected)
}

/// The copies of one upstream that run for projects.
#[derive(Default)]
pub(crate) struct Projects {
    copies: Mutex<HashMap<PathBuf, Arc<ProjectCopy>>>,
}

/// A copy for everybody who works in one project.
pub(crate) struct ProjectCopy {
    pub context: Context,
    pub slot: Arc<Slot>,
    /// What it offered when it was last listed, in this run or an earlier one.
    pub offer: ArcSwapOption<Offer>,
}

impl ProjectCopy {
    /// It runs, is about to, or has to when it can.
    fn is_needed(&self) -> bool {
        let rests = matches!(self.slot.status().state, UpstreamState::Configured | UpstreamState::Asleep);
        !rests || !self.context.subscriptions.uris().is_empty()
    }
}

impl Projects {
    pub(crate) fn get(&self, project: &Path) -> Option<Arc<ProjectCopy>> {
        self.lock().get(project).cloned()
    }

    pub(crate) fn all(&self) -> Vec<(PathBuf, Arc<ProjectCopy>)> {
        self.lock().iter().map(|(project, copy)| (project.clone(), copy.clone())).collect()
    }

    /// The copy of a project, which is made if there is none; that starts nothing.
    pub(crate) fn of(
        &self,
        gateway: &Arc<Gateway>,
        spec: &Arc<UpstreamSpec>,
        context: &Context,
        project: &Path,
    ) -> Arc<ProjectCopy> {
        let mut copies = self.lock();
        if let Some(copy) = copies.get(project) {
            return copy.clone();
        }
        if copies.len() >= MAX_PROJECTS {
            copies.retain(|_, copy| copy.is_needed());
        }
        let context = Context {
            subscriptions: Arc::default(),
            changes: Arc::new(Changes::default()),
            project: Some(project.to_owned()),
            ..context.clone()
        };
        let known = gateway.known_offer(spec, Some(project));
        let slot = slot(gateway, spec, context.clone(), known.clone(), None);
        let copy = Arc::new(ProjectCopy { context, slot, offer: ArcSwapOption::new(known) });
        copies.insert(project.to_owned(), copy.clone());
        copy
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<ProjectCopy>>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps what a shared copy offers.
struct Common {
    gateway: Weak<Gateway>,
    name: UpstreamName,
    isolation: Isolation,
    definition: Fingerprint,
    context: Context,
}

impl Keeper for Common {
    async fn offered(&self, offer: Arc<Offer>) {
        let Some(gateway) = self.gateway.upgrade() else { return };
        if let Some(project) = &self.context.project {
            return gateway.offered_in(&self.name, &self.definition, project, offer);
        }
        gateway.offered(&self.name, &self.definition, offer);
        if self.isolation == Isolation::Session {
            // It was only listed. In a task of its own: the slot that tells this is the one to stop.
            let name = self.name.clone();
            tokio::spawn(async move {
                if let Some(slot) = gateway.upstream(&name).and_then(|upstream| upstream.slot()) {
                    slot.stop(false).await;
                }
            });
        }
    }

    async fn ready(&self, handle: &Handle) {
        let Some(gateway) = self.gateway.upgrade() else { return };
        for uri in self.context.subscriptions.uris() {
            wishes::resubscribe(handle, &uri).await;
        }
        if let Some(level) = gateway.most_verbose_level() {
            wishes::send_level(handle, level).await;
        }
    }

    async fn crashed(&self) {
        if let Some(gateway) = self.gateway.upgrade() {
            gateway.attempted(&self.name);
        }
    }

    fn is_pinned(&self) -> bool {
        let upstream = self.gateway.upgrade().and_then(|gateway| gateway.upstream(&self.name));
        upstream.is_some_and(|upstream| upstream.spec.keep_warm)
            || !self.context.subscriptions.uris().is_empty()
    }
}
