//! One conversation: the standard streams of the process, or an HTTP session.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
};

use serde_json::json;
use tokio::sync::{Notify, oneshot};

use crate::{
    Args, Names, is_forgiven,
    offer::{Offered, page},
    tools,
    wire::{Incoming, Out, Outlet},
};

/// What all conversations share.
pub(crate) struct Process {
    pub(crate) args: Args,
    pub(crate) offered: Mutex<Offered>,
    pub(crate) gates: Gates,
    pub(crate) sessions: Mutex<Vec<Weak<Session>>>,
    pub(crate) opened: Mutex<u64>,
    /// Whether it answers when it is asked for a list.
    pub(crate) lists: AtomicBool,
    /// The code with which it refuses whatever comes after the first page of a list; 0 for none.
    pub(crate) later_pages: AtomicI64,
}

/// Calls wait at a gate until another call opens it.
#[derive(Default)]
pub(crate) struct Gates {
    open: Mutex<BTreeSet<String>>,
    held: Mutex<Vec<String>>,
    changed: Notify,
}

/// One conversation.
pub(crate) struct Session {
    pub(crate) process: Arc<Process>,
    /// Counts the conversations of this process, from 1.
    pub(crate) number: u64,
    /// What belongs to no call goes here.
    pub(crate) standing: Outlet,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: String,
    level: usize,
    subscribed: Names,
    seen: Vec<String>,
    asks: HashMap<String, oneshot::Sender<String>>,
    last_ask: u64,
    calls: HashMap<String, oneshot::Sender<()>>,
}

/// A call of a tool.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) session: Arc<Session>,
    /// As it was received.
    pub(crate) id: String,
    pub(crate) incoming: Arc<Incoming>,
    pub(crate) out: Outlet,
}

/// Log levels, the most verbose first.
pub(crate) const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gates {
    pub(crate) async fn wait(&self, key: &str) {
        lock(&self.held).push(key.to_owned());
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if lock(&self.open).contains(key) {
                break;
            }
            changed.await;
        }
        self.left(key);
    }

    pub(crate) fn left(&self, key: &str) {
        let mut held = lock(&self.held);
        if let Some(at) = held.iter().position(|other| other == key) {
            held.remove(at);
        }
    }

    pub(crate) fn open(&self, key: &str) {
        lock(&self.open).insert(key.to_owned());
        self.changed.notify_waiters();
    }

    pub(crate) fn held(&self) -> Vec<String> {
        lock(&self.held).clone()
    }
}

impl Session {
    pub(crate) fn open(process: &Arc<Process>, standing: Outlet) -> Arc<Self> {
        let mut opened = lock(&process.opened);
        *opened += 1;
        let session =
            Arc::new(Self { process: process.clone(), number: *opened, standing, state: Mutex::default() });
        lock(&process.sessions).push(Arc::downgrade(&session));
        session
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The parameters of `initialize`, as they came.
    pub(crate) fn client(&self) -> String {
        self.state().client.clone()
    }

    /// Everything that was received.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.state().seen.clone()
    }

    pub(crate) fn is_subscribed(&self, uri: &str) -> bool {
        self.state().subscribed.contains(uri)
    }

    pub(crate) fn wants(&self, level: &str) -> bool {
        LEVELS.iter().position(|other| *other == level).is_none_or(|level| level >= self.state().level)
    }

    /// Takes one message; whatever it makes the server say about it goes to `out`.
    pub(crate) async fn receive(self: &Arc<Self>, text: String, out: Outlet) {
        let incoming = match Incoming::read(text) {
            Ok(incoming) => incoming,
            Err(problem) => return out.refuse("null", -32700, &problem.to_string()),
        };
        // Large messages would only fill the memory.
        if incoming.text.len() < 4096 {
            self.state().seen.push(incoming.text.clone());
        }
        match (incoming.method.clone(), incoming.id.clone()) {
            (None, Some(id)) => self.answered(&id, incoming.text),
            (None, None) => {}
            (Some(method), None) => self.noticed(&method, &incoming),
            (Some(method), Some(id)) => self.requested(&method, id, incoming, out).await,
        }
    }

    fn answered(&self, id: &str, text: String) {
        if let Some(ask) = self.state().asks.remove(id) {
            let _ = ask.send(text);
        }
    }

    fn noticed(&self, method: &str, incoming: &Incoming) {
        if method == "notifications/cancelled"
            && let Some(id) = incoming.at(&["requestId"])
            && let Some(call) = self.state().calls.remove(&id)
        {
            let _ = call.send(());
        }
    }

    async fn requested(self: &Arc<Self>, method: &str, id: String, incoming: Incoming, out: Outlet) {
        match method {
            "initialize" => self.initialize(&id, &incoming, &out),
            "ping" => out.answer(&id, "{}"),
            "tools/list" => self.list("tools", &id, &incoming, &out, |offered| &offered.tools),
            "prompts/list" => self.list("prompts", &id, &incoming, &out, |offered| &offered.prompts),
            "resources/list" => self.list("resources", &id, &incoming, &out, |offered| &offered.resources),
            "resources/templates/list" => {
                self.list("resourceTemplates", &id, &incoming, &out, |offered| &offered.templates);
            }
            "resources/read" => self.read(&id, &incoming, &out),
            "resources/subscribe" | "resources/unsubscribe" => {
                let uri = incoming.text_at(&["uri"]).unwrap_or_default();
                match method {
                    "resources/subscribe" => self.state().subscribed.insert(uri.clone()),
                    _ => self.state().subscribed.remove(&uri),
                };
                out.answer(&id, "{}");
                // Some servers tell the present state at once.
                if method == "resources/subscribe" && uri.ends_with("#now") {
                    self.standing
                        .notify("notifications/resources/updated", &json!({ "uri": uri }).to_string());
                }
            }
            "prompts/get" => {
                let name = incoming.at(&["name"]).unwrap_or_default();
                let arguments = incoming.at(&["arguments"]).unwrap_or_else(|| "null".to_owned());
                let content = r#"{"type":"resource","resource":{"uri":"fake://note/1","text":"x"}}"#;
                out.answer(
                    &id,
                    &format!(r#"{{"prompt":{name},"given":{arguments},"messages":[{{"role":"user","content":{content}}}]}}"#),
                );
            }
            "completion/complete" => {
                let given = incoming.params.unwrap_or_default();
                out.answer(
                    &id,
                    &format!(
                        r#"{{"completion":{{"values":["one","two"],"hasMore":false}},"given":{given}}}"#
                    ),
                );
            }
            "logging/setLevel" => {
                let level = incoming.text_at(&["level"]).unwrap_or_default();
                self.state().level = LEVELS.iter().position(|other| *other == level).unwrap_or_default();
                out.answer(&id, "{}");
            }
            "tools/call" if self.process.args.tasks && incoming.at(&["task"]).is_some() => {
                out.answer(&id, r#"{"task":{"taskId":"task-1","status":"working","ttl":null}}"#);
            }
            "tasks/result" => out.answer(&id, r#"{"content":[]}"#),
            "tools/call" => self.call(id, incoming, out).await,
            // Methods that nobody knows: one gives back what it was given, one gives anything.
            "x/echo" => out.answer(
                &id,
                &format!(r#"{{"params":{}}}"#, incoming.params.as_deref().unwrap_or("\"absent\"")),
            ),
            "x/return" => out.answer(&id, &incoming.at(&["result"]).unwrap_or_else(|| "null".to_owned())),
            "x/fail" => out.put(Out::Answer(format!(
                r#"{{"jsonrpc":"2.0","error":{},"id":{id}}}"#,
                incoming.at(&["error"]).unwrap_or_else(|| "null".to_owned())
            ))),
            other => out.refuse(&id, -32601, &format!("fake knows no `{other}`")),
        }
    }

    fn initialize(&self, id: &str, incoming: &Incoming, out: &Outlet) {
        let args = &self.process.args;
        self.state().client = incoming.params.clone().unwrap_or_default();
        if args.silent && !is_forgiven(args) {
            return;
        }
        let asked = incoming.text_at(&["protocolVersion"]);
        let revision = args.revision.clone().or(asked).unwrap_or_default();
        let mut result = json!({
            "protocolVersion": revision,
            "capabilities": {
                "tools": { "listChanged": true },
                "resources": { "subscribe": true, "listChanged": true },
                "prompts": { "listChanged": true },
                "completions": {},
                "logging": {},
                "experimental": { "x": null },
            },
            "serverInfo": { "name": args.name, "version": "1.0" },
        });
        if args.tasks {
            result["capabilities"]["tasks"] = json!({ "requests": { "tools": { "call": {} } } });
        }
        if let Some(instructions) = &args.instructions {
            result["instructions"] = instructions.as_str().into();
        }
        out.answer(id, &result.to_string());
        if args.eager {
            self.standing.notify("notifications/tools/list_changed", "{}");
        }
    }

    fn list(
        &self,
        member: &str,
        id: &str,
        incoming: &Incoming,
        out: &Outlet,
        entries: impl Fn(&Offered) -> &Vec<String>,
    ) {
        if !self.process.lists.load(Relaxed) {
            return;
        }
        let cursor = incoming.text_at(&["cursor"]);
        match self.process.later_pages.load(Relaxed) {
            code if code != 0 && cursor.is_some() => return out.refuse(id, code, "fake lost its place"),
            _ => {}
        }
        let page =
            page(member, entries(&lock(&self.process.offered)), self.process.args.page, cursor.as_deref());
        match page {
            Some(page) => out.answer(id, &page),
            None => out.refuse(id, -32602, "fake never gave this cursor"),
        }
    }

    fn read(&self, id: &str, incoming: &Incoming, out: &Outlet) {
        let uri = incoming.text_at(&["uri"]).unwrap_or_default();
        match uri.starts_with("fake://missing") {
            true => out.refuse(id, -32002, "fake has no such resource"),
            false => {
                let name = &self.process.args.name;
                let contents = json!([{ "uri": uri, "text": format!("{name} at {uri}") }]);
                out.answer(id, &format!(r#"{{"contents":{contents},"x-odd":1.0}}"#));
            }
        }
    }

    async fn call(self: &Arc<Self>, id: String, incoming: Incoming, out: Outlet) {
        let (cancel, cancelled) = oneshot::channel();
        self.state().calls.insert(id.clone(), cancel);
        let call = Call { session: self.clone(), id: id.clone(), incoming: Arc::new(incoming), out };
        tokio::select! {
            () = tools::run(call) => {}
            // A cancelled request gets no answer.
            Ok(()) = cancelled => {}
        }
        self.state().calls.remove(&id);
    }

    /// Asks the client something; the whole answer comes later.
    pub(crate) fn ask(
        &self,
        out: &Outlet,
        id: Option<String>,
        method: &str,
        params: &str,
    ) -> oneshot::Receiver<String> {
        let (answer_to, answer) = oneshot::channel();
        let id = {
            let mut state = self.state();
            state.last_ask += 1;
            let id = id.unwrap_or_else(|| format!("\"ask {}\"", state.last_ask));
            state.asks.insert(id.clone(), answer_to);
            id
        };
        let request = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":{id}}}"#);
        out.put(Out::Message(request));
        answer
    }
}
