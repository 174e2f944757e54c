//! What processes have taken so far, as Linux counts it.

use std::fs;

/// The kernel counts time in hundredths of a second.
const TICKS_PER_S: f64 = 100.0;

/// Seconds since a process was started.
pub(super) fn age_s(pid: u32) -> f64 {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime_s: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    uptime_s - ticks(pid, 19) / TICKS_PER_S
}

/// A field of the process's line, counted from the one after its name.
fn ticks(pid: u32, field: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(field).unwrap().parse().unwrap()
}

/// Memory in kilobytes: what is theirs alone, and their part of what they share.
pub(super) fn pss_kb(pids: &[u32]) -> u64 {
    let pss = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    pids.iter().filter_map(pss).sum()
}
