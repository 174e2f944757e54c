//! What processes used, as Linux counts it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The unit in which `/proc` tells times (USER_HZ); the same on every machine that this runs on.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that processes used since they started, in user and kernel mode.
pub(crate) fn processor_time(pids: &[u32]) -> Result<Duration> {
    pids.iter().map(|pid| of_one(*pid)).sum()
}

fn of_one(pid: u32) -> Result<Duration> {
    let stat = read(pid, "stat")?;
    // The name, in parentheses, may hold anything. The state follows it; utime and stime are the
    // 12th and 13th field from there.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: Option<u32> =
        fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().ok()).sum();
    Ok(TICK * ticks.with_context(|| format!("read the times of process {pid}"))?)
}

/// Memory that a process has in use, in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = read(pid, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<f64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    Ok(kib.with_context(|| format!("read the memory of process {pid}"))? / 1024.0)
}

/// How many processes wanted to run at once in the last minute.
pub(crate) fn load_average() -> Result<f64> {
    let averages = whole("/proc/loadavg")?;
    averages.split(' ').next().and_then(|average| average.parse().ok()).context("read the load average")
}

fn read(pid: u32, file: &str) -> Result<String> {
    whole(&format!("/proc/{pid}/{file}"))
}

fn whole(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {path}"))
}
