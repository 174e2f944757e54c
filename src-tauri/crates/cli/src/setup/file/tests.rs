use expect_test::{Expect, expect};

use super::*;

const SETUP: &str = r#"
# Mine.
[settings]
call_timeout = 600

[upstreams.zebra]
command = ["npx", "-y", "server with a space"]
cwd = "/srv"
secret_env = ["TOKEN"]
isolation = "session"
prefix = "z"
start_timeout_s = 9

[upstreams.zebra.env]
LEVEL = "1"

[upstreams.ape]
url = "https://example.com/mcp"
headers = { X-Team = "core" }
secret_headers = ["Authorization"]
enabled = false

[upstreams.demo]
demo = true
"#;

#[test]
fn what_was_read_is_written_and_read_again() {
    let read = backup(SETUP).unwrap();
    let names: Vec<_> = read.upstreams.iter().flatten().map(|spec| spec.name.to_string()).collect();
    assert_eq!(names, ["zebra", "ape", "demo"], "the order of registration is the order of the file");
    let text = text(&read).unwrap();
    expect![[r#"
        # The setup of Headgate: `headgate apply FILE` makes it so.
        # Secrets are not here, only their names (secret_env, secret_headers).

        [settings]
        call_timeout = 600

        [upstreams.zebra]
        command = [
            "npx",
            "-y",
            "server with a space",
        ]
        cwd = "/srv"
        secret_env = ["TOKEN"]
        isolation = "session"
        prefix = "z"
        start_timeout_s = 9

        [upstreams.zebra.env]
        LEVEL = "1"

        [upstreams.ape]
        url = "https://example.com/mcp"
        secret_headers = ["Authorization"]
        enabled = false

        [upstreams.ape.headers]
        X-Team = "core"

        [upstreams.demo]
        demo = true
    "#]]
    .assert_eq(&text);
    assert_eq!(backup(&text).unwrap(), read);
}

#[test]
fn the_same_in_json() {
    let json =
        r#"{ "upstreams": { "b": { "command": ["x"], "env": { "PORT": 1 } }, "a": { "demo": true } } }"#;
    let specs = backup(json).unwrap().upstreams.unwrap();
    assert_eq!(specs[0].name.as_str(), "b");
    assert_eq!(serde_json::to_value(&specs[0].transport).unwrap()["env"]["PORT"], "1");
}

fn refused(text: &str, expected: Expect) {
    expected.assert_eq(&backup(text).unwrap_err());
}

#[test]
fn what_is_wrong_is_named() {
    refused("[colours]", expect!["nobody knows `colours`; there are `settings` and `upstreams`"]);
    refused("settings = 1", expect!["`settings` is no table"]);
    refused("format = 'headgate-backup'", expect!["it is a backup; put it back with `headgate restore`"]);
    for table in ["", "command = []", "demo = true\nurl = 'http://x'"] {
        refused(
            &format!("[upstreams.a]\n{table}"),
            expect!["upstream `a`: it needs one of `command` (a list of words), `url` and `demo = true`"],
        );
    }
    refused(
        "[upstreams.a]\nurl = 'http://x'\nenv = {}\nsecret_env = ['A']",
        expect!["upstream `a`: `cwd`, `env` and `secret_env` are for a `command`"],
    );
    refused(
        "[upstreams.a]\ncommand = ['x']\nenv = { A = 'b' }\nsecret_env = ['A']",
        expect!["upstream `a`: `A` is given twice"],
    );
    refused(
        "[upstreams.a]\ncommand = ['x']\ncolour = 'red'",
        expect!["upstream `a`: nobody knows `colour`; a newer headgate may, or it is misspelt"],
    );
    refused("[upstreams.a]\ndemo = true\nname = 'b'", expect!["upstream `a`: `name` does not belong here"]);
    assert!(backup("[upstreams.'a b']\ndemo = true").unwrap_err().contains("`a b` is not a valid"));
    assert!(backup("[upstreams").unwrap_err().contains("line 1"));
}
