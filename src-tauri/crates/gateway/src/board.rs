//! The board: questions of upstreams that faces show, since the clients that they are for cannot ask. Each
//! hangs there until a person answers it, its upstream takes it back, its call, session or upstream ends, or
//! its time is over. What a question may ask is in `question`, what may be answered in `form`.

mod form;
mod question;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::{Id, Outcome, Raw, error, method};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

pub use form::Fault;
use form::Form;
use question::Question;
pub use question::Wanted;
pub(crate) use question::wants_page;

use crate::{
    activity::{now_ms, short},
    machine::Machine,
    session::{Paused, Session},
    upstream::handle::{Call, Handle},
};

/// Questions on the board. A person answers one after the other, and more than this is nobody's wish.
const MAX_POSTED: usize = 128;
/// Those of one session, so that one upstream cannot fill the board for all.
const MAX_POSTED_OF_SESSION: usize = 16;
/// Whoever comes back from the browser sees that it worked.
const DONE_SHOWN_FOR: Duration = Duration::from_secs(60);
/// So much of a session's id tells it from others.
const SHOWN_ID_CHARS: usize = 8;

/// All questions that faces show.
pub(crate) struct Board {
    machine: Arc<Machine>,
    posted: Mutex<Posts>,
    /// Posts that hang there or are about to. Every call looks for its own when it ends, and nearly always there
    /// is none, which it learns from this without the lock.
    count: Arc<AtomicUsize>,
    /// Faces that show questions.
    faces: AtomicUsize,
}

#[derive(Default)]
struct Posts {
    by_number: BTreeMap<u64, Post>,
    last: u64,
}

/// Counts a post for as long as there is one.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// One question on the board.
struct Post {
    session: String,
    /// Who asked, and its own id for the question.
    asker: (Handle, Id),
    /// The call during which it was asked; an open question ends with it.
    call: Option<Arc<Call>>,
    question: Arc<Question>,
    /// What faces show of it. They look often, and each copy would have its whole form.
    shown: Arc<Posted>,
    /// The upstream said that what it sent the person to is complete.
    is_complete: bool,
    due: watch::Sender<Instant>,
    /// While it hangs here, the silence of its call is not the upstream's.
    paused: Option<Paused>,
    _counted: Counted,
}

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has answered it.
    Open,
    /// A person agreed to open its page, and the upstream has not said yet that they are done there.
    Waiting,
    /// The upstream said so.
    Done,
}

/// What a face shows of a question.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Its number on the board.
    pub number: u64,
    /// The first characters of the session's id.
    pub session: String,
    /// The client's name.
    pub client: String,
    /// Who asks.
    pub upstream: UpstreamName,
    /// The tool that was called, by the upstream's own name for it, where that is known.
    pub tool: Option<String>,
    /// In the upstream's words.
    pub message: String,
    /// What it wants of the person.
    pub wanted: Wanted,
    /// How far it came.
    pub stage: Stage,
    /// When it was asked, in milliseconds since 1970.
    pub began_ms: u64,
    /// When it vanishes, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// What a person says to a question.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Yes, with the filled form.
    Accept(Option<Raw>),
    /// No.
    Decline,
    /// Neither: it was put away.
    Cancel,
}

/// Why a verdict did not reach the upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It is not on the board.
    #[error("it is not open any more: it was answered, taken back, or its call ended")]
    Gone,
    /// Somebody has answered it.
    #[error("it was answered already")]
    Answered,
    /// There is content where none belongs.
    #[error("{0}")]
    Misplaced(&'static str),
    /// The content is not what the form asks for; the question stays open.
    #[error("the content does not fit the form: {}", form::sentence(.0))]
    Faults(Vec<Fault>),
}

/// A face shows questions for as long as it holds this.
pub struct Shows(Arc<Board>);

impl Drop for Shows {
    fn drop(&mut self) {
        self.0.faces.fetch_sub(1, Relaxed);
    }
}

/// What an upstream is told that may ask people (client/elicitation, "Capabilities").
pub(crate) fn capability() -> Value {
    json!({ "form": {}, "url": {} })
}

/// The result of `elicitation/create` (client/elicitation).
#[derive(Serialize)]
struct Elicited<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Raw>,
}

impl Elicited<'_> {
    fn bare(action: &str) -> Outcome {
        Outcome::Result(Raw::of(&Elicited { action, content: None }))
    }
}

impl Board {
    pub(crate) fn new(machine: Arc<Machine>) -> Arc<Self> {
        Arc::new(Self {
            machine,
            posted: Mutex::default(),
            count: Arc::default(),
            faces: AtomicUsize::new(0),
        })
    }

    /// A face shows questions from now on.
    pub(crate) fn watch(self: &Arc<Self>) -> Shows {
        self.faces.fetch_add(1, Relaxed);
        Shows(self.clone())
    }

    /// True while somebody would see a question.
    pub(crate) fn is_watched(&self) -> bool {
        self.faces.load(Relaxed) > 0
    }

    /// Hangs up a question for a session; an error goes back to the upstream.
    pub(crate) fn post(
        self: &Arc<Self>,
        session: &Session,
        asker: (Handle, Id),
        call: Option<Arc<Call>>,
        paused: Option<Paused>,
        params: Option<&Raw>,
    ) -> Result<(), Outcome> {
        let question = Question::read(params).map_err(|why| Outcome::error(error::INVALID_PARAMS, &why))?;
        let limit = self.machine.settings.load().question_timeout;
        let (due, alarm) = watch::channel(Instant::now() + limit);
        let began_ms = now_ms();
        let shown = Posted {
            number: 0,
            session: session.id.chars().take(SHOWN_ID_CHARS).collect(),
            client: session.client.name.clone(),
            upstream: asker.0.upstream.clone(),
            tool: call.as_deref().and_then(tool_of),
            message: question.message.clone(),
            wanted: question.wanted.clone(),
            stage: Stage::Open,
            began_ms,
            expires_ms: began_ms.saturating_add(milliseconds(limit)),
        };
        let post = Post {
            session: session.id.clone(),
            asker,
            call,
            question: Arc::new(question),
            shown: Arc::new(shown),
            is_complete: false,
            due,
            paused,
            _counted: Counted::new(&self.count),
        };
        let mut posts = self.lock();
        // A call marks itself before it looks here, and this one was counted before it looks at the mark: one of
        // the two sees the other.
        if post.call.as_ref().is_some_and(|call| call.has_ended()) {
            return Err(Elicited::bare("cancel"));
        }
        let number = posts.add(post).ok_or_else(|| {
            Outcome::error(error::INTERNAL_ERROR, "too many questions wait for a person; ask again later")
        })?;
        drop(posts);
        self.keep_time(number, alarm);
        self.machine.changed();
        Ok(())
    }

    /// Takes a question off the board when its time is over.
    fn keep_time(self: &Arc<Self>, number: u64, mut due: watch::Receiver<Instant>) {
        let board = self.clone();
        tokio::spawn(async move {
            loop {
                let at = *due.borrow_and_update();
                tokio::select! {
                    () = sleep_until(at) => return board.expire(number).await,
                    changed = due.changed() => {
                        if changed.is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }

    async fn expire(&self, number: u64) {
        self.end(|at, _| at == number, Elicited::bare("cancel")).await;
    }

    /// What hangs there, the oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Posted>> {
        if self.is_empty() {
            return Vec::new();
        }
        self.lock().by_number.values().map(|post| post.shown.clone()).collect()
    }

    fn is_empty(&self) -> bool {
        self.count.load(SeqCst) == 0
    }

    /// Hands a person's answer to the upstream.
    pub(crate) async fn answer(&self, number: u64, verdict: Verdict) -> Result<(), Unanswered> {
        if matches!(verdict, Verdict::Cancel) && self.put_away(number) {
            return Ok(());
        }
        let question = self.open_question(number)?;
        let outcome = match (&verdict, &question.wanted) {
            (Verdict::Accept(content), Wanted::Form(schema)) => {
                let form = Form::read(schema).unwrap_or_default();
                let content = form.checked(content.as_ref()).map_err(Unanswered::Faults)?;
                Outcome::Result(Raw::of(&Elicited { action: "accept", content: Some(&content) }))
            }
            (Verdict::Accept(Some(_)), Wanted::Page { .. }) => {
                return Err(Unanswered::Misplaced("a question with a URL is accepted without content"));
            }
            (Verdict::Accept(None), Wanted::Page { .. }) => Elicited::bare("accept"),
            (Verdict::Decline, _) => Elicited::bare("decline"),
            (Verdict::Cancel, _) => Elicited::bare("cancel"),
        };
        let (upstream, own_id) = self.take_answered(number, matches!(verdict, Verdict::Accept(_)))?;
        self.machine.changed();
        upstream.answer(own_id, outcome).await;
        Ok(())
    }

    /// Takes away what was answered and is only shown; false when it is not there.
    fn put_away(&self, number: u64) -> bool {
        !self.remove(|at, post| at == number && post.shown.stage != Stage::Open).is_empty()
    }

    fn open_question(&self, number: u64) -> Result<Arc<Question>, Unanswered> {
        let posts = self.lock();
        let post = posts.by_number.get(&number).ok_or(Unanswered::Gone)?;
        match post.shown.stage {
            Stage::Open => Ok(post.question.clone()),
            Stage::Waiting | Stage::Done => Err(Unanswered::Answered),
        }
    }

    /// Who asked. A page that a person opens stays on the board until they are done there.
    fn take_answered(&self, number: u64, accepted: bool) -> Result<(Handle, Id), Unanswered> {
        let mut posts = self.lock();
        let post = posts.by_number.get_mut(&number).ok_or(Unanswered::Gone)?;
        if post.shown.stage != Stage::Open {
            return Err(Unanswered::Answered);
        }
        let asker = post.asker.clone();
        match (accepted, &post.question.wanted) {
            (true, Wanted::Page { elicitation: Some(_), .. }) if post.is_complete => post.done(),
            (true, Wanted::Page { elicitation: Some(_), .. }) => {
                post.is_at(Stage::Waiting);
                post.lasts(self.machine.settings.load().question_timeout);
            }
            _ => _ = posts.by_number.remove(&number),
        }
        Ok(asker)
    }

    /// An upstream says that a person is done with what it sent them to. False when it means nobody here.
    pub(crate) fn complete(&self, upstream: &Handle, elicitation: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut posts = self.lock();
        let is_meant = |post: &&mut Post| {
            let wanted = &post.question.wanted;
            let named = matches!(wanted, Wanted::Page { elicitation: Some(id), .. } if id == elicitation);
            named && post.is_of(upstream)
        };
        let Some(post) = posts.by_number.values_mut().find(is_meant) else { return false };
        match post.shown.stage {
            Stage::Open => post.is_complete = true,
            Stage::Waiting => post.done(),
            Stage::Done => {}
        }
        drop(posts);
        self.machine.changed();
        true
    }

    /// An upstream takes a question back.
    pub(crate) fn withdraw(&self, upstream: &Handle, own_id: &Id) {
        self.remove(|_, post| {
            post.shown.stage == Stage::Open && post.is_of(upstream) && post.asker.1 == *own_id
        });
    }

    /// An upstream is gone; nobody waits for the answers to its questions any more.
    pub(crate) fn upstream_closed(&self, upstream: &Handle) {
        self.remove(|_, post| post.shown.stage != Stage::Done && post.is_of(upstream));
    }

    /// A call is over, and with it what was asked during it. Where a page was opened, the person is still there.
    pub(crate) async fn call_ended(&self, call: &Arc<Call>) {
        call.end();
        let is_of = |post: &Post| post.call.as_ref().is_some_and(|of| Arc::ptr_eq(of, call));
        self.end(|_, post| post.shown.stage == Stage::Open && is_of(post), Elicited::bare("cancel")).await;
    }

    /// A session is over.
    pub(crate) async fn session_ended(&self, session: &str) {
        let gone = Outcome::error(error::INTERNAL_ERROR, "the client has left");
        self.end(|_, post| post.session == session, gone).await;
    }

    /// Removes questions, and answers those that are open.
    async fn end(&self, is_meant: impl Fn(u64, &Post) -> bool, outcome: Outcome) {
        for post in self.remove(is_meant) {
            if post.shown.stage == Stage::Open {
                let (upstream, own_id) = post.asker;
                upstream.answer(own_id, outcome.clone()).await;
            }
        }
    }

    fn remove(&self, is_meant: impl Fn(u64, &Post) -> bool) -> Vec<Post> {
        if self.is_empty() {
            return Vec::new();
        }
        let removed: Vec<Post> = self
            .lock()
            .by_number
            .extract_if(.., |number, post| is_meant(*number, post))
            .map(|(_, post)| post)
            .collect();
        if !removed.is_empty() {
            self.machine.changed();
        }
        removed
    }

    fn lock(&self) -> MutexGuard<'_, Posts> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Posts {
    /// `None` when there are too many.
    fn add(&mut self, mut post: Post) -> Option<u64> {
        let of_session = self.by_number.values().filter(|other| other.session == post.session).count();
        if self.by_number.len() >= MAX_POSTED || of_session >= MAX_POSTED_OF_SESSION {
            return None;
        }
        self.last += 1;
        Arc::make_mut(&mut post.shown).number = self.last;
        self.by_number.insert(self.last, post);
        Some(self.last)
    }
}

impl Post {
    fn is_of(&self, upstream: &Handle) -> bool {
        self.asker.0.is(upstream)
    }

    fn is_at(&mut self, stage: Stage) {
        Arc::make_mut(&mut self.shown).stage = stage;
    }

    fn lasts(&mut self, time: Duration) {
        Arc::make_mut(&mut self.shown).expires_ms = now_ms().saturating_add(milliseconds(time));
        self.due.send_replace(Instant::now() + time);
    }

    fn done(&mut self) {
        self.is_at(Stage::Done);
        self.paused = None;
        self.lasts(DONE_SHOWN_FOR);
    }
}

/// The tool that was called.
fn tool_of(call: &Call) -> Option<String> {
    let params = call.params.as_ref().filter(|_| call.method == method::TOOLS_CALL)?;
    params.text_at(&["name"]).map(short)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
