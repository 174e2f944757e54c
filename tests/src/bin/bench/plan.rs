//! What is measured, and how long.

use std::time::Duration;

use crate::cell::Pace;

/// Sessions that call at once.
pub(crate) const SESSIONS: [usize; 3] = [1, 8, 64];

/// Bytes that a call carries, and its answer too.
pub(crate) const PAYLOADS: [usize; 3] = [SMALL, 64 << 10, 1 << 20];

/// The payload that has targets.
pub(crate) const SMALL: usize = 64;

/// Upstreams whose tools are listed.
pub(crate) const UPSTREAMS: [usize; 3] = [1, 10, 100];

/// What the command line asked for.
pub(crate) struct Plan {
    pub(crate) quick: bool,
    pub(crate) filter: Option<String>,
}

impl Plan {
    /// Whether this is to be measured; says so if it is.
    pub(crate) fn wants(&self, scenario: &str) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| scenario.contains(filter.as_str()));
        if wanted {
            eprintln!("    {scenario}");
        }
        wanted
    }

    /// Small calls have the targets, and are worth the time. Many short rounds outlive the bursts of
    /// others better than a few long ones.
    pub(crate) fn pace(&self, bytes: usize) -> Pace {
        let (cycles, round_ms) = match (self.quick, bytes) {
            (true, SMALL) => (2, 60),
            (true, _) => (1, 30),
            (false, SMALL) => (60, 100),
            (false, _) => (9, 200),
        };
        Pace { cycles, round: Duration::from_millis(round_ms) }
    }

    /// How often something is done that has no rounds.
    pub(crate) fn times(&self) -> usize {
        if self.quick { 3 } else { 15 }
    }
}

/// A payload's name.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
