//! `headgate connect`: a client that only knows pipes, at the one gateway. The harness below spawns the
//! real program and shows every line; the tests lie in the modules.

mod cold;
mod directions;
mod ending;
mod killed;
mod order;
mod storm;
mod upgrade;
mod verbatim;

use std::{
    collections::VecDeque,
    process::{ExitStatus, Stdio},
};

use e2e::{Message, Sandbox, in_time, parameters, request_text};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
};

/// A program that speaks MCP over its pipes: the bridge, or a server of which it must not differ.
pub(crate) struct Pipe {
    child: Child,
    /// Gone once it was closed.
    pub(crate) input: Option<Input>,
    pub(crate) output: Output,
    last_id: u64,
}

/// What it reads.
pub(crate) struct Input(ChildStdin);

/// What it writes.
pub(crate) struct Output {
    /// Gone once nobody reads any more.
    stdout: Option<BufReader<ChildStdout>>,
    /// Messages that were passed over, oldest first.
    pub(crate) seen: VecDeque<Message>,
}

impl Pipe {
    /// A bridge whose client has said nothing yet.
    pub(crate) fn connect(sandbox: &Sandbox, client: &str) -> Self {
        let mut command = sandbox.command();
        command.args(["connect", "--client", client]);
        Self::start(command)
    }

    /// A bridge to an open session, as a client that can do everything.
    pub(crate) async fn open(sandbox: &Sandbox, client: &str) -> Self {
        let mut bridge = Self::connect(sandbox, client);
        bridge.initialize(&parameters()).await;
        bridge
    }

    /// Any program.
    pub(crate) fn start(command: std::process::Command) -> Self {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let stdout = child.stdout.take().map(BufReader::new);
        let input = child.stdin.take().map(Input);
        Self { child, input, output: Output { stdout, seen: VecDeque::new() }, last_id: 0 }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it was not waited for yet")
    }

    /// Opens a session and gives the answer to `initialize`.
    pub(crate) async fn initialize(&mut self, parameters: &Value) -> Message {
        let welcome = self.request("initialize", &parameters.to_string()).await;
        self.write(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        welcome
    }

    /// Writes one line.
    pub(crate) async fn write(&mut self, line: &str) {
        self.input.as_mut().expect("its input is open").write(line).await;
    }

    /// Sends a request under a new id and waits for the answer.
    pub(crate) async fn request(&mut self, method: &str, params: &str) -> Message {
        self.last_id += 1;
        let id = self.last_id.to_string();
        self.request_as(&id, method, params).await
    }

    /// The same; id and parameters are exactly this text.
    pub(crate) async fn request_as(&mut self, id: &str, method: &str, params: &str) -> Message {
        self.write(&request_text(id, method, params)).await;
        self.output.answer_to(id).await
    }

    /// Calls a tool and gives its result.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = self.request("tools/call", &params.to_string()).await.json();
        answer.get("result").unwrap_or_else(|| panic!("no result: {answer}")).clone()
    }

    /// Closes its input; that is how clients end their servers.
    pub(crate) fn close(&mut self) {
        self.input = None;
    }

    /// Both ends of its pipes are gone at once, as when its client is killed.
    pub(crate) fn let_go(&mut self) {
        self.input = None;
        self.output.stdout = None;
    }

    /// Waits until it has ended, after it said everything.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        in_time("the end of the bridge", self.child.wait()).await.expect("wait for the bridge")
    }

    /// Ends it as clients do, and checks that it answers nothing more.
    pub(crate) async fn end(mut self) {
        self.close();
        while let Some(message) = self.output.next().await {
            assert!(!is_answer(&message), "nobody waits for {}", message.text);
        }
        assert!(self.ended().await.success());
    }
}

impl Input {
    /// Writes one line.
    pub(crate) async fn write(&mut self, line: &str) {
        self.write_bytes(format!("{line}\n").as_bytes()).await;
    }

    /// Writes anything.
    pub(crate) async fn write_bytes(&mut self, bytes: &[u8]) {
        in_time("the bridge reads a line", self.0.write_all(bytes)).await.expect("write to the bridge");
    }
}

impl Output {
    /// The next message; `None` at the end. Anything that is none fails the test.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let message = Message { text: self.next_text().await? };
        assert_eq!(message.member("jsonrpc").as_deref(), Some("\"2.0\""), "{}", message.text);
        Some(message)
    }

    /// The next line; `None` at the end.
    pub(crate) async fn next_text(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let stdout = self.stdout.as_mut().expect("somebody reads");
        in_time("a line of the bridge", stdout.read_until(b'\n', &mut line)).await.expect("read a line");
        if line.is_empty() {
            return None;
        }
        assert_eq!(line.pop(), Some(b'\n'), "an unfinished line");
        Some(String::from_utf8(line).expect("messages are UTF-8"))
    }

    /// The next message that `find` wants; others are kept in `seen`.
    pub(crate) async fn until(&mut self, what: &str, find: impl Fn(&Message) -> bool) -> Message {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("the bridge ended before {what}"));
            if find(&message) {
                return message;
            }
            self.seen.push_back(message);
        }
    }

    /// The answer to the call whose id is exactly this text.
    pub(crate) async fn answer_to(&mut self, id: &str) -> Message {
        let is_it = |message: &Message| is_answer(message) && message.member("id").as_deref() == Some(id);
        self.until(&format!("the answer to {id}"), is_it).await
    }

    /// The next message that calls `method`.
    pub(crate) async fn next_of(&mut self, method: &str) -> Message {
        self.until(method, |message| message.method().as_deref() == Some(method)).await
    }
}

/// True for a result or an error.
pub(crate) fn is_answer(message: &Message) -> bool {
    message.member("result").is_some() || message.member("error").is_some()
}
