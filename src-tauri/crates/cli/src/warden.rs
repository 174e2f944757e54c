//! `headgate warden`: ends the gateway's children when the gateway can no longer do it. The daemon
//! holds a pipe to it and names each process group there: `+PGID` registers one, `-PGID` forgets
//! it, and `!` forgets those that do not exist: a child registers itself before its program runs, and
//! some programs never run. When the pipe closes, however the daemon ended, every registered group is ended.
//!
//! It runs for as long as the daemon and in its shadow, so it is small and waits in one place.

#[cfg_attr(unix, path = "warden/unix.rs")]
#[cfg_attr(windows, path = "warden/windows.rs")]
mod platform;

use std::{
    collections::BTreeSet,
    env,
    io::{self, BufRead},
};

/// Every child of a daemon carries the instance of that daemon in this variable.
const INSTANCE_VARIABLE: &str = "HEADGATE_INSTANCE";

/// Watches until standard input ends, then ends what is registered.
pub(crate) fn run() {
    platform::settle();
    let groups = watch(io::stdin().lock());
    let instance = env::var(INSTANCE_VARIABLE).ok().filter(|instance| !instance.is_empty());
    platform::end(&groups, instance.as_deref());
}

/// Reads up to the end and gives the groups that are still registered.
fn watch(mut input: impl BufRead) -> BTreeSet<i32> {
    let mut groups = BTreeSet::new();
    let mut line = String::new();
    // An unreadable pipe is as good as a closed one.
    while input.read_line(&mut line).is_ok_and(|length| length > 0) {
        apply(&line, &mut groups);
        line.clear();
    }
    groups
}

/// A line without its end was cut off, and its number may be another group's.
fn apply(line: &str, groups: &mut BTreeSet<i32>) {
    let Some(line) = line.strip_suffix('\n') else { return };
    if line == "!" {
        return groups.retain(|group| platform::is_there(*group));
    }
    let Some((sign, number)) = line.split_at_checked(1) else { return };
    // To the system, 0 means the own group and 1 everybody.
    let Some(group) = number.parse().ok().filter(|group| *group > 1) else { return };
    match sign {
        "+" => _ = groups.insert(group),
        "-" => _ = groups.remove(&group),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &[i32]) {
        let groups: Vec<i32> = watch(input.as_bytes()).into_iter().collect();
        assert_eq!(groups, expected, "{input:?}");
    }

    #[test]
    fn groups_are_registered_and_forgotten() {
        check("+12\n+13\n-12\n", &[13]);
        check("+12\n+12\n-12\n-12\n", &[]);
        check("", &[]);
    }

    #[cfg(unix)]
    #[test]
    fn groups_that_do_not_exist_are_forgotten() {
        let own = rustix::process::getpgrp().as_raw_nonzero().get();
        check(&format!("+{own}\n+2147483000\n!\n"), &[own]);
    }

    #[test]
    fn what_is_no_group_is_never_killed() {
        check("+0\n+1\n+-1\n+-20\n++\n+\n\n-\n", &[]);
        check("+99999999999\nhello\n+12 \n+ 12\né\n", &[]);
        check("+14\n+1234", &[14]);
    }
}
