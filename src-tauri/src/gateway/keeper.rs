//! The task that owns what is known of the gateway.

use std::{
    collections::VecDeque,
    future::{self, Future},
    pin::Pin,
    time::Duration,
};

use headgate_api::{Client, ClientError, Event as Told, Home, Watch, daemon_lives, is_stopped};
use tauri::AppHandle;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

use super::{Goal, Known, Phase, Wish, Word};
use crate::{
    failure::{self, Failure},
    sidecar,
    words::Language,
};

/// Nobody tells when another face starts a gateway, so the manifest is looked for this often.
const LOOK: Duration = Duration::from_secs(1);
/// After an end that was announced, a successor may be there soon.
const LOOK_SOON: Duration = Duration::from_millis(100);
/// A gateway that is to end lets calls finish and ends its upstreams within this time.
const LEAVING: Duration = Duration::from_secs(20);
/// A gateway that is replaced by the next has a successor within this time after its end.
const SUCCESSION: Duration = Duration::from_secs(5);
/// A gateway that ends without a word this often is not started again without a person.
const MAX_REVIVALS: u32 = 3;
/// After this time an end is not counted together with the one before.
const CALM: Duration = Duration::from_secs(600);

type Answer = oneshot::Sender<Result<(), Failure>>;

/// The program `headgate` at work.
struct Job {
    goal: Goal,
    work: Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>,
    answers: Vec<Answer>,
}

pub(super) struct Keeper {
    app: AppHandle,
    home: Home,
    words: mpsc::Receiver<Word>,
    /// What cannot be done before the job ends.
    later: VecDeque<Wish>,
    job: Option<Job>,
    /// `None` also while one runs that cannot be listened to.
    watch: Option<Watch>,
    look_at: Instant,
    /// Until then a successor is expected.
    successor_until: Option<Instant>,
    revivals: u32,
    last_crash: Option<Instant>,
    known: watch::Sender<Known>,
    client: watch::Sender<Option<Client>>,
}

enum Event {
    Heard(Word),
    Done(Result<(), Failure>),
    Told(Result<Option<Told>, ClientError>),
    TimeToLook,
    /// The app is gone.
    Over,
}

impl Keeper {
    pub(super) fn new(
        app: AppHandle,
        home: Home,
        words: mpsc::Receiver<Word>,
        known: watch::Sender<Known>,
        client: watch::Sender<Option<Client>>,
    ) -> Self {
        Self {
            app,
            home,
            words,
            later: VecDeque::new(),
            job: None,
            watch: None,
            look_at: Instant::now(),
            successor_until: None,
            revivals: 0,
            last_crash: None,
            known,
            client,
        }
    }

    pub(super) async fn run(mut self) {
        match is_stopped(&self.home) {
            true => self.is(Phase::Stopped, None),
            // Also where one runs: an older one makes room.
            false => self.begin(Goal::Run, Vec::new()),
        }
        loop {
            match self.next_event().await {
                Event::Heard(Word::Wish(wish)) => self.wished(wish),
                Event::Heard(Word::Installed(version)) => {
                    self.publish(|known| known.was_installed(version));
                }
                Event::Done(outcome) => self.done(outcome).await,
                Event::Told(Ok(Some(told))) => self.told(told),
                Event::Told(Ok(None)) => self.ended(),
                Event::Told(Err(_)) => self.lost().await,
                Event::TimeToLook => self.look().await,
                Event::Over => return,
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let looks = self.watch.is_none() && self.job.is_none();
        let done = async {
            match &mut self.job {
                Some(job) => job.work.as_mut().await,
                None => future::pending().await,
            }
        };
        let told = async {
            match &mut self.watch {
                Some(watch) => watch.next().await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            word = self.words.recv() => word.map_or(Event::Over, Event::Heard),
            outcome = done => Event::Done(outcome),
            told = told => Event::Told(told),
            () = sleep_until(self.look_at), if looks => Event::TimeToLook,
        }
    }

    fn wished(&mut self, wish: Wish) {
        match &mut self.job {
            None => self.begin(wish.goal, vec![wish.answer]),
            Some(job) if job.goal == wish.goal && self.later.is_empty() => job.answers.push(wish.answer),
            // The sender of wishes is bounded, and whoever sent one waits for its answer.
            Some(_) => self.later.push_back(wish),
        }
    }

    fn begin(&mut self, goal: Goal, answers: Vec<Answer>) {
        let (phase, words, code) = match goal {
            Goal::Run => (Phase::Starting, ["up", "--json"], failure::START_FAILED),
            Goal::Stop => (Phase::Stopping, ["down", "--json"], failure::STOP_FAILED),
        };
        // One that runs goes on until it ends, also while it is asked to be there.
        let goes_on = goal == Goal::Run && self.is_attached();
        self.publish(|known| if goes_on { known.goes_on() } else { known.phase = phase });
        let app = self.app.clone();
        let work = Box::pin(async move {
            let output = sidecar::run(&app, &words).await;
            output.map(drop).map_err(|failure| Failure::new(code, failure.detail))
        });
        self.job = Some(Job { goal, work, answers });
    }

    async fn done(&mut self, outcome: Result<(), Failure>) {
        let Some(job) = self.job.take() else { return };
        let outcome = match (job.goal, outcome) {
            (Goal::Run, Ok(())) => self.attach().await,
            (Goal::Stop, Ok(())) => {
                self.detach();
                self.is(Phase::Stopped, None);
                Ok(())
            }
            (_, Err(failure)) => Err(failure),
        };
        if let Err(failure) = &outcome {
            self.not_done(failure.detail.clone());
        }
        for answer in job.answers {
            // Whoever asked may have left.
            let _ = answer.send(outcome.clone());
        }
        if let Some(wish) = self.later.pop_front() {
            self.begin(wish.goal, vec![wish.answer]);
        }
    }

    /// A gateway that is still there goes on as before.
    fn not_done(&mut self, reason: String) {
        self.known.send_modify(|known| match self.is_attached() {
            true => (known.phase, known.reason) = (Phase::Running, Some(reason)),
            false => known.failed(reason),
        });
        self.look_at = Instant::now() + LOOK;
    }

    /// Connects to the gateway that is there, unless it is about to end.
    async fn attach(&mut self) -> Result<(), Failure> {
        let not_running = |error: ClientError| Failure::new(failure::NOT_RUNNING, error.to_string());
        let client = Client::attach(&self.home).await.map_err(not_running)?;
        if client.is_stopping() {
            if self.is_attached() {
                self.publish(|known| known.phase = Phase::Stopping);
            }
            return Err(Failure::new(failure::NOT_RUNNING, Language::spoken().gateway_is_stopping()));
        }
        let same = |old: &Option<Client>| {
            old.as_ref().is_some_and(|old| old.manifest().instance == client.manifest().instance)
        };
        if self.watch.is_some() && same(&self.client.borrow()) {
            self.publish(Known::goes_on);
            return Ok(());
        }
        self.successor_until = None;
        self.publish(|known| known.runs_at(&client.manifest().url, &client.manifest().version));
        self.client.send_replace(Some(client.clone()));
        // Questions are shown in the tray, also while there is no window. There may be too many who listen; the
        // gateway serves all the same, and is asked again.
        self.watch = client.events_with_questions().await.ok();
        self.look_at = Instant::now() + LOOK;
        Ok(())
    }

    fn is_attached(&self) -> bool {
        self.client.borrow().is_some()
    }

    /// A gateway of an older version goes on while it has calls in flight, and is replaced after them.
    fn told(&mut self, told: Told) {
        let made_room = self.known.borrow().makes_room();
        self.known.send_modify(|known| known.hear(told));
        if !made_room && self.known.borrow().makes_room() && self.job.is_none() {
            self.begin(Goal::Run, Vec::new());
        }
    }

    /// What the gateway tells broke off, or could not be read. It may run all the same: a machine that slept
    /// looks like silence.
    async fn lost(&mut self) {
        self.watch = None;
        if self.attach().await.is_err() {
            self.ended();
        }
    }

    fn detach(&mut self) {
        self.watch = None;
        self.client.send_replace(None);
        self.look_at = Instant::now() + LOOK_SOON;
    }

    /// The gateway says nothing any more.
    fn ended(&mut self) {
        let announced = self.known.borrow().phase == Phase::Stopping;
        self.detach();
        match &self.job {
            // What comes of it is told when it is done.
            Some(_) => {}
            None if is_stopped(&self.home) => self.is(Phase::Stopped, None),
            None if announced => {
                self.successor_until = Some(Instant::now() + LEAVING);
                self.is(Phase::Starting, Some(Language::spoken().gateway_is_replaced()));
            }
            None => self.revive(),
        }
    }

    /// Starts a gateway that ended without a word, unless that goes on and on.
    fn revive(&mut self) {
        let now = Instant::now();
        if self.last_crash.replace(now).is_none_or(|last| now - last > CALM) {
            self.revivals = 0;
        }
        self.revivals += 1;
        self.known.send_modify(|known| known.crashes += 1);
        if self.revivals > MAX_REVIVALS {
            let reason = Language::spoken().gateway_crashed_often(self.revivals);
            self.known.send_modify(|known| known.failed(reason));
            return;
        }
        self.is(Phase::Starting, Some(Language::spoken().gateway_crashed()));
        self.begin(Goal::Run, Vec::new());
    }

    /// Somebody else may have started or stopped the gateway.
    async fn look(&mut self) {
        if self.is_attached() {
            return self.lost().await;
        }
        if self.attach().await.is_ok() {
            return;
        }
        let now = Instant::now();
        if !daemon_lives(&self.home) {
            self.successor_until = self.successor_until.map(|until| until.min(now + SUCCESSION));
        }
        self.look_at = now + if self.successor_until.is_some() { LOOK_SOON } else { LOOK };
        if is_stopped(&self.home) {
            self.successor_until = None;
            self.is(Phase::Stopped, None);
        } else if self.successor_until.is_some_and(|until| now > until) {
            self.successor_until = None;
            self.is(Phase::Stopped, Some(Language::spoken().gateway_ended()));
        }
    }

    /// Publishes a phase in which nothing runs.
    fn is(&self, phase: Phase, reason: Option<String>) {
        self.publish(|known| known.is(phase, reason));
    }

    /// Publishes a change. Who watches is not told twice.
    fn publish(&self, change: impl FnOnce(&mut Known)) {
        self.known.send_if_modified(|known| {
            let before = known.clone();
            change(known);
            *known != before
        });
    }
}
