//! A program that a test started and that must be gone, with everything it started, when the test
//! ends. What it writes is kept in a file and shown when the test fails.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{processes, wait_for};

/// SIGTERM ends the gateway and all its children. Its limits add up to ten seconds; a machine that does other things
/// as well takes longer.
const END_LIMIT: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(10);

/// As much of a log as helps.
const SHOWN_LOG_BYTES: usize = 40_000;

/// A running `headgate` with a home folder of its own.
pub struct Running {
    child: Child,
    /// A detached gateway that came after it and is nobody's child here.
    successor: Option<u32>,
    home: TempDir,
    log: PathBuf,
    expects_survivors: bool,
}

impl Running {
    /// Starts `headgate` in a fresh home folder.
    pub fn start(prepare: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::Builder::new().prefix("headgate-e2e-").tempdir().expect("make a home folder");
        Self::start_in(home, prepare)
    }

    /// Starts `headgate` in a home folder that was used before.
    pub fn start_in(home: TempDir, prepare: impl FnOnce(&mut Command)) -> Self {
        let log = home.path().join("test-output.log");
        let child = spawn(home.path(), &log, prepare);
        Self { child, successor: None, home, log, expects_survivors: false }
    }

    /// From now on another gateway of this home is meant, which somebody started when this one had
    /// ended.
    pub(crate) fn succeed(&mut self, pid: u32) {
        self.successor = Some(pid).filter(|pid| *pid != self.child.id());
    }

    /// Its home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.successor.unwrap_or(self.child.id())
    }

    /// True when it has ended.
    pub fn is_gone(&mut self) -> bool {
        match self.successor {
            Some(pid) => !processes::is_alive(pid),
            None => self.exit_status().is_some(),
        }
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// How it ended, if it did.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("look at the program")
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        wait_for("the program ends", async || self.exit_status()).await
    }

    /// The processes it started and theirs, without itself and its warden.
    pub fn children(&self) -> Vec<u32> {
        let own = self.pid();
        let mut pids = processes::of_home(self.home());
        pids.retain(|pid| *pid != own && !is_warden(*pid));
        pids
    }

    /// Sends SIGKILL; its children are then the warden's.
    pub fn kill(&mut self) {
        processes::kill(self.pid());
        self.until("the program is killed", Self::is_gone);
    }

    /// Ends it politely, checks that nothing is left, and hands the home folder on.
    pub fn stop(mut self) -> TempDir {
        self.end_politely();
        self.expects_survivors = true;
        std::mem::replace(&mut self.home, tempfile::tempdir().expect("make a folder"))
    }

    fn end_politely(&mut self) {
        if !self.is_gone() {
            processes::terminate(self.pid());
        }
        let what = "the program and everything it started ends within 10 s of SIGTERM";
        self.until(what, Self::is_gone);
        // The warden leaves after the program; it looks around first.
        self.until("nothing is left", |running| processes::of_home(running.home()).is_empty());
    }

    fn until(&mut self, what: &str, condition: impl Fn(&mut Self) -> bool) {
        let end = Instant::now() + END_LIMIT;
        while !condition(self) {
            if Instant::now() >= end {
                let left: Vec<String> = processes::of_home(self.home())
                    .into_iter()
                    .map(|pid| format!("{pid}: {}", processes::command_line(pid)))
                    .collect();
                self.kill_all();
                panic!("{what}: not within {} s; left: {left:#?}\n{}", END_LIMIT.as_secs(), self.shown_log());
            }
            thread::sleep(POLL);
        }
    }

    fn kill_all(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in processes::of_home(self.home()) {
            processes::kill(pid);
        }
    }

    fn shown_log(&self) -> String {
        let log = self.log();
        let mut start = log.len().saturating_sub(SHOWN_LOG_BYTES);
        while !log.is_char_boundary(start) {
            start += 1;
        }
        format!("---- what `headgate` wrote ----\n{}\n----", log[start..].trim_end())
    }
}

fn spawn(home: &Path, log: &Path, prepare: impl FnOnce(&mut Command)) -> Child {
    let file = File::options().create(true).append(true).open(log).expect("make a log file");
    let mut command = command(home);
    command.stdin(Stdio::null()).stderr(file.try_clone().expect("share the log file")).stdout(file);
    prepare(&mut command);
    command.spawn().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"))
}

/// A command line of the real binary, in this home folder.
pub(crate) fn command(home: &Path) -> Command {
    let mut command = Command::new(crate::programs::headgate());
    command.env("HEADGATE_HOME", home).env("NO_COLOR", "1").env_remove("HEADGATE_PORT");
    // A person's start-up files may take long, and what they start is not ours to end.
    command.env("SHELL", "/bin/sh");
    for variable in ["MCP_BIND_HOST", "MCP_PORT", "LOG_FILE"] {
        command.env_remove(variable);
    }
    command
}

fn is_warden(pid: u32) -> bool {
    processes::command_line(pid).ends_with(" warden")
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.shown_log());
            self.kill_all();
        } else if !self.expects_survivors {
            self.end_politely();
        }
    }
}

/// Runs one command to its end.
pub(crate) async fn run(mut command: Command, input: &[u8]) -> io::Result<std::process::Output> {
    use tokio::io::AsyncWriteExt;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input may have ended already.
        let _ = stdin.write_all(input).await;
    }
    child.wait_with_output().await
}
