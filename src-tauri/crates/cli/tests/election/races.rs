//! Many faces at once, after crashes, and beside a gateway in a terminal.

use crate::home::{Home, check, dead_pid, json, kill, output, pid_of, wait_until};

pub(crate) const FACES: usize = 8;

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
