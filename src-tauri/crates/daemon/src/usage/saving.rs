//! What sharing saves. It reckons with what runs now and who is attached now, and claims nothing that it
//! cannot count.

use headgate_api::{Saving, readable_bytes};

/// One running copy of an upstream, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    /// Its processes.
    pub processes: usize,
    /// Their memory.
    pub memory_bytes: u64,
    /// The part of it that a second copy would need again; program code, for one, is there once for all.
    pub private_bytes: u64,
    /// Attached sessions that can use it: without Headgate, each would run a copy of its own.
    pub sessions: usize,
}

/// Adds up what runs, and what would run without Headgate.
pub(super) fn saving(sessions: usize, copies: &[Copy]) -> Saving {
    let mut saving = Saving { sessions, ..Saving::default() };
    for copy in copies {
        saving.processes += copy.processes;
        saving.memory_bytes += copy.memory_bytes;
        saving.without_processes += copy.processes * copy.sessions;
        saving.without_memory_bytes += match copy.sessions.checked_sub(1) {
            Some(more) => copy.memory_bytes + copy.private_bytes * more as u64,
            // Nobody would run it.
            None => 0,
        };
    }
    saving.sentence = sentence(&saving);
    saving
}

fn sentence(saving: &Saving) -> String {
    let with = amount(saving.processes, saving.memory_bytes);
    match (saving.sessions, saving.processes) {
        (0, 0) => "no client is connected, and no process runs".to_owned(),
        (0, _) => format!("no client is connected; {with}"),
        (1, 0) => "1 client is connected, and no process runs".to_owned(),
        (sessions, 0) => format!("{sessions} clients are connected, and no process runs"),
        (1, _) => format!("1 client uses {with}"),
        (sessions, processes) if saving.without_processes <= processes => {
            format!("{sessions} clients use {with}")
        }
        (sessions, _) => {
            let without = amount(saving.without_processes, saving.without_memory_bytes);
            format!("{sessions} clients share {with}; without Headgate {without}")
        }
    }
}

fn amount(processes: usize, memory_bytes: u64) -> String {
    let plural = if processes == 1 { "" } else { "es" };
    format!("{processes} process{plural}, {}", readable_bytes(memory_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    /// A copy whose memory is its own for nine tenths.
    fn copy(processes: usize, megabytes: u64, sessions: usize) -> Copy {
        let memory_bytes = megabytes * MB;
        Copy { processes, memory_bytes, private_bytes: memory_bytes / 10 * 9, sessions }
    }

    fn check(sessions: usize, copies: &[Copy], expected: &str) {
        assert_eq!(saving(sessions, copies).sentence, expected);
    }

    #[test]
    fn every_attached_session_would_run_its_own() {
        let three = [copy(2, 200, 4), copy(2, 100, 4), copy(2, 110, 4)];
        check(4, &three, "4 clients share 6 processes, 410 MB; without Headgate 24 processes, 1.5 GB");
        check(2, &[copy(1, 10, 2)], "2 clients share 1 process, 10 MB; without Headgate 2 processes, 19 MB");
        // One session sees both, the other only the second.
        check(
            2,
            &[copy(1, 10, 1), copy(3, 10, 2)],
            "2 clients share 4 processes, 20 MB; without Headgate 7 processes, 29 MB",
        );
    }

    #[test]
    fn nothing_is_claimed_that_is_not_so() {
        check(1, &[copy(6, 410, 1)], "1 client uses 6 processes, 410 MB");
        check(1, &[copy(1, 10, 1)], "1 client uses 1 process, 10 MB");
        // Both run copies of their own.
        check(2, &[copy(1, 10, 1), copy(1, 10, 1)], "2 clients use 2 processes, 20 MB");
        // One is used by nobody, which costs more than the shared one saves.
        check(2, &[copy(5, 100, 0), copy(1, 10, 2)], "2 clients use 6 processes, 110 MB");
    }

    #[test]
    fn nobody_and_nothing_have_their_sentences() {
        check(0, &[], "no client is connected, and no process runs");
        check(0, &[copy(2, 30, 0)], "no client is connected; 2 processes, 30 MB");
        check(1, &[], "1 client is connected, and no process runs");
        check(3, &[], "3 clients are connected, and no process runs");
    }

    #[test]
    fn the_figures_are_those_of_the_sentence() {
        let saving = saving(3, &[copy(2, 100, 3), copy(1, 50, 1)]);
        assert_eq!((saving.sessions, saving.processes, saving.without_processes), (3, 3, 7));
        assert_eq!((saving.memory_bytes, saving.without_memory_bytes), (150 * MB, 330 * MB));
    }
}
