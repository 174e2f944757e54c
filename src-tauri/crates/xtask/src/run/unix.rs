//! The gateway takes this process over.

use std::{os::unix::process::CommandExt, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::shell;

/// Starts the first call beside us, then becomes the gateway. A shell starts it and ends at once,
/// so that the gateway does not inherit a child that it knows nothing about.
pub(super) fn become_gateway(mut serve: Command, xtask: &Path, headgate: &Path) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" first-call "$1" "$2" &"#]).arg(xtask).arg(headgate);
    let status = shell.arg(std::process::id().to_string()).status().context("start a shell")?;
    shell::succeeded(&shell, status)?;
    Err(serve.exec()).context("start the gateway")
}

/// Whether a process of this id is there.
pub(super) fn is_alive(pid: u32) -> bool {
    shell::succeeds(Command::new("sh").args(["-c", r#"kill -0 "$0""#]).arg(pid.to_string()))
}

/// How a person starts this program with this home, from any folder.
pub(super) fn typed(program: &Path, home: Option<&str>) -> String {
    let home = home.map(|home| format!("HEADGATE_HOME='{home}' "));
    format!("{}'{}'", home.unwrap_or_default(), program.display())
}
