//! One client conversation of the legacy era: what was negotiated, its streams, its calls in flight,
//! the questions it was asked, and the upstreams that run for it alone.
//!
//! All state lies behind one lock that is held for look-ups only; nothing here waits with it.

mod asks;
mod ended;
mod event_id;
pub(crate) mod legacy;
mod level;
mod own;
mod project;
mod questions;
mod record;
mod stream;
mod underway;
pub(crate) mod wishes;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::{Id, Notification, Outcome, Raw, Response, error, method, revision};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, Semaphore, oneshot},
    time::{Instant, timeout},
};

pub(crate) use asks::Ask;
use asks::Asks;
use event_id::StreamName;
pub(crate) use level::Level;
use project::Project;
pub(crate) use record::hash;
pub use record::{SessionChange, SessionHash, SessionRecord};
pub(crate) use stream::Paused;
use stream::Weight;
pub use stream::{Next, Reader, Stream};
pub(crate) use underway::Underway;
pub use underway::{Progress, UnderwayReport};

use crate::{
    catalog::{Catalog, Part},
    gateway::{Change, Gateway, Sharers},
    naming::Naming,
    router::Scope,
    slot::Slot,
    upstream::listing::Offer,
};

/// Calls that one session may have in flight; a client that sends more is told so.
const MAX_CALLS: usize = 1024;
/// Notifications of one session that wait for upstreams to start; more are dropped, and the log says so.
const MAX_WAITING_NOTIFICATIONS: usize = 4096;
/// Calls in flight that are shown of one session; a person does not follow more.
const MAX_SHOWN_CALLS: usize = 20;
/// Streams that are kept for resumption; the oldest finished ones go first.
const MAX_FINISHED_STREAMS: usize = 32;
/// The same bound in bytes.
const MAX_FINISHED_BYTES: usize = 8 * 1024 * 1024;
/// How long the answers to calls that were cut off by the end of their session may take.
const LAST_ANSWERS_LIMIT: Duration = Duration::from_secs(1);
/// As much of a session's id as people may see: it tells sessions apart and opens nothing.
const SHOWN_ID_CHARS: usize = 8;
/// The stream that a client opens by GET.
const STANDING: u64 = 0;

/// Who speaks: a client with a key, or a face that speaks for a named client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Client {
    /// The name people gave it.
    pub name: String,
    /// What it proved itself with; sessions are bound to it.
    pub credential: String,
}

/// A client session.
pub struct Session {
    /// Its secret: whoever knows it and has the client's key may speak.
    pub id: String,
    /// Who opened it.
    pub client: Client,
    /// What it sees.
    pub scope: Scope,
    /// The client's own `initialize` parameters.
    pub(crate) parameters: Raw,
    /// Name and version that the client gave itself there.
    client_info: Option<String>,
    gateway: Arc<Gateway>,
    /// The client has an answer to its first request and may be told things.
    greeted: AtomicBool,
    standing: Arc<Stream>,
    /// Room for notifications that wait for an upstream to start.
    waiting_notifications: Arc<Semaphore>,
    /// Held while its client is asked for its roots, so that it is asked once.
    asking_project: tokio::sync::Mutex<()>,
    /// The session has ended, and its last call was answered.
    last_answer: Notify,
    state: Mutex<State>,
}

struct State {
    revision: String,
    streams: HashMap<u64, Arc<Stream>>,
    last_stream: u64,
    calls: HashMap<Id, InFlight>,
    asks: Asks,
    project: Project,
    own: HashMap<UpstreamName, Arc<Slot>>,
    offers: HashMap<UpstreamName, Arc<Offer>>,
    /// The view over `offers`, and the published catalog that it was built over.
    view: Option<(Arc<Catalog>, Arc<Catalog>)>,
    /// The upstreams it has used, first ones first, and whose turn it is to hand a call to each: calls keep their
    /// order even while the upstream is only starting.
    used: Vec<(UpstreamName, Turns)>,
    subscribed: HashSet<(UpstreamName, String)>,
    level: Option<Level>,
    last_used: Instant,
    asleep: bool,
    ended: bool,
}

/// A call in flight. To drop its sender is to cancel the call.
struct InFlight {
    cancel: Option<oneshot::Sender<Option<Raw>>>,
    underway: Arc<Underway>,
}

/// First come, first served.
type Turns = Arc<tokio::sync::Mutex<()>>;

/// What people see of a session.
#[derive(Debug, Clone)]
pub struct SessionReport {
    /// The beginning of its id.
    pub id: String,
    /// The client's name.
    pub client: String,
    /// Name and version that the client gave itself.
    pub client_info: Option<String>,
    /// The negotiated revision.
    pub revision: String,
    /// What it sees.
    pub scope: Scope,
    /// Calls in flight.
    pub calls: usize,
    /// Own children or HTTP sessions that run now.
    pub children: usize,
    /// Since its last use.
    pub idle: Duration,
    /// Its own children were ended for lack of use.
    pub asleep: bool,
    /// The folder of the project it works in.
    pub project: Option<PathBuf>,
    /// The upstreams it has used, in the order in which it first did.
    pub upstreams: Vec<UpstreamName>,
    /// The calls in flight that began first, in that order.
    pub in_flight: Vec<UnderwayReport>,
    /// The running copies of upstreams that serve it, by name.
    pub serving: Vec<Serving>,
}

/// A running copy of an upstream that serves a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Whose copy it is.
    pub upstream: UpstreamName,
    /// For whom it runs.
    pub sharers: Sharers,
    /// Its process, where it has one of its own.
    pub pid: Option<u32>,
}

impl State {
    /// Whose turn it is at an upstream, which counts as used from now on. A session uses few of them.
    fn turns(&mut self, upstream: &UpstreamName) -> Turns {
        if let Some((_, turns)) = self.used.iter().find(|(name, _)| name == upstream) {
            return turns.clone();
        }
        let turns = Turns::default();
        self.used.push((upstream.clone(), turns.clone()));
        turns
    }
}

impl Session {
    /// A session for a client that sent `initialize`.
    pub(crate) fn new(
        gateway: Arc<Gateway>,
        client: Client,
        scope: Scope,
        parameters: Raw,
        project: Option<PathBuf>,
    ) -> Arc<Self> {
        let requested = parameters.text_at(&["protocolVersion"]).unwrap_or_default();
        let record = SessionRecord {
            client,
            scope,
            parameters: parameters.detached(),
            revision: revision::negotiate(&requested).to_owned(),
            level: None,
            subscribed: Vec::new(),
            project,
        };
        Self::of(gateway, uuid::Uuid::new_v4().to_string(), record)
    }

    /// A session that an earlier run of the daemon had.
    pub(crate) fn woken(gateway: Arc<Gateway>, id: &str, record: SessionRecord) -> Arc<Self> {
        let session = Self::of(gateway, id.to_owned(), record);
        session.greeted.store(true, Relaxed);
        // The others wait until it is known in which project their client works.
        wishes::subscribe_again(&session, |name| !session.is_unplaced(name));
        session
    }

    fn of(gateway: Arc<Gateway>, id: String, record: SessionRecord) -> Arc<Self> {
        let session = Arc::new(Self {
            id,
            client: record.client,
            scope: record.scope,
            client_info: client_info(&record.parameters),
            parameters: record.parameters,
            gateway,
            greeted: AtomicBool::new(false),
            standing: Arc::new(Stream::new(STANDING, Vec::new())),
            waiting_notifications: Arc::new(Semaphore::new(MAX_WAITING_NOTIFICATIONS)),
            asking_project: tokio::sync::Mutex::default(),
            last_answer: Notify::new(),
            state: Mutex::new(State {
                revision: record.revision,
                streams: HashMap::new(),
                last_stream: STANDING,
                calls: HashMap::new(),
                asks: Asks::default(),
                project: Project::of(record.project),
                own: HashMap::new(),
                offers: HashMap::new(),
                view: None,
                used: Vec::new(),
                subscribed: record.subscribed.into_iter().collect(),
                level: record.level.as_deref().and_then(Level::parse),
                last_used: Instant::now(),
                asleep: false,
                ended: false,
            }),
        });
        session.adopt_known();
        session
    }

    /// Tells the journal what of it outlives this process. The lock is held until that is said, so that
    /// an older record never comes after a newer one.
    pub(crate) fn keep(&self) {
        let state = self.lock();
        let record = SessionRecord {
            client: self.client.clone(),
            scope: self.scope.clone(),
            parameters: self.parameters.clone(),
            revision: state.revision.clone(),
            level: state.level.map(|level| level.word().to_owned()),
            subscribed: state.subscribed.iter().cloned().collect(),
            project: match &state.project {
                Project::Named(folder) => Some(folder.clone()),
                Project::Found(_) | Project::Unasked(_) => None,
            },
        };
        self.gateway.note(Change::Session(SessionChange::Kept(hash(&self.id), Box::new(record))));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The beginning of its id, by which people know it.
    pub fn shown_id(&self) -> String {
        self.id.chars().take(SHOWN_ID_CHARS).collect()
    }

    /// The negotiated revision of the protocol.
    pub fn revision(&self) -> String {
        self.lock().revision.clone()
    }

    // ---- streams ---------------------------------------------------------------------------------

    /// A stream for the answers to the calls of one POST.
    pub fn open_stream(&self, calls: Vec<Id>) -> Arc<Stream> {
        let mut state = self.lock();
        state.last_stream += 1;
        let stream = Arc::new(Stream::new(state.last_stream, calls));
        if !state.ended {
            state.streams.insert(stream.id, stream.clone());
        }
        stream
    }

    /// A stream for a call whose answer goes where the client listens.
    pub fn relay_stream(&self) -> Arc<Stream> {
        let mut state = self.lock();
        state.last_stream += 1;
        Arc::new(Stream::relayed(state.last_stream, self.standing.clone()))
    }

    /// What is appended to the number of an event of `stream` to make its id.
    pub fn event_id_tail(&self, stream: &Stream) -> String {
        let calls = stream.calls.clone();
        StreamName { epoch: self.gateway.epoch.clone(), stream: stream.id, calls }.tail(&self.id)
    }

    /// The stream is not needed any more: its answer went out as plain JSON.
    pub fn drop_stream(&self, stream: &Stream) {
        let mut state = self.lock();
        state.streams.remove(&stream.id);
        state.last_used = Instant::now();
    }

    /// The stream is over; some are kept for clients that come back for the end.
    pub fn finish_stream(&self, stream: &Stream, answer: bytes::Bytes) {
        stream.finish(answer);
        let mut state = self.lock();
        state.last_used = Instant::now();
        let mut finished: Vec<u64> =
            state.streams.values().filter(|stream| stream.is_finished()).map(|stream| stream.id).collect();
        finished.sort_unstable();
        let mut bytes = 0;
        for (newer, id) in finished.into_iter().rev().enumerate() {
            bytes += state.streams.get(&id).map_or(0, |stream| stream.size());
            // The newest one may have been lost on the way, whatever its size.
            if newer > 0 && (newer >= MAX_FINISHED_STREAMS || bytes > MAX_FINISHED_BYTES) {
                state.streams.remove(&id);
            }
        }
    }

    /// Waits until the client has read so much of what it was told that it may be told more.
    pub async fn has_room(&self) {
        self.standing.has_room().await;
    }

    /// The stream that a client listens on, from the start or after the event it names
    /// (transports, "Resumability and Redelivery"). `None` when nobody knows that event.
    pub fn listen(&self, last_event: Option<&str>) -> Option<Reader> {
        self.touch();
        let Some(last_event) = last_event else { return Some(self.standing.reader(None)) };
        let (number, name) = event_id::read(&self.id, last_event)?;
        match (name.epoch == self.gateway.epoch, name.stream) {
            (true, STANDING) => Some(self.standing.reader(Some(number))),
            (true, stream) => {
                // A client that has the answer, and comes back all the same, would come back for ever.
                let stream = self.lock().streams.get(&stream).cloned()?;
                (!stream.is_over_after(number)).then(|| stream.reader(Some(number)))
            }
            (false, STANDING) => Some(self.standing.reader(None)),
            (false, _) if name.calls.is_empty() => None,
            (false, _) => Some(self.lost(name.calls)),
        }
    }

    /// The end of a stream that an earlier run of the daemon did not bring to its end: its calls fail.
    /// Nobody knows whether they were acted on, so they are not sent again.
    fn lost(&self, calls: Vec<Id>) -> Reader {
        let stream = self.open_stream(calls.clone());
        for id in calls {
            let sentence =
                "the gateway was restarted while this call was in flight; it was not repeated, call again";
            let response = Response::new(id, Outcome::error(error::INTERNAL_ERROR, sentence));
            stream.push(response.to_bytes(), Weight::Kept);
        }
        stream.close();
        stream.reader(None)
    }

    /// Says something to the client: on the stream of the call it belongs to while that is open, else
    /// on the one it listens on. Log messages below its level are not said.
    pub(crate) fn tell(&self, stream: Option<&Arc<Stream>>, notification: &Notification) {
        if notification.method == method::LOG_MESSAGE && !self.wants(notification) {
            return;
        }
        let stream = stream.filter(|stream| !stream.is_finished()).unwrap_or(&self.standing);
        stream.push(notification.to_bytes(), Weight::Notification);
    }

    fn wants(&self, notification: &Notification) -> bool {
        let level = notification.params.as_ref().and_then(|params| params.text_at(&["level"]));
        match (self.lock().level, level.and_then(|word| Level::parse(&word))) {
            (Some(wanted), Some(level)) => level >= wanted,
            _ => true,
        }
    }

    // ---- catalog ---------------------------------------------------------------------------------

    /// What this session sees: what is published, with the live lists of its own upstreams in it.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        let base = self.gateway.published(&self.scope);
        let mut state = self.lock();
        if state.offers.is_empty() {
            return base;
        }
        match &state.view {
            Some((over, view)) if Arc::ptr_eq(over, &base) => view.clone(),
            _ => {
                let view = Arc::new(self.overlaid(&base, &state.offers));
                state.view = Some((base, view.clone()));
                view
            }
        }
    }

    fn overlaid(&self, base: &Catalog, offers: &HashMap<UpstreamName, Arc<Offer>>) -> Catalog {
        let mut parts = base.parts().to_vec();
        for part in &mut parts {
            if let Some(offer) = offers.get(&part.upstream) {
                part.offer = offer.clone();
            }
        }
        // An upstream that could not be listed before is offered from now on.
        if let (Scope::One(name), true) = (&self.scope, parts.is_empty())
            && let (Some(offer), Some(upstream)) = (offers.get(name), self.gateway.upstream(name))
        {
            parts.push(Part::new(&upstream.spec, offer.clone()).alone());
        }
        Catalog::build(parts, base, self.gateway.machine.settings.load().page_size)
    }

    /// Tells the client which lists changed, if it was ever shown one.
    pub(crate) fn tell_changes(&self, changes: &[&'static str]) {
        if self.greeted.load(Relaxed) {
            for changed in changes {
                self.tell(None, &Notification::new(changed, None));
            }
        }
    }

    /// True when some of its upstreams have live lists of their own.
    pub(crate) fn has_own_view(&self) -> bool {
        !self.lock().offers.is_empty()
    }

    pub(crate) fn resource_updated(&self, upstream: &UpstreamName, uri: &str, notification: &Notification) {
        let prefix = match self.scope {
            Scope::All => self.gateway.upstream(upstream).and_then(|upstream| upstream.spec.prefix.clone()),
            Scope::One(_) => None,
        };
        let naming = Naming::new(prefix.as_deref());
        let mut notification = notification.clone();
        if !naming.is_plain() {
            notification.params =
                notification.params.map(|params| params.with(&["uri"], &Raw::of(&naming.uri(uri))));
        }
        self.tell(None, &notification);
    }

    // ---- its life --------------------------------------------------------------------------------

    pub(crate) fn touch(&self) {
        self.lock().last_used = Instant::now();
    }

    /// How long it was not used; zero while a stream is open or a call is in flight.
    pub(crate) fn idle(&self) -> Duration {
        self.idle_at(Instant::now())
    }

    fn idle_at(&self, now: Instant) -> Duration {
        let state = self.lock();
        let streaming =
            self.standing.has_reader() || state.streams.values().any(|stream| stream.has_reader());
        if streaming || !state.calls.is_empty() {
            return Duration::ZERO;
        }
        // To have listened is to have used it.
        let streams = state.streams.values().chain([&self.standing]);
        let last_read = streams.filter_map(|stream| stream.last_read()).max();
        let last_used = last_read.map_or(state.last_used, |read| read.max(state.last_used));
        now.saturating_duration_since(last_used)
    }

    pub(crate) fn is_asleep(&self) -> bool {
        self.lock().asleep
    }

    /// Ends its own children, unless a call began since somebody found the session unused; the next
    /// request starts them again.
    pub(crate) async fn sleep(&self) {
        let own: Vec<_> = {
            let mut state = self.lock();
            if !state.calls.is_empty() {
                return;
            }
            state.asleep = true;
            state.streams.retain(|_, stream| !stream.is_finished());
            state.own.values().cloned().collect()
        };
        for slot in own {
            slot.rest().await;
        }
    }

    /// Ends everything that belongs to it.
    pub(crate) async fn end(self: &Arc<Self>) {
        let (own, asks, subscribed) = {
            let mut state = self.lock();
            state.ended = true;
            for call in state.calls.values_mut() {
                call.cancel = None;
            }
            // Each ends with the answers to its calls.
            state.streams.clear();
            let own: Vec<_> = state.own.drain().map(|(_, slot)| slot).collect();
            (own, state.asks.take_all(), std::mem::take(&mut state.subscribed))
        };
        let farewell = async {
            let _ = timeout(LAST_ANSWERS_LIMIT, self.all_answered()).await;
            self.standing.close();
        };
        let courtesies = async {
            for ask in asks {
                let gone = Outcome::error(error::INTERNAL_ERROR, "the client has left");
                ask.asker.answer(gone).await;
            }
            self.gateway.board.session_ended(&self.id).await;
            for (name, uri) in subscribed {
                wishes::unsubscribe(self, &name, &uri).await;
            }
        };
        // A shared upstream that takes nothing must not keep the session's own ones alive.
        tokio::join!(stop_all(own), courtesies, farewell);
    }

    async fn all_answered(&self) {
        while !self.lock().calls.is_empty() {
            self.last_answer.notified().await;
        }
    }

    /// True when nothing is served in it any more.
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// How it does.
    pub(crate) fn report(&self, now: Instant) -> SessionReport {
        let (idle, in_flight, serving) = (self.idle_at(now), self.in_flight(), self.serving());
        let state = self.lock();
        SessionReport {
            id: self.shown_id(),
            client: self.client.name.clone(),
            client_info: self.client_info.clone(),
            revision: state.revision.clone(),
            scope: self.scope.clone(),
            calls: state.calls.len(),
            children: state.own.values().filter(|slot| slot.live().is_some()).count(),
            idle,
            asleep: state.asleep,
            project: state.project.folder().cloned(),
            upstreams: state.used.iter().map(|(name, _)| name.clone()).collect(),
            in_flight,
            serving,
        }
    }

    fn in_flight(&self) -> Vec<UnderwayReport> {
        let mut calls: Vec<_> = self.lock().calls.values().map(|call| call.underway.clone()).collect();
        calls.sort_by_key(|call| call.began_ms());
        calls.iter().take(MAX_SHOWN_CALLS).map(|call| call.report()).collect()
    }

    fn serving(&self) -> Vec<Serving> {
        let names: BTreeSet<UpstreamName> = {
            let state = self.lock();
            let used = state.used.iter().map(|(name, _)| name);
            used.chain(state.own.keys()).cloned().collect()
        };
        let serving = |upstream: UpstreamName| {
            let (handle, sharers) = (self.copy_of(&upstream)?, self.sharers_of(&upstream)?);
            Some(Serving { pid: handle.pid, sharers, upstream })
        };
        names.into_iter().filter_map(serving).collect()
    }

    pub(crate) fn level(&self) -> Option<Level> {
        self.lock().level
    }
}

fn client_info(parameters: &Raw) -> Option<String> {
    let info = parameters.at(&["clientInfo"])?;
    let version = info.text_at(&["version"]).unwrap_or_default();
    Some(format!("{} {version}", info.text_at(&["name"])?).trim_end().to_owned())
}

async fn stop_all(slots: Vec<Arc<Slot>>) {
    futures_util::future::join_all(slots.iter().map(|slot| slot.stop(false))).await;
}
