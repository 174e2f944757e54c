//! The project that a session works in: named when it was opened, or found among its client's roots.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use headgate_model::{Isolation, UpstreamName};
use headgate_protocol::{Outcome, method};

use super::{Session, Stream};
use crate::{project::first_root, upstream::listing::Offer};

/// A client that is asked for its roots answers by itself, without a person.
const ROOTS_LIMIT: Duration = Duration::from_secs(5);

/// What is known of a session's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Project {
    /// Its client named this folder.
    Named(PathBuf),
    /// It was asked for its roots, and these are none of ours, or this is the first.
    Found(Option<PathBuf>),
    /// Nobody asked yet.
    Unasked,
}

impl Project {
    pub(super) fn of(named: Option<PathBuf>) -> Self {
        named.map_or(Self::Unasked, Self::Named)
    }

    pub(super) fn folder(&self) -> Option<&PathBuf> {
        match self {
            Self::Named(folder) | Self::Found(Some(folder)) => Some(folder),
            Self::Found(None) | Self::Unasked => None,
        }
    }
}

impl Session {
    /// The folder that its client named, or that was found.
    pub(crate) fn named_project(&self) -> Option<PathBuf> {
        self.lock().project.folder().cloned()
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
            (Project::Unasked, Some(stream)) if can_tell => stream,
            (known, _) => return known.folder().cloned(),
        };
        let _turn = self.asking_project.lock().await;
        if self.lock().project == Project::Unasked {
            let answer = self.question(method::ROOTS_LIST, stream, ROOTS_LIMIT).await;
            let found = match answer {
                Some(Outcome::Result(roots)) => first_root(&roots),
                _ => None,
            };
            self.lock().project = Project::Found(found);
            self.adopt_known();
        }
        self.named_project()
    }

    /// The client's roots changed; a folder that was found among them is looked for again.
    pub(super) fn roots_changed(&self) {
        let mut state = self.lock();
        if let Project::Found(_) = state.project {
            state.project = Project::Unasked;
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
