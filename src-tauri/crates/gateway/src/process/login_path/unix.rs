//! Runs the login shell to hear its PATH, and leaves nothing of it running.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{io::AsyncReadExt, process::Command, time::timeout};

use super::{Teller, question};

/// A shell that nobody waits for may still finish: killed in the middle, version managers leave locks
/// behind that make every later shell slow.
const SHELL_LIFE: Duration = Duration::from_secs(120);

/// Start-up files that print more than this are not read to their end.
const MAX_OUTPUT_BYTES: u64 = 1024 * 1024;

pub(super) async fn ask(shell: PathBuf, marks: Vec<(OsString, OsString)>) -> Result<OsString, Teller> {
    let nobody = |why: String| Err(Teller::Nobody(why));
    if shell.as_os_str().is_empty() {
        return nobody("there is no login shell to ask (SHELL is not set)".to_owned());
    }
    for words in question::questions(&shell) {
        match run(&shell, &words, &marks).await {
            Ok(output) => {
                if let Some(path) = question::answer(&output) {
                    return Ok(path);
                }
            }
            Err(error) => return nobody(format!("{} cannot be run: {error}", shell.display())),
        }
    }
    nobody(format!("{} ended without telling its PATH", shell.display()))
}

async fn run(shell: &Path, words: &[String], marks: &[(OsString, OsString)]) -> std::io::Result<String> {
    let mut command = Command::new(shell);
    command.args(words).envs(marks.iter().map(|(name, value)| (OsStr::new(name), value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    lead_session(&mut command);
    let mut child = command.spawn()?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).map(Group);
    let mut output = Vec::new();
    let read = async {
        if let Some(stdout) = &mut child.stdout {
            // What it said until it broke off may hold the value.
            let _ = stdout.take(MAX_OUTPUT_BYTES).read_to_end(&mut output).await;
        }
    };
    match timeout(SHELL_LIFE, read).await {
        // What start-up files leave running on purpose is the person's.
        Ok(()) => std::mem::forget(group),
        Err(_) => {
            drop(group);
            let _ = child.start_kill();
        }
    }
    let _ = child.wait().await;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// An interactive shell must not take our terminal, and where there is one that it does not have, it stops
/// until it gets it. Without a terminal it does neither.
fn lead_session(command: &mut Command) {
    let lead = || rustix::process::setsid().map(drop).map_err(std::io::Error::from);
    // SAFETY: the closure runs between fork and exec; it only calls setsid, which is async-signal-safe, and
    // neither allocates nor locks.
    #[expect(unsafe_code, reason = "pre_exec is the only hook between fork and exec")]
    unsafe {
        command.pre_exec(lead);
    }
}

/// The shell and what its start-up files run, which must not go on when nobody waits for the answer. They
/// are asked to end, since some hold lock files that only they remove; who does not obey carries our mark,
/// by which the warden ends it.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        // An interactive shell ignores the one, and what it runs may ignore the other.
        for signal in [Signal::HUP, Signal::TERM] {
            let _ = kill_process_group(self.0, signal);
        }
    }
}
