use serde_json::{Value, json};

use super::*;

fn spec(transport: Value) -> UpstreamSpec {
    let spec = json!({ "name": "a", "transport": transport, "isolation": "session", "enabled": true });
    serde_json::from_value(spec).unwrap()
}

fn stdio(command: &str, token: Value) -> Value {
    json!({ "type": "stdio", "command": command, "args": ["x"], "env": { "TOKEN": token } })
}

fn http(url: &str, token: Value) -> Value {
    json!({ "type": "http", "url": url, "headers": { "TOKEN": token } })
}

fn kept() -> Value {
    json!({ "secret": "a/TOKEN/1" })
}

fn needed() -> Value {
    json!({ "secret_needed": "TOKEN" })
}

#[track_caller]
fn check(old: Value, patch: Value, expected: &str) {
    let patch: UpstreamPatch = serde_json::from_value(patch).unwrap();
    let given = patch.secrets.0.keys().map(|name| (name.clone(), SecretRef("new".to_owned()))).collect();
    let shown = match patched(&spec(old), patch, given) {
        Err(problem) => problem.code,
        Ok(spec) => {
            let values = restore::values(&spec.transport).into_iter().flatten();
            let words: Vec<_> = values.map(|(name, value)| format!("{name}={}", json!(value))).collect();
            format!("{} {}", if spec.enabled { "on" } else { "off" }, words.join(" "))
        }
    };
    assert_eq!(shown, expected);
}

#[test]
fn a_secret_stays_with_what_it_was_given_for() {
    let inherited = r#"on TOKEN={"secret":"a/TOKEN/1"}"#;
    let lost = r#"off TOKEN={"secret_needed":"TOKEN"}"#;
    check(stdio("x", kept()), json!({ "transport": stdio("x", needed()) }), inherited);
    check(stdio("x", kept()), json!({ "transport": stdio("x", kept()) }), inherited);
    check(stdio("x", kept()), json!({ "transport": stdio("y", needed()) }), lost);
    check(stdio("x", kept()), json!({ "transport": stdio("y", kept()) }), lost);
    check(
        http("https://a.b/mcp", kept()),
        json!({ "transport": http("https://a.b/v2", needed()) }),
        inherited,
    );
    check(http("https://a.b/mcp", kept()), json!({ "transport": http("https://evil.b/mcp", kept()) }), lost);
    check(stdio("x", kept()), json!({ "transport": http("https://a.b/mcp", needed()) }), lost);
}

#[test]
fn a_secret_stays_with_the_program_that_runs() {
    let with = |command: &str, more: Value, cwd: Option<&str>| {
        let mut env = json!({ "TOKEN": kept() });
        env.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "type": "stdio", "command": command, "args": [], "env": env, "cwd": cwd })
    };
    let check_kept = |old: Value, new: Value, expected: bool| {
        let [old, new] = [old, new].map(|value| spec(value).transport);
        assert_eq!(restore::may_inherit(&old, &new), expected, "{new:?}");
    };
    let old = || with("x", json!({ "PATH": "/usr/bin", "LEVEL": "1" }), Some("/srv"));
    check_kept(old(), with("x", json!({ "PATH": "/usr/bin", "LEVEL": "2", "NEW": "3" }), Some("/tmp")), true);
    check_kept(old(), with("x", json!({ "PATH": "/tmp/evil" }), Some("/srv")), false);
    check_kept(old(), with("x", json!({}), Some("/srv")), false);
    for name in ["LD_PRELOAD", "NODE_OPTIONS", "npm_config_registry", "GIT_CONFIG_KEY_0"] {
        let more = json!({ "PATH": "/usr/bin", name: "/tmp/x" });
        check_kept(old(), with("x", more, Some("/srv")), false);
    }
    let there = |command: &str, cwd: &str| with(command, json!({}), Some(cwd));
    check_kept(there("./run", "/srv"), there("./run", "/tmp"), false);
    check_kept(there("./run", "/srv"), there("./run", "/srv"), true);
    check_kept(there("/bin/run", "/srv"), there("/bin/run", "/tmp"), true);
    let hidden = |value: Value| with("x", json!({ "PYTHONPATH": value }), None);
    check_kept(hidden(json!({ "secret": "a/P/1" })), hidden(json!({ "secret_needed": "PYTHONPATH" })), true);
    check_kept(hidden(json!({ "secret": "a/P/1" })), hidden(json!("/tmp/x")), false);
}

#[test]
fn a_new_place_gets_new_secrets() {
    let patch = json!({ "transport": stdio("y", needed()), "secrets": { "TOKEN": "v" } });
    check(stdio("x", kept()), patch, r#"on TOKEN={"secret":"new"}"#);
    let eager = json!({ "transport": stdio("y", needed()), "enabled": true });
    check(stdio("x", kept()), eager, code::SECRETS_NEEDED);
    let stolen = json!({ "transport": stdio("x", json!({ "secret": "b/TOKEN/9" })) });
    check(stdio("x", kept()), stolen, code::INVALID);
    check(stdio("x", kept()), json!({ "transport": stdio("y", json!("plain")) }), r#"on TOKEN="plain""#);
}

#[test]
fn what_cannot_be_is_refused() {
    for patch in [
        json!({ "transport": stdio(" ", needed()) }),
        json!({ "transport": http("file:///x", needed()) }),
        json!({ "transport": { "type": "stdio", "command": "x", "env": { "A=1 npx -y good-server #": "" } } }),
        json!({ "transport": { "type": "stdio", "command": "x", "env": { "": "1" } } }),
        json!({ "transport": { "type": "stdio", "command": "x", "env": { "A\u{202e}": "1" } } }),
        json!({ "transport": { "type": "stdio", "command": "x", "env": { "A B": "1" } } }),
        json!({ "transport": { "type": "http", "url": "https://a.b/", "headers": { "A: b": "1" } } }),
        json!({ "secrets": { "A=1 npx": "v" } }),
        json!({ "transport": { "type": "stdio", "command": "x", "cwd": "shop" } }),
        json!({ "start_timeout_s": 0 }),
        json!({ "call_timeout_s": 400_000_000 }),
        json!({ "isolation": "shared", "transport": stdio("${PROJECT_ROOT}/x", json!("p")), "prefix": "1" }),
    ] {
        check(stdio("x", kept()), patch, code::INVALID);
    }
}

#[test]
fn timeouts_come_and_go() {
    let set: UpstreamPatch =
        serde_json::from_value(json!({ "start_timeout_s": 5, "call_timeout_s": 7 })).unwrap();
    let with = patched(&spec(stdio("x", kept())), set, BTreeMap::new()).unwrap();
    assert_eq!((with.start_timeout_s, with.call_timeout_s), (Some(5), Some(7)));
    let back: UpstreamPatch = serde_json::from_value(json!({ "start_timeout_s": null })).unwrap();
    let without = patched(&with, back, BTreeMap::new()).unwrap();
    assert_eq!((without.start_timeout_s, without.call_timeout_s), (None, Some(7)));
}
