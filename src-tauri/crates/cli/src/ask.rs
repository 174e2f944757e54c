//! Asks other programs: what they print, within a time.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

/// Tools of the system answer at once or hang.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// What a program printed and how it ended; `None` when it could not be started or took too long.
pub(crate) async fn output(command: &mut Command) -> Option<Output> {
    let command = command.stdin(Stdio::null()).kill_on_drop(true);
    timeout(ANSWER_LIMIT, command.output()).await.ok()?.ok()
}

/// What a program printed when it succeeded.
#[cfg(unix)]
pub(crate) async fn text(program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Option<String> {
    let output = output(Command::new(program).args(words)).await?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
