//! Unix: signals.

use rustix::process::{self, Pid};

use super::Signal;

pub(super) fn send(pid: u32, signal: Signal) {
    let signal = match signal {
        Signal::Terminate => process::Signal::TERM,
        Signal::Kill => process::Signal::KILL,
    };
    if let Some(pid) = read(pid) {
        let _ = process::kill_process(pid, signal);
    }
}

/// True for a process that ended, even when nobody has taken its exit status.
pub(super) fn is_gone(pid: u32) -> bool {
    read(pid).is_none_or(|pid| process::test_kill_process(pid).is_err()) || is_zombie(pid)
}

fn read(pid: u32) -> Option<Pid> {
    // To the system, 0 and 1 are no daemons of ours.
    i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw)
}

#[cfg(target_os = "linux")]
fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which stands in brackets and may hold any character.
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

#[cfg(not(target_os = "linux"))]
fn is_zombie(_pid: u32) -> bool {
    false
}
