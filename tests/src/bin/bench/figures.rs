//! What a run measured, as it is written to a file and shown in tables.

use std::fmt;

use serde::Serialize;

use crate::targets::Verdict;

/// Everything that a run measured. What was left out is empty.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    pub(crate) quick: bool,
    pub(crate) processors: usize,
    /// What else the machine had to do when the run began.
    pub(crate) load_average: f64,
    pub(crate) calls: Vec<Calls>,
    pub(crate) recording: Vec<Recording>,
    pub(crate) starts: Vec<Start>,
    pub(crate) lists: Vec<List>,
    pub(crate) memory: Vec<Memory>,
    pub(crate) targets: Vec<Verdict>,
}

/// How a call gets to a server and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// To the HTTP upstream itself.
    Direct,
    /// HTTP to the gateway, a pipe from there.
    GatewayStdio,
    /// HTTP to the gateway, HTTP from there.
    GatewayHttp,
    /// A child of its own for each session, without a gateway.
    Pipe,
    /// A bridge for each session, then as over the gateway to the stdio upstream.
    Bridge,
}

impl Way {
    /// Each once, in the order of a cycle. What is compared stands side by side.
    pub(crate) const ALL: [Self; 5] =
        [Self::Direct, Self::GatewayStdio, Self::GatewayHttp, Self::Pipe, Self::Bridge];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Self::Direct => "direct http",
            Self::GatewayStdio => "gateway > stdio",
            Self::GatewayHttp => "gateway > http",
            Self::Pipe => "bare pipe",
            Self::Bridge => "bridge > stdio",
        })
    }
}

/// Calls of one size, by one way, from so many sessions at once. Medians of rounds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Calls {
    pub(crate) bytes: usize,
    pub(crate) sessions: usize,
    pub(crate) way: Way,
    #[serde(flatten)]
    pub(crate) speed: Speed,
    /// Throughput as a share of direct calls in the same cycle.
    pub(crate) percent_of_direct: f64,
    /// The same share when only the best rounds of both are looked at: what it would be if others left
    /// the machine alone.
    pub(crate) percent_of_direct_at_best: f64,
    /// Throughput as a share of bare pipes in the same cycle.
    pub(crate) percent_of_pipe: f64,
}

/// How fast calls were. Medians of rounds; rare delays and processor times are those of all rounds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Speed {
    /// How many calls all rounds had.
    pub(crate) calls: u64,
    pub(crate) calls_per_s: f64,
    /// What only one round of ten exceeds.
    pub(crate) best_calls_per_s: f64,
    /// How far the rounds lay apart: half the range of the middle half, in percent of the median.
    pub(crate) spread_percent: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Absent when there were too few calls.
    pub(crate) p999_us: Option<f64>,
    /// Processor time of the gateway for each call.
    pub(crate) gateway_us: Option<f64>,
    /// Processor time of everybody for each call: load generator, bridges, gateway, upstream.
    pub(crate) everybody_us: f64,
}

/// The same calls without and with recording.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Recording {
    pub(crate) sessions: usize,
    pub(crate) way: Way,
    pub(crate) off: Speed,
    pub(crate) on: Speed,
    /// What recording costs; less than nothing is noise.
    pub(crate) worse_percent: Worse,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Worse {
    pub(crate) calls_per_s: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) gateway: f64,
}

impl Worse {
    /// The figure that suffers most, with its name.
    pub(crate) fn most(&self) -> (&'static str, f64) {
        let figures = [
            ("calls/s", self.calls_per_s),
            ("p50", self.p50),
            ("p99", self.p99),
            ("processor time", self.gateway),
        ];
        figures.into_iter().fold(
            ("", f64::NEG_INFINITY),
            |most, figure| {
                if figure.1 > most.1 { figure } else { most }
            },
        )
    }
}

/// From exec to an answer.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Start {
    pub(crate) what: &'static str,
    pub(crate) upstreams: usize,
    pub(crate) median_ms: f64,
    pub(crate) best_ms: f64,
}

/// A list of the tools of so many upstreams.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct List {
    pub(crate) upstreams: usize,
    pub(crate) tools: usize,
    pub(crate) bytes: usize,
    /// Until the last byte, and until the reader has parsed it all.
    pub(crate) read_ms: f64,
    pub(crate) parsed_ms: f64,
    /// The same tools from one HTTP upstream directly.
    pub(crate) direct_read_ms: f64,
    pub(crate) direct_parsed_ms: f64,
}

/// What the gateway has in memory, in MiB.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Memory {
    pub(crate) upstreams: usize,
    pub(crate) idle: f64,
    pub(crate) after_1000_calls: f64,
    pub(crate) after_10000_more: f64,
    pub(crate) after_1000_sessions: f64,
}

impl Memory {
    pub(crate) fn most(&self) -> f64 {
        self.idle.max(self.after_1000_calls).max(self.after_10000_more).max(self.after_1000_sessions)
    }

    /// How much it grew once it was warm.
    pub(crate) fn growth_percent(&self) -> f64 {
        (self.most() / self.after_1000_calls - 1.0) * 100.0
    }
}

/// The middle one; the mean of the two in the middle of an even number.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this share of the values lies, between two values where need be.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile([0.0, 10.0, 20.0], 0.25), 5.0);
    }
}
