//! What `/proc` shows of faces that wait, and of what the daemon kept of whoever started it.

use std::{
    fs,
    net::TcpListener,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::Path,
    process::Command,
};

use crate::{
    home::{Home, check, json, kill, output, pid_of, wait_until},
    races::FACES,
};

#[test]
fn a_holder_of_the_lock_that_died_holds_nobody_up() {
    let home = Home::fresh();
    // With the daemon's lock held here, a face keeps its own while it waits for the daemon to answer.
    let daemon_lock = headgate_api::open_lock(&home.path("daemon.lock")).unwrap();
    daemon_lock.lock().unwrap();
    let holder = home.spawn("up");
    wait_until("it started a daemon, which lost", || home.log().contains("gateway is"));
    let heir = home.spawn("up --json");
    wait_until("another face is in line", || in_line(heir.id()));
    kill(holder.id());
    output(holder);
    drop(daemon_lock);
    assert_eq!(json(&output(heir))["started"], true);
}

/// It has opened the lock that it waits for.
fn in_line(face: u32) -> bool {
    let files = fs::read_dir(format!("/proc/{face}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|path| path.ends_with("start.lock"))
}

#[test]
fn all_who_waited_learn_why_the_start_failed_and_nobody_tries_it_again() {
    let home = Home::fresh();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let lock = headgate_api::open_lock(&home.path("start.lock")).unwrap();
    lock.lock().unwrap();
    let faces: Vec<_> = (0..FACES)
        .map(|_| home.command("up").env("HEADGATE_PORT", port.to_string()).spawn().unwrap())
        .collect();
    wait_until("all faces are in line", || faces.iter().all(|face| in_line(face.id())));
    drop(lock);
    let reason = format!("the gateway could not be started: port {port} is taken");
    for face in faces {
        check(&output(face), 1, &reason);
    }
    assert_eq!(home.log().matches("is taken").count(), 1, "one attempt: {}", home.log());
    // Whoever comes later tries anew, and it works once the reason is gone.
    let again = home.command("up").env("HEADGATE_PORT", port.to_string()).output().unwrap();
    check(&again, 1, &reason);
    check(&again, 1, "`HEADGATE_PORT=N headgate up`");
    assert_eq!(home.log().matches("is taken").count(), 2, "{}", home.log());
    drop(taken);
    let up = home.command("up --json").env("HEADGATE_PORT", port.to_string()).output().unwrap();
    assert!(json(&up)["url"].as_str().unwrap().ends_with(&port.to_string()));
    assert!(!home.path("start-failed.json").exists());
}

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
