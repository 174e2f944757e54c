//! Daemons of other versions: an older one is replaced when nobody needs it, a newer one never.

use std::{
    fs::File,
    sync::{Arc, Mutex},
};

use headgate_api::{Manifest, Problem, code, proof};

use crate::{
    home::{Home, dead_pid, json, pid_of},
    strangers::Squatter,
};

const TOKEN: &str = "hga_other";

/// A daemon of another version: it holds the lock, proves itself, and ends when it is asked to.
struct Other {
    pid: u32,
    server: Squatter,
    lock: Arc<Mutex<Option<File>>>,
}

fn other(home: &Home, version: &str, busy: bool) -> Other {
    let file = headgate_api::open_lock(&home.path("daemon.lock")).unwrap();
    file.lock().unwrap();
    let lock = Arc::new(Mutex::new(Some(file)));
    let held = lock.clone();
    let pid = dead_pid();
    let port = Arc::new(Mutex::new(0));
    let own_port = port.clone();
    let server = Squatter::start(move |head| match head.split("nonce=").nth(1) {
        Some(rest) => {
            let nonce = rest.split(' ').next().unwrap();
            (200, format!(r#"{{"proof":"{}"}}"#, proof::prove(TOKEN, nonce, *own_port.lock().unwrap())))
        }
        None => {
            if !head.starts_with("POST /api/shutdown") {
                return (404, "{}".to_owned());
            }
            if busy {
                return (409, serde_json::to_string(&Problem::new(409, code::BUSY, "1 call")).unwrap());
            }
            held.lock().unwrap().take();
            (202, String::new())
        }
    });
    *port.lock().unwrap() = server.port;
    home.write(&Manifest {
        url: format!("http://127.0.0.1:{}", server.port),
        pid,
        version: version.to_owned(),
        instance: "other".to_owned(),
        admin_token: TOKEN.to_owned(),
    });
    Other { pid, server, lock }
}

impl Other {
    fn was_asked_to_end(&self) -> bool {
        self.server.heard().iter().any(|head| head.starts_with("POST /api/shutdown"))
    }

    fn lives(&self) -> bool {
        self.lock.lock().unwrap().is_some()
    }
}

#[test]
fn an_older_daemon_that_nobody_needs_is_replaced() {
    let home = Home::fresh();
    let other = other(&home, "0.0.9", false);
    let up = home.up();
    assert!(other.was_asked_to_end() && !other.lives());
    assert_eq!((&up["started"], &up["version"]), (&true.into(), &env!("CARGO_PKG_VERSION").into()));
    assert_ne!(pid_of(&up), other.pid);
}

#[test]
fn an_older_daemon_that_is_busy_goes_on() {
    let home = Home::fresh();
    let other = other(&home, "0.0.9", true);
    let up = home.up();
    assert!(other.was_asked_to_end() && other.lives());
    assert_eq!((pid_of(&up), &up["started"]), (other.pid, &false.into()));
}

#[test]
fn a_newer_daemon_is_never_replaced() {
    let home = Home::fresh();
    let other = other(&home, "99.0.0", false);
    let up = json(&home.run("up --json"));
    assert!(!other.was_asked_to_end() && other.lives());
    assert_eq!((pid_of(&up), &up["version"]), (other.pid, &"99.0.0".into()));
}
