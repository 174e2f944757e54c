//! Which of two versions is the newer one. Pure.

use std::cmp::Ordering;

/// The version of this program.
pub(crate) const OWN: &str = env!("CARGO_PKG_VERSION");

/// True when `one` is newer than `other`. What cannot be read is older than everything that can.
pub fn is_newer(one: &str, other: &str) -> bool {
    compare(one, other) == Ordering::Greater
}

fn compare(one: &str, other: &str) -> Ordering {
    match (read(one), read(other)) {
        (Some((one, one_pre)), Some((other, other_pre))) => {
            // `1.0.0-rc.1` comes before `1.0.0`, and `None` before `Some`.
            let finished = |pre: Option<&str>| pre.is_none();
            let by_pre = finished(one_pre).cmp(&finished(other_pre)).then_with(|| one_pre.cmp(&other_pre));
            one.cmp(&other).then(by_pre)
        }
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// Major, minor and patch, and what stands behind a hyphen. Build metadata behind `+` does not count.
fn read(version: &str) -> Option<([u64; 3], Option<&str>)> {
    let version = version.split('+').next().unwrap_or_default();
    let (numbers, pre) = match version.split_once('-') {
        Some((numbers, pre)) => (numbers, Some(pre)),
        None => (version, None),
    };
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some((numbers, pre))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (one, other, expected) in [
            ("0.1.0", "0.1.0", Ordering::Equal),
            ("0.10.0", "0.9.9", Ordering::Greater),
            ("1.0.0", "0.99.99", Ordering::Greater),
            ("0.1.2", "0.1.10", Ordering::Less),
            ("1.0.0-rc.1", "1.0.0", Ordering::Less),
            ("1.0.0-rc.1", "0.9.0", Ordering::Greater),
            ("1.0.0-rc.2", "1.0.0-rc.1", Ordering::Greater),
            ("1.0.0+a", "1.0.0+b", Ordering::Equal),
            ("0.0.1", "soon", Ordering::Greater),
            ("1.0", "0.0.1", Ordering::Less),
            ("soon", "later", Ordering::Equal),
        ] {
            assert_eq!(compare(one, other), expected, "{one} {other}");
            assert_eq!(compare(other, one), expected.reverse(), "{other} {one}");
        }
        assert!(is_newer("0.1.1", "0.1.0") && !is_newer("0.1.0", "0.1.0"));
    }
}
