//! `/api/events`: the whole state, then what changes. A watcher remembers what it told last and looks
//! again when something changed or a second passed; so a slow reader hears less often, and nothing
//! queues up for it.

mod changes;
mod sight;
#[cfg(unix)]
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use headgate_api::{Event, Figures, Problem, code};
use headgate_gateway::Shows;
use headgate_protocol::sse;
use hyper::{
    Response,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{Admin, Answer, Face, activity::view, query::Query};
use crate::activity::{Place, Unread};
use sight::LOOK_AT_MOST_EVERY;
pub(super) use sight::Sight;

/// Watchers at once: windows, trays and pages of one person.
pub(super) const MAX_WATCHERS: usize = 32;
/// Calls in flight and last uses change without a signal, so that calls need not give one.
const TICK: Duration = Duration::from_secs(1);
/// What things take is never the same twice; people read it no faster than this.
const USAGE_AT_MOST_EVERY: Duration = Duration::from_secs(2);
/// An idle stream says something this often, so that nobody takes it for dead.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

impl Admin {
    pub(super) fn events(&self, face: Face, query: &str) -> Answer {
        let query = Query::read(query)?;
        let (shows_questions, wants_calls) = (query.switch("questions")?, query.switch("calls")?);
        let Ok(place) = self.watchers.clone().try_acquire_owned() else {
            let detail =
                format!("{MAX_WATCHERS} watchers are connected, which is the limit; close some of them");
            return Err(Problem::new(429, code::TOO_MANY, detail));
        };
        let now = Instant::now();
        let watcher = Watcher {
            changes: self.gateway.changes(),
            admin: self.clone(),
            face,
            calls: wants_calls.then(|| self.activity.watch()),
            last: None,
            told: None,
            pending: VecDeque::new(),
            looked: None,
            spoke: now,
            ending: false,
            questions: shows_questions.then(|| self.gateway.show_questions()),
            _place: place,
        };
        let events = unfold(watcher, |mut watcher| async {
            Some((Ok::<_, Infallible>(watcher.next().await?), watcher))
        });
        let mut response = Response::new(Body::from_stream(events));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
        Ok(response)
    }
}

struct Watcher {
    admin: Admin,
    /// Whose token is in use for as long as it watches.
    face: Face,
    changes: watch::Receiver<u64>,
    /// Where the calls begin that are still to be told, if it wants to hear of any.
    calls: Option<(watch::Receiver<()>, Place)>,
    last: Option<Arc<Sight>>,
    /// What things took when that was told last.
    told: Option<(Figures, Instant)>,
    /// What the last look found, still to be told.
    pending: VecDeque<Event>,
    looked: Option<Instant>,
    spoke: Instant,
    /// The gateway takes no new calls; what is still pending is the last.
    ending: bool,
    /// It shows the questions of upstreams.
    questions: Option<Shows>,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next bytes; they are only asked for when the reader has taken the ones before.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                self.spoke = Instant::now();
                return Some(framed(&event));
            }
            if self.ending {
                return None;
            }
            if self.spoke.elapsed() >= KEEP_ALIVE_EVERY {
                self.spoke = Instant::now();
                return Some(sse::KEEP_ALIVE);
            }
            if let Some(looked) = self.looked {
                self.wait(looked).await;
            }
            self.look().await;
        }
    }

    async fn wait(&mut self, looked: Instant) {
        let calls = async {
            match &mut self.calls {
                // Whoever tells of them lives as long as the admin API.
                Some((ended, _)) => _ = ended.changed().await,
                None => std::future::pending().await,
            }
        };
        let news = async {
            tokio::select! {
                _ = self.changes.changed() => {}
                () = calls => {}
                () = self.admin.drain.closed() => {}
            }
        };
        // Nothing new for a second is a reason to look as well.
        let _ = timeout(TICK, news).await;
        if !self.admin.drain.is_closed() {
            sleep_until(looked + LOOK_AT_MOST_EVERY).await;
        }
    }

    async fn look(&mut self) {
        self.ending = self.admin.drain.is_closed();
        self.changes.mark_unchanged();
        if !self.admin.stays(self.face) {
            // Its token made room for another one. What was found before is told, and nothing new is.
            self.ending = true;
            return;
        }
        let sight = self.admin.sight().await;
        self.looked = Some(Instant::now());
        let shows_questions = self.questions.is_some();
        match &self.last {
            None => self.pending.push_back(Event::State(Box::new(sight.whole(shows_questions)))),
            Some(last) => {
                let is_for_it = |event: &Event| shows_questions || !matches!(event, Event::Questions(_));
                self.pending.extend(changes::between(last, &sight).into_iter().filter(is_for_it));
            }
        }
        self.weigh(&sight.figures);
        self.last = Some(sight);
        self.tell_calls();
    }

    fn tell_calls(&mut self) {
        let Some((_, place)) = &mut self.calls else { return };
        let Unread { calls, missed } = self.admin.activity.unread(place);
        if missed > 0 {
            self.pending.push_back(Event::Missed(missed));
        }
        if !calls.is_empty() {
            self.pending.push_back(Event::Calls(calls.into_iter().map(view).collect()));
        }
    }

    /// Tells what things take, unless it was just told or is as good as the same.
    fn weigh(&mut self, figures: &Figures) {
        let now = Instant::now();
        match &self.told {
            // The whole state has them.
            None => {}
            Some((told, at))
                if now - *at >= USAGE_AT_MOST_EVERY && changes::figures_differ(told, figures) =>
            {
                self.pending.push_back(Event::Usage(Box::new(figures.clone())));
            }
            Some(_) => return,
        }
        self.told = Some((figures.clone(), now));
    }
}

fn framed(event: &Event) -> Bytes {
    // Its types have string keys only, so that it always has a JSON form.
    let json = serde_json::to_string(event).unwrap_or_default();
    format!("data: {json}\n\n").into()
}
