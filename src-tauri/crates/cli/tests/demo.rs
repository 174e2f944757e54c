//! The demo server as a gateway meets it: the real binary on pipes.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

struct Demo {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_headgate"))
            .arg("demo")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, stdout }
    }

    fn send(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn receive_text(&mut self) -> String {
        self.stdout.next().unwrap().unwrap()
    }

    fn receive(&mut self) -> Value {
        serde_json::from_str(&self.receive_text()).unwrap()
    }

    fn end(mut self) {
        self.stdin = None;
        assert!(self.child.wait().unwrap().success());
        assert!(self.stdout.next().is_none(), "nothing is said after the last answer");
    }
}

fn slow(id: &str, seconds: f64, steps: u32, token: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"slow","arguments":{{"seconds":{seconds},"steps":{steps}}},"_meta":{{"progressToken":{token}}}}}}}"#
    )
}

#[test]
fn a_conversation() {
    let mut demo = Demo::start();
    demo.send(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}"#);
    let initialized = demo.receive();
    assert_eq!(initialized["result"]["protocolVersion"], "2025-06-18");
    assert!(initialized["result"]["instructions"].is_string());
    demo.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    for (method, key, names) in [
        ("tools/list", "tools", json!(["echo", "add", "slow"])),
        ("resources/list", "resources", json!(["welcome"])),
        ("resources/templates/list", "resourceTemplates", json!([])),
        ("prompts/list", "prompts", json!(["greet"])),
    ] {
        demo.send(&json!({ "jsonrpc": "2.0", "id": method, "method": method }).to_string());
        let answer = demo.receive();
        let items = answer["result"][key].as_array().unwrap();
        assert_eq!(
            items.iter().map(|item| &item["name"]).collect::<Vec<_>>(),
            names.as_array().unwrap().iter().collect::<Vec<_>>()
        );
    }
    demo.send(r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"demo://welcome"}}"#);
    assert!(demo.receive()["result"]["contents"][0]["text"].as_str().unwrap().starts_with("Welcome"));
    demo.end();
}

#[test]
fn ids_come_back_as_they_were() {
    let mut demo = Demo::start();
    for id in ["9007199254740993", "1.0", "-1", r#""\u0061""#, "123456789012345678901234567890"] {
        demo.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#));
        assert_eq!(demo.receive_text(), format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
    }
    demo.end();
}

#[test]
fn others_are_answered_while_it_is_slow() {
    let mut demo = Demo::start();
    demo.send(&slow("7", 0.3, 2, r#""t""#));
    demo.send(r#"{"jsonrpc":"2.0","id":8,"method":"ping"}"#);
    assert_eq!(demo.receive()["id"], 8);
    for step in 1..=2 {
        let progress = demo.receive();
        assert_eq!(progress["method"], "notifications/progress");
        assert_eq!(progress["params"]["progressToken"], "t");
        assert_eq!(
            (&progress["params"]["progress"], &progress["params"]["total"]),
            (&json!(step), &json!(2))
        );
    }
    assert_eq!(demo.receive()["result"]["content"][0]["text"], "Took 0.3 s in 2 steps.");
    demo.end();
}

#[test]
fn a_cancelled_call_never_answers() {
    let mut demo = Demo::start();
    demo.send(&slow("\"a\"", 600.0, 1, "1"));
    demo.send(&slow("\"b\"", 0.2, 1, "2"));
    demo.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#);
    demo.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}"#);
    assert_eq!(demo.receive()["params"]["progressToken"], 2);
    assert_eq!(demo.receive()["id"], "b");
    demo.end();
}

#[test]
fn the_end_of_input_ends_even_slow_calls() {
    let mut demo = Demo::start();
    demo.send(&slow("1", 600.0, 1, "1"));
    demo.end();
}

#[test]
fn bad_lines_are_answered_and_survived() {
    let mut demo = Demo::start();
    demo.send("not json");
    let answer = demo.receive();
    assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-32700), &Value::Null));
    demo.send("");
    demo.send(r#"{"id":1,"method":"ping"}"#);
    assert_eq!(demo.receive()["error"]["code"], -32600);
    demo.send(r#"{"jsonrpc":"2.0","id":1,"method":"nope"}"#);
    assert_eq!(demo.receive()["error"]["code"], -32601);
    demo.send(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}"#);
    assert_eq!(demo.receive()["error"]["code"], -32602);
    demo.end();
}
