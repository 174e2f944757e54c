//! Looking at processes and ending them. Whose child a process is, is told by its environment: every
//! child of a gateway carries its home folder.

use std::path::Path;

/// Processes that carry `HEADGATE_HOME={home}`. Only Linux can tell; elsewhere there are none.
pub fn of_home(home: &Path) -> Vec<u32> {
    carrying(&format!("HEADGATE_HOME={}", home.display()))
}

/// Processes with this entry in their environment. One that has ended has none, even unreaped.
#[cfg(target_os = "linux")]
pub fn carrying(entry: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let carries = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|found| found == entry.as_bytes())
    };
    let mut pids: Vec<u32> = pids.filter(carries).collect();
    pids.sort_unstable();
    pids
}

/// Processes with this entry in their environment.
#[cfg(not(target_os = "linux"))]
pub fn carrying(_entry: &str) -> Vec<u32> {
    Vec::new()
}

/// The command line of a process, its words joined by spaces; empty when it is gone.
pub fn command_line(pid: u32) -> String {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ").trim_end().to_owned()
}

/// True while the process runs; one that ended and was not reaped yet does not.
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything; the state follows it.
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !matches!(rest.trim_start().chars().next(), Some('Z' | 'X')))
}

/// Asks a process to end.
#[cfg(unix)]
pub fn terminate(pid: u32) {
    signal(pid, rustix::process::Signal::TERM);
}

/// Ends a process at once.
#[cfg(unix)]
pub fn kill(pid: u32) {
    signal(pid, rustix::process::Signal::KILL);
}

#[cfg(unix)]
fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // One that is gone needs no signal.
    let _ = pid.map(|pid| rustix::process::kill_process(pid, signal));
}

/// Asks a process to end. Windows has no such signal.
#[cfg(windows)]
pub fn terminate(pid: u32) {
    kill(pid);
}

/// Ends a process at once.
#[cfg(windows)]
pub fn kill(pid: u32) {
    let _ = std::process::Command::new("taskkill").args(["/F", "/PID", &pid.to_string()]).output();
}
