//! How an upstream does, for people: where it stands, why, and what runs of it.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use headgate_model::{Isolation, Program, Suggestion, UpstreamSpec, UpstreamState};

use super::{
    Gateway,
    running::{OwnCopies, copies_of},
};
use crate::{
    catalog::{HeldBack, Kind},
    upstream::Upstream,
};

/// How an upstream does, for people.
#[derive(Debug, Clone)]
pub struct UpstreamReport {
    /// Its definition.
    pub spec: Arc<UpstreamSpec>,
    /// Where it stands.
    pub state: UpstreamState,
    /// Why it is not ready.
    pub reason: Option<String>,
    /// What to type about that.
    pub advice: Option<String>,
    /// The name and version it gave itself.
    pub server: Option<String>,
    /// Its running children.
    pub pids: Vec<u32>,
    /// Tools, resources, resource templates and prompts in the catalog.
    pub counts: [usize; 4],
    /// What is held back because its name is taken.
    pub held_back: Vec<HeldBack>,
    /// Lines on stdout that were no messages.
    pub noise: u64,
    /// Starts after the first one.
    pub restarts: u64,
    /// When the copy for everybody was started, in milliseconds since 1970.
    pub began_ms: Option<u64>,
    /// How long a first use had to wait for the last start, in milliseconds.
    pub start_ms: Option<u64>,
    /// How its last run failed.
    pub last_exit: Option<String>,
    /// The program that it runs, if it was looked up.
    pub program: Option<Program>,
    /// How it would better be shared.
    pub suggestion: Option<Suggestion>,
    /// Calls that it ended since the gateway started.
    pub calls: u64,
    /// Those of them that failed.
    pub errors: u64,
    /// When the last one ended, in milliseconds since 1970.
    pub last_used_ms: Option<u64>,
}

impl Gateway {
    /// How all upstreams do, in the order of their registration.
    pub fn reports(&self) -> Vec<UpstreamReport> {
        let own = self.own_copies(&self.sessions());
        self.upstreams().iter().map(|upstream| self.report_among(upstream, &own)).collect()
    }

    /// How an upstream does.
    pub fn report(&self, upstream: &Upstream) -> UpstreamReport {
        self.report_among(upstream, &self.own_copies(&self.sessions()))
    }

    fn report_among(&self, upstream: &Upstream, own: &OwnCopies) -> UpstreamReport {
        let name = &upstream.spec.name;
        let status = upstream.slot().map(|slot| slot.status());
        let copies = copies_of(upstream, own);
        // A copy may answer calls without a process of its own.
        let is_live = copies.iter().any(|(_, slot)| slot.live().is_some());
        let mut pids: Vec<u32> = copies.iter().filter_map(|(_, slot)| slot.pid()).collect();
        pids.sort_unstable();
        let state = state(upstream, status.as_ref().map(|status| status.state), is_live);
        let began_ms = status.as_ref().and_then(|status| status.began_ms);
        let unready = status.as_ref().and_then(|status| status.unready.clone());
        let (reason, advice) = match state {
            UpstreamState::Starting => (upstream.log().last_words_since(began_ms.unwrap_or_default()), None),
            _ => unready.map(|unready| (unready.reason, unready.advice)).unzip(),
        };
        let published = self.published.load();
        let count = |kind| published.all.items_of(kind, name).len();
        UpstreamReport {
            spec: upstream.spec.clone(),
            state,
            reason,
            advice: advice.flatten(),
            server: upstream.server(),
            pids,
            counts: [count(Kind::Tool), count(Kind::Resource), count(Kind::Template), count(Kind::Prompt)],
            held_back: published
                .all
                .held_back()
                .iter()
                .filter(|held| held.newcomer == *name)
                .cloned()
                .collect(),
            noise: upstream.log().noise(),
            restarts: status.as_ref().map_or(0, |status| status.restarts),
            calls: upstream.context.counters.calls(),
            errors: upstream.context.counters.errors(),
            last_used_ms: upstream.context.counters.last_used_ms(),
            began_ms: began_ms.filter(|_| state == UpstreamState::Ready),
            start_ms: Some(upstream.context.start_ms.load(Relaxed)).filter(|took| *took > 0),
            last_exit: status.and_then(|status| status.last_exit),
            program: self.programs.get(&upstream.spec.transport),
            suggestion: upstream.suggestion(),
        }
    }
}

/// Where an upstream stands, whoever runs it.
fn state(upstream: &Upstream, slot: Option<UpstreamState>, is_live: bool) -> UpstreamState {
    use UpstreamState::{Asleep, Configured, Known, Ready, Stopped};
    match slot {
        None => Stopped,
        Some(Configured | Known | Asleep) if is_live => Ready,
        Some(Configured) if upstream.offer().is_some() => Known,
        // It ran only to tell what it offers.
        Some(Asleep) if upstream.spec.isolation != Isolation::Shared && upstream.offer().is_some() => Known,
        Some(state) => state,
    }
}
