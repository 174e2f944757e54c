//! One comparison: several parties take turns in short rounds, so that whatever else the machine does
//! meets all of them alike.

use std::{iter::zip, process, time::Duration};

use anyhow::Result;

use crate::{
    figures::{Speed, median, quantile},
    load::{self, Caller, Round, Until},
    usage,
};

/// Fewer calls have no 99.9th percentile.
const ENOUGH_FOR_P999: u64 = 5000;

/// Nine rounds of ten are slower than the best.
const BEST: f64 = 0.9;

/// Callers that go the same way, and who works for them.
pub(crate) struct Party {
    pub(crate) callers: Vec<Caller>,
    /// The gateway's process.
    pub(crate) gateway: Option<u32>,
    /// The processes beside the gateway and this one.
    pub(crate) processes: Vec<u32>,
}

/// How long a comparison takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) cycles: usize,
    pub(crate) round: Duration,
}

/// All rounds of one party.
#[derive(Default)]
pub(crate) struct Turns {
    rounds: Vec<Round>,
    gateway: Option<Duration>,
    everybody: Duration,
}

/// Lets the parties take turns.
pub(crate) async fn compare(mut parties: Vec<Party>, pace: Pace) -> Result<Vec<Turns>> {
    for party in &mut parties {
        load::round(&mut party.callers, Until::Passed(pace.round / 2)).await?;
    }
    let mut turns: Vec<Turns> = parties.iter().map(|_| Turns::default()).collect();
    for _ in 0..pace.cycles {
        for (party, turns) in zip(&mut parties, &mut turns) {
            turns.take(party, pace.round).await?;
        }
    }
    for caller in parties.into_iter().flat_map(|party| party.callers) {
        caller.session.close().await?;
    }
    Ok(turns)
}

impl Turns {
    async fn take(&mut self, party: &mut Party, length: Duration) -> Result<()> {
        let gateway = Vec::from_iter(party.gateway);
        let others = [&party.processes[..], &[process::id()]].concat();
        let before = (usage::processor_time(&gateway)?, usage::processor_time(&others)?);
        self.rounds.push(load::round(&mut party.callers, Until::Passed(length)).await?);
        let in_gateway = usage::processor_time(&gateway)? - before.0;
        self.everybody += in_gateway + usage::processor_time(&others)? - before.1;
        if party.gateway.is_some() {
            *self.gateway.get_or_insert_default() += in_gateway;
        }
        Ok(())
    }

    /// What the rounds say together.
    pub(crate) fn speed(&self) -> Speed {
        let each = |figure: fn(&Round) -> f64| median(self.rounds.iter().map(figure));
        let rates = || self.rounds.iter().map(Round::rate);
        let calls: u64 = self.rounds.iter().map(Round::calls).sum();
        let per_call = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
        let calls_per_s = each(Round::rate);
        Speed {
            calls,
            calls_per_s,
            best_calls_per_s: quantile(rates(), BEST),
            spread_percent: (quantile(rates(), 0.75) - quantile(rates(), 0.25)) / 2.0 / calls_per_s * 100.0,
            p50_us: each(|round| round.quantile(0.5)),
            p99_us: each(|round| round.quantile(0.99)),
            p999_us: (calls >= ENOUGH_FOR_P999).then(|| self.p999_us()),
            gateway_us: self.gateway.map(per_call),
            everybody_us: per_call(self.everybody),
        }
    }

    fn p999_us(&self) -> f64 {
        let mut all = self.rounds[0].latencies.clone();
        for round in &self.rounds[1..] {
            all += &round.latencies;
        }
        all.value_at_quantile(0.999) as f64 / 1e3
    }

    /// Throughput as a share of another party's, cycle by cycle.
    pub(crate) fn percent_of(&self, other: &Self) -> f64 {
        100.0 * median(zip(&self.rounds, &other.rounds).map(|(own, other)| own.rate() / other.rate()))
    }

    /// By how much another party is better in some figure that is better when lower.
    pub(crate) fn percent_above(&self, other: &Self, figure: fn(&Round) -> f64) -> f64 {
        let ratios = zip(&self.rounds, &other.rounds).map(|(own, other)| figure(own) / figure(other));
        (median(ratios) - 1.0) * 100.0
    }
}
