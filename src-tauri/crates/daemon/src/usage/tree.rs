//! The table of processes as trees by their parent links. It only reckons; who reads the table is beside
//! it.

use std::collections::{HashMap, HashSet};

/// One line of the system's table of processes.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub pid: u32,
    pub parent: Option<u32>,
    pub name: String,
    /// Seconds since 1970.
    pub started_s: u64,
    /// Processor time since its start.
    pub cpu_ms: u64,
    pub resident_bytes: u64,
    /// It has ended, and only its exit code waits to be taken.
    pub is_zombie: bool,
}

/// All processes that run at one moment.
#[derive(Debug, Default)]
pub(super) struct Table {
    processes: HashMap<u32, Process>,
    children: HashMap<u32, Vec<u32>>,
}

impl Table {
    /// Sorts out who started whom. What has ended is left out: it has no memory and no children.
    pub(super) fn new(processes: impl IntoIterator<Item = Process>) -> Self {
        let alive = processes.into_iter().filter(|process| !process.is_zombie);
        let processes: HashMap<u32, Process> = alive.map(|process| (process.pid, process)).collect();
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for process in processes.values() {
            if let Some(parent) = process.parent.and_then(|parent| processes.get(&parent))
                && is_child(process, parent)
            {
                children.entry(parent.pid).or_default().push(process.pid);
            }
        }
        children.values_mut().for_each(|pids| pids.sort_unstable());
        Self { processes, children }
    }

    /// A process and everything below it, each behind the one that started it, with its depth. Nothing
    /// when there is no such process.
    pub(super) fn tree(&self, root: u32) -> Vec<(&Process, usize)> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut waiting = vec![(root, 0)];
        while let Some((pid, depth)) = waiting.pop() {
            // Links that lead back are a moment's mistake of the table; nobody counts twice.
            let Some(process) = self.processes.get(&pid).filter(|_| seen.insert(pid)) else { continue };
            found.push((process, depth));
            let children = self.children.get(&pid).into_iter().flatten().rev();
            waiting.extend(children.map(|child| (*child, depth + 1)));
        }
        found
    }
}

/// Windows never forgets a parent, and its number goes to somebody else: whoever is younger than its child
/// did not start it.
fn is_child(process: &Process, parent: &Process) -> bool {
    parent.started_s <= process.started_s && parent.pid != process.pid
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A process with 1 MB for each unit of its number.
    pub(crate) fn process(pid: u32, parent: u32, started_s: u64) -> Process {
        Process {
            pid,
            parent: Some(parent),
            name: format!("p{pid}"),
            started_s,
            cpu_ms: 0,
            resident_bytes: u64::from(pid) * 1_000_000,
            is_zombie: false,
        }
    }

    fn check(processes: &[Process], root: u32, expected: &str) {
        let table = Table::new(processes.to_vec());
        let tree: Vec<String> =
            table.tree(root).iter().map(|(process, depth)| format!("{depth}:{}", process.pid)).collect();
        assert_eq!(tree.join(" "), expected);
    }

    #[test]
    fn a_tree_lists_children_behind_their_parents() {
        let table =
            [process(1, 0, 1), process(9, 1, 2), process(5, 1, 2), process(6, 5, 3), process(7, 2, 3)];
        check(&table, 1, "0:1 1:5 2:6 1:9");
        check(&table, 5, "0:5 1:6");
        check(&table, 7, "0:7");
        check(&table, 4, "");
    }

    #[test]
    fn links_in_a_circle_end() {
        check(&[process(1, 3, 1), process(2, 1, 1), process(3, 2, 1)], 1, "0:1 1:2 2:3");
        check(&[process(1, 1, 1)], 1, "0:1");
    }

    #[test]
    fn what_has_ended_does_not_count() {
        let ended = Process { is_zombie: true, ..process(2, 1, 1) };
        check(&[process(1, 0, 1), ended.clone(), process(3, 1, 1)], 1, "0:1 1:3");
        check(&[ended], 2, "");
    }

    #[test]
    fn a_number_that_went_to_somebody_else_has_no_children() {
        // 1 ended and its number was given away; 2 still names it.
        check(&[process(1, 0, 100), process(2, 1, 50), process(3, 1, 101)], 1, "0:1 1:3");
    }

    #[test]
    fn a_very_long_chain_is_no_danger() {
        let chain: Vec<Process> = (1..=50_000).map(|pid| process(pid, pid - 1, 1)).collect();
        assert_eq!(Table::new(chain).tree(1).len(), 50_000);
    }
}
