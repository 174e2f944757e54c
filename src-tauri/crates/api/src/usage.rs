//! Bodies of the admin API about what things take of this machine: memory, processor, processes.

use std::path::PathBuf;

use headgate_model::UpstreamName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What some processes take together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// How many they are.
    pub processes: usize,
    /// Their memory. On Linux each counts its own pages and its part of the pages that it shares (PSS),
    /// so that a sum counts nothing twice; elsewhere, and where the system does not tell, each counts all
    /// that it has in memory (RSS), and a sum may count shared pages more than once.
    pub memory_bytes: u64,
    /// Their share of one processor since the look before; 200 is two processors at work all the time.
    pub cpu_percent: f64,
    /// Milliseconds since the oldest of them started.
    pub uptime_ms: u64,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessUsage {
    /// Its process id.
    pub pid: u32,
    /// The process that started it, as far as the system knows.
    pub parent: u32,
    /// How far it is below the first process of its tree, which is at 0.
    pub depth: usize,
    /// The name of its program.
    pub name: String,
    /// Counted as in [`Usage::memory_bytes`].
    pub memory_bytes: u64,
    /// Counted as in [`Usage::cpu_percent`].
    pub cpu_percent: f64,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
}

/// One running copy of an upstream, with every process that it started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CopyUsage {
    /// The process that the gateway started.
    pub pid: u32,
    /// The folder of the project for which it runs, if it runs for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub project: Option<PathBuf>,
    /// The beginning of the id of the session for which it runs, if it runs for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How many attached sessions can use it.
    pub sessions: usize,
    /// What it takes with everything it started.
    #[serde(flatten)]
    pub usage: Usage,
    /// Its processes; each stands behind the one that started it.
    pub tree: Vec<ProcessUsage>,
}

/// The running copies of one upstream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UpstreamUsage {
    /// Its name.
    pub name: UpstreamName,
    /// What all its copies take together.
    #[serde(flatten)]
    pub usage: Usage,
    /// Each of them.
    pub copies: Vec<CopyUsage>,
}

/// What sharing saves, reckoned from the sessions that are attached now. Only processes of upstreams
/// count; the gateway itself stands beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Saving {
    /// All of it in a sentence.
    pub sentence: String,
    /// Sessions of clients that are attached.
    pub sessions: usize,
    /// Processes of upstreams that run.
    pub processes: usize,
    /// Their memory.
    pub memory_bytes: u64,
    /// Processes there would be if every session ran its own copies.
    pub without_processes: usize,
    /// Their memory: a further copy counts with the memory that copies cannot share.
    pub without_memory_bytes: u64,
}

/// `GET /api/usage`: what everything takes, as of the last look at the processes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UsageReport {
    /// When it was looked, in milliseconds since 1970; 0 before the first look.
    pub at_ms: u64,
    /// The gateway itself, with its warden.
    pub gateway: Usage,
    /// The gateway and all upstreams.
    pub total: Usage,
    /// Upstreams that run, in the order of their registration.
    pub upstreams: Vec<UpstreamUsage>,
    /// What sharing saves.
    pub saving: Saving,
}

impl UsageReport {
    /// What an upstream takes; `None` while it runs no process here.
    pub fn of(&self, name: &UpstreamName) -> Option<&UpstreamUsage> {
        self.upstreams.iter().find(|upstream| upstream.name == *name)
    }
}

/// Memory for people: `410 MB`, `1.6 GB`.
pub fn readable_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut amount = bytes as f64 / 1e3;
    let mut unit = 0;
    // What would be rounded to a thousand is one of the next unit.
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1e3;
        unit += 1;
    }
    // One digit behind the point tells 1.6 GB from 1.1 GB; 410.3 MB tells nobody more than 410 MB.
    let digits = usize::from(unit > 0 && amount < 9.95);
    format!("{amount:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_rounded_to_what_people_compare() {
        let cases = [
            (0, "0 kB"),
            (700, "1 kB"),
            (999_400, "999 kB"),
            (999_600, "1.0 MB"),
            (9_940_000, "9.9 MB"),
            (9_960_000, "10 MB"),
            (410_300_000, "410 MB"),
            (1_640_000_000, "1.6 GB"),
            (5_000_000_000_000_000, "5000 TB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(readable_bytes(bytes), text, "{bytes}");
        }
    }
}
