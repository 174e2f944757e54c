//! Callers in a closed loop: each has one call in flight and makes the next when it is answered.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{TryStreamExt, stream::FuturesUnordered};
use hdrhistogram::Histogram;
use tokio::time::timeout;

use crate::{payload::Calls, session::Session};

/// A round that takes this much longer than planned hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Latencies are told apart to a tenth of a percent, which is less than the noise.
const DIGITS: u8 = 3;

/// A session and what it calls.
pub(crate) struct Caller {
    pub(crate) session: Session,
    pub(crate) calls: Calls,
}

/// When callers stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After this time.
    Passed(Duration),
    /// After so many calls of each.
    Made(usize),
}

/// What happened in one round.
pub(crate) struct Round {
    pub(crate) took: Duration,
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl Round {
    /// Calls a second.
    pub(crate) fn rate(&self) -> f64 {
        self.calls() as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.latencies.len()
    }

    /// In microseconds.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1e3
    }
}

/// Lets all callers call at once. The first wrong answer ends it.
pub(crate) async fn round(callers: &mut [Caller], until: Until) -> Result<Round> {
    let started = Instant::now();
    let planned = match until {
        Until::Passed(time) => time,
        Until::Made(_) => Duration::ZERO,
    };
    let working: FuturesUnordered<_> = callers.iter_mut().map(|caller| caller.work(started, until)).collect();
    let all: Vec<Vec<u64>> =
        timeout(planned + HANGS_AFTER, working.try_collect()).await.context("a round of calls hangs")??;
    let took = started.elapsed();
    let mut latencies = Histogram::new(DIGITS)?;
    for latency in all.into_iter().flatten() {
        latencies.record(latency)?;
    }
    Ok(Round { took, latencies })
}

impl Caller {
    async fn work(&mut self, started: Instant, until: Until) -> Result<Vec<u64>> {
        let mut latencies = Vec::new();
        let mut before = started;
        loop {
            self.session.call(&mut self.calls).await?;
            let now = Instant::now();
            latencies.push(u64::try_from((now - before).as_nanos())?);
            before = now;
            let enough = match until {
                Until::Passed(time) => now - started >= time,
                Until::Made(calls) => latencies.len() >= calls,
            };
            if enough {
                return Ok(latencies);
            }
        }
    }
}
