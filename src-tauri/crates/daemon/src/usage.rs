//! What everything takes of this machine. One task owns the look at the table of processes, publishes what
//! came of it, and has the gateway restart what takes more memory than it may. How often it looks depends
//! on who wants to know.

mod cap;
mod processes;
mod report;
mod saving;
mod tree;

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use headgate_api::UsageReport;
use headgate_gateway::{Gateway, Running};
use headgate_model::UpstreamName;
use tokio::{
    sync::{Notify, watch},
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

use cap::{Suspects, Weighed};
use processes::Reader;
use report::{Look, Past};

/// Between looks while somebody watches: people see changes, and processors have done something meanwhile.
const WATCHED: Duration = cap::JUDGED_EVERY;
/// Between looks while nobody watches but something runs: often enough for a leak to be caught.
const UNWATCHED: Duration = Duration::from_secs(15);
/// Somebody who asked is taken to watch for this long.
const ATTENTION: Duration = Duration::from_secs(10);
/// Figures of this age are as good as new; any number of faces cost one look a second.
const FRESH: Duration = Duration::from_secs(1);
/// Whoever asks gets older figures when a look takes longer than this on a busy machine.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// The handle to what was seen last. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Usage {
    published: Arc<watch::Sender<Published>>,
    asked: Arc<Asked>,
}

#[derive(Debug, Clone, Default)]
struct Published {
    at: Option<Instant>,
    report: Arc<UsageReport>,
}

#[derive(Default)]
struct Asked {
    last: Mutex<Option<Instant>>,
    wake: Notify,
}

impl Usage {
    /// Begins to look after a gateway, for as long as it lives.
    pub(crate) fn watch_over(gateway: &Arc<Gateway>) -> Self {
        let usage = Self { published: Arc::new(watch::Sender::default()), asked: Arc::default() };
        match Reader::new() {
            Ok(reader) => {
                let sampler = Sampler {
                    gateway: Arc::downgrade(gateway),
                    usage: usage.clone(),
                    reader: Some(reader),
                    past: Past::default(),
                    suspects: Suspects::default(),
                };
                tokio::spawn(sampler.run());
            }
            Err(why) => tracing::warn!("what processes take cannot be told, and nothing limits it: {why}"),
        }
        usage
    }

    /// What was seen last.
    pub(crate) fn report(&self) -> Arc<UsageReport> {
        self.published.borrow().report.clone()
    }

    /// What is to be seen now, or lately.
    pub(crate) async fn look(&self) -> Arc<UsageReport> {
        let now = Instant::now();
        *self.asked.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        if self.is_fresh(now) {
            return self.report();
        }
        let mut news = self.published.subscribe();
        self.asked.wake.notify_one();
        let _ = timeout(LOOK_LIMIT, news.wait_for(|news| news.at.is_some_and(|at| at >= now))).await;
        self.report()
    }

    fn is_fresh(&self, now: Instant) -> bool {
        self.published.borrow().at.is_some_and(|at| now.saturating_duration_since(at) < FRESH)
    }

    /// How long ago somebody last wanted to know.
    fn unwatched(&self) -> Option<Duration> {
        self.asked.last.lock().unwrap_or_else(PoisonError::into_inner).map(|last| last.elapsed())
    }
}

/// The task.
struct Sampler {
    gateway: Weak<Gateway>,
    usage: Usage,
    /// `None` only while it looks.
    reader: Option<Reader>,
    past: Past,
    suspects: Suspects,
}

impl Sampler {
    async fn run(mut self) {
        loop {
            let pause = pause(self.usage.unwatched(), self.suspects.any());
            let asked = tokio::select! {
                () = self.usage.asked.wake.notified() => true,
                () = sleep(pause) => false,
            };
            let Some(gateway) = self.gateway.upgrade() else { return };
            // Who asked while the last look was under way was answered by it, and left a permit behind.
            if asked && self.usage.is_fresh(Instant::now()) {
                continue;
            }
            let running = gateway.running();
            if asked || !running.is_empty() || is_watched(self.usage.unwatched()) {
                let Some(look) = self.look().await else { return };
                self.publish(&gateway, &look, &running);
                self.restrain(&gateway);
            }
        }
    }

    /// In a thread for work that takes long: the table is read by many small reads.
    async fn look(&mut self) -> Option<Look> {
        let mut reader = self.reader.take()?;
        let looked = spawn_blocking(move || {
            let look = reader.look(std::process::id());
            (reader, look)
        });
        let (reader, look) = looked.await.ok()?;
        self.reader = Some(reader);
        Some(look)
    }

    fn publish(&mut self, gateway: &Gateway, look: &Look, running: &[Running]) {
        let own = std::process::id();
        let order: Vec<UpstreamName> =
            gateway.upstreams().iter().map(|upstream| upstream.spec.name.clone()).collect();
        let attached = gateway.sessions_awake();
        let report = report::report(look, &self.past, own, &order, running, attached);
        self.past = Past::of(look, own);
        self.usage.published.send_replace(Published { at: Some(Instant::now()), report: Arc::new(report) });
    }

    /// Has those restarted that took too much.
    fn restrain(&mut self, gateway: &Arc<Gateway>) {
        let report = self.usage.report();
        let general = gateway.settings().memory_limit_mib;
        let limit = |name| {
            let own = gateway.upstream(name).and_then(|upstream| upstream.spec.memory_limit_mib);
            cap::limit(own, general)
        };
        let copies: Vec<Weighed> = report
            .upstreams
            .iter()
            .flat_map(|upstream| upstream.copies.iter().map(move |copy| (&upstream.name, copy)))
            .map(|(name, copy)| Weighed {
                upstream: name.clone(),
                pid: copy.pid,
                processes: copy.usage.processes,
                memory_bytes: copy.usage.memory_bytes,
                limit_mib: limit(name),
            })
            .collect();
        for excess in self.suspects.judge(&copies, Instant::now()) {
            let gateway = gateway.clone();
            // Its slot may have other things to do first, and the next look should not wait for it.
            tokio::spawn(async move {
                gateway.give_up(&excess.upstream, excess.pid, excess.reason).await;
            });
        }
    }
}

fn is_watched(unwatched: Option<Duration>) -> bool {
    unwatched.is_some_and(|unwatched| unwatched < ATTENTION)
}

/// How long to wait for the next look, when nobody asks meanwhile. A suspicion is cleared up soon.
fn pause(unwatched: Option<Duration>, suspicion: bool) -> Duration {
    if suspicion || is_watched(unwatched) { WATCHED } else { UNWATCHED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_rare_when_nobody_watches() {
        let seconds = Duration::from_secs;
        assert_eq!(pause(None, false), UNWATCHED);
        assert_eq!(pause(Some(seconds(3)), false), WATCHED);
        assert_eq!(pause(Some(seconds(11)), false), UNWATCHED);
        assert_eq!(pause(None, true), WATCHED);
    }
}
