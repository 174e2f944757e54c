//! Windows: a process without a console takes no signals, it can only be ended.

use std::process::{Command, Stdio};

use super::Signal;

pub(super) fn send(pid: u32, signal: Signal) {
    if signal == Signal::Kill {
        let mut command = Command::new("taskkill");
        command.args(["/F", "/PID", &pid.to_string()]);
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Its lock is free, and that is all one needs to know.
pub(super) fn is_gone(_pid: u32) -> bool {
    true
}
