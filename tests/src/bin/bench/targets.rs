//! What the gateway is to reach, and whether it does. Shares of the same run's direct calls are the
//! same on every machine; times are those of two processors.

use serde::Serialize;

use crate::{
    figures::{Memory, Recording, Report, Way},
    plan::{SESSIONS, SMALL},
};

/// Throughput of small calls in percent of direct ones, for each number of sessions.
const SHARES: [(Way, [f64; SESSIONS.len()]); 2] =
    [(Way::GatewayStdio, [75.0, 50.0, 60.0]), (Way::GatewayHttp, [55.0, 33.0, 38.0])];

/// Processor time of the gateway for a small call, with this many sessions.
const PROCESSOR_SESSIONS: usize = 8;
const PROCESSOR_US: [(Way, f64); 2] = [(Way::GatewayStdio, 17.0), (Way::GatewayHttp, 26.0)];

/// A list of the tools of 100 upstreams: when the gateway runs, and from the start of its program.
const MANY: usize = 100;
const LIST_MS: f64 = 9.0;
const FIRST_LIST_MS: f64 = 40.0;

/// Memory in MiB for so many upstreams.
const MEMORY_MIB: [(usize, f64); 2] = [(1, 12.0), (MANY, 35.0)];

/// An allocator keeps a little more after more work; whatever leaks would be more than that.
const FLAT_PERCENT: f64 = 10.0;

/// What recording may cost.
const RECORDING_PERCENT: f64 = 5.0;

/// One target beside what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) bound: Bound,
    pub(crate) unit: &'static str,
    pub(crate) met: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Verdict {
    fn new(what: String, figure: f64, bound: Bound, unit: &'static str) -> Self {
        let met = match bound {
            Bound::AtLeast(limit) => figure >= limit,
            Bound::AtMost(limit) => figure <= limit,
        };
        Self { what, figure, bound, unit, met }
    }
}

/// Compares whatever was measured.
pub(crate) fn judge(report: &Report) -> Vec<Verdict> {
    [shares(report), processor(report), lists(report), memory(report), recording(report)].concat()
}

fn shares(report: &Report) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (way, shares) in SHARES {
        for (sessions, share) in SESSIONS.into_iter().zip(shares) {
            let measured = report
                .calls
                .iter()
                .find(|calls| (calls.way, calls.sessions, calls.bytes) == (way, sessions, SMALL));
            verdicts.extend(measured.map(|calls| {
                let what = format!("{way}, {}: share of direct", sessions_text(sessions));
                Verdict::new(what, calls.percent_of_direct, Bound::AtLeast(share), "%")
            }));
        }
    }
    verdicts
}

fn processor(report: &Report) -> Vec<Verdict> {
    let measured = |way| {
        let wanted = (way, PROCESSOR_SESSIONS, SMALL);
        let calls = report.calls.iter().find(|calls| (calls.way, calls.sessions, calls.bytes) == wanted);
        calls.and_then(|calls| calls.speed.gateway_us)
    };
    let verdict = |(way, limit)| {
        let what = format!("{way}, {}: processor time of a call", sessions_text(PROCESSOR_SESSIONS));
        measured(way).map(|figure| Verdict::new(what, figure, Bound::AtMost(limit), "µs"))
    };
    PROCESSOR_US.into_iter().filter_map(verdict).collect()
}

fn lists(report: &Report) -> Vec<Verdict> {
    let list = report.lists.iter().find(|list| list.upstreams == MANY).map(|list| {
        let what = format!("list of {} tools, read and parsed", list.tools);
        Verdict::new(what, list.parsed_ms, Bound::AtMost(LIST_MS), "ms")
    });
    let start = report.starts.iter().find(|start| start.upstreams == MANY).map(|start| {
        let what = format!("exec to the first list of {MANY} upstreams");
        Verdict::new(what, start.median_ms, Bound::AtMost(FIRST_LIST_MS), "ms")
    });
    list.into_iter().chain(start).collect()
}

fn memory(report: &Report) -> Vec<Verdict> {
    let each = |memory: &Memory| {
        let upstreams = memory.upstreams;
        let (_, limit) = MEMORY_MIB.into_iter().find(|(number, _)| *number == upstreams)?;
        let what = format!("memory with {upstreams} upstream{}", if upstreams == 1 { "" } else { "s" });
        let growth = format!("{what}: growth over 10,000 calls and 1,000 sessions");
        Some([
            Verdict::new(what, memory.most(), Bound::AtMost(limit), "MiB"),
            Verdict::new(growth, memory.growth_percent(), Bound::AtMost(FLAT_PERCENT), "%"),
        ])
    };
    report.memory.iter().filter_map(each).flatten().collect()
}

fn recording(report: &Report) -> Vec<Verdict> {
    let each = |recording: &Recording| {
        let (name, worse) = recording.worse_percent.most();
        let (way, sessions) = (recording.way, sessions_text(recording.sessions));
        let what = format!("recording, {way}, {sessions}: worst figure ({name})");
        Verdict::new(what, worse, Bound::AtMost(RECORDING_PERCENT), "%")
    };
    report.recording.iter().map(each).collect()
}

fn sessions_text(sessions: usize) -> String {
    format!("{sessions} session{}", if sessions == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_within_the_bounds() {
        let met = |figure, bound| Verdict::new(String::new(), figure, bound, "").met;
        assert!(met(12.0, Bound::AtMost(12.0)) && !met(12.1, Bound::AtMost(12.0)));
        assert!(met(75.0, Bound::AtLeast(75.0)) && !met(74.9, Bound::AtLeast(75.0)));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(judge(&Report::default()), []);
    }
}
