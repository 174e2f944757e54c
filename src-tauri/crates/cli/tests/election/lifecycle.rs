//! Up, down, restart, status, and calls in flight meanwhile.

use std::net::TcpListener;

use headgate_api::{Client, ClientError};

use crate::home::{Home, check, is_gone, json, kill, output, pid_of, wait_until};

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
    check(&home.run("call echo"), 3, "Headgate was stopped");
    let call = output(call);
    check(&call, 0, "");
    assert!(String::from_utf8_lossy(&call.stdout).contains("Took 2 s"), "{call:?}");
    check(&output(down), 0, "");
}
