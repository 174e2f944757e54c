//! Reads the system's table of processes, and the memory of those that are ours. What follows from it is
//! reckoned elsewhere.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

#[cfg(target_os = "linux")]
use linux::memory;
#[cfg(not(target_os = "linux"))]
use other::memory;
use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::{
    report::{Look, Memory},
    tree::{Process, Table},
};

/// Reads the processes of this machine.
pub(super) struct Reader(System);

impl Reader {
    /// A sentence says why this system cannot be asked.
    pub(super) fn new() -> Result<Self, String> {
        System::new().map(Self).map_err(|error| error.to_string())
    }

    /// All processes, and the memory of those below `gateway`. It takes some milliseconds.
    pub(super) fn look(&mut self, gateway: u32) -> Look {
        let kind = ProcessRefreshKind::nothing().with_memory().with_cpu();
        self.0.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let table = Table::new(self.0.processes().values().filter_map(process));
        let memory: HashMap<u32, Memory> =
            table.tree(gateway).iter().map(|(process, _)| (process.pid, memory(process))).collect();
        Look { at_ms: now_ms(), table, memory }
    }
}

/// `None` for a thread, which some systems list among the processes.
fn process(process: &sysinfo::Process) -> Option<Process> {
    process.thread_kind().is_none().then(|| Process {
        pid: process.pid().as_u32(),
        parent: process.parent().map(sysinfo::Pid::as_u32),
        name: process.name().to_string_lossy().into_owned(),
        started_s: process.start_time(),
        cpu_ms: process.accumulated_cpu_time(),
        resident_bytes: process.memory(),
        is_zombie: matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead),
    })
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_in_the_table_with_its_memory() {
        let ballast = vec![1u8; 64 << 20];
        let own = std::process::id();
        let look = Reader::new().unwrap().look(own);
        let (process, depth) = look.table.tree(own)[0];
        assert_eq!((process.pid, depth), (own, 0));
        assert!(!process.name.is_empty() && process.started_s > 0 && process.parent.is_some(), "{process:?}");
        let memory = look.memory[&own];
        assert!(memory.private_bytes >= ballast.len() as u64, "{memory:?}");
        assert!(memory.counted_bytes >= memory.private_bytes, "{memory:?}");
    }
}
