//! A slot holds at most one running copy of an upstream: one for everybody, or one for a session. A
//! task owns it, starts it on demand and once for all who wait, and acts on what the supervisor says.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use headgate_model::{UpstreamName, UpstreamState};
use headgate_protocol::Raw;
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    suggestion,
    supervisor::{Demand, Refusal, SHORTEST_LOOK, Supervisor, looks_again_at, may_rest_after},
    upstream::{
        connection::{Exit, Owner},
        handle::{Handle, Rest},
        listing::{self, Offer},
        log::{Source, now_ms},
        start::{self, Connected, Definition},
    },
};

/// Commands that wait for one slot; callers beyond it wait.
const INBOX: usize = 64;
/// Between two listings of an upstream whose lists change all the time.
const RELIST_PAUSE: Duration = Duration::from_secs(1);

/// Who keeps what a slot finds out.
pub(crate) trait Keeper: Send + Sync + 'static {
    /// The upstream was listed.
    fn offered(&self, offer: Arc<Offer>) -> impl Future<Output = ()> + Send;
    /// The upstream is ready for calls.
    fn ready(&self, handle: &Handle) -> impl Future<Output = ()> + Send;
    /// The upstream ended without being asked to.
    fn crashed(&self) -> impl Future<Output = ()> + Send;
    /// It must not be put to sleep: a person wants it warm, or somebody subscribed to what it knows.
    fn is_pinned(&self) -> bool;
}

/// How a slot does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Status {
    pub state: UpstreamState,
    /// Why it is not ready.
    pub reason: Option<String>,
    /// A person stopped it.
    pub held: bool,
    pub restarts: u64,
    /// When the start under way, or the one of the running copy, began: milliseconds since 1970.
    pub began_ms: Option<u64>,

    /// How the last run ended, unless it was by a person.
    pub last_exit: Option<String>,
}

/// What comes after an end that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum After {
    /// The next call starts it.
    Rest,
    /// Only a person starts it.
    Hold,
    /// It is started at once.
    Start,
}

enum Command {
    Demand(oneshot::Sender<Result<Handle, String>>),
    Start(oneshot::Sender<Result<Handle, String>>),
    Restart(oneshot::Sender<Result<Handle, String>>),
    Stop { by_person: bool, done: oneshot::Sender<()> },
    GiveUp { pid: u32, reason: String },
    Rest,
}

/// The handle to a slot. When the last one is dropped, the slot ends its upstream.
pub(crate) struct Slot {
    /// The folder of the project that it runs for.
    pub(crate) project: Option<PathBuf>,
    live: Arc<ArcSwapOption<Handle>>,
    inbox: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
}

impl Slot {
    /// A slot that runs nothing yet, or takes over a connection that was just made. One whose offer is
    /// `known` is ready for calls before it is listed again.
    pub(crate) fn new<K: Keeper>(
        definition: Definition,
        keeper: K,
        known: Option<Arc<Offer>>,
        connected: Option<Connected>,
    ) -> Arc<Self> {
        let (inbox, commands) = mpsc::channel(INBOX);
        let restarts_itself = matches!(definition.owner, Owner::Shared);
        let (status_to, status) = watch::channel(Status {
            state: UpstreamState::Configured,
            reason: None,
            held: false,
            restarts: 0,
            began_ms: None,
            last_exit: None,
        });
        let live = Arc::new(ArcSwapOption::empty());
        let project = definition.context.project.clone();
        let mut task = Task {
            definition: Arc::new(definition),
            keeper: Arc::new(keeper),
            supervisor: Supervisor::new(restarts_itself),
            live: live.clone(),
            status: status_to,
            reason: None,
            began_ms: None,
            last_exit: None,
            keeps_state: known.as_deref().is_some_and(keeps_state),
            known,
            rests_at: None,
            waiting: Vec::new(),
            stopping: Vec::new(),
            starting: None,
            nobody_waits: Arc::default(),
            exit: None,
            initialize: None,
            relisting: None,
            changed_meanwhile: false,
        };
        if let Some(connected) = &connected {
            // Whoever looks before the task runs sees it ready.
            task.supervisor.starting();
            task.ready(connected);
        }
        tokio::spawn(task.run(commands, connected));
        Arc::new(Self { project, live, inbox, status })
    }

    /// The running upstream, when there is one. This is all that a call costs in the usual case.
    pub(crate) fn live(&self) -> Option<Handle> {
        self.live.load().as_ref().filter(|handle| !handle.is_closed()).map(|handle| Handle::clone(handle))
    }

    /// The running upstream, started if need be.
    pub(crate) async fn demand(&self) -> Result<Handle, String> {
        match self.live() {
            Some(handle) => Ok(handle),
            None => self.ask(Command::Demand).await,
        }
    }

    /// The same because a person said so: past failures do not count.
    pub(crate) async fn start(&self) -> Result<Handle, String> {
        self.ask(Command::Start).await
    }

    /// Ends what runs or starts, and starts it anew. Whoever calls meanwhile waits for that start, which goes
    /// on when nobody waits for it here any more.
    pub(crate) async fn restart(&self) -> Result<Handle, String> {
        self.ask(Command::Restart).await
    }

    /// Ends the upstream; a start under way is waited for.
    pub(crate) async fn stop(&self, by_person: bool) {
        let (done, stopped) = oneshot::channel();
        if self.inbox.send(Command::Stop { by_person, done }).await.is_ok() {
            let _ = stopped.await;
        }
    }

    /// Lets the running copy end because those it runs for are away: not while something of theirs is open.
    pub(crate) async fn rest(&self) {
        let _ = self.inbox.send(Command::Rest).await;
    }

    /// Ends the running copy as a failure, for a reason that people will read. It is started again as after
    /// any other failure.
    pub(crate) async fn give_up(&self, pid: u32, reason: String) {
        let _ = self.inbox.send(Command::GiveUp { pid, reason }).await;
    }

    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.live().and_then(|handle| handle.pid)
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<Handle, String>>) -> Command,
    ) -> Result<Handle, String> {
        let (reply, answer) = oneshot::channel();
        let gone = || "the upstream was removed".to_owned();
        self.inbox.send(command(reply)).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

struct Task<K> {
    definition: Arc<Definition>,
    keeper: Arc<K>,
    supervisor: Supervisor,
    live: Arc<ArcSwapOption<Handle>>,
    status: watch::Sender<Status>,
    reason: Option<String>,
    began_ms: Option<u64>,
    last_exit: Option<String>,
    /// What it offered when it was last listed, in whichever run.
    known: Option<Arc<Offer>>,
    keeps_state: bool,
    /// When to look whether the running copy is still needed.
    rests_at: Option<Instant>,
    /// Who wants the upstream and waits for a start.
    waiting: Vec<oneshot::Sender<Result<Handle, String>>>,
    /// Who waits for the end, and what is to come after it.
    stopping: Vec<(After, oneshot::Sender<()>)>,
    starting: Option<JoinHandle<Result<Connected, String>>>,
    /// Ends the start under way.
    nobody_waits: Arc<Notify>,
    exit: Option<oneshot::Receiver<Exit>>,
    /// What the running copy answered to `initialize`.
    initialize: Option<Raw>,
    relisting: Option<JoinHandle<Option<Arc<Offer>>>>,
    changed_meanwhile: bool,
}

enum Event {
    Command(Command),
    /// Nobody holds the slot any more.
    Abandoned,
    Started(Result<Connected, String>),
    Exited(Exit),
    ListsChanged,
    Relisted(Option<Arc<Offer>>),
    PauseOver,
    RestDue,
}

impl<K: Keeper> Task<K> {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, connected: Option<Connected>) {
        if let Some(connected) = connected {
            self.started(Ok(connected)).await;
        }
        loop {
            self.publish_status();
            match self.next_event(&mut commands).await {
                Event::Command(Command::Demand(reply)) => self.demanded(reply),
                Event::Command(Command::Start(reply)) => {
                    self.supervisor.forgive();
                    self.demanded(reply);
                }
                Event::Command(Command::Restart(reply)) => {
                    self.waiting.push(reply);
                    self.stop(After::Start, oneshot::channel().0).await;
                }
                Event::Command(Command::Stop { by_person: true, done }) => self.stop(After::Hold, done).await,
                Event::Command(Command::Stop { by_person: false, done }) => {
                    self.stop(After::Rest, done).await
                }
                Event::Command(Command::GiveUp { pid, reason }) => {
                    // Another one may run by now.
                    if let Some(handle) = self.live.load_full().filter(|handle| handle.pid == Some(pid)) {
                        handle.give_up(reason).await;
                    }
                }
                Event::Started(result) => self.started(result).await,
                Event::Exited(exit) => self.exited(exit).await,
                Event::ListsChanged => self.relist(),
                Event::Relisted(offer) => self.relisted(offer).await,
                Event::Command(Command::Rest) => {
                    let unused_for = may_rest_after(SHORTEST_LOOK, self.keeps_state);
                    self.rest_if_unused(unused_for).await;
                }
                Event::PauseOver => self.start(),
                Event::RestDue => self.rest().await,
                Event::Abandoned => return self.end().await,
            }
        }
    }

    async fn next_event(&mut self, commands: &mut mpsc::Receiver<Command>) -> Event {
        let wakes_at = self.supervisor.wakes_at(!self.waiting.is_empty());
        let changes = self.definition.context.changes.clone();
        let is_live = self.exit.is_some();
        let rests_at = self.rests_at.filter(|_| is_live);
        tokio::select! {
            command = commands.recv() => command.map_or(Event::Abandoned, Event::Command),
            result = joined(&mut self.starting) => {
                Event::Started(result.unwrap_or_else(|| Err("the start was interrupted".to_owned())))
            }
            exit = received(&mut self.exit) => Event::Exited(exit),
            offer = joined(&mut self.relisting) => Event::Relisted(offer.flatten()),
            () = changes.notified(), if is_live => Event::ListsChanged,
            () = sleep_until(wakes_at.unwrap_or_else(Instant::now)), if wakes_at.is_some() => Event::PauseOver,
            () = sleep_until(rests_at.unwrap_or_else(Instant::now)), if rests_at.is_some() => Event::RestDue,
        }
    }

    fn publish_status(&self) {
        let status = Status {
            state: self.supervisor.state(),
            reason: self.reason.clone(),
            held: self.supervisor.is_held(),
            restarts: self.supervisor.restarts(),
            began_ms: self.began_ms,
            last_exit: self.last_exit.clone(),
        };
        if *self.status.borrow() != status {
            self.status.send_replace(status);
            self.definition.machine.changed();
        }
    }

    fn demanded(&mut self, reply: oneshot::Sender<Result<Handle, String>>) {
        let name = &self.definition.spec.name;
        let live = self.live.load_full();
        match (self.supervisor.demanded(Instant::now()), live) {
            (Demand::Use, Some(handle)) if !handle.is_closed() => {
                drop(reply.send(Ok(Handle::clone(&handle))))
            }
            // Its end is on the way; whoever asks now waits for what comes after it.
            (Demand::Use | Demand::Wait, _) => self.waiting.push(reply),
            (Demand::Start, _) => {
                self.waiting.push(reply);
                self.start();
            }
            (Demand::Refuse(Refusal::Stopped), _) => {
                drop(reply.send(Err(held(name))));
            }
            (Demand::Refuse(Refusal::Failing(pause)), _) => {
                let reason = self.reason.clone().unwrap_or_else(|| "it failed".to_owned());
                let seconds = pause.as_secs_f64().ceil();
                drop(reply.send(Err(format!(
                    "{reason} (it is tried again in {seconds} s at the earliest, or now with `headgate start {name}`)"
                ))));
            }
        }
    }

    fn start(&mut self) {
        self.supervisor.starting();
        self.began_ms = Some(now_ms());
        self.nobody_waits = Arc::default();
        let (definition, listed) = (self.definition.clone(), self.known.is_none());
        let nobody_waits = self.nobody_waits.clone();
        self.starting =
            Some(tokio::spawn(async move { start::connect(&definition, listed, &nobody_waits).await }));
    }

    async fn started(&mut self, result: Result<Connected, String>) {
        match result {
            Ok(connected) => {
                self.ready(&connected);
                self.exit = Some(connected.exit);
                self.keeper.ready(&connected.handle).await;
                if let Some(offer) = connected.offer.clone() {
                    self.offered(offer).await;
                }
                for reply in self.answered() {
                    let _ = reply.send(Ok(connected.handle.clone()));
                }
                if connected.offer.is_none() {
                    self.relist();
                }
            }
            Err(reason) => {
                if self.stopping.is_empty() {
                    self.fail(reason.clone());
                }
                for reply in self.answered() {
                    let _ = reply.send(Err(reason.clone()));
                }
                self.stopped();
                self.keeper.crashed().await;
            }
        }
        if !self.stopping.is_empty() {
            self.stop_live().await;
        }
    }

    /// Those to whom the end of a start is told: nobody, when another start follows it.
    fn answered(&mut self) -> Vec<oneshot::Sender<Result<Handle, String>>> {
        match self.after() {
            After::Start => Vec::new(),
            After::Rest | After::Hold => std::mem::take(&mut self.waiting),
        }
    }

    /// What the person who spoke last wants after the end under way.
    fn after(&self) -> After {
        let wishes = self.stopping.iter().map(|(after, _)| *after);
        wishes.rev().find(|after| *after != After::Rest).unwrap_or(After::Rest)
    }

    fn ready(&mut self, connected: &Connected) {
        self.supervisor.started(Instant::now());
        self.reason = None;
        self.initialize = Some(connected.initialize.clone());
        let took = u64::try_from(connected.took.as_millis()).unwrap_or(u64::MAX).max(1);
        self.definition.context.start_ms.store(took, Relaxed);
        self.began_ms.get_or_insert_with(now_ms);
        // Only processes cost something while they idle.
        self.rests_at = connected.handle.pid.map(|_| Instant::now());
        self.live.store(Some(Arc::new(connected.handle.clone())));
        self.publish_status();
    }

    fn fail(&mut self, reason: String) {
        self.definition.context.log.add(Source::Life, &reason);
        tracing::warn!(upstream = %self.definition.spec.name, "{reason}");
        self.last_exit = Some(reason.clone());
        self.reason = Some(reason);
        self.supervisor.failed(Instant::now(), rand::random());
        self.publish_status();
    }

    async fn exited(&mut self, exit: Exit) {
        self.live.store(None);
        self.began_ms = None;
        if exit.expected {
            self.definition.context.log.add(Source::Life, &exit.how);
            match self.stopping.is_empty() && self.keeper.is_pinned() {
                true => self.supervisor.missed(Instant::now(), rand::random()),
                false => self.supervisor.stopped(false),
            }
            self.stopped();
        } else {
            self.fail(format!("`{}` {}", self.definition.spec.name, exit.how));
            self.stopped();
            self.keeper.crashed().await;
        }
        // Whoever asked between the end and its news is answered by what holds now.
        for reply in std::mem::take(&mut self.waiting) {
            self.demanded(reply);
        }
    }

    async fn stop(&mut self, after: After, done: oneshot::Sender<()>) {
        self.stopping.push((after, done));
        match self.starting {
            // It ends its child and tells when that is gone.
            Some(_) => self.nobody_waits.notify_one(),
            None => self.stop_live().await,
        }
    }

    async fn stop_live(&mut self) {
        match (self.live.load_full(), &self.exit) {
            (Some(handle), Some(_)) => handle.stop(),
            (None, Some(_)) => {}
            _ => {
                self.supervisor.stopped(false);
                self.stopped();
            }
        }
    }

    /// Tells everybody who waits for the end.
    fn stopped(&mut self) {
        if self.stopping.is_empty() {
            return;
        }
        let after = self.after();
        self.supervisor.stopped(after == After::Hold);
        if after == After::Start {
            self.supervisor.forgive();
        }
        self.reason = None;
        self.publish_status();
        for (_, done) in self.stopping.drain(..) {
            let _ = done.send(());
        }
        // Whoever waited for a restart is answered by what holds now.
        for reply in std::mem::take(&mut self.waiting) {
            self.demanded(reply);
        }
    }

    /// One listing at a time; what changes meanwhile is listed after it.
    fn relist(&mut self) {
        self.relist_after(Duration::ZERO);
    }

    fn relist_after(&mut self, pause: Duration) {
        if self.relisting.is_some() {
            self.changed_meanwhile = true;
            return;
        }
        let Some(handle) = self.live.load_full() else { return };
        let Some(initialize) = self.initialize.clone() else { return };
        let own = self.definition.spec.start_timeout_s.map(Duration::from_secs);
        let limit = own.unwrap_or(self.definition.machine.settings.load().start_timeout);
        let (known, log) = (self.known.clone(), self.definition.context.log.clone());
        self.relisting = Some(tokio::spawn(async move {
            sleep(pause).await;
            let fetched = timeout(limit, listing::fetch(&handle, &initialize, known.as_deref(), &log)).await;
            fetched.ok()?.ok().map(Arc::new)
        }));
    }

    async fn relisted(&mut self, offer: Option<Arc<Offer>>) {
        match offer {
            Some(offer) => self.offered(offer).await,
            None => {
                let news = "it could not be listed anew; what was known of it before stays";
                self.definition.context.log.add(Source::Life, news);
            }
        }
        if std::mem::take(&mut self.changed_meanwhile) {
            self.relist_after(RELIST_PAUSE);
        }
    }

    async fn offered(&mut self, offer: Arc<Offer>) {
        self.known = Some(offer.clone());
        self.keeps_state = keeps_state(&offer);
        self.keeper.offered(offer).await;
    }

    /// Lets the running copy end if it was not used for long enough.
    async fn rest(&mut self) {
        let sleep = self.definition.machine.settings.load().upstream_sleep;
        let unused_for = may_rest_after(sleep, self.keeps_state);
        let may_end_at = match (self.rest_if_unused(unused_for).await, unused_for) {
            (Some(Rest::Agreed), _) => return self.rests_at = None,
            (Some(Rest::UsedAt(at)), Some(unused_for)) => Some(at + unused_for),
            _ => None,
        };
        self.rests_at = Some(looks_again_at(Instant::now(), sleep, may_end_at));
    }

    /// Asks the running copy to end if it was not used for so long, and nothing else keeps it awake.
    async fn rest_if_unused(&self, unused_for: Option<Duration>) -> Option<Rest> {
        let handle = self.live.load_full()?;
        let unused_for = unused_for.filter(|_| !self.keeper.is_pinned())?;
        Some(handle.rest(unused_for).await)
    }

    async fn end(mut self) {
        self.nobody_waits.notify_one();
        if let Some(starting) = self.starting.take()
            && let Ok(Ok(connected)) = starting.await
        {
            connected.handle.stop();
            let _ = connected.exit.await;
        }
        if let (Some(handle), Some(exit)) = (self.live.swap(None), self.exit.take()) {
            handle.stop();
            let _ = exit.await;
        }
    }
}

fn keeps_state(offer: &Offer) -> bool {
    suggestion::keeps_state(offer).is_some()
}

/// Why nobody gets an upstream that a person stopped.
pub(crate) fn held(name: &UpstreamName) -> String {
    format!("`{name}` was stopped; start it with `headgate start {name}`")
}

/// Waits for a task, if there is one, and takes it out; `None` when it panicked.
async fn joined<T>(task: &mut Option<JoinHandle<T>>) -> Option<T> {
    let Some(running) = task else { return std::future::pending().await };
    let result = running.await;
    *task = None;
    result.ok()
}

async fn received(exit: &mut Option<oneshot::Receiver<Exit>>) -> Exit {
    let Some(receiver) = exit else { return std::future::pending().await };
    let ended = receiver.await;
    *exit = None;
    ended.unwrap_or(Exit { how: "its connection broke inside Headgate".to_owned(), expected: false })
}
