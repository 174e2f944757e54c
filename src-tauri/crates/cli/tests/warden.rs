//! The warden with real processes: what it must end, ends, whoever ignores what.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

/// Far above the second of grace that the warden gives.
const DEADLINE: Duration = Duration::from_secs(15);

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A shell that leads a process group of its own and has said that it is there.
fn group(script: &str, instance: Option<&str>) -> (Child, String) {
    let mut command = Command::new("sh");
    command.args(["-c", script]).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    if let Some(instance) = instance {
        command.env("HEADGATE_INSTANCE", instance);
    }
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}

fn warden(instance: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headgate"));
    command.arg("warden").stdin(Stdio::piped());
    match instance {
        Some(instance) => command.env("HEADGATE_INSTANCE", instance),
        None => command.env_remove("HEADGATE_INSTANCE"),
    };
    command.spawn().unwrap()
}

fn tell(warden: &mut Child, text: &str) {
    warden.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
}

/// Closes the pipe and waits for the warden; the children of this test are reaped meanwhile, as a
/// system does with those of a daemon that died.
fn close(mut warden: Child, children: &mut [&mut Child]) {
    drop(warden.stdin.take());
    wait_until("the warden ends", || {
        for child in &mut *children {
            let _ = child.try_wait();
        }
        warden.try_wait().unwrap().is_some_and(|status| status.success())
    });
}

#[test]
fn a_group_that_ignores_term_is_gone_when_the_pipe_closes() {
    let (mut stubborn, _) = group("trap '' TERM; echo here; sleep 1000 & wait; sleep 1000", None);
    let (mut kept, _) = group("echo here; sleep 1000", None);
    let (stubborn_pid, kept_pid) = (pid_of(&stubborn), pid_of(&kept));
    let mut warden = warden(None);
    let (a, b) = (stubborn_pid.as_raw_nonzero(), kept_pid.as_raw_nonzero());
    tell(&mut warden, &format!("+{a}\n+{b}\n-{b}\n"));
    close(warden, &mut [&mut stubborn]);
    stubborn.wait().unwrap();
    wait_until("the group is gone", || test_kill_process_group(stubborn_pid).is_err());
    assert!(kept.try_wait().unwrap().is_none(), "a forgotten group is left alone");
    kill_process_group(kept_pid, Signal::KILL).unwrap();
    kept.wait().unwrap();
}

#[test]
fn signals_do_not_end_it_before_the_pipe_does() {
    let (mut child, _) = group("echo here; sleep 1000", None);
    let child_pid = pid_of(&child);
    let mut warden = warden(None);
    // Registered and forgotten groups show that it reads, and so that it has settled.
    tell(&mut warden, &format!("+{}\n", child_pid.as_raw_nonzero()));
    wait_until("the warden settles", || settled(pid_of(&warden)));
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        kill_process(pid_of(&warden), signal).unwrap();
    }
    assert!(child.try_wait().unwrap().is_none());
    close(warden, &mut [&mut child]);
    child.wait().unwrap();
    wait_until("the group is gone", || test_kill_process_group(child_pid).is_err());
}

/// It leads a session of its own once its signals are taken. Until then it is in that of whoever runs the
/// tests, which has no number (0) where that one lives outside this PID namespace: `rustix` panics at it.
fn settled(warden: Pid) -> bool {
    let warden = nix::unistd::Pid::from_raw(warden.as_raw_nonzero().get());
    nix::unistd::getsid(Some(warden)) == Ok(warden)
}

#[cfg(target_os = "linux")]
#[test]
fn who_left_its_group_is_found_by_the_instance() {
    let instance = format!("test-{}", std::process::id());
    // `setsid` gives the sleeper a group that nobody registered.
    let script = "setsid sh -c 'echo $$; exec sleep 1000' & wait";
    let (mut child, stray) = group(script, Some(&instance));
    let (mut other, other_stray) = group(script, Some("another"));
    let stray = Pid::from_raw(stray.parse().unwrap()).unwrap();
    let other_stray = Pid::from_raw(other_stray.parse().unwrap()).unwrap();
    let mut warden = warden(Some(&instance));
    tell(&mut warden, &format!("+{}\n", pid_of(&child).as_raw_nonzero()));
    close(warden, &mut [&mut child]);
    child.wait().unwrap();
    wait_until("the stray is gone", || is_gone(stray));
    assert!(!is_gone(other_stray), "another instance is left alone");
    kill_process(other_stray, Signal::KILL).unwrap();
    kill_process_group(pid_of(&other), Signal::KILL).unwrap();
    other.wait().unwrap();
}

/// Ended, even when nobody has waited for it.
#[cfg(target_os = "linux")]
fn is_gone(pid: Pid) -> bool {
    let path = format!("/proc/{}/environ", pid.as_raw_nonzero());
    rustix::process::test_kill_process(pid).is_err() || std::fs::read(path).is_ok_and(|text| text.is_empty())
}
