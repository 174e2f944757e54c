//! Many faces at once, and starts that fail.

use std::{fs, net::TcpListener, os::unix::process::CommandExt, process::Command};

use crate::home::{BINARY, Home, check, dead_pid, json, kill, output, pid_of, wait_until};

const FACES: usize = 8;

/// Starts faces and answers what each printed.
fn race(home: &Home) -> Vec<serde_json::Value> {
    let faces: Vec<_> = (0..FACES).map(|_| home.spawn("up --json")).collect();
    faces.into_iter().map(|face| json(&output(face))).collect()
}

fn one_daemon(ups: &[serde_json::Value], started: usize) {
    let pids: std::collections::BTreeSet<u32> = ups.iter().map(pid_of).collect();
    assert_eq!(pids.len(), 1, "{ups:?}");
    assert_eq!(ups.iter().filter(|up| up["started"] == true).count(), started, "{ups:?}");
}

#[test]
fn a_cold_race_has_one_winner_and_a_warm_one_has_none() {
    let home = Home::fresh();
    let cold = race(&home);
    one_daemon(&cold, 1);
    let warm = race(&home);
    one_daemon(&warm, 0);
    assert_eq!(pid_of(&cold[0]), pid_of(&warm[0]));
    assert_eq!(home.log().matches("serves MCP").count(), 1);
    assert!(!home.log().contains("error"), "{}", home.log());
}

#[test]
fn a_race_after_a_crash_has_one_winner() {
    let home = Home::fresh();
    let first = pid_of(&home.up());
    kill(first);
    assert_eq!(home.manifest().unwrap().pid, first, "a crash leaves its manifest");
    let ups = race(&home);
    one_daemon(&ups, 1);
    assert_ne!(pid_of(&ups[0]), first);
}

#[test]
fn a_manifest_of_a_process_that_is_gone_fools_nobody() {
    let home = Home::fresh();
    let mut manifest = {
        home.up();
        home.manifest().unwrap()
    };
    check(&home.run("down"), 0, "");
    manifest.pid = dead_pid();
    home.write(&manifest);
    let listed = home.run("list");
    check(&listed, 3, "nobody answers at");
    check(&home.run("status"), 3, "");
    assert_eq!(home.up()["started"], true);
    assert_ne!(home.manifest().unwrap().instance, manifest.instance);
}

#[cfg(target_os = "linux")]
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
#[cfg(target_os = "linux")]
fn in_line(face: u32) -> bool {
    let files = fs::read_dir(format!("/proc/{face}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|path| path.ends_with("start.lock"))
}

#[cfg(target_os = "linux")]
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
    check(&home.command("up").env("HEADGATE_PORT", port.to_string()).output().unwrap(), 1, &reason);
    assert_eq!(home.log().matches("is taken").count(), 2, "{}", home.log());
    drop(taken);
    let up = home.command("up --json").env("HEADGATE_PORT", port.to_string()).output().unwrap();
    assert!(json(&up)["url"].as_str().unwrap().ends_with(&port.to_string()));
    assert!(!home.path("start-failed.json").exists());
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let program = folder.path().join("headgate");
    fs::copy(BINARY, &program).unwrap();
    fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
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
fn a_gateway_in_a_terminal_takes_part() {
    let home = Home::fresh();
    let mut foreground = home.spawn("serve");
    wait_until("it says where it is", || home.manifest().is_some());
    let up = home.up();
    assert_eq!((pid_of(&up), &up["started"]), (foreground.id(), &false.into()));
    let other = home.run("serve");
    check(&other, 1, &format!("(process {})", foreground.id()));
    check(&home.run("down"), 0, "");
    assert!(foreground.wait().unwrap().success());
    // A person who starts one has ended the stop.
    let foreground = home.spawn("serve");
    wait_until("the mark is gone", || !home.path("stopped").exists() && home.manifest().is_some());
    check(&home.run("down"), 0, "");
    assert!(output(foreground).status.success());
}

#[test]
fn a_face_and_a_terminal_at_once_get_one_gateway() {
    let home = Home::fresh();
    let foreground = home.spawn("serve");
    let up = home.up();
    let pid = foreground.id();
    if pid_of(&up) != pid {
        check(&output(foreground), 1, "gateway is");
    } else {
        check(&home.run("down"), 0, "");
        assert!(output(foreground).status.success());
    }
}
