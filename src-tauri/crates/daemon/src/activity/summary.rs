//! What charts show of recorded calls: how many, how many failed, how long they took, for each stretch
//! of time.

use std::collections::BTreeMap;

use headgate_api::ActivityBucket;
use headgate_store::CallPoint;

/// Puts calls into stretches of `bucket_ms` from `since_ms` on; stretches without calls are left out.
pub(crate) fn summarize(points: &[CallPoint], since_ms: u64, bucket_ms: u64) -> Vec<ActivityBucket> {
    let mut stretches: BTreeMap<u64, (u64, Vec<u32>)> = BTreeMap::new();
    for point in points.iter().filter(|point| point.at_ms >= since_ms) {
        let start = since_ms + (point.at_ms - since_ms) / bucket_ms * bucket_ms;
        let (errors, durations) = stretches.entry(start).or_default();
        *errors += u64::from(point.failed);
        durations.push(point.duration_us);
    }
    let bucket = |(start_ms, (errors, mut durations)): (u64, (u64, Vec<u32>))| {
        durations.sort_unstable();
        ActivityBucket {
            start_ms,
            calls: durations.len() as u64,
            errors,
            p50_ms: at_rank(&durations, 50),
            p95_ms: at_rank(&durations, 95),
        }
    };
    stretches.into_iter().map(bucket).collect()
}

/// The nearest-rank percentile, in milliseconds.
fn at_rank(sorted_us: &[u32], percent: usize) -> f64 {
    let rank = (sorted_us.len() * percent).div_ceil(100).max(1);
    sorted_us.get(rank - 1).map_or(0.0, |duration_us| f64::from(*duration_us) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: &[(u64, u32, bool)], expected: &[(u64, u64, u64, f64, f64)]) {
        let points: Vec<_> = points
            .iter()
            .map(|&(at_ms, duration_us, failed)| CallPoint { at_ms, duration_us, failed })
            .collect();
        let found: Vec<_> = summarize(&points, 1_000, 100)
            .into_iter()
            .map(|bucket| (bucket.start_ms, bucket.calls, bucket.errors, bucket.p50_ms, bucket.p95_ms))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn calls_are_counted_and_ranked_by_stretch() {
        check(&[], &[]);
        check(&[(999, 1, true)], &[]);
        check(&[(1_000, 1_500, false)], &[(1_000, 1, 0, 1.5, 1.5)]);
        check(
            &[(1_350, 3_000, true), (1_099, 1_000, false), (1_301, 9_000, false), (1_000, 2_000, true)],
            &[(1_000, 2, 1, 1.0, 2.0), (1_300, 2, 1, 3.0, 9.0)],
        );
        let hundred: Vec<_> = (1..=100).map(|n| (1_200, n * 1_000, false)).collect();
        check(&hundred, &[(1_200, 100, 0, 50.0, 95.0)]);
    }
}
