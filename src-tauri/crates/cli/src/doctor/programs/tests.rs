//! What is said about programs that are there, elsewhere, or missing.

use expect_test::{Expect, expect};
use headgate_daemon::diagnosis::programs::Origin;
use serde_json::json;

use super::*;
use crate::doctor::tests;

fn program(at_login: Option<&str>, here: Option<&str>, needed_by: &[&str]) -> Program {
    Program {
        name: "node".to_owned(),
        needed_by: needed_by.iter().map(ToString::to_string).collect(),
        at_login: at_login.map(place),
        here: here.map(PathBuf::from),
        version: at_login.map(|_| "22.1.0".to_owned()),
    }
}

fn place(path: &str) -> Place {
    let name = ["nvm", "fnm"].into_iter().find(|name| path.contains(name));
    let origin = name.map(|name| Origin { name, is_passing: name == "fnm" });
    Place { path: path.into(), origin, fault: None }
}

#[track_caller]
fn check(program: &Program, expected: Expect) {
    tests::check(&[super::check(program, true)], expected);
}

#[test]
fn a_program_is_a_problem_only_for_who_needs_it() {
    check(&program(Some("/usr/bin/node"), None, &["a"]), expect!["ok node: 22.1.0, /usr/bin/node"]);
    check(
        &program(Some("/home/me/.nvm/versions/node/v22/bin/node"), None, &[]),
        expect!["ok node: 22.1.0, /home/me/.nvm/versions/node/v22/bin/node (from nvm)"],
    );
    check(&program(None, None, &[]), expect!["ok node: not found; no server needs it"]);
    let own = Program { name: "my-server".to_owned(), ..program(None, None, &["a", "b"]) };
    check(
        &own,
        expect![
            "problem my-server: not found; `a`, `b` cannot start -> install it, or give the whole path of the program"
        ],
    );
    check(
        &program(None, Some("/home/me/.nvm/node"), &[]),
        expect!["ok node: /home/me/.nvm/node, which is not on your login shell's PATH; no server needs it"],
    );
    check(
        &program(None, Some("/home/me/.nvm/node"), &["a"]),
        expect![
            "problem node: /home/me/.nvm/node is not on your login shell's PATH, which servers get; `a` cannot start -> add /home/me/.nvm to PATH in the start-up files of your login shell, then `headgate restart`"
        ],
    );
    let passing = Some("/run/user/1/fnm_multishells/1_2/bin/node");
    check(
        &program(passing, None, &[]),
        expect!["ok node: 22.1.0, /run/user/1/fnm_multishells/1_2/bin/node (from fnm)"],
    );
    check(
        &program(passing, None, &["a"]),
        expect![
            "warning node: 22.1.0, /run/user/1/fnm_multishells/1_2/bin/node (from fnm), a folder that goes away with the shell that made it -> let a start-up file of your login shell put a folder that stays on PATH"
        ],
    );
    let own = Program { name: "/opt/my server".to_owned(), ..program(None, None, &["a"]) };
    check(
        &own,
        expect![
            "problem /opt/my server: not found; `a` cannot start -> put it there, or register the server again with the path at which `my server` lies now"
        ],
    );
    let fault = Some("it is a shim of asdf: set a version".to_owned());
    let shim = |needed_by: &[&str]| Program {
        at_login: Some(Place { fault: fault.clone(), ..place("/home/me/.asdf/shims/node") }),
        ..program(None, None, needed_by)
    };
    check(&shim(&[]), expect!["ok node: /home/me/.asdf/shims/node; it is a shim of asdf: set a version"]);
    check(
        &shim(&["a"]),
        expect!["problem node: /home/me/.asdf/shims/node -> it is a shim of asdf: set a version"],
    );
}

#[cfg(unix)]
#[test]
fn paths_are_compared() {
    let paths =
        |here: &str, at_login: &str, teller| Paths { here: here.into(), at_login: at_login.into(), teller };
    let zsh = || Teller::Shell("/bin/zsh".into());
    let silent = Teller::Nobody("/bin/zsh did not tell within 5 s".to_owned());
    tests::check(
        &[
            path_check(&paths("/bin:/a", "/a:/bin", zsh())),
            path_check(&paths("/bin:/a", "/a:/bin:/c", zsh())),
            path_check(&paths("/bin:/a:/b:", "/bin", zsh())),
            path_check(&paths("/bin:/a", "/c:/bin", zsh())),
            path_check(&paths("/bin", "/bin", silent)),
            path_check(&paths("/bin", "/bin", Teller::System)),
        ],
        expect![[r#"
            ok PATH: servers get the one of your login shell (/bin/zsh), which is this one
            ok PATH: servers get the one of your login shell (/bin/zsh), which has /c besides
            ok PATH: servers get the one of your login shell (/bin/zsh), which lacks /a, /b
            ok PATH: servers get the one of your login shell (/bin/zsh), which has /c besides, and lacks /a
            warning PATH: servers get the one that the gateway was started with, since /bin/zsh did not tell within 5 s -> let the start-up files of your login shell end by themselves, then `headgate restart`
            ok PATH: servers get the one of this system"#]],
    );
}

#[test]
fn versions_are_found_in_what_programs_print() {
    for (text, expected) in [
        ("v22.1.0\n", Some("22.1.0")),
        ("uv 0.9.1 (1234 2026-01-01)", Some("0.9.1")),
        ("Python 3.13.1", Some("3.13.1")),
        ("Docker version 27.3.1, build ce12230", Some("27.3.1")),
        ("pyenv: python3: command not found", None),
    ] {
        assert_eq!(version_in(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn needs_are_those_of_servers_that_are_on() {
    let upstream = |name: &str, transport: serde_json::Value, enabled: bool| {
        let view = json!({
            "name": name, "transport": transport, "isolation": "shared", "enabled": enabled,
            "state": "ready", "pids": [], "tools": 1, "resources": 0, "resource_templates": 0,
            "prompts": 0, "held_back": [], "noise_lines": 0, "restarts": 0,
        });
        serde_json::from_value::<UpstreamView>(view).unwrap()
    };
    let npx = json!({ "type": "stdio", "command": "npx" });
    let upstreams = [
        upstream("a", npx.clone(), true),
        upstream("b", npx, true),
        upstream("c", json!({ "type": "stdio", "command": "uvx" }), false),
        upstream("d", json!({ "type": "demo" }), true),
    ];
    let expected = BTreeMap::from([("npx".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
    assert_eq!(needs(&upstreams), expected);
}
