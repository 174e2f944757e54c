//! Windows has no way to become another program: the gateway is a child, and Ctrl-C reaches both.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};

use crate::shell;

/// Starts the gateway and the first call, and waits for the gateway.
pub(super) fn become_gateway(mut serve: Command, xtask: &Path, headgate: &Path) -> Result<()> {
    let mut gateway = serve.spawn().context("start the gateway")?;
    let mut first_call = Command::new(xtask);
    first_call.arg("first-call").arg(headgate).arg(gateway.id().to_string());
    first_call.spawn().context("start the first call")?;
    let status = gateway.wait().context("wait for the gateway")?;
    shell::succeeded(&serve, status)
}

/// Whether a process of this id is there. `tasklist` succeeds either way.
pub(super) fn is_alive(pid: u32) -> bool {
    let filter = format!("PID eq {pid}");
    shell::output(Command::new("tasklist").args(["/NH", "/FI", &filter]))
        .is_ok_and(|list| list.contains(&pid.to_string()))
}

/// How a person starts this program with this home, from any folder: PowerShell's words.
pub(super) fn typed(program: &Path, home: Option<&str>) -> String {
    let home = home.map(|home| format!("$env:HEADGATE_HOME='{home}'; "));
    format!("{}& '{}'", home.unwrap_or_default(), program.display())
}
