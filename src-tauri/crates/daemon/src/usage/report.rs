//! From one look at the processes to the figures that people see. It only reckons.

use std::collections::{HashMap, HashSet};

use headgate_api::{CopyUsage, ProcessUsage, UpstreamUsage, Usage, UsageReport};
use headgate_gateway::{Running, Sharers};
use headgate_model::UpstreamName;

use super::{
    saving::{Copy, saving},
    tree::{Process, Table},
};

/// A number may be given away, but not twice in a second.
type Key = (u32, u64);

/// The memory of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// Its share, as [`Usage::memory_bytes`] counts.
    pub counted_bytes: u64,
    /// What nobody could ever share with it.
    pub private_bytes: u64,
}

/// What the system said at one moment.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// In milliseconds since 1970.
    pub at_ms: u64,
    pub table: Table,
    /// Of the gateway and everything below it.
    pub memory: HashMap<u32, Memory>,
}

/// Processor times as of the look before.
#[derive(Debug, Default)]
pub(super) struct Past {
    at_ms: u64,
    cpu_ms: HashMap<Key, u64>,
}

impl Past {
    /// What the next look will want to know of this one.
    pub(super) fn of(look: &Look, gateway: u32) -> Self {
        let cpu_ms = look.table.tree(gateway).into_iter();
        let cpu_ms = cpu_ms.map(|(process, _)| ((process.pid, process.started_s), process.cpu_ms)).collect();
        Self { at_ms: look.at_ms, cpu_ms }
    }

    /// The share of one processor since the last look; over its whole life when it was not seen before.
    fn cpu_percent(&self, process: &Process, now_ms: u64) -> f64 {
        let (used_ms, elapsed_ms) = match self.cpu_ms.get(&(process.pid, process.started_s)) {
            Some(before) if now_ms > self.at_ms => {
                (process.cpu_ms.saturating_sub(*before), now_ms - self.at_ms)
            }
            // It started some time in that second, so that its life is only known to a second.
            _ => (process.cpu_ms, uptime_ms(process, now_ms).max(1000)),
        };
        let percent = used_ms as f64 * 100.0 / elapsed_ms as f64;
        (percent * 10.0).round() / 10.0
    }
}

/// Adds everything up. `order` are all upstreams as they were registered.
pub(super) fn report(
    look: &Look,
    past: &Past,
    gateway: u32,
    order: &[UpstreamName],
    running: &[Running],
    sessions: usize,
) -> UsageReport {
    let copies: Vec<(&Running, CopyUsage)> =
        running.iter().filter_map(|running| Some((running, copy(look, past, running)?))).collect();
    let theirs: HashSet<u32> =
        copies.iter().flat_map(|(_, copy)| &copy.tree).map(|process| process.pid).collect();
    let own: Vec<ProcessUsage> = tree(look, past, gateway);
    let own = sum(own.iter().filter(|process| !theirs.contains(&process.pid)));
    let figures: Vec<Copy> = copies.iter().map(|(_, copy)| figures(look, copy)).collect();
    let upstreams: Vec<UpstreamUsage> = order
        .iter()
        .map(|name| {
            let own = copies.iter().filter(|(running, _)| running.upstream == *name);
            let copies: Vec<CopyUsage> = own.map(|(_, copy)| copy.clone()).collect();
            let usage = sum(copies.iter().flat_map(|copy| &copy.tree));
            UpstreamUsage { name: name.clone(), usage, copies }
        })
        .filter(|upstream| !upstream.copies.is_empty())
        .collect();
    let all = [&own].into_iter().chain(upstreams.iter().map(|upstream| &upstream.usage));
    UsageReport {
        at_ms: look.at_ms,
        total: total(all),
        gateway: own,
        upstreams,
        saving: saving(sessions, &figures),
    }
}

/// `None` when it has just ended.
fn copy(look: &Look, past: &Past, running: &Running) -> Option<CopyUsage> {
    let tree = tree(look, past, running.pid);
    let usage = Some(sum(&tree)).filter(|usage| usage.processes > 0)?;
    let (project, session) = match &running.sharers {
        Sharers::Everybody => (None, None),
        Sharers::Project(folder) => (Some(folder.clone()), None),
        Sharers::Session(id) => (None, Some(id.clone())),
    };
    Some(CopyUsage { pid: running.pid, project, session, sessions: running.sessions, usage, tree })
}

fn figures(look: &Look, copy: &CopyUsage) -> Copy {
    let private = |process: &ProcessUsage| look.memory.get(&process.pid).map(|memory| memory.private_bytes);
    Copy {
        processes: copy.usage.processes,
        memory_bytes: copy.usage.memory_bytes,
        private_bytes: copy.tree.iter().filter_map(private).sum(),
        sessions: copy.sessions,
    }
}

fn tree(look: &Look, past: &Past, root: u32) -> Vec<ProcessUsage> {
    let usage = |(process, depth): (&Process, usize)| ProcessUsage {
        pid: process.pid,
        parent: process.parent.unwrap_or_default(),
        depth,
        name: process.name.clone(),
        memory_bytes: look
            .memory
            .get(&process.pid)
            .map_or(process.resident_bytes, |memory| memory.counted_bytes),
        cpu_percent: past.cpu_percent(process, look.at_ms),
        uptime_ms: uptime_ms(process, look.at_ms),
    };
    look.table.tree(root).into_iter().map(usage).collect()
}

fn uptime_ms(process: &Process, now_ms: u64) -> u64 {
    now_ms.saturating_sub(process.started_s.saturating_mul(1000))
}

fn sum<'a>(processes: impl IntoIterator<Item = &'a ProcessUsage>) -> Usage {
    let one = |process: &ProcessUsage| Usage {
        processes: 1,
        memory_bytes: process.memory_bytes,
        cpu_percent: process.cpu_percent,
        uptime_ms: process.uptime_ms,
    };
    let each: Vec<Usage> = processes.into_iter().map(one).collect();
    total(&each)
}

fn total<'a>(usages: impl IntoIterator<Item = &'a Usage>) -> Usage {
    let mut total = usages.into_iter().fold(Usage::default(), |sum, usage| Usage {
        processes: sum.processes + usage.processes,
        memory_bytes: sum.memory_bytes + usage.memory_bytes,
        cpu_percent: sum.cpu_percent + usage.cpu_percent,
        uptime_ms: sum.uptime_ms.max(usage.uptime_ms),
    });
    total.cpu_percent = (total.cpu_percent * 10.0).round() / 10.0;
    total
}

#[cfg(test)]
mod tests {
    use super::{super::tree::tests::process, *};

    const MB: u64 = 1_000_000;

    /// The gateway 1 with its warden 2; a copy 3 of `a` with a child 4; a copy 5 of `b`.
    fn look(at_ms: u64, cpu_ms: u64) -> Look {
        let processes =
            [process(1, 0, 1), process(2, 1, 1), process(3, 1, 2), process(4, 3, 3), process(5, 1, 4)];
        let memory = processes.iter().map(|process| (process.pid, own(process.pid))).collect();
        let busy = processes.map(|process| Process { cpu_ms, ..process });
        Look { at_ms, table: Table::new(busy), memory }
    }

    /// 10 MB for each unit of its number, one of them private.
    fn own(pid: u32) -> Memory {
        let unit = u64::from(pid) * MB;
        Memory { counted_bytes: 10 * unit, private_bytes: unit }
    }

    fn runner(upstream: &str, pid: u32, sessions: usize) -> Running {
        let upstream = upstream.parse().unwrap();
        Running { upstream, pid, since_ms: 0, sharers: Sharers::Everybody, sessions }
    }

    fn order() -> Vec<UpstreamName> {
        ["b", "a", "c"].map(|name| name.parse().unwrap()).to_vec()
    }

    #[test]
    fn sums_count_every_process_once() {
        let runners = [runner("a", 3, 2), runner("b", 5, 1), runner("c", 99, 2)];
        let report = report(&look(10_000, 0), &Past::default(), 1, &order(), &runners, 2);
        let names: Vec<&str> = report.upstreams.iter().map(|upstream| upstream.name.as_str()).collect();
        assert_eq!(names, ["b", "a"], "as registered; what does not run is not there");
        let a = &report.upstreams[1];
        assert_eq!((a.usage.processes, a.usage.memory_bytes, a.usage.uptime_ms), (2, 70 * MB, 8000));
        let tree: Vec<_> = a.copies[0].tree.iter().map(|process| (process.pid, process.depth)).collect();
        assert_eq!(tree, [(3, 0), (4, 1)]);
        assert_eq!((report.gateway.processes, report.gateway.memory_bytes), (2, 30 * MB));
        assert_eq!((report.total.processes, report.total.memory_bytes), (5, 150 * MB));
        assert_eq!((report.saving.processes, report.saving.without_processes), (3, 5));
        assert_eq!(report.saving.without_memory_bytes, (70 + 7 + 50) * MB);
    }

    #[test]
    fn a_process_without_measured_memory_counts_with_what_it_has_resident() {
        let mut look = look(10_000, 0);
        look.memory.remove(&4);
        let report = report(&look, &Past::default(), 1, &order(), &[runner("a", 3, 1)], 1);
        assert_eq!(report.upstreams[0].usage.memory_bytes, 34 * MB);
    }

    #[test]
    fn processor_time_is_counted_since_the_look_before() {
        let (before, now) = (look(10_000, 500), look(12_000, 2500));
        let past = Past::of(&before, 1);
        let percent = |past: &Past| {
            report(&now, past, 1, &order(), &[runner("b", 5, 1)], 1).upstreams[0].usage.cpu_percent
        };
        assert_eq!(percent(&past), 100.0);
        // Never seen before: 2.5 s in a life of 8 s.
        assert_eq!(percent(&Past::default()), 31.3);
        // A clock that went back says nothing about the time between.
        assert_eq!(percent(&Past { at_ms: 13_000, ..past }), 31.3);
        // Another process under the same number is as good as new.
        let reused = Past { at_ms: 10_000, cpu_ms: [((5, 3), 0)].into() };
        assert_eq!(percent(&reused), 31.3);
    }
}
