//! What a command line means, as the definition that would be registered.

use clap::Parser;
use expect_test::{Expect, expect};
use headgate_api::Clash;

use super::*;
use crate::args::{Args, Command};

fn read(words: &[&str]) -> Result<String, String> {
    let words = ["headgate", "add"].iter().chain(words);
    let args = match Args::try_parse_from(words).map_err(|e| e.to_string())?.command {
        Command::Add(args) => args,
        other => panic!("{other:?}"),
    };
    definition(&args, Path::new("/here")).map(|new_upstream| serde_json::to_string(&new_upstream).unwrap())
}

fn check(words: &[&str], expected: Expect) {
    let text = match read(words) {
        Ok(json) => json,
        Err(sentence) => format!("error: {}", sentence.lines().next().unwrap_or_default()),
    };
    expected.assert_eq(&text);
}

#[test]
fn a_command_stands_after_two_dashes() {
    check(
        &["time", "--", "uvx", "mcp-server-time", "--x"],
        expect![[
            r#"{"name":"time","transport":{"type":"stdio","command":"uvx","args":["mcp-server-time","--x"],"env":{}}}"#
        ]],
    );
    check(
        &["t", "--env", "A=b=c", "--secret-env", "K", "--", "srv"],
        expect![[r#"{"name":"t","transport":{"type":"stdio","command":"srv","args":[],"env":{"A":"b=c"}}}"#]],
    );
    check(
        &["t", "--off", "b", "--off", "a", "--prefix", "p", "--isolation", "session", "--", "srv"],
        expect![[
            r#"{"name":"t","transport":{"type":"stdio","command":"srv","args":[],"env":{}},"isolation":"session","prefix":"p","tool_choices":{"a":{"off":true},"b":{"off":true}}}"#
        ]],
    );
}

#[cfg(unix)]
#[test]
fn paths_are_meant_from_where_they_are_typed() {
    check(
        &["t", "--", "./srv.py"],
        expect![[r#"{"name":"t","transport":{"type":"stdio","command":"/here/srv.py","args":[],"env":{}}}"#]],
    );
    check(
        &["t", "--cwd", "sub", "--", "bin/srv"],
        expect![[
            r#"{"name":"t","transport":{"type":"stdio","command":"/here/sub/bin/srv","args":[],"env":{},"cwd":"/here/sub"}}"#
        ]],
    );
    check(
        &["t", "--", "/usr/bin/srv"],
        expect![[r#"{"name":"t","transport":{"type":"stdio","command":"/usr/bin/srv","args":[],"env":{}}}"#]],
    );
}

#[test]
fn a_url_stands_alone() {
    check(
        &["docs", "https://example.com/mcp"],
        expect![[
            r#"{"name":"docs","transport":{"type":"http","url":"https://example.com/mcp","headers":{}}}"#
        ]],
    );
    check(
        &["docs", "http://e.com/mcp", "--header", "X-A:  b: c ", "--secret-header", "K"],
        expect![[
            r#"{"name":"docs","transport":{"type":"http","url":"http://e.com/mcp","headers":{"X-A":"b: c"}}}"#
        ]],
    );
}

#[test]
fn the_demo_needs_no_name() {
    check(&["--demo"], expect![[r#"{"name":"demo","transport":{"type":"demo"}}"#]]);
    check(
        &["show", "--demo", "--prefix", "d"],
        expect![[r#"{"name":"show","transport":{"type":"demo"},"prefix":"d"}"#]],
    );
}

#[test]
fn what_cannot_be_meant_is_told() {
    check(
        &["docs", "uvx"],
        expect![
            "error: `uvx` is no http:// or https:// URL; a command goes after `--`, as in `headgate add NAME -- uvx`"
        ],
    );
    check(
        &["docs", "ftp://example.com/"],
        expect![
            "error: `ftp://example.com/` is no http:// or https:// URL; a command goes after `--`, as in `headgate add NAME -- ftp://example.com/`"
        ],
    );
    check(
        &["docs", "https://me:pw@example.com/"],
        expect![
            "error: the URL holds a password, which would be kept readable; leave it out and use `--secret-header Authorization`"
        ],
    );
    check(
        &["docs", "https://e.com/", "--", "srv"],
        expect!["error: `https://e.com/` stands before `--` and a command after it; give one of the two"],
    );
    check(&["docs"], expect!["error: say what to add: a URL, or `--` and a command"]);
    check(&[], expect!["error: error: the following required arguments were not provided:"]);
    check(
        &["bad name", "--", "srv"],
        expect![
            "error: error: invalid value 'bad name' for '[NAME]': `bad name` is not a valid upstream name: use 1 to 64 letters, digits, `.`, `-` or `_`, the first a letter or digit"
        ],
    );
    check(
        &["d", "https://e.com/", "--env", "A=b"],
        expect![
            "error: `--env`, `--secret-env` and `--cwd` are for commands; a URL takes `--header` and `--secret-header`"
        ],
    );
    check(
        &["d", "--header", "A: b", "--", "srv"],
        expect![
            "error: `--header` and `--secret-header` are for URLs; a command takes `--env` and `--secret-env`"
        ],
    );
    check(&["d", "--env", "A=b", "--secret-env", "A", "--", "srv"], expect!["error: `A` is given twice"]);
    check(
        &["d", "https://e.com/", "--header", "A: b", "--secret-header", "a"],
        expect!["error: `a` is given twice"],
    );
    check(
        &["d", "--env", "A", "--", "srv"],
        expect!["error: error: invalid value 'A' for '--env <K=V>': expected K=V"],
    );
    check(&["--demo", "--env", "A=b"], expect!["error: the demo takes no environment, folder or headers"]);
    check(
        &["--demo", "--", "srv"],
        expect!["error: error: the argument '--demo' cannot be used with '[COMMAND]...'"],
    );
}

#[test]
fn a_clash_names_the_ways_out() {
    let new_upstream = serde_json::from_str(r#"{"name":"docs","transport":{"type":"demo"}}"#).unwrap();
    let check = |kind: &str, expected: Expect| {
        let clash = Clash {
            kind: kind.into(),
            name: "search".into(),
            own_name: "search".into(),
            owner: "github".parse().unwrap(),
        };
        let mut problem = Problem::new(409, headgate_api::code::CLASH, "1 name is taken");
        problem.clashes = vec![clash];
        expected.assert_eq(&ways_out(&new_upstream, &problem));
    };
    check(
        "tool",
        expect![[r#"
        Nothing was added. Add it under a prefix:
          --prefix docs
        or leave these tools out:
          --off search"#]],
    );
    check(
        "prompt",
        expect![[r#"
        Nothing was added. Add it under a prefix:
          --prefix docs"#]],
    );
}

#[test]
fn a_command_is_shown_as_a_shell_would_read_it() {
    let words = ["a-b.c", "", "two words", "it's", "~", "a\nb\u{1b}'", "$HOME", "é"].map(quoted);
    let expected = ["a-b.c", "''", "'two words'", r"'it'\''s'", "'~'", r"$'a\nb\u{1b}\''", "'$HOME'", "é"];
    assert_eq!(words, expected);
}
