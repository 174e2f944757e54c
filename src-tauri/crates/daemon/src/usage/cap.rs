//! When a copy of an upstream takes too much memory. It decides; the gateway restarts.

use std::{collections::HashSet, time::Duration};

use headgate_model::UpstreamName;
use tokio::time::Instant;

const MIB: u64 = 1024 * 1024;

/// The limit of an upstream with a limit of its own, or none, under the general one. 0 is no limit.
pub(super) fn limit(own: Option<u64>, general: Option<u64>) -> Option<u64> {
    own.or(general).filter(|mib| *mib > 0)
}

/// One running copy with its limit.
#[derive(Debug, Clone)]
pub(super) struct Weighed {
    pub upstream: UpstreamName,
    pub pid: u32,
    pub processes: usize,
    pub memory_bytes: u64,
    pub limit_mib: Option<u64>,
}

/// A copy that took too much, and what happened to it, as a sentence that begins with its name goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub upstream: UpstreamName,
    pub pid: u32,
    pub reason: String,
}

/// Between two judgements: a peak is over by then. Faces that ask make looks come closer together.
pub(super) const JUDGED_EVERY: Duration = Duration::from_secs(2);

/// Copies that were over their limit at the last judgement. A single look may catch a peak, so only the
/// second in a row counts.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    over: HashSet<(UpstreamName, u32)>,
    judged: Option<Instant>,
}

impl Suspects {
    /// True when the next look decides about somebody.
    pub(super) fn any(&self) -> bool {
        !self.over.is_empty()
    }

    /// The copies that were over their limit twice in a row, which are no suspects any more; those that
    /// are over it for the first time become suspects, all others are forgotten. A look that comes too soon
    /// after the last judgement decides nothing.
    pub(super) fn judge(&mut self, copies: &[Weighed], now: Instant) -> Vec<Excess> {
        if self.judged.is_some_and(|judged| now - judged < JUDGED_EVERY) {
            return Vec::new();
        }
        self.judged = Some(now);
        let known = std::mem::take(&mut self.over);
        let mut excesses = Vec::new();
        for copy in copies {
            let Some(limit_mib) =
                copy.limit_mib.filter(|limit| copy.memory_bytes > limit.saturating_mul(MIB))
            else {
                continue;
            };
            let key = (copy.upstream.clone(), copy.pid);
            match known.contains(&key) {
                true => excesses.push(excess(copy, limit_mib)),
                false => drop(self.over.insert(key)),
            }
        }
        excesses
    }
}

fn excess(copy: &Weighed, limit_mib: u64) -> Excess {
    let who = match copy.processes {
        1 => "its process".to_owned(),
        processes => format!("its {processes} processes"),
    };
    // Rounded up, so that it is never said to be over a limit with just as much.
    let took_mib = copy.memory_bytes.div_ceil(MIB);
    let reason = format!(
        "was restarted, because {who} took {took_mib} MiB, more than its memory limit of {limit_mib} MiB"
    );
    Excess { upstream: copy.upstream.clone(), pid: copy.pid, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(pid: u32, memory_bytes: u64, limit_mib: Option<u64>) -> Weighed {
        Weighed { upstream: "u".parse().unwrap(), pid, processes: 2, memory_bytes, limit_mib }
    }

    /// Each look is a list of copies; expected are the pids that each look finds guilty.
    fn check(looks: &[&[Weighed]], expected: &[&[u32]]) {
        check_every(JUDGED_EVERY, looks, expected);
    }

    fn check_every(pause: Duration, looks: &[&[Weighed]], expected: &[&[u32]]) {
        let mut suspects = Suspects::default();
        let mut now = Instant::now();
        let found: Vec<Vec<u32>> = looks
            .iter()
            .map(|look| {
                now += pause;
                suspects.judge(look, now).into_iter().map(|excess| excess.pid).collect()
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn looks_that_follow_at_once_are_one() {
        let over = || copy(7, 11 * MIB, Some(10));
        let soon = Duration::from_millis(7);
        check_every(soon, &[&[over()], &[over()], &[over()]], &[&[], &[], &[]]);
        // The suspicion stays meanwhile, whatever a look in between shows.
        let half = JUDGED_EVERY / 2;
        check_every(half, &[&[over()], &[copy(7, MIB, Some(10))], &[over()]], &[&[], &[], &[7]]);
    }

    #[test]
    fn two_looks_in_a_row_decide() {
        let over = || copy(7, 11 * MIB, Some(10));
        check(&[&[over()], &[over()]], &[&[], &[7]]);
        check(&[&[over()], &[copy(7, 9 * MIB, Some(10))], &[over()], &[over()]], &[&[], &[], &[], &[7]]);
        // It takes a while to end; until it counts again, two further looks pass.
        check(&[&[over()], &[over()], &[over()], &[over()]], &[&[], &[7], &[], &[7]]);
    }

    #[test]
    fn the_limit_itself_is_allowed_and_none_is_none() {
        let just = || copy(7, 10 * MIB, Some(10));
        check(&[&[just()], &[just()]], &[&[], &[]]);
        let free = || copy(7, 1000 * MIB, None);
        check(&[&[free()], &[free()]], &[&[], &[]]);
    }

    #[test]
    fn its_own_limit_wins_and_zero_is_none() {
        let cases = [
            (None, None, None),
            (None, Some(5), Some(5)),
            (Some(7), Some(5), Some(7)),
            (Some(0), None, None),
            (Some(0), Some(5), None),
            (None, Some(0), None),
        ];
        for (own, general, expected) in cases {
            assert_eq!(limit(own, general), expected, "{own:?} {general:?}");
        }
    }

    #[test]
    fn another_copy_is_another_suspect() {
        let over = |pid| copy(pid, 11 * MIB, Some(10));
        check(&[&[over(7)], &[over(8)], &[over(7), over(8)]], &[&[], &[], &[8]]);
        check(&[&[over(7)], &[], &[over(7)]], &[&[], &[], &[]]);
    }

    #[test]
    fn the_reason_names_what_it_took_and_the_limit() {
        let mut suspects = Suspects::default();
        let over = [copy(7, 10 * MIB + 1, Some(10))];
        let now = Instant::now();
        suspects.judge(&over, now);
        assert!(suspects.any());
        let reason = suspects.judge(&over, now + JUDGED_EVERY).remove(0).reason;
        assert_eq!(
            reason,
            "was restarted, because its 2 processes took 11 MiB, more than its memory limit of 10 MiB"
        );
        assert!(!suspects.any());
    }
}
