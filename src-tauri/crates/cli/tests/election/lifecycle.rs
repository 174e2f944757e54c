//! Up, down, and what the daemon keeps of whoever started it: nothing.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::{fd::AsRawFd, unix::fs::PermissionsExt, unix::process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use headgate_api::{Client, ClientError};
use rustix::process::{Signal, getsid, kill_process, kill_process_group, test_kill_process};

use crate::home::{BINARY, Home, check, is_gone, json, kill, output, pid, pid_of, wait_until};

fn port_of(up: &serde_json::Value) -> u16 {
    up["url"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn stop_means_stop_until_a_person_starts_it() {
    let home = Home::fresh();
    let up = home.up();
    check(&home.run("status"), 0, "");
    let down = json(&home.run("down --json"));
    assert_eq!((&down["pid"], &down["forced"]), (&up["pid"], &false.into()));
    assert!(is_gone(pid_of(&up)), "the process is gone when `down` returns");
    TcpListener::bind(("127.0.0.1", port_of(&up))).expect("the port is free when `down` returns");
    assert!(home.manifest().is_none());
    let told = "Headgate was stopped; start it with `headgate up`";
    check(&home.run("call echo"), 3, told);
    assert!(home.manifest().is_none(), "nothing was started");
    let status = home.run("status --json");
    check(&status, 3, "");
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!((&status["running"], &status["stopped"]), (&false.into(), &true.into()));
    check(&home.run("down"), 0, "");
    assert_eq!(home.up()["started"], true);
    assert!(!home.path("stopped").exists());
}

#[test]
fn a_daemon_whose_face_died_before_a_stop_does_not_come_up() {
    let home = Home::fresh();
    check(&home.run("down"), 0, "");
    check(&home.run("serve --detached"), 1, "Headgate was stopped");
    assert!(home.manifest().is_none());
}

#[test]
fn call_starts_what_it_needs_and_status_starts_nothing() {
    let home = Home::fresh();
    for words in ["status", "list", "sessions"] {
        check(&home.run(words), 3, "");
    }
    assert!(!home.path("start.lock").exists() && !home.path("logs").exists());
    // There is no such tool, which only a gateway can tell.
    check(&home.run("call nothing"), 1, "nothing");
    assert!(home.manifest().is_some());
    check(&home.run("logs"), 0, "");
    check(&home.run("status"), 0, "");
}

#[test]
fn a_restart_is_another_daemon() {
    let home = Home::fresh();
    let first = home.up();
    let second = json(&home.run("restart --json"));
    assert!(is_gone(pid_of(&first)));
    assert_ne!(pid_of(&first), pid_of(&second));
    assert_eq!(pid_of(&home.up()), pid_of(&second));
    check(&home.run("down"), 0, "");
    assert_eq!(json(&home.run("restart --json"))["started"], true, "a restart starts what was stopped");
}

#[test]
fn a_killed_daemon_is_followed_by_another() {
    let home = Home::fresh();
    let first = home.up();
    kill(pid_of(&first));
    check(&home.run("list"), 3, "headgate up");
    let second = home.up();
    assert_eq!(second["started"], true);
    assert_ne!(pid_of(&first), pid_of(&second));
    check(&home.run("list"), 0, "");
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
fn a_call_in_flight_finishes_and_a_new_one_is_refused() {
    let home = Home::fresh();
    home.up();
    check(&home.run("add --demo"), 0, "");
    let mut words = home.command("call slow");
    let call = words.arg(r#"{"seconds":2,"steps":1}"#).spawn().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = runtime.block_on(Client::attach(&home.api())).unwrap();
    wait_until("the call is in flight", || runtime.block_on(client.status()).unwrap().calls > 0);
    match runtime.block_on(client.shut_down(true)) {
        Err(ClientError::Problem(problem)) => {
            assert_eq!((problem.status, problem.code.as_str()), (409, "busy"))
        }
        other => panic!("{other:?}"),
    }
    let down = home.spawn("down");
    wait_until("it is stopping", || {
        runtime.block_on(client.status()).is_ok_and(|status| status.stopping && status.calls > 0)
    });
    check(&home.run("call echo"), 1, "the gateway is stopping");
    let call = output(call);
    check(&call, 0, "");
    assert!(String::from_utf8_lossy(&call.stdout).contains("Took 2 s"), "{call:?}");
    check(&output(down), 0, "");
}

#[cfg(target_os = "linux")]
#[test]
fn the_daemon_has_its_own_environment() {
    let home = Home::fresh();
    let mut up = home.command("up --json");
    up.env("SECRET_OF_THE_FACE", "x").env("APPIMAGE", "/tmp/x").env("HEADGATE_INSTANCE", "another");
    up.env("HEADGATE_CALL_TIMEOUT", "77").env("LC_TIME", "C").env("HTTPS_PROXY", "http://127.0.0.1:1");
    let up = json(&up.output().unwrap());
    let environment = fs::read(format!("/proc/{}/environ", pid_of(&up))).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let has = |name: &str| environment.split('\0').any(|entry| entry.starts_with(&format!("{name}=")));
    for name in ["SECRET_OF_THE_FACE", "APPIMAGE", "HEADGATE_INSTANCE"] {
        assert!(!has(name), "{name}");
    }
    for name in ["HEADGATE_HOME", "HEADGATE_CALL_TIMEOUT", "LC_TIME", "HTTPS_PROXY", "PATH"] {
        assert!(has(name), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_daemon_keeps_no_file_of_whoever_started_it() {
    let home = Home::fresh();
    let (read, write) = rustix::pipe::pipe().unwrap();
    let up = home.up();
    let inherited =
        [&read, &write].map(|end| fs::read_link(format!("/proc/self/fd/{}", end.as_raw_fd())).unwrap());
    let files: Vec<_> = fs::read_dir(format!("/proc/{}/fd", pid_of(&up)))
        .unwrap()
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .collect();
    for end in inherited {
        assert!(!files.contains(&end), "{end:?} in {files:?}");
    }
    let stream = |number: u32| fs::read_link(format!("/proc/{}/fd/{number}", pid_of(&up))).unwrap();
    assert_eq!(stream(0), Path::new("/dev/null"));
    assert_eq!((stream(1), stream(2)), (home.path("logs/daemon.log"), home.path("logs/daemon.log")));
    let mode = fs::metadata(home.path("logs/daemon.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
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

#[cfg(target_os = "linux")]
#[test]
fn the_daemon_runs_from_its_place_in_the_home() {
    let home = Home::fresh();
    let up = home.up();
    let place = home.path(&format!("bin/{}/headgate", env!("CARGO_PKG_VERSION")));
    assert_eq!(fs::read_link(format!("/proc/{}/exe", pid_of(&up))).unwrap(), place);
    assert_eq!(fs::canonicalize(home.path("bin/headgate")).unwrap(), place);
    // The name that stays is the whole program.
    let mut status = Command::new(home.path("bin/headgate"));
    check(&status.arg("status").env("HEADGATE_HOME", home.path("")).output().unwrap(), 0, "");
}
