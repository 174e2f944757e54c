//! Which copies of upstreams run now, for whom, and how one of them is given up.

use std::{path::PathBuf, sync::Arc};

use headgate_model::{Isolation, UpstreamName};

use super::Gateway;
use crate::{router::Scope, session::Session, slot::Slot, upstream::Upstream};

/// A running child process of an upstream.
#[derive(Debug, Clone)]
pub struct Running {
    /// Whose copy it is.
    pub upstream: UpstreamName,
    /// The child itself; what it started is below it.
    pub pid: u32,
    /// When it was started, in milliseconds since 1970.
    pub since_ms: u64,
    /// For whom it runs.
    pub sharers: Sharers,
    /// Sessions that are awake and would each run a copy of their own if it were not shared.
    pub sessions: usize,
}

/// For whom a copy runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharers {
    /// Everybody.
    Everybody,
    /// Whoever works in this project.
    Project(PathBuf),
    /// One session, by the beginning of its id.
    Session(String),
}

impl Gateway {
    /// All running children, upstream by upstream.
    pub fn running(&self) -> Vec<Running> {
        self.upstreams().iter().flat_map(|upstream| self.running_copies_of(upstream)).collect()
    }

    pub(super) fn running_copies_of(&self, upstream: &Upstream) -> Vec<Running> {
        let sessions = self.sessions();
        let copies = self.copies_of(upstream, &sessions).into_iter();
        let mut running: Vec<Running> = copies
            .filter_map(|(sharers, slot)| {
                let sessions = match &sharers {
                    Sharers::Session(_) => 1,
                    sharers => sessions.iter().filter(|session| shares(session, upstream, sharers)).count(),
                };
                let since_ms = slot.status().began_ms.unwrap_or_default();
                Some(Running {
                    upstream: upstream.spec.name.clone(),
                    pid: slot.pid()?,
                    since_ms,
                    sharers,
                    sessions,
                })
            })
            .collect();
        running.sort_by_key(|copy| copy.pid);
        running
    }

    /// True when some copy answers calls now.
    pub(super) fn is_live(&self, upstream: &Upstream) -> bool {
        self.copies_of(upstream, &self.sessions()).iter().any(|(_, slot)| slot.live().is_some())
    }

    fn copies_of(&self, upstream: &Upstream, sessions: &[Arc<Session>]) -> Vec<(Sharers, Arc<Slot>)> {
        let everybody = upstream.slot().map(|slot| (Sharers::Everybody, slot));
        let projects = upstream.projects().all().into_iter();
        let projects = projects.map(|(project, copy)| (Sharers::Project(project), copy.slot.clone()));
        let own = sessions.iter().filter_map(|session| {
            Some((Sharers::Session(session.shown_id()), session.own_copy(&upstream.spec.name)?))
        });
        everybody.into_iter().chain(projects).chain(own).collect()
    }

    /// Ends a running child because of what it does; it counts as a failure of the upstream, whose reason
    /// people will read. False when there is no such child any more.
    pub async fn give_up(&self, name: &UpstreamName, pid: u32, reason: String) -> bool {
        let Some(upstream) = self.upstream(name) else { return false };
        let copies = self.copies_of(&upstream, &self.sessions());
        let Some((_, slot)) = copies.into_iter().find(|(_, slot)| slot.pid() == Some(pid)) else {
            return false;
        };
        slot.give_up(pid, reason).await;
        true
    }
}

/// True when a session would need a copy of its own if this one were not shared.
fn shares(session: &Session, upstream: &Upstream, sharers: &Sharers) -> bool {
    let sees = match &session.scope {
        Scope::All => true,
        Scope::One(name) => *name == upstream.spec.name,
    };
    let here = match (sharers, upstream.spec.isolation) {
        (Sharers::Project(project), _) => session.works_in(project),
        (_, Isolation::Project) => session.named_project().is_none(),
        _ => true,
    };
    sees && here && !session.is_asleep()
}
