//! `headgate doctor` as a person runs it: in a fresh home, with a manifest that lies, and beside a real
//! daemon.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use headgate_api::{Home, Manifest};
use serde_json::Value;
use tempfile::TempDir;

/// A debug build on a busy machine takes its time.
const DEADLINE: Duration = Duration::from_secs(30);

fn headgate(home: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headgate"));
    command.args(words).env("HEADGATE_HOME", home).env_remove("HEADGATE_PORT").env("SHELL", "/bin/sh");
    command.env_remove("HEADGATE_INSTANCE").stdin(Stdio::null());
    command
}

fn run(home: &Path, words: &[&str]) -> Output {
    headgate(home, words).output().unwrap()
}

/// The exit code, and the checks by name.
#[track_caller]
fn doctor(home: &Path) -> (i32, Value) {
    let output = run(home, &["doctor", "--json"]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    (output.status.code().unwrap(), report)
}

#[track_caller]
fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check `{name}` in {report:#}"))
}

fn says(check: &Value, level: &str, found: &str) -> bool {
    check["level"] == level && check["found"].as_str().unwrap().contains(found)
}

fn manifest(url: String, pid: u32) -> Manifest {
    let (instance, admin_token) = ("gone".to_owned(), "s3cret".to_owned());
    Manifest { url, pid, version: "0.1.0".to_owned(), instance, admin_token }
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_fresh_machine_has_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("none");
    let (code, report) = doctor(&home);
    assert_eq!(code, 0, "{report:#}");
    assert!(says(check(&report, "home"), "ok", "is not there yet"));
    assert!(says(check(&report, "daemon"), "ok", "not running"));
    assert!(!home.exists(), "looking makes nothing");
    let text = String::from_utf8(run(&home, &["doctor"]).stdout).unwrap();
    assert!(text.contains("✓ ok       daemon") && text.contains("\n0 problems, "), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn a_stale_manifest_is_told_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    manifest(format!("http://127.0.0.1:{}", free_port()), gone.id()).write(&home).unwrap();
    fs::write(folder.path().join("stopped"), "").unwrap();
    let (code, report) = doctor(folder.path());
    assert_eq!(code, 0, "{report:#}");
    assert!(says(check(&report, "manifest"), "warning", "stale"), "{report:#}");
    assert!(says(check(&report, "stopped"), "warning", "a person stopped Headgate"), "{report:#}");
    assert!(home.manifest().exists());
}

#[test]
fn a_stranger_on_our_port_is_a_problem_and_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    manifest(url, std::process::id()).write(&Home::at(folder.path())).unwrap();
    let stranger = thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = [0; 2048];
        let length = stream.read(&mut seen).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
        String::from_utf8_lossy(&seen[..length]).into_owned()
    });
    let (code, report) = doctor(folder.path());
    assert_eq!(code, 1);
    assert!(says(check(&report, "manifest"), "problem", "another program answers"), "{report:#}");
    assert!(!stranger.join().unwrap().contains("s3cret"));
}

/// A daemon that ends with its test.
struct Daemon {
    child: Child,
    home: TempDir,
}

impl Daemon {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = headgate(home.path(), &["serve", "--port", "0", "--log-level", "error"]);
        let daemon = Self { child: command.stderr(Stdio::null()).spawn().unwrap(), home };
        wait_until("the daemon is there", || Home::at(daemon.home.path()).manifest().exists());
        daemon
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// A server that can be taken away: a link to the demo.
    fn add_server(&self) -> PathBuf {
        let program = self.home().join("my-server");
        fs::write(&program, format!("#!/bin/sh\nexec '{}' demo\n", env!("CARGO_BIN_EXE_headgate"))).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let output = run(self.home(), &["add", "mine", "--", program.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        program
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_running_daemon_tells_of_its_servers() {
    let daemon = Daemon::start();
    let program = daemon.add_server();
    let (code, report) = doctor(daemon.home());
    assert_eq!(code, 0, "{report:#}");
    assert!(says(check(&report, "daemon"), "ok", "runs at http://127.0.0.1:"));
    assert!(says(check(&report, "database"), "ok", "is there"));
    assert!(says(check(&report, "servers"), "ok", "1 server, 1 ready"));
    assert!(says(check(&report, program.to_str().unwrap()), "ok", "my-server"));

    fs::remove_file(&program).unwrap();
    run(daemon.home(), &["stop", "mine"]);
    run(daemon.home(), &["start", "mine"]);
    let (code, report) = doctor(daemon.home());
    assert_eq!(code, 1, "{report:#}");
    assert!(says(check(&report, program.to_str().unwrap()), "problem", "not found; `mine` cannot start"));
    let mine = check(&report, "`mine`");
    assert!(says(mine, "warning", "my-server") || says(mine, "problem", "my-server"), "{mine}");
    assert!(mine["fix"].as_str().unwrap().contains("headgate logs mine"), "{mine}");
    let output = run(daemon.home(), &["doctor"]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_an_earlier_daemon_left_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut left = Command::new("sleep");
    left.arg("100").env("HEADGATE_HOME", folder.path()).env("HEADGATE_INSTANCE", "old");
    let mut left = left.spawn().unwrap();
    let (_, report) = doctor(folder.path());
    left.kill().unwrap();
    left.wait().unwrap();
    let check = check(&report, "leftovers");
    assert!(says(check, "warning", &format!("`sleep` (process {})", left.id())), "{check}");
    assert_eq!(check["fix"], format!("kill {}", left.id()));
}

/// In a terminal that belongs to another program an interactive shell stops, and would never answer.
#[cfg(target_os = "linux")]
#[test]
fn the_login_shell_answers_in_a_terminal_too() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join(".bashrc"), "export PATH=\"/only/in/bashrc:$PATH\"\n").unwrap();
    let doctor = format!("'{}' doctor --json", env!("CARGO_BIN_EXE_headgate"));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &doctor, "/dev/null"]).stdin(Stdio::null());
    command.env("HEADGATE_HOME", folder.path().join("none")).env("HOME", &home).env("SHELL", "/bin/bash");
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let path = check(&report, "PATH");
    assert!(
        says(path, "ok", "your login shell (/bin/bash)") && says(path, "ok", "/only/in/bashrc"),
        "{path}"
    );
}
