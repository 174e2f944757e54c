//! Which copies of upstreams run now, for whom, and how one of them is given up.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

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

/// Copies, running or not, and for whom each is.
type Copies = Vec<(Sharers, Arc<Slot>)>;

/// The copies that are for one session alone, by upstream. They are found in one pass over the sessions, however
/// many upstreams are looked at.
pub(super) type OwnCopies = HashMap<UpstreamName, Copies>;

impl Gateway {
    /// All running children, upstream by upstream.
    pub fn running(&self) -> Vec<Running> {
        let sessions = self.sessions();
        let own = self.own_copies(&sessions);
        self.upstreams().iter().flat_map(|upstream| running_of(upstream, &own, &sessions)).collect()
    }

    pub(super) fn own_copies(&self, sessions: &[Arc<Session>]) -> OwnCopies {
        let mut own = OwnCopies::new();
        for session in sessions {
            for (upstream, slot) in session.own_copies() {
                own.entry(upstream).or_default().push((Sharers::Session(session.shown_id()), slot));
            }
        }
        own
    }

    /// Ends a running child because of what it does; it counts as a failure of the upstream, whose reason
    /// people will read. False when there is no such child any more.
    pub async fn give_up(&self, name: &UpstreamName, pid: u32, reason: String) -> bool {
        let Some(upstream) = self.upstream(name) else { return false };
        let copies = copies_of(&upstream, &self.own_copies(&self.sessions()));
        let Some((_, slot)) = copies.into_iter().find(|(_, slot)| slot.pid() == Some(pid)) else {
            return false;
        };
        slot.give_up(pid, reason).await;
        true
    }
}

/// The copies of one upstream.
pub(super) fn copies_of(upstream: &Upstream, own: &OwnCopies) -> Copies {
    let everybody = upstream.slot().map(|slot| (Sharers::Everybody, slot));
    let projects = upstream.projects().all().into_iter();
    let projects = projects.map(|(project, copy)| (Sharers::Project(project), copy.slot.clone()));
    let own = own.get(&upstream.spec.name).into_iter().flatten().cloned();
    everybody.into_iter().chain(projects).chain(own).collect()
}

fn running_of(upstream: &Upstream, own: &OwnCopies, sessions: &[Arc<Session>]) -> Vec<Running> {
    let running = |(sharers, slot): (Sharers, Arc<Slot>)| {
        let pid = slot.pid()?;
        let sessions = match &sharers {
            Sharers::Session(_) => 1,
            sharers => sessions.iter().filter(|session| shares(session, upstream, sharers)).count(),
        };
        let since_ms = slot.status().began_ms.unwrap_or_default();
        Some(Running { upstream: upstream.spec.name.clone(), pid, since_ms, sharers, sessions })
    };
    let mut running: Vec<Running> = copies_of(upstream, own).into_iter().filter_map(running).collect();
    running.sort_by_key(|copy| copy.pid);
    running
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
