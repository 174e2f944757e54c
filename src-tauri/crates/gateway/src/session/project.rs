//! The project that a session works in: named when it was opened, or found among its client's roots.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use headgate_model::{Isolation, UpstreamName};
use headgate_protocol::{Outcome, method};
use tokio::time::Instant;

use super::{Session, Stream, wishes};
use crate::{project::first_root, upstream::listing::Offer};

/// A client that is asked for its roots answers by itself, without a person.
const ROOTS_LIMIT: Duration = Duration::from_secs(5);

/// A client that did not answer is asked again after this: every call would wait for it.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What is known of a session's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Project {
    /// Its client named this folder.
    Named(PathBuf),
    /// It was asked for its roots, and these are none of ours, or this is the first.
    Found(Option<PathBuf>),
    /// It is to be asked for its roots, not before then: one that did not answer is left alone for a while.
    Unasked(Instant),
}

impl Project {
    pub(super) fn of(named: Option<PathBuf>) -> Self {
        named.map_or_else(|| Self::Unasked(Instant::now()), Self::Named)
    }

    pub(super) fn folder(&self) -> Option<&PathBuf> {
        match self {
            Self::Named(folder) | Self::Found(Some(folder)) => Some(folder),
            Self::Found(None) | Self::Unasked(_) => None,
        }
    }
}

impl Session {
    /// The folder that its client named, or that was found.
    pub(crate) fn named_project(&self) -> Option<PathBuf> {
        self.lock().project.folder().cloned()
    }

    /// True when the copy of this upstream that serves it depends on its project, and that is not known: its
    /// client has yet to be asked for its roots.
    pub(super) fn is_unplaced(&self, name: &UpstreamName) -> bool {
        self.runs_by_project(name) && matches!(self.lock().project, Project::Unasked(_))
    }

    pub(super) fn runs_by_project(&self, name: &UpstreamName) -> bool {
        self.gateway.upstream(name).is_some_and(|upstream| {
            upstream.spec.isolation == Isolation::Project || upstream.spec.transport.needs_project()
        })
    }

    /// True when it works in this project.
    pub(crate) fn works_in(&self, project: &Path) -> bool {
        self.lock().project.folder().is_some_and(|folder| folder == project)
    }

    /// The folder it works in; a client that did not name one is asked for its roots, on `stream`, once
    /// until they change (client/roots).
    pub(super) async fn find_project(self: &Arc<Self>, stream: Option<&Arc<Stream>>) -> Option<PathBuf> {
        let known = self.lock().project.clone();
        let can_tell = self.parameters.at(&["capabilities", "roots"]).is_some_and(|roots| roots.is_object());
        let stream = match (known, stream) {
            (Project::Unasked(since), Some(stream)) if can_tell && since <= Instant::now() => stream,
            (known, _) => return known.folder().cloned(),
        };
        let _turn = self.asking_project.lock().await;
        // Whoever waited for another's question has its answer.
        let is_due = matches!(self.lock().project, Project::Unasked(since) if since <= Instant::now());
        if is_due {
            let found = match self.question(method::ROOTS_LIST, stream, ROOTS_LIMIT).await {
                Some(Outcome::Result(roots)) => Project::Found(first_root(&roots)),
                Some(Outcome::Error(_)) => Project::Found(None),
                None => Project::Unasked(Instant::now() + ASK_AGAIN_AFTER),
            };
            self.lock().project = found;
            self.adopt_known();
            wishes::subscribe_again(self, |name| self.runs_by_project(name));
        }
        self.named_project()
    }

    /// The client's roots changed; a folder that was found among them is looked for again.
    pub(super) fn roots_changed(&self) {
        let upstreams = self.gateway.upstreams();
        let placed = upstreams.iter().filter(|upstream| upstream.spec.isolation == Isolation::Project);
        let mut state = self.lock();
        if matches!(state.project, Project::Named(_)) {
            return;
        }
        state.project = Project::Unasked(Instant::now());
        state.view = None;
        for upstream in placed {
            state.offers.remove(&upstream.spec.name);
        }
    }

    /// Shows what upstreams are known to offer in its project.
    pub(crate) fn adopt_known(&self) {
        let Some(project) = self.named_project() else { return };
        for upstream in self.gateway.upstreams().iter() {
            if upstream.spec.isolation == Isolation::Project
                && let Some(offer) = self.gateway.known_offer(&upstream.spec, Some(&project))
            {
                self.adopt(&upstream.spec.name, offer);
            }
        }
    }

    /// Shows what an upstream offers to this session, in place of what it offers to others.
    pub(crate) fn adopt(&self, name: &UpstreamName, offer: Arc<Offer>) {
        let published = self.gateway.upstream(name).and_then(|upstream| upstream.offer());
        let before = self.catalog();
        {
            let mut state = self.lock();
            state.view = None;
            match published.is_some_and(|published| *published == *offer) {
                true => state.offers.remove(name),
                false => state.offers.insert(name.clone(), offer),
            };
        }
        self.tell_changes(&self.catalog().changes_since(&before));
    }
}
