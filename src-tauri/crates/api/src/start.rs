//! Starts a daemon that outlives whoever starts it: in an environment of its own, with its output in the
//! log of the home folder, and without a terminal. What it does with itself first is the daemon's.

#[cfg_attr(unix, path = "start/unix.rs")]
#[cfg_attr(windows, path = "start/windows.rs")]
mod platform;
#[cfg(test)]
mod tests;

use std::{
    env, fs,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use headgate_model::environment::passes_to_daemon;

use crate::{
    Home,
    manifest::{append_private, create_private_folder, remove_if_there},
};

/// A log that is larger when a daemon starts makes room for a new one; one older log is kept.
const MAX_LOG_BYTES: u64 = 5 * 1024 * 1024;

/// How much of the log's end is searched for a reason.
const MAX_REASON_BYTES: u64 = 4096;

/// When a daemon says no error, this many of its last lines have to do.
const LAST_LINES: usize = 5;

/// A daemon that was just started.
pub(crate) struct Started {
    child: Option<Child>,
    log: PathBuf,
    /// Where its part of the log begins.
    log_start: u64,
}

impl Started {
    /// Starts `program` for `home`.
    pub(crate) fn spawn(home: &Home, program: &Path) -> io::Result<Self> {
        create_private_folder(&home.logs())?;
        let log = home.daemon_log();
        rotate(&log)?;
        let file = append_private(&log)?;
        let log_start = file.metadata()?.len();
        let mut command = Command::new(program);
        command.args(["serve", "--detached"]).current_dir(home.folder());
        command
            .env_clear()
            .envs(env::vars_os().filter(|(name, _)| passes_to_daemon(&name.to_string_lossy())));
        command.env("HEADGATE_HOME", home.folder());
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { child: Some(platform::spawn(&mut command)?), log, log_start })
    }

    /// How it ended, if it did.
    pub(crate) fn exit_status(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.as_mut().map_or(Ok(None), Child::try_wait)
    }

    /// True when this is its process id.
    pub(crate) fn is(&self, pid: u32) -> bool {
        self.child.as_ref().is_some_and(|child| child.id() == pid)
    }

    /// Ends it, since it did not become what it should. It is gone when this returns.
    pub(crate) fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What it said last, which is why it ended.
    pub(crate) fn last_words(&self) -> Option<String> {
        let mut file = fs::File::open(&self.log).ok()?;
        let end = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(self.log_start.max(end.saturating_sub(MAX_REASON_BYTES)))).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_REASON_BYTES).read_to_end(&mut bytes).ok()?;
        reason(&String::from_utf8_lossy(&bytes))
    }
}

/// Somebody must take its exit status, or it stays behind as a zombie for as long as this face lives.
impl Drop for Started {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if matches!(child.try_wait(), Ok(None)) {
            let wait = move || _ = child.wait();
            // Without a thread a zombie is left, which ends with this face.
            let _ = thread::Builder::new().name("daemon-wait".into()).stack_size(64 * 1024).spawn(wait);
        }
    }
}

fn rotate(log: &Path) -> io::Result<()> {
    if fs::metadata(log).is_ok_and(|metadata| metadata.len() > MAX_LOG_BYTES) {
        let old = log.with_added_extension("1");
        remove_if_there(&old)?;
        fs::rename(log, old)?;
    }
    Ok(())
}

/// The error that the command line printed last, with its causes; else the last lines.
fn reason(log: &str) -> Option<String> {
    let lines: Vec<&str> = log.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().rposition(|line| line.starts_with("error: "));
    let from = error.unwrap_or(lines.len().saturating_sub(LAST_LINES));
    let text = lines[from..].join("\n");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    (!text.is_empty()).then(|| text.to_owned())
}
