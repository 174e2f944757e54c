//! The gateway: which upstreams there are, and how they come, change and go. What is published of them, who is
//! connected and what runs lies in the files below. It decides nothing about a call.

mod known;
mod published;
mod report;
mod running;
mod sessions;

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use arc_swap::ArcSwap;
use headgate_model::{Isolation, Program, Settings, Transport, UpstreamName, UpstreamSpec};
use tokio::{
    sync::{Notify, Semaphore, mpsc, watch},
    time::Instant,
};

use known::Library;
pub use known::{Change, Known};
use published::Published;
pub use report::UpstreamReport;
pub use running::{Running, Sharers};

use crate::{
    activity::Recorder,
    board::{Board, Posted, Shows, Unanswered, Verdict},
    catalog::{Catalog, HeldBack, Kind, Part},
    machine::{Machine, SecretReader},
    programs,
    session::{Level, Session, SessionHash, SessionRecord},
    slot::Slot,
    tokens::Tokens,
    trial::{self, StepTeller, Trial},
    unready::Unready,
    upstream::{
        Upstream,
        connection::{Context, Owner},
        fingerprint::fingerprint,
        fresh_context,
        listing::Offer,
        log::Log,
        start::{self, Connected, Definition},
    },
};

/// Upstreams that start at once only to be listed, so that a hundred new ones do not bring the machine down.
const LISTED_AT_ONCE: usize = 16;

/// Everything that is between clients and upstreams.
pub struct Gateway {
    pub(crate) machine: Arc<Machine>,
    /// A session ends when its own child ends by itself (`headgate proxy`).
    pub(crate) ends_with_child: bool,
    upstreams: ArcSwap<Registry>,
    published: ArcSwap<Published>,
    /// Held while `upstreams` and `published` change; never on the way of a call.
    changing: Mutex<()>,
    sessions: RwLock<HashMap<String, Arc<Session>>>,
    /// Sessions of earlier runs whose clients have not come back yet.
    dormant: Mutex<HashMap<SessionHash, Dormant>>,
    /// Told what should outlive this process; never on the way of a call.
    journal: Option<mpsc::Sender<Change>>,
    /// What is known of definitions, whoever runs them.
    library: Library,
    /// Told of every call that ended.
    recorder: Arc<Recorder>,
    /// Differs from run to run, and stands in event ids.
    pub(crate) epoch: String,
    /// What tools cost, counted when somebody asks.
    pub(crate) tokens: Tokens,
    /// Questions that faces show for clients that cannot.
    pub(crate) board: Arc<Board>,
    began: Instant,
    /// Upstreams that have not yet been tried since then.
    untried: watch::Sender<HashSet<UpstreamName>>,
    programs: Arc<programs::Cache>,
}

struct Dormant {
    record: SessionRecord,
    expires: Instant,
}

/// The upstreams in the order of their registration, and by name, since every call looks for one.
#[derive(Default)]
struct Registry {
    list: Arc<Vec<Arc<Upstream>>>,
    by_name: HashMap<UpstreamName, Arc<Upstream>>,
}

impl Registry {
    fn of(list: Vec<Arc<Upstream>>) -> Arc<Self> {
        let by_name = list.iter().map(|upstream| (upstream.spec.name.clone(), upstream.clone())).collect();
        Arc::new(Self { list: Arc::new(list), by_name })
    }
}

/// A new upstream that was started and listed, and is not registered yet.
pub struct Probed {
    context: Context,
    offer: Arc<Offer>,
    connected: Connected,
}

impl Probed {
    /// What it offers.
    pub fn offer(&self) -> &Arc<Offer> {
        &self.offer
    }

    /// Ends it: it is not wanted.
    pub async fn discard(self) {
        self.connected.handle.stop();
        let _ = self.connected.exit.await;
    }
}

/// A session could not be opened because there are too many.
#[derive(Debug, thiserror::Error)]
#[error("{0} sessions are open, which is the limit; end some of them")]
pub struct TooManySessions(usize);

impl Gateway {
    /// A gateway without upstreams.
    pub fn new(machine: Machine, ends_with_child: bool, journal: Option<mpsc::Sender<Change>>) -> Arc<Self> {
        let machine = Arc::new(machine);
        Arc::new(Self {
            board: Board::new(machine.clone()),
            machine,
            ends_with_child,
            upstreams: ArcSwap::default(),
            published: ArcSwap::default(),
            changing: Mutex::new(()),
            sessions: RwLock::default(),
            dormant: Mutex::default(),
            journal,
            library: Library::default(),
            recorder: Arc::default(),
            epoch: format!("{:x}", rand::random::<u32>()),
            tokens: Tokens::default(),
            began: Instant::now(),
            untried: watch::Sender::default(),
            programs: Arc::default(),
        })
    }

    /// Where ended calls go; it takes none until it is told to.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- upstreams -------------------------------------------------------------------------------

    /// All upstreams in the order of their registration.
    pub fn upstreams(&self) -> Arc<Vec<Arc<Upstream>>> {
        self.upstreams.load().list.clone()
    }

    /// One upstream.
    pub fn upstream(&self, name: &UpstreamName) -> Option<Arc<Upstream>> {
        self.upstreams.load().by_name.get(name).cloned()
    }

    /// Takes in upstreams that were registered before, and what is known of them. Those of which nothing is
    /// known begin to start, and lists wait for them for a moment.
    pub fn restore(self: &Arc<Self>, specs: Vec<UpstreamSpec>, known: Vec<Known>) {
        self.library.fill(known);
        let change = self.change();
        let upstreams: Vec<_> = specs
            .into_iter()
            .map(|spec| {
                let context = fresh_context(&spec);
                let known = self.library.find(&spec.name, &fingerprint(&spec, None));
                context.start_ms.store(known.as_ref().map_or(0, |known| known.start_ms), Relaxed);
                Upstream::new(self, spec, context, known.map(|known| known.offer), None)
            })
            .collect();
        let news = upstreams.iter().filter(|upstream| upstream.spec.enabled && upstream.offer().is_none());
        self.untried.send_replace(news.map(|upstream| upstream.spec.name.clone()).collect());
        self.upstreams.store(Registry::of(upstreams.clone()));
        self.publish(change);
        let room = Arc::new(Semaphore::new(LISTED_AT_ONCE));
        for upstream in upstreams {
            begin_if_needed(&upstream, room.clone());
        }
    }

    /// Takes in an upstream that is started by its sessions alone and never listed before.
    pub fn host(self: &Arc<Self>, spec: UpstreamSpec) {
        let change = self.change();
        let context = fresh_context(&spec);
        self.upstreams.store(Registry::of(vec![Upstream::new(self, spec, context, None, None)]));
        self.publish(change);
    }

    /// Starts and lists an upstream that is not registered, in the folder of a project if it is to run in
    /// one. Its log can be followed meanwhile.
    pub async fn probe(
        &self,
        spec: &UpstreamSpec,
        project: Option<&Path>,
        log: Arc<Log>,
    ) -> Result<Probed, Unready> {
        let context = Context { log, project: project.map(Path::to_owned), ..fresh_context(spec) };
        let definition = Definition {
            machine: self.machine.clone(),
            spec: Arc::new(spec.clone()),
            context,
            owner: Owner::Shared,
            parameters: start::shared_parameters(),
        };
        let connected = start::connect(&definition, true, &Notify::new()).await?;
        let offer =
            connected.offer.clone().ok_or_else(|| Unready::new(format!("`{}` was not listed", spec.name)))?;
        Ok(Probed { context: definition.context, offer, connected })
    }

    /// Starts, lists and ends a fresh copy of a definition, whatever runs of it already, in the folder of a
    /// project if it is to run in one. `secrets` reads its secrets where they are not kept yet; `tell` hears of each
    /// step as it ends.
    pub async fn try_out(
        &self,
        spec: &UpstreamSpec,
        project: Option<&Path>,
        secrets: Option<SecretReader>,
        log: Arc<Log>,
        tell: StepTeller<'_>,
    ) -> Trial {
        let machine = Machine::clone(&self.machine);
        let secrets = secrets.unwrap_or_else(|| machine.secrets.clone());
        let context = Context { log, project: project.map(Path::to_owned), ..fresh_context(spec) };
        trial::run(&Machine { secrets, ..machine }, spec, context, tell).await
    }

    /// The PATH on which children are looked for, as soon as it is known.
    pub async fn child_path(&self) -> OsString {
        self.machine.environment.path().await
    }

    /// The program that a definition would run, as soon as the PATH of children is known.
    pub async fn program(&self, transport: &Transport) -> Option<Program> {
        let environment = &self.machine.environment;
        environment.path().await;
        self.programs.refresh(environment, &[transport]).await;
        let program = self.programs.get(transport)?;
        if program.path.is_none() && programs::is_on_path(&program.command) {
            environment.ask_again().await;
            self.programs.refresh(environment, &[transport]).await;
        }
        self.programs.get(transport)
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
        let catalog = Catalog::build(parts, &Catalog::default(), self.machine.settings.load().page_size);
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
        let Probed { context, offer, connected } = probed;
        let context = Context { project: None, ..context };
        // What was tried is nobody's copy where each session or project has its own.
        let connected = match spec.isolation {
            Isolation::Shared => Some(connected),
            Isolation::Project | Isolation::Session => {
                connected.handle.stop();
                None
            }
        };
        let change = self.change();
        let offer = self.learn(&spec, &context, offer);
        let upstream = Upstream::new(self, spec, context, Some(offer), connected);
        self.replace_list(|upstreams| upstreams.push(upstream));
        self.publish(change);
    }

    /// Takes in upstreams that were not talked to before, and begins to start those of which nothing is
    /// known. Their states tell whether that works.
    pub fn adopt(self: &Arc<Self>, specs: Vec<UpstreamSpec>) {
        let change = self.change();
        let upstream = |spec: UpstreamSpec| {
            let (context, known) = (fresh_context(&spec), self.known_offer(&spec, None));
            Upstream::new(self, spec, context, known, None)
        };
        let upstreams: Vec<_> = specs.into_iter().map(upstream).collect();
        self.replace_list(|all| all.extend(upstreams.iter().cloned()));
        self.publish(change);
        let room = Arc::new(Semaphore::new(LISTED_AT_ONCE));
        for upstream in upstreams {
            begin_if_needed(&upstream, room.clone());
        }
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
            false => {
                let known = self.known_offer(&spec, None);
                Upstream::new(self, spec, old.context.clone(), known, None)
            }
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
        }
        begin_if_needed(&upstream, Arc::new(Semaphore::new(1)));
    }

    /// Removes an upstream: it is unpublished first, then ends by itself; nobody waits for it.
    pub fn remove(&self, name: &UpstreamName) {
        let change = self.change();
        self.unlearn(name);
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
        let mut upstreams = Vec::clone(&self.upstreams.load().list);
        edit(&mut upstreams);
        self.upstreams.store(Registry::of(upstreams));
    }

    /// Starts an upstream because a person wants it.
    pub async fn start(&self, upstream: &Upstream) -> Result<(), Unready> {
        enabled_slot(upstream)?.start().await.map(drop)
    }

    /// Ends every copy of an upstream and starts the one for everybody; the others start with their next call.
    pub async fn restart(&self, upstream: &Upstream) -> Result<(), Unready> {
        let slot = enabled_slot(upstream)?;
        let projects = upstream.projects().all();
        self.drop_own_copies(&upstream.spec.name);
        let projects = projects.iter().map(|(_, copy)| copy.slot.stop(false));
        let (everybody, _) = tokio::join!(slot.restart(), futures_util::future::join_all(projects));
        everybody.map(drop)
    }

    /// Stops an upstream until a person starts it again.
    pub async fn stop(&self, upstream: &Upstream) {
        let projects = upstream.projects().all();
        let projects = projects.iter().map(|(_, copy)| copy.slot.stop(false));
        let everybody = async {
            if let Some(slot) = upstream.slot() {
                slot.stop(true).await;
            }
        };
        // First the one by which it is held: a call must not start another copy meanwhile.
        everybody.await;
        futures_util::future::join_all(projects).await;
        self.drop_own_copies(&upstream.spec.name);
    }

    /// Looks up the programs of these definitions, so that reports tell them. Waits, though not long.
    pub async fn look_up_programs(&self, specs: &[Arc<UpstreamSpec>]) {
        let transports: Vec<&Transport> = specs.iter().map(|spec| &spec.transport).collect();
        self.programs.refresh(&self.machine.environment, &transports).await;
    }

    /// Makes changed settings hold at once.
    pub fn tune(&self, settings: Settings) {
        let change = self.change();
        let old = self.machine.settings.swap(Arc::new(settings));
        match old.page_size == self.machine.settings.load().page_size {
            true => self.machine.changed(),
            false => self.publish(change),
        }
    }

    /// Counts what faces would see change. A look at it costs a call nothing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.machine.changes.subscribe()
    }

    /// Tells faces to look again: something beside the gateway changed.
    pub fn changed(&self) {
        self.machine.changed();
    }

    /// Says that a face shows questions, for as long as it holds what this returns.
    pub fn show_questions(&self) -> Shows {
        self.board.watch()
    }

    /// The questions that faces show, the oldest first.
    pub fn questions(&self) -> Vec<Arc<Posted>> {
        self.board.list()
    }

    /// Hands a person's answer to the upstream that asked.
    pub async fn answer_question(&self, number: u64, verdict: Verdict) -> Result<(), Unanswered> {
        self.board.answer(number, verdict).await
    }

    /// The settings as they hold now.
    pub fn settings(&self) -> Arc<Settings> {
        self.machine.settings.load_full()
    }

    pub(crate) fn call_timeout(&self, name: &UpstreamName) -> Duration {
        let own = self.upstream(name).and_then(|upstream| upstream.spec.call_timeout_s);
        own.map_or(self.machine.settings.load().call_timeout, Duration::from_secs)
    }

    /// What an upstream should send when `session` sets its level: its own upstream as much as it
    /// wants, a shared one as much as the most verbose session wants.
    pub(crate) fn wanted_level(&self, upstream: &UpstreamName, session: &Session) -> Option<Level> {
        match self.upstream(upstream)?.spec.isolation {
            Isolation::Session => session.level(),
            Isolation::Shared | Isolation::Project => self.most_verbose_level(),
        }
    }

    pub(crate) fn most_verbose_level(&self) -> Option<Level> {
        self.sessions().iter().filter_map(|session| session.level()).min()
    }
}

/// The copy for everybody of an upstream that is switched on.
fn enabled_slot(upstream: &Upstream) -> Result<Arc<Slot>, Unready> {
    let disabled = || Unready::new(format!("`{}` is disabled", upstream.spec.name));
    upstream.slot().ok_or_else(disabled)
}

/// Starts an upstream that must be listed, or that a person wants warm.
fn begin_if_needed(upstream: &Upstream, room: Arc<Semaphore>) {
    let Some(slot) = upstream.slot().filter(|slot| slot.live().is_none()) else { return };
    if upstream.offer().is_none() || upstream.spec.keep_warm {
        // One that is removed or replaced meanwhile need not start any more.
        let slot = Arc::downgrade(&slot);
        tokio::spawn(async move {
            let _place = room.acquire().await;
            if let Some(slot) = slot.upgrade() {
                let _ = slot.demand().await;
            }
        });
    }
}
