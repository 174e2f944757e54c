//! Job objects: the system itself kills a job's processes when the last handle closes, so no warden
//! is needed.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap, CreationFlags, JobObject, KillOnDrop};
use windows::Win32::System::Threading::CREATE_NO_WINDOW;

use super::{Launch, Streams};

/// Nothing to hold here; see the module.
pub struct Warden;

impl Warden {
    /// Starts nothing.
    pub fn start(_program: &Path, _env: &[(String, String)]) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self))
    }
}

/// A child in a job of its own.
pub(super) struct Child {
    child: Box<dyn ChildWrapper>,
}

pub(super) fn spawn(launch: &Launch, _warden: &Arc<Warden>) -> io::Result<(Child, Streams, u32)> {
    let mut command = CommandWrap::with_new(&launch.program, |command| {
        command.args(&launch.args).env_clear().envs(launch.env.iter().cloned()).current_dir(&launch.cwd);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    });
    command.wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(KillOnDrop).wrap(JobObject);
    let mut child = command.spawn()?;
    let taken = (child.id(), child.stdin().take(), child.stdout().take(), child.stderr().take());
    let (Some(pid), Some(stdin), Some(stdout), Some(stderr)) = taken else {
        return Err(io::Error::other("the child has no standard streams"));
    };
    Ok((Child { child }, Streams { stdin, stdout, stderr }, pid))
}

impl Child {
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.inner_mut().wait().await
    }

    /// A job cannot be asked cheaply; ending it once more does no harm.
    pub(super) fn group_is_gone(&self) -> bool {
        false
    }

    /// Windows has no signal that a console-less child could handle.
    pub(super) fn terminate_group(&mut self) {}

    pub(super) fn kill_group(&mut self) {
        let _ = self.child.start_kill();
    }

    pub(super) async fn group_ends(&mut self) {}
}

pub(super) fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exited with code {code}"),
        None => "ended".to_owned(),
    }
}
