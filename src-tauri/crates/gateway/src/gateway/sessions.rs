//! Who is connected: sessions are opened, found, woken, tidied and ended here. What one of them does is
//! its own.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use headgate_protocol::{Message, Outcome, Raw, Request, Response, error};
use tokio::time::Instant;

use super::{Change, Dormant, Gateway, TooManySessions};
use crate::{
    router::Scope,
    session::{
        Client, Session, SessionChange, SessionHash, SessionRecord, SessionReport, Stream, hash, legacy,
    },
};

/// Changes that may wait to be written while what upstreams offer is added to them.
const MAX_WAITING_LISTS: usize = 256;

impl Gateway {
    pub(super) fn sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A session that exists, for whoever opened it; everyone else is told that there is none.
    pub fn session(self: &Arc<Self>, id: &str, client: &Client, scope: &Scope) -> Option<Arc<Session>> {
        let known = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let session = known.or_else(|| self.wake(id, client, scope))?;
        (session.client == *client && session.scope == *scope).then_some(session)
    }

    /// A session of an earlier run goes on when its client comes back.
    fn wake(self: &Arc<Self>, id: &str, client: &Client, scope: &Scope) -> Option<Arc<Session>> {
        let hash = hash(id);
        let mut dormant = self.dormant.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request of the client may just have woken it.
        if let Some(session) = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Some(session.clone());
        }
        let is_theirs = |known: &Dormant| known.record.client == *client && known.record.scope == *scope;
        dormant.get(&hash).filter(|known| is_theirs(known) && known.expires > Instant::now())?;
        let record = dormant.remove(&hash)?.record;
        let session = Session::woken(self.clone(), id, record);
        self.sessions.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), session.clone());
        self.machine.changed();
        Some(session)
    }

    /// The sessions whose id begins so, as people know them; hardly ever more than one.
    pub fn sessions_shown_as(&self, shown_id: &str) -> Vec<Arc<Session>> {
        self.sessions().into_iter().filter(|session| session.shown_id() == shown_id).collect()
    }

    /// Takes in sessions of earlier runs, with the time since their last use.
    pub fn remember(&self, sessions: impl IntoIterator<Item = (SessionHash, SessionRecord, Duration)>) {
        let life = self.machine.settings.load().session_life;
        let mut dormant = self.dormant.lock().unwrap_or_else(PoisonError::into_inner);
        for (hash, record, unused) in sessions {
            let expires = Instant::now() + life.saturating_sub(unused);
            dormant.insert(hash, Dormant { record, expires });
        }
    }

    /// Tells the journal what should outlive this process.
    pub(crate) fn note(&self, change: Change) {
        let Some(journal) = &self.journal else { return };
        // Lists may be large and change all the time; they must not push out what clients need.
        let is_list = matches!(change, Change::Listed(_));
        let is_full = is_list && journal.capacity() < journal.max_capacity() - MAX_WAITING_LISTS;
        if is_full || journal.try_send(change).is_err() {
            tracing::warn!("a change could not be kept; after a restart, what it was about begins anew");
        }
    }

    /// Tells the journal which sessions were used in the last `period`.
    pub fn note_used(&self, period: Duration) {
        for session in self.sessions().iter().filter(|session| session.idle() < period) {
            self.note(Change::Session(SessionChange::Used(hash(&session.id))));
        }
    }

    /// Opens a session for a client that sent `initialize`, and that may have named the folder of the
    /// project it works in. When there are too many, it takes the place of one that nobody uses.
    pub fn open_session(
        self: &Arc<Self>,
        client: Client,
        scope: Scope,
        parameters: Option<&Raw>,
        project: Option<PathBuf>,
    ) -> Result<Arc<Session>, TooManySessions> {
        let parameters = parameters.cloned().unwrap_or_else(|| Raw::constant("{}"));
        let session = Session::new(self.clone(), client, scope, parameters, project);
        let others = self.sessions();
        if others.len() >= self.machine.settings.load().max_sessions {
            let number = others.len();
            let unused = least_needed(others, &session.client).ok_or(TooManySessions(number))?;
            tracing::warn!(client = %unused.client.name, "{number} sessions are open; the longest unused one ends");
            self.take_out(&unused);
            tokio::spawn(async move { unused.end().await });
        }
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session.id.clone(), session.clone());
        self.machine.changed();
        Ok(session)
    }

    /// Answers `initialize`; a session that cannot be served is not kept.
    pub async fn greet(self: &Arc<Self>, session: &Arc<Session>, request: &Request) -> Response {
        let outcome = match request.params.as_ref().and_then(|params| params.text_at(&["protocolVersion"])) {
            Some(_) => legacy::greet(session).await,
            None => Outcome::error(error::INVALID_PARAMS, "`initialize` needs a string `protocolVersion`"),
        };
        match outcome {
            Outcome::Result(_) => session.keep(),
            Outcome::Error(_) => self.end_session(session).await,
        }
        session.touch();
        Response::new(request.id.clone(), outcome)
    }

    /// Answers a request of a session; what is said meanwhile goes to `stream`.
    pub async fn answer(&self, session: &Arc<Session>, request: Request, stream: &Arc<Stream>) -> Response {
        legacy::answer(session, request, stream).await
    }

    /// Takes a notification or an answer of a client.
    pub async fn take(&self, session: &Arc<Session>, message: Message) {
        legacy::take(session, message).await;
    }

    /// Ends a session and everything that runs for it.
    pub async fn end_session(&self, session: &Arc<Session>) {
        self.take_out(session);
        session.end().await;
    }

    /// From now on nobody finds the session.
    fn take_out(&self, session: &Session) {
        self.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(&session.id);
        self.machine.changed();
        self.note(Change::Session(SessionChange::Ended(hash(&session.id))));
    }

    /// Ends the sessions of a client whose key was revoked, all at once: each of them may have stubborn children.
    pub async fn end_sessions_of(&self, credential: &str) {
        self.forget(|dormant| dormant.record.client.credential == credential);
        let sessions = self.sessions();
        let theirs = sessions.iter().filter(|session| session.client.credential == credential);
        join_all(theirs.map(|session| self.end_session(session))).await;
    }

    fn forget(&self, is_over: impl Fn(&Dormant) -> bool) {
        let mut dormant = self.dormant.lock().unwrap_or_else(PoisonError::into_inner);
        for (hash, _) in dormant.extract_if(|_, session| is_over(session)) {
            self.note(Change::Session(SessionChange::Ended(hash)));
        }
    }

    /// Puts unused sessions to sleep and forgets those that were not used for very long.
    pub fn tidy(self: &Arc<Self>) {
        let settings = self.machine.settings.load();
        let now = Instant::now();
        self.forget(|dormant| dormant.expires <= now);
        for session in self.sessions() {
            let idle = session.idle();
            if idle >= settings.session_life {
                let gateway = self.clone();
                tokio::spawn(async move { gateway.end_session(&session).await });
            } else if idle >= settings.session_sleep && !session.is_asleep() {
                tokio::spawn(async move { session.sleep().await });
            }
        }
    }

    /// Who is connected, the newest first.
    pub fn session_reports(&self) -> Vec<SessionReport> {
        // One moment for all of them: those of one age must not change places from look to look.
        let now = Instant::now();
        let mut reports: Vec<_> = self.sessions().iter().map(|session| session.report(now)).collect();
        reports.sort_by_key(|report| report.idle);
        reports
    }

    /// How many of them are awake.
    pub fn sessions_awake(&self) -> usize {
        self.sessions().iter().filter(|session| !session.is_asleep()).count()
    }

    /// Ends all upstreams and whatever runs for sessions, everything at once. Sessions are not forgotten:
    /// their clients may come back to the next run.
    pub async fn shut_down(&self) {
        let sessions = self.sessions();
        let upstreams = self.upstreams();
        let ends = sessions.iter().map(|session| session.end());
        let slots = upstreams.iter().flat_map(|upstream| {
            let projects = upstream.projects().all().into_iter().map(|(_, copy)| copy.slot.clone());
            upstream.slot().into_iter().chain(projects)
        });
        let stops = slots.map(|slot| async move { slot.stop(true).await });
        tokio::join!(join_all(ends), join_all(stops));
    }
}

/// The session without a stream, a call or a copy of its own that was not used for longest: of the client that wants
/// another one, else of anybody.
fn least_needed(sessions: Vec<Arc<Session>>, client: &Client) -> Option<Arc<Session>> {
    let runs = |session: &Session| session.own_copies().iter().any(|(_, slot)| slot.live().is_some());
    let unused = sessions.into_iter().map(|session| (session.client == *client, session.idle(), session));
    let unused = unused.filter(|(_, idle, session)| !idle.is_zero() && !runs(session));
    unused.max_by_key(|(is_own, idle, _)| (*is_own, *idle)).map(|(_, _, session)| session)
}
