use std::sync::Arc;

use headgate_api::{Backup, RestoreItem};
use headgate_model::{SecretRef, UpstreamSpec};
use serde_json::{Value, json};

use super::{
    plan::{Given, Plan, Present, plan},
    secrets,
};

fn stdio(name: &str, command: &str, token: Value) -> UpstreamSpec {
    let transport =
        json!({ "type": "stdio", "command": command, "args": ["x y"], "env": { "TOKEN": token } });
    read(json!({ "name": name, "transport": transport, "isolation": "shared", "enabled": true }))
}

fn http(name: &str, url: &str, token: Value) -> UpstreamSpec {
    let transport = json!({ "type": "http", "url": url, "headers": { "TOKEN": token } });
    read(json!({ "name": name, "transport": transport, "isolation": "session", "enabled": true }))
}

fn read(spec: Value) -> UpstreamSpec {
    serde_json::from_value(spec).unwrap()
}

fn secret() -> Value {
    json!({ "secret": "a/TOKEN/1" })
}

fn needed() -> Value {
    json!({ "secret_needed": "TOKEN" })
}

fn present(upstreams: &[UpstreamSpec]) -> Present {
    Present {
        upstreams: upstreams.iter().cloned().map(Arc::new).collect(),
        settings: [("page_size".to_owned(), json!(5))].into(),
        clients: vec!["claude".parse().unwrap()],
    }
}

fn backup(upstreams: &[UpstreamSpec]) -> Backup {
    Backup { upstreams: Some(upstreams.to_vec()), ..Backup::empty(0) }
}

fn line(item: &RestoreItem) -> String {
    let action = serde_json::to_value(item.action).unwrap();
    let mut line = format!("{} {}: {}", item.kind.word(), item.name, action.as_str().unwrap());
    for (what, words) in [("", &item.changes), ("needs ", &item.needs)] {
        if !words.is_empty() {
            line.push_str(&format!("; {what}{}", words.join(", ")));
        }
    }
    line
}

#[track_caller]
fn check(present: &Present, backup: &Backup, replace: bool, expected: &[&str]) -> Plan {
    let plan = plan(present, backup, replace, &Given::new()).unwrap();
    assert_eq!(plan.items.iter().map(line).collect::<Vec<_>>(), expected);
    plan
}

#[test]
fn what_is_there_is_unchanged_secrets_and_all() {
    let spec = stdio("a", "npx", secret());
    let there = present(std::slice::from_ref(&spec));
    let plan = check(&there, &backup(&[secrets::hidden(&spec)]), false, &["upstream a: unchanged"]);
    assert!(plan.put_upstreams.is_empty());
    assert!(!serde_json::to_string(&secrets::hidden(&spec)).unwrap().contains("a/TOKEN"));
}

#[test]
fn sections_that_are_absent_say_nothing() {
    check(&present(&[stdio("a", "npx", secret())]), &Backup::empty(0), true, &[]);
}

#[test]
fn what_is_not_named_is_left_or_removed() {
    let there = present(&[stdio("a", "npx", secret())]);
    let document = Backup {
        settings: Some([].into()),
        clients: Some(Vec::new()),
        ..backup(&[stdio("b", "uvx", json!("1"))])
    };
    let names = ["upstream b: added", "upstream a: left", "setting page_size: left", "client claude: left"];
    let plan = check(&there, &document, false, &names);
    assert!(plan.remove_upstreams.is_empty() && plan.settings.is_empty() && plan.remove_clients.is_empty());
    let names = names.map(|line| line.replace("left", "removed"));
    let plan = check(&there, &document, true, &names.each_ref().map(String::as_str));
    assert_eq!((plan.remove_upstreams.len(), plan.settings.len(), plan.remove_clients.len()), (1, 1, 1));
    assert_eq!(plan.abandoned_secrets(&there), [SecretRef("a/TOKEN/1".to_owned())]);
}

#[test]
fn a_missing_secret_disables_and_a_given_one_does_not() {
    let wanted = backup(&[stdio("a", "npx", needed())]);
    let plan_without = check(&Present::default(), &wanted, false, &["upstream a: added; needs TOKEN"]);
    assert!(!plan_without.put_upstreams[0].enabled);
    let reference = SecretRef("a/TOKEN/2".to_owned());
    let given = Given::from([("a".parse().unwrap(), [("TOKEN".to_owned(), reference)].into())]);
    let plan_with = plan(&Present::default(), &wanted, false, &given).unwrap();
    assert!(plan_with.put_upstreams[0].enabled);
    assert!(plan_with.items[0].needs.is_empty());
}

#[test]
fn a_secret_stays_with_the_site_it_is_for() {
    let there = present(&[http("a", "https://example.com/mcp", secret())]);
    let same = backup(&[http("a", "https://example.com/other", needed())]);
    let change = "transport.url: \"https://example.com/mcp\" -> \"https://example.com/other\"";
    check(&there, &same, false, &[&format!("upstream a: changed; {change}")]);
    let plan = check(
        &there,
        &backup(&[http("a", "https://evil.example/mcp", needed())]),
        false,
        &["upstream a: changed; enabled: true -> false, \
           transport.headers.TOKEN: (secret) -> (secret without a value), \
           transport.url: \"https://example.com/mcp\" -> \"https://evil.example/mcp\"; needs TOKEN"],
    );
    assert_eq!(plan.abandoned_secrets(&there).len(), 1);
}

#[test]
fn a_secret_stays_with_the_command_it_is_for() {
    let there = present(&[stdio("a", "npx", secret())]);
    let with = |command: &str, args: &[&str], cwd: Option<&str>| {
        let transport = json!({
            "type": "stdio", "command": command, "args": args, "cwd": cwd, "env": { "TOKEN": needed() },
        });
        backup(&[read(
            json!({ "name": "a", "transport": transport, "isolation": "shared", "enabled": true }),
        )])
    };
    for (document, expected) in [
        (with("npx", &["x y"], Some("/srv")), None),
        (with("uvx", &["x y"], None), Some("TOKEN")),
        (with("npx", &["x", "y"], None), Some("TOKEN")),
        (with("npx", &[], None), Some("TOKEN")),
    ] {
        let plan = plan(&there, &document, false, &Given::new()).unwrap();
        assert_eq!(plan.items[0].needs.first().map(String::as_str), expected, "{document:?}");
        assert_eq!(plan.put_upstreams[0].enabled, expected.is_none());
    }
}

#[test]
fn the_port_is_changed_by_name_and_with_everything_only() {
    let mut there = present(&[]);
    there.settings = [("port".to_owned(), json!(4283))].into();
    let settings =
        |json: Value| Backup { settings: serde_json::from_value(json).unwrap(), ..Backup::empty(0) };
    check(&there, &settings(json!({})), true, &["setting port: left"]);
    let expected = "setting port: changed; port: 4283 -> 4290 (after a restart)";
    check(&there, &settings(json!({ "port": 4290 })), true, &[expected]);
    let expected = "setting port: left; port: 4283 -> 4290 (only when everything is replaced, since it belongs \
                    to one machine)";
    let plan = check(&there, &settings(json!({ "port": 4290 })), false, &[expected]);
    assert!(plan.settings.is_empty());
    let store = "setting secret_store: left; secret_store: default -> file (only when everything is replaced, \
                 since it belongs to one machine)";
    check(
        &there,
        &settings(json!({ "secret_store": "file", "port": 4283 })),
        false,
        &["setting port: unchanged", store],
    );
}

#[test]
fn settings_are_compared_by_what_they_mean() {
    let settings = |value: Value| Backup {
        settings: Some([("page_size".to_owned(), value)].into()),
        ..Backup::empty(0)
    };
    check(&present(&[]), &settings(json!("5")), false, &["setting page_size: unchanged"]);
    check(&present(&[]), &settings(json!(6)), false, &["setting page_size: changed; page_size: 5 -> 6"]);
    check(
        &present(&[]),
        &settings(Value::Null),
        false,
        &["setting page_size: removed; page_size: 5 -> default"],
    );
}

#[test]
fn nonsense_is_refused_with_a_sentence() {
    let refused = |document: &Backup, given: &Given, part: &str| {
        let why = plan(&Present::default(), document, false, given).err().unwrap_or_default();
        assert!(why.contains(part), "{why}");
    };
    let none = Given::new();
    let a = stdio("a", "npx", json!("1"));
    refused(&backup(&[a.clone(), a.clone()]), &none, "two upstreams `a`");
    refused(&backup(&[stdio("a", "npx", secret())]), &none, "refers to a kept secret");
    refused(&backup(&[http("a", "file:///etc/passwd", json!("1"))]), &none, "http://");
    refused(&backup(&[stdio("a", " ", json!("1"))]), &none, "the command is empty");
    refused(&backup(&[UpstreamSpec { call_timeout_s: Some(u64::MAX), ..a.clone() }]), &none, "use 1 to");
    let prefixed = UpstreamSpec { prefix: Some("9".to_owned()), ..a.clone() };
    refused(&backup(&[prefixed]), &none, "`9` is no prefix");
    let reference = SecretRef("x".to_owned());
    let given =
        |name: &str| Given::from([(name.parse().unwrap(), [("TOKEN".to_owned(), reference.clone())].into())]);
    refused(&backup(std::slice::from_ref(&a)), &given("b"), "`b`, which the document does not have");
    refused(&backup(&[a]), &given("a"), "which is no secret of `a`");
    let settings = Backup { settings: Some([("colour".to_owned(), json!(1))].into()), ..Backup::empty(0) };
    refused(&settings, &none, "there is no setting `colour`");
}
