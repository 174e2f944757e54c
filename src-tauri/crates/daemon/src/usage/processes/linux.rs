//! Memory as the kernel sums it up for one process: pages that several processes share are divided among
//! them.

use super::super::{report::Memory, tree::Process};

/// The memory of a process; what it has resident where the kernel does not tell more, as of programs of
/// other users.
pub(super) fn memory(process: &Process) -> Memory {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid));
    rollup
        .ok()
        .and_then(|text| parsed(&text))
        .unwrap_or(Memory { counted_bytes: process.resident_bytes, private_bytes: process.resident_bytes })
}

/// Memory that was swapped out counts too, or an upstream could hide from its limit.
fn parsed(rollup: &str) -> Option<Memory> {
    let swapped = field(rollup, "SwapPss:").unwrap_or_default();
    let shared_out = field(rollup, "Pss:")?;
    let written = field(rollup, "Private_Dirty:")?;
    Some(Memory { counted_bytes: shared_out + swapped, private_bytes: written + swapped })
}

fn field(rollup: &str, name: &str) -> Option<u64> {
    let value = rollup.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollup_gives_shares_and_what_is_private() {
        let rollup = "5651f0fcc000-7ffefa6d0000 ---p 00000000 00:00 0    [rollup]\n\
            Rss:                1748 kB\nPss:                 239 kB\nPss_Dirty:           112 kB\n\
            Private_Clean:        48 kB\nPrivate_Dirty:       112 kB\nSwap:                 10 kB\n\
            SwapPss:               8 kB\n";
        let expected = Memory { counted_bytes: 247 * 1024, private_bytes: 120 * 1024 };
        assert_eq!(parsed(rollup), Some(expected));
        assert_eq!(parsed(""), None);
        assert_eq!(parsed("Pss: much kB\n"), None);
    }
}
