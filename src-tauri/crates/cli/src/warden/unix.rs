//! Unix: process groups and signals. On Linux also the processes that left their group: they are
//! found by the instance in their environment.

use std::{
    collections::BTreeSet,
    env,
    fs::File,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{self, Pid, Signal},
    stdio,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    flag,
};

/// How long a group may take to end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// Nobody tells when a group of strangers' children is gone, so it is asked for.
const POLL: Duration = Duration::from_millis(10);

/// Lets go of everything but the pipe: of the signals that end the daemon, of its terminal, of its
/// output, which would keep a reader waiting, and of its folder.
pub(super) fn settle() {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
        // A flag that nobody reads: the signal is taken and means nothing.
        let _ = flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    // Fails when this process leads a group of its own, which serves as well.
    let _ = process::setsid();
    let _ = env::set_current_dir("/");
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        let _ = stdio::dup2_stdout(&null);
        let _ = stdio::dup2_stderr(&null);
    }
}

/// Ends the groups, and then whoever left them.
pub(super) fn end(groups: &BTreeSet<i32>, instance: Option<&str>) {
    let groups: Vec<Pid> = groups.iter().filter_map(|group| Pid::from_raw(*group)).collect();
    send(&groups, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while groups.iter().any(group_is_there) && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    send(&groups, Signal::KILL);
    #[cfg(target_os = "linux")]
    if let Some(instance) = instance {
        strays::end(instance);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = instance;
}

fn send(groups: &[Pid], signal: Signal) {
    for group in groups {
        // A group that is gone needs no signal.
        let _ = process::kill_process_group(*group, signal);
    }
}

/// True for a group that has a member, if only one that nobody has waited for.
pub(super) fn is_there(group: i32) -> bool {
    Pid::from_raw(group).as_ref().is_some_and(group_is_there)
}

fn group_is_there(group: &Pid) -> bool {
    process::test_kill_process_group(*group) != Err(Errno::SRCH)
}

#[cfg(target_os = "linux")]
mod strays {
    use std::{fs, os::unix::fs::MetadataExt, path::Path, thread, time::Instant};

    use rustix::process::{self, Pid, Signal};

    use super::{super::INSTANCE_VARIABLE, GRACE, POLL};

    /// While one is found it may have forked another; after this many looks it is left alone, so
    /// that the warden ends.
    const MAX_ROUNDS: usize = 20;

    /// Kills every process of this user that carries the instance.
    pub(super) fn end(instance: &str) {
        let entry = format!("{INSTANCE_VARIABLE}={instance}");
        ask(entry.as_bytes());
        for _ in 0..MAX_ROUNDS {
            let strays = find(entry.as_bytes());
            if strays.is_empty() {
                return;
            }
            for stray in strays {
                let _ = process::kill_process(stray, Signal::KILL);
            }
            thread::sleep(POLL);
        }
    }

    /// They may hold locks that only they remove, so they are asked first.
    fn ask(entry: &[u8]) {
        for stray in find(entry) {
            let _ = process::kill_process(stray, Signal::TERM);
        }
        let deadline = Instant::now() + GRACE;
        while !find(entry).is_empty() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
    }

    fn find(entry: &[u8]) -> Vec<Pid> {
        let own = process::getpid();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
        let others = pids.filter_map(Pid::from_raw).filter(|pid| *pid != own);
        others.filter(|pid| carries(*pid, entry)).collect()
    }

    /// The environment of a process that ended, even when nobody has waited for it, is empty.
    fn carries(pid: Pid, entry: &[u8]) -> bool {
        let folder = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
        let uid = process::geteuid().as_raw();
        fs::metadata(&folder).is_ok_and(|folder| folder.uid() == uid)
            && fs::read(folder.join("environ"))
                .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|e| e == entry))
    }
}
