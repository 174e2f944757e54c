//! One live connection to an upstream: a task that owns its link and everything that is pending on it.
//!
//! It gives our requests ids of their own and finds the caller of each answer, and the session that
//! each question or report of the upstream belongs to. Which upstream a call goes to, and whether the
//! connection is started again, is decided elsewhere.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::{
    Id, Incoming, Message, Notification, Outcome, Raw, Request, Response, error, method,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

use super::{
    handle::{Call, CallError, Changes, Command, Handle, Reply, Rest, Urgent},
    link::{Closed, Failure, Frame, Link, Received, unreadable},
    log::{Log, Source},
    subscriptions::Subscriptions,
    tasks::Tasks,
};
use crate::{
    activity::Counters,
    project::roots_of,
    session::{Ask, Session, Stream, Underway},
};

/// Commands that wait for one upstream. A full inbox makes callers wait until their deadline.
const INBOX: usize = 256;
/// Calls in flight on one connection; beyond it callers wait.
const MAX_PENDING: usize = 4096;
/// Questions of the upstream that are open in one connection; beyond it they are refused.
const MAX_ASKS: usize = 256;

/// Whose connection it is.
#[derive(Clone)]
pub(crate) enum Owner {
    /// Everybody's.
    Shared,
    /// One session's.
    Session(Weak<Session>),
}

/// Who called, so that what belongs to the call finds its way back.
#[derive(Clone)]
pub(crate) struct Caller {
    pub session: Arc<Session>,
    pub stream: Arc<Stream>,
    /// What is called; each call has its own.
    pub call: Arc<Call>,
    /// What people see of it.
    pub underway: Arc<Underway>,
}

/// Whom something from the upstream is for.
struct Audience {
    session: Arc<Session>,
    stream: Option<Arc<Stream>>,
    /// The call during which it was said, where no other one can be meant.
    call: Option<Arc<Call>>,
}

impl Audience {
    fn of(caller: &Caller, is_sure: bool) -> Self {
        let Caller { session, stream, call, .. } = caller.clone();
        Self { session, stream: Some(stream), call: is_sure.then_some(call) }
    }
}

/// How a connection ended.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    /// In words: the exit code, or what the transport said.
    pub how: String,
    /// The last lines that it wrote on stderr, which may hold anything.
    pub last_words: Vec<String>,
    /// It was asked to, or its HTTP session had expired: no failure.
    pub expected: bool,
}

impl Exit {
    pub(crate) fn new(how: impl Into<String>, expected: bool) -> Self {
        Self { how: how.into(), last_words: Vec::new(), expected }
    }

    /// All of it, for people at this machine.
    pub(crate) fn in_full(&self) -> String {
        match self.last_words.is_empty() {
            true => self.how.clone(),
            false => format!("{}; its last words: {}", self.how, self.last_words.join(" | ")),
        }
    }
}

/// Starts the task; `exit` tells when everything of it is gone.
pub(crate) fn open(link: Link, owner: Owner, context: &Context) -> (Handle, oneshot::Receiver<Exit>) {
    let (inbox, commands) = mpsc::channel(INBOX);
    let (exit_to, exit) = oneshot::channel();
    let (urgent, urgents) = mpsc::channel(INBOX);
    let handle =
        Handle { inbox, urgent, stop: Arc::default(), upstream: context.name.clone(), pid: link.pid() };
    let connection = Connection {
        link,
        owner,
        log: context.log.clone(),
        subscriptions: context.subscriptions.clone(),
        changes: context.changes.clone(),
        project: context.project.clone(),
        asked_roots: context.asked_roots.clone(),
        urgent: urgents,
        back: handle.clone(),
        pending: HashMap::new(),
        asks: HashMap::new(),
        elicitations: HashMap::new(),
        tasks: Tasks::default(),
        last_used: Instant::now(),
        next_id: 1,
    };
    tokio::spawn(connection.run(commands, exit_to));
    (handle, exit)
}

/// What connections of one upstream share, whoever owns them.
#[derive(Clone)]
pub(crate) struct Context {
    pub name: UpstreamName,
    pub log: Arc<Log>,
    pub subscriptions: Arc<Subscriptions>,
    pub changes: Arc<Changes>,
    pub counters: Arc<Counters>,
    /// The folder of the project that this copy runs for.
    pub project: Option<PathBuf>,
    /// How long the last start took, in milliseconds; 0 while nobody knows.
    pub start_ms: Arc<AtomicU64>,
    /// It asked some client for its roots, so what it does depends on the project.
    pub asked_roots: Arc<AtomicBool>,
}

struct InFlight {
    method: String,
    caller: Option<Caller>,
    progress_token: Option<Raw>,
    /// The task it is about.
    task: Option<String>,
    reply: oneshot::Sender<Result<Reply, CallError>>,
}

/// A question of the upstream: which session was asked, and when.
struct Asked {
    session: Weak<Session>,
    at: Instant,
}

struct Connection {
    link: Link,
    owner: Owner,
    log: Arc<Log>,
    subscriptions: Arc<Subscriptions>,
    changes: Arc<Changes>,
    project: Option<PathBuf>,
    asked_roots: Arc<AtomicBool>,
    urgent: mpsc::Receiver<Urgent>,
    back: Handle,
    pending: HashMap<u64, InFlight>,
    /// The upstream's open questions and the sessions that were asked.
    asks: HashMap<Id, Asked>,
    /// Which session an elicitation by URL belongs to, until the upstream says it is complete.
    elicitations: HashMap<String, Weak<Session>>,
    /// What the upstream works on beyond its answers.
    tasks: Tasks,
    last_used: Instant,
    next_id: u64,
}

enum Event {
    Stop,
    Urgent(Urgent),
    Command(Command),
    Received(Received),
}

impl Connection {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>, exit: oneshot::Sender<Exit>) {
        let ending = loop {
            match self.next_event(&mut commands).await {
                Event::Stop => break Ending::Asked,
                Event::Command(command) => self.obey(command),
                Event::Urgent(command) => {
                    if let Some(ending) = self.hurry(command) {
                        break ending;
                    }
                }
                Event::Received(received) => {
                    if let Some(closed) = self.received(received) {
                        break Ending::Closed(closed);
                    }
                }
            }
        };
        // From here on callers find the connection closed and look for the next one.
        commands.close();
        let how = self.settle(ending).await;
        self.end(how, commands, exit).await;
    }

    async fn next_event(&mut self, commands: &mut mpsc::Receiver<Command>) -> Event {
        let stop = self.back.stop.clone();
        if self.pending.len() >= MAX_PENDING {
            // Those whose callers gave up are forgotten, whether the upstream ever answers or not.
            self.pending.retain(|_, call| !call.reply.is_closed());
        }
        let room = self.link.has_room() && self.pending.len() < MAX_PENDING;
        tokio::select! {
            received = self.link.next() => Event::Received(received),
            () = stop.notified() => Event::Stop,
            Some(command) = self.urgent.recv() => Event::Urgent(command),
            Some(command) = commands.recv(), if room => Event::Command(command),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Call { call, caller, ticket, reply } => self.start_call(call, caller, ticket, reply),
            Command::Notify(notification) => self.send(&Message::Notification(notification)),
            Command::Agreed(revision) => {
                self.link.agreed(&revision);
                // It is there from now on, however long the start took.
                self.last_used = Instant::now();
            }
        }
    }

    fn hurry(&mut self, command: Urgent) -> Option<Ending> {
        match command {
            Urgent::Answer { id, outcome } => {
                if self.asks.remove(&id).is_some() {
                    self.send(&Message::Response(Response::new(id, outcome)));
                }
            }
            Urgent::Cancel { id, params } => self.cancel(id, params),
            Urgent::Rest { unused_for, reply } => {
                let rest = self.rest(unused_for, Instant::now());
                let _ = reply.send(rest);
                return (rest == Rest::Agreed).then_some(Ending::Rested);
            }
            Urgent::GiveUp { reason } => return Some(Ending::GivenUp(reason)),
        }
        None
    }

    fn rest(&mut self, unused_for: Duration, now: Instant) -> Rest {
        let called = self.pending.values().any(|call| call.caller.is_some() && !call.reply.is_closed());
        let asking = self.asks.values().any(|asked| now - asked.at < QUESTION_LIFE);
        if called || asking || self.tasks.is_open(now) {
            return Rest::Busy;
        }
        if now.duration_since(self.last_used) < unused_for {
            return Rest::UsedAt(self.last_used);
        }
        Rest::Agreed
    }

    fn start_call(
        &mut self,
        call: Call,
        caller: Option<Caller>,
        ticket: oneshot::Sender<u64>,
        reply: oneshot::Sender<Result<Reply, CallError>>,
    ) {
        if reply.is_closed() {
            // Cancelled or timed out while it waited here.
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        let token = |params: &Raw| params.at(&["_meta", "progressToken"]);
        let progress_token = caller.as_ref().and(call.params.as_ref()).and_then(token);
        let params = match (call.params, &progress_token) {
            (Some(params), Some(_)) => Some(params.with(&["_meta", "progressToken"], &Raw::of(&id))),
            (params, _) => params,
        };
        let request = Request { id: Id::number(id), method: call.method, params, extra: call.extra };
        self.link.send(Frame { request: Some(id), bytes: request.to_bytes() });
        let task = self.tasks.named_in(&request);
        self.pending.insert(id, InFlight { method: request.method, caller, progress_token, task, reply });
        // The caller may be gone already; the upstream works on, as it would for a dropped connection.
        let _ = ticket.send(id);
    }

    /// Says something that is no call.
    fn send(&mut self, message: &Message) {
        self.link.send(Frame { request: None, bytes: message.to_bytes() });
    }

    /// `initialize` must not be cancelled (utilities/cancellation); its caller just stops waiting.
    fn cancel(&mut self, id: u64, params: Option<Raw>) {
        let Some(call) = self.pending.remove(&id) else { return };
        if call.method != method::INITIALIZE {
            let number = Raw::of(&id);
            let params = match params {
                Some(params) => params.with(&["requestId"], &number),
                None => Raw::of(&serde_json::json!({ "requestId": id })),
            };
            self.send(&Message::Notification(Notification::new(method::CANCELLED, Some(params))));
        }
        self.link.forget(id);
    }

    fn received(&mut self, received: Received) -> Option<Closed> {
        match received {
            Received::Incoming { incoming, origin } => self.read(incoming, origin),
            Received::Failed { request, failure } => self.fail(request, failure),
            Received::Room => {}
            Received::Closed(closed) => return Some(closed),
        }
        None
    }

    fn read(&mut self, incoming: Incoming, origin: Option<u64>) {
        match incoming {
            Incoming::One(message) => self.message(message, origin),
            Incoming::Batch(messages) => {
                for message in messages {
                    match message {
                        Ok(message) => self.message(message, origin),
                        Err(problem) => {
                            self.log.add(Source::Noise, &problem.to_string());
                            if let Some((request, failure)) = unreadable(&problem) {
                                self.fail(request, failure);
                            }
                        }
                    }
                }
            }
        }
    }

    fn message(&mut self, message: Message, origin: Option<u64>) {
        match message {
            Message::Response(response) => self.complete(response),
            Message::Notification(notification) => self.noticed(notification, origin),
            Message::Request(request) => self.asked(request, origin),
        }
    }

    fn complete(&mut self, response: Response) {
        let id = response.id.as_ref().and_then(Id::as_number);
        match id.and_then(|id| self.pending.remove(&id)) {
            Some(call) => {
                self.tasks.answered(&call.method, call.task.as_deref(), &response.outcome);
                if let Some(caller) = &call.caller {
                    caller.stream.answer_came();
                    self.last_used = Instant::now();
                }
                let _ = call.reply.send(Ok(Reply { extra: response.extra, ..response.outcome.into() }));
            }
            None => {
                let id = response.id.map_or_else(|| "null".to_owned(), |id| format!("{id:?}"));
                let id: String = id.chars().take(64).collect();
                self.log.add(
                    Source::Life,
                    &format!("an answer with id {id}, which no call is waiting for, was dropped"),
                );
            }
        }
    }

    fn fail(&mut self, request: u64, failure: Failure) {
        if let Some(call) = self.pending.remove(&request) {
            let error = match failure {
                Failure::NotTaken(why) => CallError::NotTaken(why),
                Failure::Lost(why) => CallError::Lost(why),
            };
            let _ = call.reply.send(Err(error));
        }
    }

    fn noticed(&mut self, notification: Notification, origin: Option<u64>) {
        match notification.method.as_str() {
            method::TOOLS_CHANGED | method::PROMPTS_CHANGED | method::RESOURCES_CHANGED => {
                self.changes.notify_one();
            }
            method::PROGRESS => self.progressed(notification),
            method::CANCELLED => self.withdrawn(&notification),
            method::RESOURCE_UPDATED => self.updated(&notification),
            method::ELICITATION_COMPLETE => self.elicited(notification, origin),
            _ => self.report(notification, origin),
        }
    }

    /// Progress carries our id as its token; the client gets its own token back.
    fn progressed(&mut self, notification: Notification) {
        let token = notification.params.as_ref().and_then(|params| params.at(&["progressToken"]));
        let call = token.and_then(|token| token.read::<u64>().ok()).and_then(|id| self.pending.get(&id));
        if let (Some(InFlight { caller: Some(caller), progress_token: Some(theirs), .. }), Some(params)) =
            (call, &notification.params)
        {
            caller.underway.progressed(params);
            let params = params.with(&["progressToken"], theirs);
            caller.session.tell(Some(&caller.stream), &Notification { params: Some(params), ..notification });
        }
    }

    /// The upstream takes back a question.
    fn withdrawn(&mut self, notification: &Notification) {
        let id =
            notification.params.as_ref().and_then(|params| params.at(&["requestId"])).and_then(Id::from_raw);
        let session =
            id.as_ref().and_then(|id| self.asks.remove(id)).and_then(|asked| asked.session.upgrade());
        if let (Some(session), Some(id), Some(params)) = (session, id, &notification.params) {
            session.withdraw(&self.back, &id, params);
        }
    }

    fn updated(&self, notification: &Notification) {
        let Some(uri) = notification.params.as_ref().and_then(|params| params.text_at(&["uri"])) else {
            return;
        };
        let sessions = match &self.owner {
            Owner::Session(session) => session.upgrade().into_iter().collect(),
            Owner::Shared => self.subscriptions.subscribers(&uri),
        };
        for session in sessions {
            session.resource_updated(&self.back.upstream, &uri, notification);
        }
    }

    fn elicited(&mut self, notification: Notification, origin: Option<u64>) {
        let id = notification.params.as_ref().and_then(|params| params.text_at(&["elicitationId"]));
        match id.and_then(|id| self.elicitations.remove(&id)).and_then(|session| session.upgrade()) {
            Some(session) => session.elicited(&self.back, &notification),
            None => self.report(notification, origin),
        }
    }

    /// Log messages and everything we do not know: they go to the session they belong to, or into
    /// the upstream's log. Never is guessed whose screen.
    fn report(&self, notification: Notification, origin: Option<u64>) {
        match self.audience(origin) {
            Some(for_whom) => for_whom.session.tell(for_whom.stream.as_ref(), &notification),
            None => {
                let params = notification.params.map(|params| format!("{params:?}")).unwrap_or_default();
                self.log.add(Source::Log, &format!("{} {params}", notification.method));
            }
        }
    }

    /// Whom something from the upstream is for: the caller on whose answer stream it came, else the
    /// session that owns the connection, else the only session with a call in flight.
    fn audience(&self, origin: Option<u64>) -> Option<Audience> {
        if let Some(caller) =
            origin.and_then(|id| self.pending.get(&id)).and_then(|call| call.caller.as_ref())
        {
            return Some(Audience::of(caller, true));
        }
        let mut callers = self.pending.values().filter_map(|call| call.caller.as_ref());
        let newest = self.pending.iter().filter(|(_, call)| call.caller.is_some()).max_by_key(|(id, _)| **id);
        let newest = newest.and_then(|(_, call)| call.caller.as_ref());
        let Some(caller) = newest else {
            let Owner::Session(session) = &self.owner else { return None };
            return Some(Audience { session: session.upgrade()?, stream: None, call: None });
        };
        let is_one_session = callers.all(|other| Arc::ptr_eq(&other.session, &caller.session));
        let is_one_call = self.pending.values().filter(|call| call.caller.is_some()).count() == 1;
        is_one_session.then(|| Audience::of(caller, is_one_call))
    }

    /// A question of the upstream: answered here, or handed to the session it is for.
    fn asked(&mut self, request: Request, origin: Option<u64>) {
        if request.method == method::ROOTS_LIST {
            self.asked_roots.store(true, Relaxed);
        }
        let refusal = match request.method.as_str() {
            method::PING => Outcome::empty(),
            _ if self.asks.len() >= MAX_ASKS => {
                Outcome::error(error::INTERNAL_ERROR, "too many questions are open; answer or withdraw some")
            }
            _ => match self.audience(origin) {
                Some(for_whom) => return self.hand_over(request, for_whom),
                None if request.method == method::ROOTS_LIST => {
                    Outcome::Result(roots_of(self.project.as_deref()))
                }
                None => Outcome::error(
                    error::INTERNAL_ERROR,
                    &format!(
                        "`{}` cannot be relayed: this server is shared, and it is not clear which client is asked; \
                         register it with the isolation `session`",
                        request.method
                    ),
                ),
            },
        };
        if matches!(refusal, Outcome::Error(_)) {
            self.log.add(Source::Life, &format!("its request `{}` was refused: {refusal:?}", request.method));
        }
        self.send(&Message::Response(Response::new(request.id, refusal)));
    }

    fn hand_over(&mut self, request: Request, for_whom: Audience) {
        let Audience { session, stream, call } = for_whom;
        let id = request.id.detached();
        if let Some(elicitation) =
            request.params.as_ref().and_then(|params| params.text_at(&["elicitationId"]))
        {
            self.elicitations.retain(|_, session| session.strong_count() > 0);
            if self.elicitations.len() < MAX_ASKS {
                self.elicitations.insert(elicitation, Arc::downgrade(&session));
            }
        }
        self.asks.insert(id.clone(), Asked { session: Arc::downgrade(&session), at: Instant::now() });
        let ask = Ask::new(self.back.clone(), id.clone(), &request, call);
        if let Err(refusal) = session.ask(stream.as_ref(), ask, request) {
            self.asks.remove(&id);
            self.send(&Message::Response(Response::new(id, refusal)));
        }
    }

    /// Deals with the calls in flight as far as it can be done before the link is closed. Answers how
    /// the connection ended, unless only closing the link will tell.
    async fn settle(&mut self, ending: Ending) -> Option<Exit> {
        match ending {
            // Callers must not wait for the steps in which a child is ended on purpose.
            Ending::Asked => {
                let how = "it was stopped".to_owned();
                lose(self.pending.drain(), &how);
                Some(Exit::new(how, true))
            }
            Ending::Rested => {
                let how = "it was not needed any more and was put to sleep".to_owned();
                lose(self.pending.drain(), &how);
                Some(Exit::new(how, true))
            }
            Ending::GivenUp(how) => {
                lose(self.pending.drain(), &how);
                Some(Exit::new(how, false))
            }
            Ending::Closed(Closed::Ended) => None,
            Ending::Closed(Closed::SessionExpired { request }) => {
                let how = "its HTTP session expired".to_owned();
                self.refused(request, &how);
                // The others will be told the same, or get their answers, if they have time for it.
                let others = async {
                    while !self.pending.is_empty() {
                        let received = self.link.next().await;
                        if let Some(Closed::SessionExpired { request }) = self.received(received) {
                            self.refused(request, &how);
                        }
                    }
                };
                let _ = timeout(EXPIRY_LIMIT, others).await;
                lose(self.pending.drain(), &how);
                Some(Exit::new(how, true))
            }
        }
    }

    fn refused(&mut self, request: Option<u64>, how: &str) {
        if let Some(request) = request {
            self.fail(request, Failure::NotTaken(how.to_owned()));
        }
    }

    async fn end(
        self,
        exit: Option<Exit>,
        mut commands: mpsc::Receiver<Command>,
        exit_to: oneshot::Sender<Exit>,
    ) {
        let ended = self.link.close().await;
        let exit = exit.unwrap_or_else(|| {
            let last_words = self.log.last_words(LAST_WORDS);
            Exit { last_words, ..Exit::new(ended, false) }
        });
        lose(self.pending.into_iter(), &exit.how);
        while let Ok(command) = commands.try_recv() {
            if let Command::Call { reply, .. } = command {
                let _ = reply.send(Err(CallError::NotTaken(exit.how.clone())));
            }
        }
        let asked = self.asks.into_values().map(|asked| asked.session);
        for session in asked.chain(self.elicitations.into_values()).filter_map(|session| session.upgrade()) {
            session.upstream_closed(&self.back);
        }
        let _ = exit_to.send(exit);
    }
}

enum Ending {
    Asked,
    Rested,
    GivenUp(String),
    Closed(Closed),
}

/// A question that nobody has answered for so long keeps no upstream awake.
const QUESTION_LIFE: Duration = Duration::from_secs(60 * 60);
/// How long calls wait to hear whether an upstream that forgot our session took them.
const EXPIRY_LIMIT: Duration = Duration::from_secs(2);
/// Lines of stderr that are told with an exit.
const LAST_WORDS: usize = 3;

fn lose(calls: impl Iterator<Item = (u64, InFlight)>, how: &str) {
    for (_, call) in calls {
        let _ = call.reply.send(Err(CallError::Lost(how.to_owned())));
    }
}
