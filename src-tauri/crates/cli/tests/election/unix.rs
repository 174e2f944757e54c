//! Signals, sessions, and folders that cannot be written.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use headgate_api::Client;
use rustix::process::{Pid, Signal, getsid, kill_process, kill_process_group, test_kill_process};

use crate::home::{BINARY, Home, check, is_gone, json, pid_of, wait_until};

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let program = folder.path().join("headgate");
    fs::copy(BINARY, &program).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for words in [&["up"][..], &["call", "echo"], &["down"]] {
        let mut command = Command::new(&program);
        command.args(words).env("HEADGATE_HOME", &home);
        if rustix::process::geteuid().is_root() {
            // Nothing is read-only to root.
            command.uid(65534);
        }
        check(&command.output().unwrap(), 1, "Permission denied");
    }
    let output = Command::new(&program).arg("up").env("HEADGATE_HOME", "/dev/null/home").output().unwrap();
    check(&output, 1, "cannot create the folder /dev/null/home");
}

#[test]
fn a_daemon_that_hangs_is_ended_by_force() {
    let home = Home::fresh();
    let up = home.up();
    kill_process(pid(pid_of(&up)), Signal::STOP).unwrap();
    let down = json(&home.run("down --json"));
    assert_eq!((&down["pid"], &down["forced"]), (&up["pid"], &true.into()));
    assert!(is_gone(pid_of(&up)));
    assert_eq!(home.up()["started"], true);
}

#[test]
fn the_daemon_outlives_the_group_and_session_of_whoever_started_it() {
    let home = Home::fresh();
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" up >/dev/null; echo here; sleep 1000", BINARY]).process_group(0);
    shell.env("HEADGATE_HOME", home.path("")).env("HEADGATE_PORT", "0").stdout(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let daemon = home.manifest().unwrap().pid;
    assert_eq!(getsid(Some(pid(daemon))), Ok(pid(daemon)), "it leads a session of its own");
    kill_process_group(pid(shell.id()), Signal::HUP).unwrap();
    kill_process_group(pid(shell.id()), Signal::KILL).unwrap();
    shell.wait().unwrap();
    assert_eq!(pid_of(&home.up()), daemon);
    check(&home.run("list"), 0, "");
}

#[test]
fn a_face_that_lives_on_leaves_no_zombie() {
    let home = Home::fresh();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = runtime.block_on(Client::ensure(&home.api(), Path::new(BINARY))).unwrap();
    let daemon = client.manifest().pid;
    kill_process(pid(daemon), Signal::KILL).unwrap();
    // A zombie still takes signals.
    wait_until("its exit status was taken", || test_kill_process(pid(daemon)).is_err());
    let again = runtime.block_on(Client::ensure(&home.api(), Path::new(BINARY))).unwrap();
    assert_ne!(again.manifest().pid, daemon);
}
