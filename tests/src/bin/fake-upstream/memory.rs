//! Memory that the server takes and never gives back, for tests of what the gateway makes of it.

use std::{
    io::{Read, stdin},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

static HELD: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Takes this much; it is written to, so that the system has to give it.
pub(crate) fn hold(mib: usize) {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).push(vec![1; mib << 20]);
}

/// Starts a process of its own that holds this much. It ends with its input, that is, with this one.
pub(crate) fn start_holder(mib: usize) -> anyhow::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--stdio", "--hold-mib", &mib.to_string()]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn()?;
    // The other end of its input stays open for as long as this process lives.
    std::mem::forget(child.stdin.take());
    Ok(())
}

/// What such a process does.
pub(crate) fn hold_until_the_input_ends(mib: usize) -> anyhow::Result<()> {
    hold(mib);
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
