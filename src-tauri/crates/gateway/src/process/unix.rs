//! Process groups, and the warden that kills them when this process is gone.

use std::{
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Command;

use super::{Launch, Streams};

/// How often a group that was told to end is looked at; nothing tells when a group is empty.
const GROUP_POLL: Duration = Duration::from_millis(10);

/// A small process of our own that reads group ids from a pipe and kills the groups when the pipe
/// closes, which happens however this process dies.
pub struct Warden {
    pipe: OwnedFd,
}

impl Warden {
    /// Starts `program warden`. It leaves when the last handle is dropped.
    pub fn start(program: &Path, env: &[(String, String)]) -> io::Result<Arc<Self>> {
        let (read, write) = io::pipe()?;
        let mut command = std::process::Command::new(program);
        command.arg("warden").stdin(read).stdout(Stdio::null()).stderr(Stdio::null());
        // A terminal's Ctrl-C goes to a whole group; the warden must outlive us.
        command.env_clear().envs(env.iter().cloned()).current_dir("/").process_group(0);
        let mut child = command.spawn()?;
        // It ends after we do, except when it crashes; then somebody must take its exit status.
        std::thread::Builder::new().name("warden-wait".into()).stack_size(64 * 1024).spawn(move || {
            let status = child.wait();
            tracing::debug!(?status, "warden ended");
        })?;
        Ok(Arc::new(Self { pipe: write.into() }))
    }

    fn tell(&self, line: &[u8]) {
        if let Err(error) = rustix::io::write(&self.pipe, line) {
            tracing::error!(%error, "the warden is gone; children may be left behind if this process is killed");
        }
    }
}

/// A child that leads its own group.
pub(super) struct Child {
    child: tokio::process::Child,
    group: Pid,
    warden: Arc<Warden>,
}

pub(super) fn spawn(launch: &Launch, warden: &Arc<Warden>) -> io::Result<(Child, Streams, u32)> {
    let mut command = std::process::Command::new(&launch.program);
    command.args(&launch.args).env_clear().envs(launch.env.iter().cloned()).current_dir(&launch.cwd);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    register_before_exec(&mut command, warden);
    let mut child = match Command::from(command).spawn() {
        Ok(child) => child,
        Err(error) => {
            // The program never ran, but its process may have registered itself before that.
            warden.tell(b"!\n");
            return Err(error);
        }
    };
    let taken = (child.id(), child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(pid), Some(stdin), Some(stdout), Some(stderr)) = taken else {
        return Err(io::Error::other("the child has no standard streams"));
    };
    widen(&stdin);
    widen(&stdout);
    let group = Pid::from_raw(pid as i32).ok_or_else(|| io::Error::other("the child has no process id"))?;
    Ok((Child { child, group, warden: warden.clone() }, Streams { stdin, stdout, stderr }, pid))
}

/// Large messages cost a wake-up for each pipe that they fill. More than this gains nothing, and all pipes of a
/// person share a bound; beyond it they stay as they are.
#[cfg(target_os = "linux")]
fn widen(pipe: &impl AsFd) {
    const PIPE_BYTES: usize = 256 * 1024;
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
}

#[cfg(not(target_os = "linux"))]
fn widen(_: &impl AsFd) {}

/// The child tells the warden its own id between fork and exec, so no moment exists in which it runs
/// and the warden does not know it.
fn register_before_exec(command: &mut std::process::Command, warden: &Arc<Warden>) {
    let warden = warden.clone();
    let register = move || {
        let mut line = [0; 12];
        let length = registration(rustix::process::getpid().as_raw_nonzero().get() as u32, &mut line);
        rustix::io::write(warden.pipe.as_fd(), &line[..length])?;
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec; it only calls getpid and write, which are
    // async-signal-safe, and neither allocates nor locks.
    #[expect(unsafe_code, reason = "pre_exec is the only hook between fork and exec")]
    unsafe {
        command.pre_exec(register);
    }
}

/// Writes `+PID\n` without allocating and answers its length.
fn registration(mut pid: u32, line: &mut [u8; 12]) -> usize {
    let mut digits = [0; 10];
    let mut count = 0;
    while pid > 0 && count < digits.len() {
        digits[count] = b'0' + (pid % 10) as u8;
        pid /= 10;
        count += 1;
    }
    line[0] = b'+';
    for (at, digit) in digits[..count].iter().rev().enumerate() {
        line[at + 1] = *digit;
    }
    line[count + 1] = b'\n';
    count + 2
}

impl Child {
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    pub(super) fn group_is_gone(&self) -> bool {
        test_kill_process_group(self.group).is_err()
    }

    pub(super) fn terminate_group(&self) {
        let _ = kill_process_group(self.group, Signal::TERM);
    }

    pub(super) fn kill_group(&self) {
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    pub(super) async fn group_ends(&self) {
        while !self.group_is_gone() {
            tokio::time::sleep(GROUP_POLL).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A task that is dropped half-way through `end` must leave nothing behind either.
        if !self.group_is_gone() {
            self.kill_group();
        }
        self.warden.tell(format!("-{}\n", self.group.as_raw_nonzero()).as_bytes());
    }
}

pub(super) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_one_line() {
        for pid in [1, 42, 4_194_304, u32::MAX] {
            let mut line = [0; 12];
            let length = registration(pid, &mut line);
            assert_eq!(&line[..length], format!("+{pid}\n").as_bytes());
        }
    }
}
