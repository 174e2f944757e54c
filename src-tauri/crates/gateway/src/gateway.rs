//! The gateway: which upstreams there are, what is published of them, and who is connected. It decides
//! nothing about a call; sessions find their way through what is published here.

mod sessions;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use headgate_model::{Isolation, UpstreamName, UpstreamSpec, UpstreamState};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout_at},
};

use crate::{
    catalog::{Catalog, HeldBack, Kind, Part},
    machine::Machine,
    router::Scope,
    session::{Level, Session, SessionChange, SessionHash, SessionRecord},
    tokens::Tokens,
    upstream::{
        Upstream,
        connection::{Context, Owner},
        fresh_context,
        listing::Offer,
        log::Log,
        start::{self, Connected},
    },
};

/// Lists wait this long for upstreams that start together with the gateway; later ones are announced.
const STARTUP_WAIT: Duration = Duration::from_secs(10);

/// Everything that is between clients and upstreams.
pub struct Gateway {
    pub(crate) machine: Arc<Machine>,
    /// A session ends when its own child ends by itself (`headgate proxy`).
    pub(crate) ends_with_child: bool,
    upstreams: ArcSwap<Vec<Arc<Upstream>>>,
    published: ArcSwap<Published>,
    /// Held while `upstreams` and `published` change; never on the way of a call.
    changing: Mutex<()>,
    sessions: RwLock<HashMap<String, Arc<Session>>>,
    /// Sessions of earlier runs whose clients have not come back yet.
    dormant: Mutex<HashMap<SessionHash, Dormant>>,
    /// Told what of sessions should outlive this process; never on the way of a call.
    journal: Option<mpsc::Sender<SessionChange>>,
    /// Differs from run to run, and stands in event ids.
    pub(crate) epoch: String,
    /// What tools cost, counted when somebody asks.
    pub(crate) tokens: Tokens,
    began: Instant,
    /// Upstreams that have not yet been tried since then.
    untried: watch::Sender<HashSet<UpstreamName>>,
}

struct Dormant {
    record: SessionRecord,
    expires: Instant,
}

#[derive(Default)]
struct Published {
    all: Arc<Catalog>,
    each: HashMap<UpstreamName, Arc<Catalog>>,
}

/// A new upstream that was started and listed, and is not registered yet.
pub struct Probed {
    context: Context,
    connected: Connected,
}

impl Probed {
    /// What it offers.
    pub fn offer(&self) -> &Arc<Offer> {
        &self.connected.offer
    }

    /// Ends it: it is not wanted.
    pub async fn discard(self) {
        self.connected.handle.stop();
        let _ = self.connected.exit.await;
    }
}

/// How an upstream does, for people.
#[derive(Debug, Clone)]
pub struct UpstreamReport {
    /// Its definition.
    pub spec: Arc<UpstreamSpec>,
    /// Where it stands.
    pub state: UpstreamState,
    /// Why it is not ready.
    pub reason: Option<String>,
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
}

/// A session could not be opened because there are too many.
#[derive(Debug, thiserror::Error)]
#[error("{0} sessions are open, which is the limit; end some of them")]
pub struct TooManySessions(usize);

impl Gateway {
    /// A gateway without upstreams.
    pub fn new(
        machine: Machine,
        ends_with_child: bool,
        journal: Option<mpsc::Sender<SessionChange>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            machine: Arc::new(machine),
            ends_with_child,
            upstreams: ArcSwap::default(),
            published: ArcSwap::default(),
            changing: Mutex::new(()),
            sessions: RwLock::default(),
            dormant: Mutex::default(),
            journal,
            epoch: format!("{:x}", rand::random::<u32>()),
            tokens: Tokens::default(),
            began: Instant::now(),
            untried: watch::Sender::default(),
        })
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- upstreams -------------------------------------------------------------------------------

    /// All upstreams in the order of their registration.
    pub fn upstreams(&self) -> Arc<Vec<Arc<Upstream>>> {
        self.upstreams.load_full()
    }

    /// One upstream.
    pub fn upstream(&self, name: &UpstreamName) -> Option<Arc<Upstream>> {
        self.upstreams.load().iter().find(|upstream| upstream.spec.name == *name).cloned()
    }

    /// Takes in upstreams that were registered before, and begins to start them. Lists wait for them
    /// for a moment.
    pub fn restore(self: &Arc<Self>, specs: Vec<UpstreamSpec>) {
        let enabled = specs.iter().filter(|spec| spec.enabled).map(|spec| spec.name.clone()).collect();
        self.untried.send_replace(enabled);
        let change = self.change();
        let upstreams: Vec<_> = specs
            .into_iter()
            .map(|spec| {
                let context = fresh_context(&spec);
                Upstream::new(self, spec, context, None, None)
            })
            .collect();
        self.upstreams.store(Arc::new(upstreams.clone()));
        self.publish(change);
        for slot in upstreams.iter().filter_map(|upstream| upstream.slot()) {
            tokio::spawn(async move { slot.start().await });
        }
    }

    /// Takes in an upstream that is started by its sessions alone and never listed before.
    pub fn host(self: &Arc<Self>, spec: UpstreamSpec) {
        let change = self.change();
        let context = fresh_context(&spec);
        self.upstreams.store(Arc::new(vec![Upstream::new(self, spec, context, None, None)]));
        self.publish(change);
    }

    /// Starts and lists an upstream that is not registered. Its log can be followed meanwhile.
    pub async fn probe(&self, spec: &UpstreamSpec, log: Arc<Log>) -> Result<Probed, String> {
        let context = Context { log, ..fresh_context(spec) };
        let parameters = start::shared_parameters();
        let connected = start::connect(&self.machine, spec, &context, Owner::Shared, parameters).await?;
        Ok(Probed { context, connected })
    }

    /// The names that would newly clash if the upstream were registered, or changed, with this definition.
    pub fn clashes(&self, spec: &UpstreamSpec, offer: &Arc<Offer>) -> Vec<HeldBack> {
        let mut clashes = self.all_clashes(spec, offer);
        if let Some(now) = self.upstream(&spec.name).filter(|now| now.spec.enabled) {
            for known in self.all_clashes(&now.spec, offer) {
                if let Some(at) = clashes.iter().position(|clash| *clash == known) {
                    clashes.remove(at);
                }
            }
        }
        clashes
    }

    /// Names that others have; and within the upstream, those that a person gave to a second tool.
    fn all_clashes(&self, spec: &UpstreamSpec, offer: &Arc<Offer>) -> Vec<HeldBack> {
        let mut parts: Vec<Part> =
            self.parts().into_iter().filter(|part| part.upstream != spec.name).collect();
        parts.push(Part::new(spec, offer.clone()));
        let catalog = Catalog::build(parts, &Catalog::default(), self.machine.settings.page_size);
        let was_given = |held: &HeldBack| {
            let mut choices = spec.tool_choices.values();
            held.kind == Kind::Tool && choices.any(|choice| choice.name.as_ref() == Some(&held.name))
        };
        let own =
            |held: &&HeldBack| held.newcomer == spec.name && (held.owner != spec.name || was_given(held));
        catalog.held_back().iter().filter(own).cloned().collect()
    }

    /// Registers a probed upstream.
    pub fn register(self: &Arc<Self>, spec: UpstreamSpec, probed: Probed) {
        let change = self.change();
        let offer = Some(probed.connected.offer.clone());
        let upstream = Upstream::new(self, spec, probed.context, offer, Some(probed.connected));
        self.replace_list(|upstreams| upstreams.push(upstream));
        self.publish(change);
    }

    /// Gives an upstream a changed definition. What runs is kept when it would run in the same way.
    pub fn redefine(self: &Arc<Self>, spec: UpstreamSpec) {
        let change = self.change();
        let Some(old) = self.upstream(&spec.name) else { return };
        let same_run = old.spec.enabled == spec.enabled
            && old.spec.isolation == spec.isolation
            && old.spec.transport == spec.transport;
        let upstream = match same_run {
            true => old.redefined(spec),
            false => Upstream::new(self, spec, old.context.clone(), old.offer(), None),
        };
        let name = upstream.spec.name.clone();
        self.replace_list(|upstreams| {
            if let Some(place) = upstreams.iter_mut().find(|other| other.spec.name == name) {
                *place = upstream.clone();
            }
        });
        self.publish(change);
        if !same_run {
            self.drop_own_copies(&name);
            if let Some(slot) = upstream.slot() {
                tokio::spawn(async move { slot.start().await });
            }
        }
    }

    /// Removes an upstream: it is unpublished first, then ends by itself; nobody waits for it.
    pub fn remove(&self, name: &UpstreamName) {
        let change = self.change();
        self.replace_list(|upstreams| upstreams.retain(|upstream| upstream.spec.name != *name));
        self.publish(change);
        self.drop_own_copies(name);
    }

    fn drop_own_copies(&self, name: &UpstreamName) {
        for session in self.sessions() {
            session.drop_upstream(name);
        }
    }

    fn replace_list(&self, edit: impl FnOnce(&mut Vec<Arc<Upstream>>)) {
        let mut upstreams = Vec::clone(&self.upstreams.load());
        edit(&mut upstreams);
        self.upstreams.store(Arc::new(upstreams));
    }

    /// Starts an upstream because a person wants it.
    pub async fn start(&self, upstream: &Upstream) -> Result<(), String> {
        match upstream.slot() {
            Some(slot) => slot.start().await.map(drop),
            None => {
                Err(format!("`{0}` is disabled; enable it with `headgate enable {0}`", upstream.spec.name))
            }
        }
    }

    /// Stops an upstream until a person starts it again.
    pub async fn stop(&self, upstream: &Upstream) {
        if let Some(slot) = upstream.slot() {
            slot.stop(true).await;
        }
        self.drop_own_copies(&upstream.spec.name);
    }

    /// How an upstream does.
    pub fn report(&self, upstream: &Upstream) -> UpstreamReport {
        let name = &upstream.spec.name;
        let status = upstream.slot().map(|slot| slot.status());
        let own = self.sessions().into_iter().filter_map(|session| session.own_pid(name));
        let mut pids: Vec<u32> = upstream.slot().and_then(|slot| slot.pid()).into_iter().chain(own).collect();
        pids.sort_unstable();
        let published = self.published.load();
        let count = |kind| published.all.items(kind).iter().filter(|item| item.upstream == *name).count();
        UpstreamReport {
            spec: upstream.spec.clone(),
            state: state(upstream, status.as_ref().map(|status| status.state)),
            reason: status.as_ref().and_then(|status| status.reason.clone()),
            server: upstream.offer().and_then(|offer| offer.server()),
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
            restarts: status.map_or(0, |status| status.restarts),
        }
    }

    // ---- what is published -------------------------------------------------------------------------

    /// The catalog of a scope.
    pub fn published(&self, scope: &Scope) -> Arc<Catalog> {
        let published = self.published.load();
        match scope {
            Scope::All => published.all.clone(),
            Scope::One(name) => published.each.get(name).cloned().unwrap_or_default(),
        }
    }

    /// The running copy of an upstream was listed.
    pub(crate) fn offered(&self, name: &UpstreamName, offer: Arc<Offer>) {
        if let Some(upstream) = self.upstream(name) {
            let change = self.change();
            let news = upstream.offer.swap(Some(offer.clone())).is_none_or(|old| *old != *offer);
            if news {
                self.publish(change);
            }
        }
        self.attempted(name);
    }

    /// A session's own copy was listed; that helps when the upstream could not be listed before.
    pub(crate) fn learned(&self, name: &UpstreamName, offer: Arc<Offer>) {
        if self.upstream(name).is_some_and(|upstream| upstream.offer().is_none()) {
            self.offered(name, offer);
        }
    }

    /// An upstream was tried for the first time, with whatever result.
    pub(crate) fn attempted(&self, name: &UpstreamName) {
        self.untried.send_if_modified(|untried| untried.remove(name));
    }

    /// Waits until every upstream was tried once since the start, or long enough.
    pub(crate) async fn settled(&self) {
        let mut untried = self.untried.subscribe();
        let _ = timeout_at(self.began + STARTUP_WAIT, untried.wait_for(HashSet::is_empty)).await;
    }

    fn parts(&self) -> Vec<Part> {
        let upstreams = self.upstreams.load();
        let enabled = upstreams.iter().filter(|upstream| upstream.spec.enabled);
        enabled.filter_map(|upstream| Some(Part::new(&upstream.spec, upstream.offer()?))).collect()
    }

    /// Builds the catalogs anew and tells the sessions what changed for them.
    fn publish(&self, change: MutexGuard<'_, ()>) {
        let page_size = self.machine.settings.page_size;
        let before = self.published.load_full();
        let parts = self.parts();
        let alone = |part: &Part| {
            let part = part.clone().alone();
            let old = before.each.get(&part.upstream);
            let catalog = match old.filter(|old| old.parts() == std::slice::from_ref(&part)) {
                Some(unchanged) => unchanged.clone(),
                None => Arc::new(Catalog::build(vec![part.clone()], &Catalog::default(), page_size)),
            };
            (part.upstream, catalog)
        };
        let each = parts.iter().map(alone).collect();
        let all = Arc::new(Catalog::build(parts, &before.all, page_size));
        for held in all.held_back().iter().filter(|held| !before.all.held_back().contains(held)) {
            let (kind, name) = (held.kind.words(), &held.name);
            tracing::warn!(upstream = %held.newcomer, "{kind} `{name}` is held back: `{}` has that name", held.owner);
        }
        let sessions = self.sessions();
        let views: Vec<_> = sessions.iter().map(|session| (session, session.catalog())).collect();
        self.published.store(Arc::new(Published { all, each }));
        let mut told: HashMap<&Scope, Vec<&'static str>> = HashMap::new();
        for (session, view) in &views {
            let news = || session.catalog().changes_since(view);
            match session.has_own_view() {
                true => session.tell_changes(&news()),
                false => session.tell_changes(told.entry(&session.scope).or_insert_with(news)),
            }
        }
        drop(change);
    }

    pub(crate) fn call_timeout(&self, name: &UpstreamName) -> Duration {
        let own = self.upstream(name).and_then(|upstream| upstream.spec.call_timeout_s);
        own.map_or(self.machine.settings.call_timeout, Duration::from_secs)
    }

    /// What an upstream should send when `session` sets its level: its own upstream as much as it
    /// wants, a shared one as much as the most verbose session wants.
    pub(crate) fn wanted_level(&self, upstream: &UpstreamName, session: &Session) -> Option<Level> {
        match self.upstream(upstream)?.spec.isolation {
            Isolation::Session => session.level(),
            Isolation::Shared => self.most_verbose_level(),
        }
    }

    pub(crate) fn most_verbose_level(&self) -> Option<Level> {
        self.sessions().iter().filter_map(|session| session.level()).min()
    }
}

/// An upstream that every session runs for itself is ready when it could be listed.
fn state(upstream: &Upstream, slot: Option<UpstreamState>) -> UpstreamState {
    match (slot, upstream.spec.isolation) {
        (Some(UpstreamState::Stopped), Isolation::Session)
            if upstream.offer().is_some() && !upstream.is_held() =>
        {
            UpstreamState::Ready
        }
        (Some(state), _) => state,
        (None, _) => UpstreamState::Stopped,
    }
}
