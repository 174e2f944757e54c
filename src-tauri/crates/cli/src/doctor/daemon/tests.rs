//! What is said about each state a daemon can be in.

use expect_test::{Expect, expect};

use super::*;
use crate::doctor::tests::check;

fn manifest(version: &str) -> Manifest {
    Manifest {
        url: "http://127.0.0.1:4283".to_owned(),
        pid: 41,
        version: version.to_owned(),
        instance: "one".to_owned(),
        admin_token: "s3cret".to_owned(),
    }
}

fn told(version: &str, process: Process, answer: Answer) -> Known {
    Known::Told { manifest: manifest(version), process, answer }
}

fn facts(manifest: Known) -> Facts {
    let ports = Ports { known: Some(4283), taken: vec![], may_be_kept: true };
    Facts { manifest, lives: false, stopped: false, ports }
}

fn there(name: Option<&str>) -> Process {
    Process::There { name: name.map(str::to_owned) }
}

#[test]
fn none_runs() {
    check(
        &checks(&facts(Known::Nothing)),
        expect![[r#"
        ok daemon: not running; `headgate up` starts it
        ok port: 4283 is free"#]],
    );
    check(
        &checks(&Facts { stopped: true, ..facts(Known::Nothing) }),
        expect![[r#"
        ok daemon: not running; `headgate up` starts it
        ok port: 4283 is free
        warning stopped: a person stopped Headgate, so nothing but a person starts it -> headgate up"#]],
    );
    check(
        &checks(&Facts { lives: true, ..facts(Known::Nothing) }),
        expect![
            "warning daemon: one lives, but has not told where it is: it is starting or ending, or it hangs -> look again in a moment; if it stays so, see logs/daemon.log, then `headgate restart`"
        ],
    );
}

#[test]
fn one_runs() {
    let ours = |version| told(version, there(Some("headgate")), Answer::Ours(Ok(Has::default())));
    check(
        &checks(&Facts { lives: true, stopped: true, ..facts(ours(OWN_VERSION)) }),
        expect![[r#"
        ok daemon: 0.1.0 runs at http://127.0.0.1:4283 (process 41)
        ok version: 0.1.0, as the daemon"#]],
    );
    check(
        &checks(&Facts { lives: true, ..facts(ours("0.0.9")) }),
        expect![[r#"
        ok daemon: 0.0.9 runs at http://127.0.0.1:4283 (process 41)
        warning version: this program is 0.1.0, the daemon is 0.0.9 -> `headgate restart`, when no call is in flight"#]],
    );
    check(
        &checks(&Facts { lives: true, ..facts(ours("999.10.0")) }),
        expect![[r#"
        ok daemon: 999.10.0 runs at http://127.0.0.1:4283 (process 41)
        warning version: this program is 0.1.0, the daemon is 999.10.0 -> use the newer program, which lies in the folder `bin` of the home folder"#]],
    );
    let failing = told(OWN_VERSION, there(None), Answer::Ours(Err("status 500".into())));
    check(
        &checks(&Facts { lives: true, ..facts(failing) }),
        expect![[r#"
        problem daemon: it runs at http://127.0.0.1:4283 (process 41), but cannot tell its servers: status 500 -> headgate restart
        ok version: 0.1.0, as the daemon"#]],
    );
}

#[test]
fn a_manifest_that_lies_fools_nobody() {
    for (process, expected) in [
        (
            Process::Gone,
            expect![
                "warning manifest: it is stale: a daemon ended without removing it, and its process 41 is gone -> `headgate up` starts a new one, which replaces it"
            ],
        ),
        (
            there(Some("firefox")),
            expect![
                "warning manifest: it is stale: a daemon ended without removing it, and its process id 41 is now that of `firefox` -> `headgate up` starts a new one, which replaces it"
            ],
        ),
        (
            there(None),
            expect![
                "warning manifest: it is stale: a daemon ended without removing it, and its process id 41 is now another's -> `headgate up` starts a new one, which replaces it"
            ],
        ),
        (
            Process::Unknown,
            expect![
                "warning manifest: it is stale: a daemon ended without removing it, and nobody answers at its URL -> `headgate up` starts a new one, which replaces it"
            ],
        ),
    ] {
        check(&checks(&facts(told(OWN_VERSION, process, Answer::Nobody)))[..1], expected);
    }
    let hangs = Facts { lives: true, ..facts(told(OWN_VERSION, there(None), Answer::Nobody)) };
    check(
        &checks(&hangs),
        expect![
            "problem daemon: process 41 lives, but does not answer at http://127.0.0.1:4283 -> headgate restart"
        ],
    );
    let stranger = told(OWN_VERSION, Process::Gone, Answer::Stranger);
    check(
        &checks(&facts(stranger))[..1],
        expect![
            "problem manifest: another program answers at http://127.0.0.1:4283, where the daemon should be -> end that program, then `headgate up`; until then clients may send it their keys"
        ],
    );
    check(
        &checks(&facts(Known::Unreadable("cannot read /h/manifest.json: no JSON".into())))[..1],
        expect![
            "problem manifest: cannot read /h/manifest.json: no JSON -> remove that file, then `headgate restart`"
        ],
    );
}

#[track_caller]
fn check_port(known: Option<u16>, taken: &[u16], may_be_kept: bool, expected: Expect) {
    let taken = taken.iter().map(|port| (*port, (*port == 4283).then(|| "`nc` (process 7)".to_owned())));
    check(&[port_check(&Ports { known, taken: taken.collect(), may_be_kept })], expected);
}

#[test]
fn a_port_matters_when_it_is_the_one() {
    check_port(
        Some(4283),
        &[4283],
        true,
        expect![
            "problem port: the next start cannot listen: taken is 4283 by `nc` (process 7) -> end that program, or start with another port by `headgate serve --port`"
        ],
    );
    check_port(None, &[], true, expect!["ok port: 4283 to 4299 are free"]);
    check_port(
        None,
        &[4283, 4284],
        true,
        expect![
            "warning port: taken are 4283 by `nc` (process 7), 4284; if your clients use one of these, the next start fails -> end that program before the start"
        ],
    );
    check_port(
        None,
        &[4283],
        false,
        expect![
            "ok port: the first start takes a free one of 4283 to 4299; taken are 4283 by `nc` (process 7)"
        ],
    );
    let all: Vec<u16> = diagnosis::PORTS.collect();
    let text = port_check(&Ports {
        known: None,
        taken: all.iter().map(|port| (*port, None)).collect(),
        may_be_kept: false,
    });
    assert_eq!(text.level, crate::doctor::Level::Problem);
}

#[test]
fn who_has_a_process_id_is_found_out() {
    let own = process(std::process::id());
    assert!(!cfg!(unix) || matches!(own, Process::There { .. }), "{own:?}");
    assert!(!cfg!(unix) || process(0) == Process::Unknown);
}
