//! Child processes that never outlive us: each runs in a group of its own (Windows: a job object),
//! is ended step by step, and is known to the warden before its program starts.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

mod login_path;

use std::{ffi::OsString, io, path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use tokio::{
    process::{ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

pub(crate) use login_path::LoginPath;
pub use login_path::{ChildPath, Teller, missing};
pub use platform::Warden;

/// A server that was told by end of input to stop gets this long before a signal.
pub(crate) const EOF_GRACE: Duration = Duration::from_secs(2);
/// A group that got the signal to terminate gets this long before it is killed.
pub(crate) const TERM_GRACE: Duration = Duration::from_secs(3);

/// What to start.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The resolved program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub cwd: PathBuf,
}

/// A running child with its streams, which are taken out once.
pub(crate) struct Child {
    inner: platform::Child,
    /// Its process id.
    pub pid: u32,
}

/// The standard streams of a child.
pub(crate) struct Streams {
    /// Where it reads.
    pub stdin: ChildStdin,
    /// Where it answers.
    pub stdout: ChildStdout,
    /// Where it talks to people.
    pub stderr: ChildStderr,
}

impl Child {
    /// Starts a program in a group of its own.
    pub(crate) fn spawn(launch: &Launch, warden: &Arc<Warden>) -> io::Result<(Self, Streams)> {
        let (inner, streams, pid) = platform::spawn(launch, warden)?;
        Ok((Self { inner, pid }, streams))
    }

    /// Waits until the child itself has ended, whoever it leaves behind.
    pub(crate) async fn exited(&mut self) {
        let _ = self.inner.wait().await;
    }

    /// Ends the child and everything in its group: its input is closed by now, then the group gets
    /// the signal to terminate, then it is killed. Answers how the child itself ended.
    pub(crate) async fn end(mut self) -> io::Result<ExitStatus> {
        let mut status = timeout(EOF_GRACE, self.inner.wait()).await.ok();
        if self.inner.group_is_gone() {
            return status.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()));
        }
        self.inner.terminate_group();
        let inner = &mut self.inner;
        let _ = timeout(TERM_GRACE, async {
            if status.is_none() {
                status = Some(inner.wait().await);
            }
            inner.group_ends().await;
        })
        .await;
        self.inner.kill_group();
        match status {
            Some(status) => status,
            None => self.inner.wait().await,
        }
    }
}

/// How a process ended, in words.
pub(crate) fn describe(status: &io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => platform::describe(*status),
        Err(error) => format!("ended in an unknown way ({error})"),
    }
}
