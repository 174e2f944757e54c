//! Memory where the system tells only what is resident.

use super::super::{report::Memory, tree::Process};

/// The memory of a process. What of it others share is not known, so all of it counts as private.
pub(super) fn memory(process: &Process) -> Memory {
    Memory { counted_bytes: process.resident_bytes, private_bytes: process.resident_bytes }
}
