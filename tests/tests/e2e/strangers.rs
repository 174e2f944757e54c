//! Sessions that use the same ids and the same shared server at the same time never see each other's
//! answers, progress, logs or questions.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use e2e::{Mcp, Message, Sandbox, UpstreamOptions};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

const SESSIONS: usize = 5;
const ROUNDS: usize = 12;
/// Calls of one session at a time; their ids are the same in every session.
const AT_ONCE: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Act {
    Echo,
    Progress,
    Log,
    Sampling,
    Roots,
    HoldAndRelease,
    Cancel,
}

impl Act {
    fn any(random: &mut StdRng) -> Self {
        let all = [
            Self::Echo,
            Self::Progress,
            Self::Log,
            Self::Sampling,
            Self::Roots,
            Self::HoldAndRelease,
            Self::Cancel,
        ];
        all[random.random_range(0..all.len())]
    }
}

/// For whom the gateway can tell a server's logs and questions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Each comes on the stream of its call.
    EachCall,
    /// Each comes to its session, on the stream of any of its calls.
    EachSession,
    /// They may be refused or dropped.
    Nobody,
}

#[tokio::test]
async fn over_one_shared_child() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("all", &[], UpstreamOptions::shared()).await;
    mingle(&sandbox, Told::Nobody).await;
}

#[tokio::test]
async fn over_one_shared_http_session() {
    let sandbox = Sandbox::start().await;
    let _http = sandbox.add_fake_http("all", &[], UpstreamOptions::shared()).await;
    mingle(&sandbox, Told::EachCall).await;
}

#[tokio::test]
async fn over_children_of_their_own() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("all", &[], UpstreamOptions::per_session()).await;
    mingle(&sandbox, Told::EachSession).await;
}

async fn mingle(sandbox: &Sandbox, told: Told) {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let first = sandbox.client("tester", "/mcp").await;
    let clients = join_all((0..SESSIONS).map(|_| first.another())).await;
    let sessions = clients.iter().enumerate().map(|(number, client)| async move {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
        let me = Session { client, told, tag: format!("<{number}>"), logs: Logs::default() };
        let mut standing = client.listen().await;
        let conversation = async {
            for round in 0..ROUNDS {
                let acts: Vec<Act> = (0..AT_ONCE).map(|_| Act::any(&mut random)).collect();
                join_all(acts.iter().enumerate().map(|(id, act)| me.play(*act, id, round))).await;
            }
            client.delete().await;
        };
        let listening = async {
            while let Some(message) = standing.next_at_leisure().await {
                me.attend(&message).await;
            }
        };
        tokio::join!(conversation, listening);
        if told != Told::Nobody {
            assert_eq!(
                me.logs.heard.load(Relaxed),
                me.logs.expected.load(Relaxed),
                "log messages of {}",
                me.tag
            );
        }
    });
    join_all(sessions).await;
}

/// Log messages of one session.
#[derive(Default)]
struct Logs {
    expected: AtomicUsize,
    heard: AtomicUsize,
}

impl Logs {
    fn heard(&self, message: &Message) {
        self.heard.fetch_add(usize::from(is(message, "notifications/message")), Relaxed);
    }
}

fn is(message: &Message, method: &str) -> bool {
    message.method().as_deref() == Some(method)
}

struct Session<'a> {
    client: &'a Mcp,
    told: Told,
    tag: String,
    logs: Logs,
}

impl Session<'_> {
    async fn play(&self, act: Act, id: usize, round: usize) {
        let key = format!("{} {round} {id}", self.tag);
        let (tool, arguments) = match act {
            Act::Echo => ("echo", json!({ "tag": self.tag })),
            Act::Progress => ("progress", json!({ "tag": self.tag, "steps": 3 })),
            Act::Log => ("log", json!({ "text": self.tag })),
            Act::Sampling => {
                ("ask", json!({ "method": "sampling/createMessage", "params": { "tag": self.tag } }))
            }
            Act::Roots => ("ask", json!({ "method": "roots/list", "params": { "tag": self.tag } })),
            Act::HoldAndRelease => {
                ("hold", json!({ "key": key, "tag": self.tag, "steps": 1, "last_progress": true }))
            }
            Act::Cancel => ("hold", json!({ "key": format!("{key} never"), "tag": self.tag, "steps": 1 })),
        };
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } });
        // The POST of a held call answers with its first progress.
        let mut call = self.client.start_as(&id.to_string(), "tools/call", &params.to_string()).await;
        let mut heard: Vec<Message> = Vec::new();
        while let Some(message) = call.next().await {
            self.attend(&message).await;
            match act {
                Act::HoldAndRelease if is(&message, "notifications/progress") => self.release(&key, id).await,
                Act::Cancel if is(&message, "notifications/progress") => {
                    self.client.notify("notifications/cancelled", Some(json!({ "requestId": id }))).await;
                }
                _ => {}
            }
            heard.push(message);
        }
        self.check(act, id, &key, &heard);
    }

    /// Another call, under an id that is like no other.
    async fn release(&self, key: &str, id: usize) {
        let id = json!(format!("release {id}")).to_string();
        let params = json!({ "name": "release", "arguments": { "key": key } }).to_string();
        let mut call = self.client.start_as(&id, "tools/call", &params).await;
        while let Some(message) = call.next().await {
            self.attend(&message).await;
        }
    }

    /// Looks at whatever is said to this session, and answers what it is asked.
    async fn attend(&self, message: &Message) {
        mine(&self.tag, message);
        self.logs.heard(message);
        if is(message, "sampling/createMessage") || is(message, "roots/list") {
            let answer = json!({ "roots": [], "answer": self.tag }).to_string();
            self.client.respond(&message.id(), &answer).await;
        }
    }

    fn check(&self, act: Act, id: usize, key: &str, heard: &[Message]) {
        let answer = heard.last().unwrap_or_else(|| panic!("{act:?} was not answered")).json();
        assert_eq!(answer["id"], id, "{act:?}: {heard:?}");
        let count = |method: &str| heard.iter().filter(|message| is(message, method)).count();
        let result = &answer["result"];
        match act {
            Act::Echo => assert_eq!(result["echo"]["arguments"]["tag"], self.tag, "{answer}"),
            Act::Progress => assert_eq!(count("notifications/progress"), 3, "{heard:?}"),
            Act::Log => {
                assert_eq!(result["logged"], true, "{answer}");
                assert!(self.told != Told::EachCall || count("notifications/message") == 8, "{heard:?}");
                self.logs.expected.fetch_add(8, Relaxed);
            }
            Act::Sampling | Act::Roots => {
                let got = &result["answer"];
                let refused = got["error"]["code"] == -32603 || got["result"] == json!({ "roots": [] });
                let relayed = got["result"]["answer"] == self.tag;
                assert!(relayed || (refused && self.told == Told::Nobody), "{act:?}: {answer}");
            }
            Act::HoldAndRelease => {
                assert_eq!(result["held"], key, "{answer}");
                assert_eq!(count("notifications/progress"), 2, "{heard:?}");
            }
            Act::Cancel => assert_eq!(answer["error"]["code"], -32800, "{answer}"),
        }
    }
}

/// Nothing that is tagged bears another's tag.
fn mine(tag: &str, message: &Message) {
    let foreign = (0..SESSIONS).map(|number| format!("<{number}>")).filter(|other| other != tag);
    for other in foreign {
        assert!(!message.text.contains(&other), "{tag} heard: {}", message.text);
    }
}
