//! A fresh home folder, the commands in it, and conditions to wait for. Dropping it ends its daemon.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use headgate_api::Manifest;
use serde_json::Value;

/// Far above everything that a busy machine needs.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_headgate");

pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn fresh() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn api(&self) -> headgate_api::Home {
        headgate_api::Home::at(self.folder.path())
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words.split_whitespace()).env("HEADGATE_HOME", self.folder.path());
        command.env("HEADGATE_PORT", "0").env("SHELL", "/bin/sh");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, words: &str) -> Child {
        self.command(words).spawn().unwrap()
    }

    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// `up --json`, which has to work.
    pub(crate) fn up(&self) -> Value {
        json(&self.run("up --json"))
    }

    pub(crate) fn manifest(&self) -> Option<Manifest> {
        Manifest::read(&self.api()).ok()
    }

    pub(crate) fn write(&self, manifest: &Manifest) {
        manifest.write(&self.api()).unwrap();
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("logs/daemon.log")).unwrap_or_default()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
        }
        // What a test fakes is no process to be ended.
        let manifest = self.manifest().filter(|manifest| manifest.instance.starts_with("hgi_"));
        if let Some(manifest) = manifest.filter(|_| headgate_api::daemon_lives(&self.api())) {
            kill(manifest.pid);
        }
    }
}

pub(crate) fn pid_of(up: &Value) -> u32 {
    u32::try_from(up["pid"].as_u64().unwrap()).unwrap()
}

/// Ends a process as a crash does.
pub(crate) fn kill(id: u32) {
    platform::kill(id);
    wait_until("it is gone", || platform::is_gone(id));
}

pub(crate) use platform::is_gone;

#[cfg(unix)]
mod platform {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};

    fn pid(id: u32) -> Pid {
        Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
    }

    pub(super) fn kill(id: u32) {
        kill_process(pid(id), Signal::KILL).unwrap();
    }

    /// Ended, even when nobody has taken its exit status.
    pub(crate) fn is_gone(id: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let is_zombie = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
        is_zombie || test_kill_process(pid(id)).is_err()
    }
}

#[cfg(windows)]
mod platform {
    use std::process::Command;

    pub(super) fn kill(id: u32) {
        assert!(
            Command::new("taskkill").args(["/F", "/PID", &id.to_string()]).output().unwrap().status.success()
        );
    }

    pub(crate) fn is_gone(id: u32) -> bool {
        let filter = format!("PID eq {id}");
        let listed = Command::new("tasklist").args(["/NH", "/FO", "CSV", "/FI", &filter]).output().unwrap();
        !String::from_utf8_lossy(&listed.stdout).contains(&format!("\"{id}\""))
    }
}

/// The id of a process that is gone.
pub(crate) fn dead_pid() -> u32 {
    let mut child = Command::new(BINARY).arg("--version").stdout(Stdio::null()).spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The output of a face that was started before.
pub(crate) fn output(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[track_caller]
pub(crate) fn json(output: &Output) -> Value {
    check(output, 0, "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The exit code, and what standard error says among other things.
#[track_caller]
pub(crate) fn check(output: &Output, code: i32, said: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}
