//! Writes down the calls that ended: takes them from the gateway some times in a second, masks what looks
//! secret, keeps metadata in the database and bodies where the settings say. No call waits for any of it.

mod live;
mod mask;
mod ring;
mod summary;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use headgate_gateway::{Bodies, CallRecord, Recorder};
use headgate_model::{RecordBodies, Settings};
use headgate_store::{Bounds, NewCall, Store, StoreError};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use live::Live;
pub(crate) use live::{Place, Unread};
pub(crate) use mask::text as masked_text;
use ring::Ring;
pub(crate) use summary::summarize;

/// Calls that ended within this time share a transaction; a person does not notice the wait.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Calls of one transaction. One of them in a second costs little of a core, so that a storm of
/// calls does not slow itself down by being written.
const MAX_BATCH: usize = 512;
/// Old calls are looked for at least this often, also when nobody calls.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Recorded calls. Cloning shares them.
#[derive(Clone)]
pub(crate) struct Activity {
    recorder: Arc<Recorder>,
    store: Store,
    keep: Arc<Mutex<Keep>>,
    ring: Arc<Mutex<Ring>>,
    /// Held while a batch is taken and written, so that calls are written in their order.
    writing: Arc<tokio::sync::Mutex<()>>,
    writes: Arc<AtomicU64>,
    live: Arc<Mutex<Live>>,
    /// Tells those who watch that there is more to read.
    ended: watch::Sender<()>,
}

/// How long, how many, and what.
#[derive(Clone, Copy)]
struct Keep {
    days: u64,
    rows: usize,
    bodies: RecordBodies,
}

impl Keep {
    fn of(settings: &Settings) -> Self {
        let days = settings.recording_days as u64;
        Self { days, rows: settings.recording_rows, bodies: settings.record_bodies }
    }
}

/// Parameters and result of a call as they are kept: masked.
pub(crate) type Texts = Arc<(String, String)>;

impl Activity {
    /// Begins to record what ends at `recorder`, if the settings want that.
    pub(crate) fn new(recorder: Arc<Recorder>, store: Store, settings: &Settings) -> Self {
        let keep = Arc::new(Mutex::new(Keep::of(settings)));
        let (ring, writing, writes) = (Arc::default(), Arc::default(), Arc::default());
        let (live, ended) = (Arc::new(Mutex::new(Live::new(now_ms()))), watch::Sender::default());
        let activity = Self { recorder, store, keep, ring, writing, writes, live, ended };
        activity.tune(settings);
        activity
    }

    /// Records as the settings say from now on.
    pub(crate) fn tune(&self, settings: &Settings) {
        self.recorder.set(settings.recording, settings.record_bodies != RecordBodies::Off);
        *self.keep.lock().unwrap_or_else(PoisonError::into_inner) = Keep::of(settings);
    }

    /// Writes for as long as the gateway lives.
    pub(crate) async fn write_forever(self) {
        loop {
            // What is too old goes first, and then again after hours in which nobody called.
            self.write(0).await;
            while timeout(PRUNE_EVERY, self.recorder.news()).await.is_ok() {
                sleep(WRITE_EVERY).await;
                while self.write(MAX_BATCH).await == MAX_BATCH {
                    sleep(WRITE_EVERY).await;
                }
            }
        }
    }

    /// Writes everything that has ended until now, for somebody who wants to see it.
    pub(crate) async fn flush(&self) {
        let activity = self.clone();
        // In a task of its own: what was taken is written, also when nobody waits for it any more.
        let writing = tokio::spawn(async move { while activity.write(MAX_BATCH).await == MAX_BATCH {} });
        let _ = writing.await;
    }

    /// Forgets every recorded call.
    pub(crate) async fn clear(&self) -> Result<(), StoreError> {
        self.flush().await;
        self.ring().clear();
        self.live().clear();
        self.store.clear_calls().await
    }

    /// Parameters and result of a call, while they last.
    pub(crate) async fn bodies(&self, id: i64) -> Result<Option<Texts>, StoreError> {
        let remembered = self.ring().get(id);
        match remembered {
            Some(texts) => Ok(Some(texts)),
            None => Ok(self.store.call_bodies(id).await?.map(Arc::new)),
        }
    }

    /// Tells when calls ended, to be asked for by [`Activity::unread`]; and where that begins.
    pub(crate) fn watch(&self) -> (watch::Receiver<()>, Place) {
        self.recorder.watch(true);
        (self.ended.subscribe(), self.live().place(self.dropped()))
    }

    /// The calls that ended since `place`, which moves on.
    pub(crate) fn unread(&self, place: &mut Place) -> Unread {
        let (live, dropped) = (self.live(), self.dropped());
        let unread = live.since(*place, dropped);
        *place = live.place(dropped);
        unread
    }

    /// Calls that were not recorded because too many ended at once.
    pub(crate) fn dropped(&self) -> u64 {
        self.recorder.dropped()
    }

    /// Whether calls are recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.recorder.is_on()
    }

    /// Takes up to `max` calls, writes those that are kept in one transaction, and tells of all of them to those who
    /// watch; answers how many there were.
    async fn write(&self, max: usize) -> usize {
        let _writing = self.writing.lock().await;
        let records = self.recorder.take(max);
        let number = records.len();
        if number == 0 && max > 0 {
            return 0;
        }
        let keep = *self.keep.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = Bounds { oldest_ms: now_ms().saturating_sub(keep.days * DAY_MS), rows: keep.rows };
        let is_watched = self.ended.receiver_count() > 0;
        // The last one who watched may be gone by now.
        self.recorder.watch(is_watched);
        let (mut calls, mut texts, mut told) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let is_kept = record.kept;
            let (call, said) = masked(record, keep.bodies);
            told.extend(is_watched.then(|| (is_kept, call.clone())));
            if is_kept {
                calls.push(call);
                texts.push(said);
            }
        }
        match self.record(calls, bounds, max).await {
            Ok(ids) => {
                let mut numbers = ids.iter().copied();
                let told = told.into_iter().map(|(is_kept, call)| {
                    let id = if is_kept { numbers.next() } else { None };
                    (id, call)
                });
                self.live().add(told);
                self.ring().extend(ids.into_iter().zip(texts));
            }
            Err(error) => {
                tracing::warn!("{number} calls could not be recorded: {:#}", anyhow::Error::new(error));
            }
        }
        self.ended.send_replace(());
        number
    }

    /// Looks for old calls too, unless there is nothing to write and somebody asked for calls.
    async fn record(&self, calls: Vec<NewCall>, bounds: Bounds, max: usize) -> Result<Vec<i64>, StoreError> {
        if calls.is_empty() && max > 0 {
            return Ok(Vec::new());
        }
        self.writes.fetch_add(1, Relaxed);
        self.store.record_calls(calls, bounds).await
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The form that is kept, with nothing in it that looks secret.
fn masked(record: CallRecord, bodies: RecordBodies) -> (NewCall, Option<Texts>) {
    let wanted = record.bodies.as_ref().filter(|_| bodies != RecordBodies::Off);
    let texts = wanted.map(|said| texts(said, record.request_bytes, record.answer_bytes));
    let kept = texts.clone().filter(|_| bodies == RecordBodies::Disk);
    let call = NewCall {
        at_ms: record.at_ms,
        session: record.session,
        client: record.client,
        project: record.project,
        upstream: record.upstream.map(String::from),
        method: record.method,
        target: record.target.map(|target| mask::text(&target)),
        duration_us: u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        request_bytes: record.request_bytes as u64,
        answer_bytes: record.answer_bytes as u64,
        outcome: record.outcome.word().to_owned(),
        code: record.outcome.code(),
        bodies: kept,
    };
    (call, texts)
}

/// Bodies as text. One that was cut ends with a sign of it.
fn texts(bodies: &Bodies, request_bytes: usize, answer_bytes: usize) -> Texts {
    let text = |body: &[u8], whole: usize| {
        let masked = mask::json(&String::from_utf8_lossy(body));
        if body.len() == whole { masked } else { format!("{}…", masked.trim_end_matches('\u{fffd}')) }
    };
    Arc::new((text(&bodies.request, request_bytes), text(&bodies.answer, answer_bytes)))
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
