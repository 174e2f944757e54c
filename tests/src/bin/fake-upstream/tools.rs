//! What a test asks for by name. Good and bad behaviour alike is one arm each.

use std::{
    fs::OpenOptions,
    io::{Write, stderr},
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    memory, offer,
    session::{Call, LEVELS, lock},
    start_grandchild,
    wire::Out,
};

/// All tools. Those that only HTTP can do are in `http`.
pub(crate) const NAMES: &[&str] = &[
    "echo",
    "envelope",
    "extra",
    "say",
    "hold",
    "release",
    "progress",
    "count",
    "where",
    "client",
    "seen",
    "touch",
    "log",
    "ask",
    "notify",
    "offer",
    "lists",
    "error",
    "stamp",
    "mark",
    "die",
    "twice",
    "foreign",
    "same_id",
    "half",
    "long_line",
    "noise",
    "stderr",
    "grandchild",
    "deaf",
    "mute",
    "batch",
    "headers",
    "status",
    "null_error",
    "slow_headers",
    "close_early",
    "lost_stream",
    "expire",
];

/// Runs one call to its answer, if it gets one.
pub(crate) async fn run(call: Call) {
    let name = call.incoming.text_at(&["name"]).unwrap_or_default();
    let arguments = call.incoming.at(&["arguments"]).and_then(|text| serde_json::from_str(&text).ok());
    let arguments: Value = arguments.unwrap_or_default();
    memory::hold(call.session.process.args.leak_mib_per_call);
    match name.as_str() {
        "echo" => call.give("echo", call.incoming.params.as_deref().unwrap_or("null")),
        "envelope" => call.give("envelope", &call.incoming.text),
        "extra" => call.out.put(Out::Answer(format!(
            r#"{{"jsonrpc":"2.0","x-before":{{"n":1.0}},"id":{},"result":{{"content":[]}},"x-after":null}}"#,
            call.id
        ))),
        "say" => {
            let bytes = arguments["bytes"].as_u64().unwrap_or_default() as usize;
            call.give("said", &json!("s".repeat(bytes)).to_string());
        }
        "hold" => hold(&call, &arguments).await,
        "release" => {
            call.session.process.gates.open(&text(&arguments, "key"));
            call.give("released", "true");
        }
        "progress" => {
            for step in 1..=arguments["steps"].as_u64().unwrap_or(3) {
                call.progress(step);
            }
            call.give("done", "true");
        }
        "count" => count(&call),
        "where" => call.give("where", &place().to_string()),
        "client" => call.give("client", &call.session.client()),
        "seen" => call.give("seen", &json!(call.session.seen()).to_string()),
        "touch" => touch(&call, &text(&arguments, "uri")),
        "log" => log(&call, &arguments),
        "ask" => ask(&call, &arguments).await,
        "notify" => notify(&call, &arguments),
        "offer" => change_offer(&call, &arguments),
        "lists" => {
            let process = &call.session.process;
            process.lists.store(arguments["answered"] != false, Relaxed);
            process.later_pages.store(arguments["later_pages"].as_i64().unwrap_or_default(), Relaxed);
            call.give("lists", "true");
        }
        "error" => call.out.refuse(&call.id, -32001, "fake was asked to fail"),
        "stamp" => stamp(&call),
        "mark" => mark(&call, &arguments).await,
        _ => misbehave(&call, &name, &arguments).await,
    }
}

async fn misbehave(call: &Call, name: &str, arguments: &Value) {
    let answer = |result: &str| format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}", call.id);
    match name {
        "die" => {
            let _ = writeln!(stderr(), "fake: out of cheese\nfake: dying now");
            process::exit(arguments["code"].as_i64().unwrap_or(7) as i32);
        }
        "twice" => {
            call.out.put(Out::Message(answer(r#"{"content":[],"which":"first"}"#)));
            call.out.put(Out::Answer(answer(r#"{"content":[],"which":"second"}"#)));
        }
        "foreign" => {
            for id in ["4711", "\"4711\"", "-1", "0", "1.0", "9007199254740993"] {
                let text = format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"whose":"a stranger's"}}}}"#
                );
                call.out.put(Out::Message(text));
            }
            call.give("whose", "\"yours\"");
        }
        "same_id" => {
            let method = text(arguments, "method");
            if let Ok(answer) = call.session.ask(&call.out, Some(call.id.clone()), &method, "{}").await {
                call.give("answer", &answer);
            }
        }
        // Not listed: a client that sees this upstream alone may call it all the same.
        "is_error" => call.give("isError", "true"),
        // Not listed either: answers with members that the test chooses.
        "members" => {
            let members = text(arguments, "members");
            call.out.put(Out::Answer(format!(r#"{{"id":{},{members}}}"#, call.id)));
        }
        "half" => {
            let whole = answer(r#"{"content":[],"half":true}"#);
            call.out.put(Out::Bytes(whole.as_bytes()[..whole.len() / 2].to_vec()));
            if arguments["exit"] == true {
                // Long enough for the half to be on its way; the other side must cope either way.
                tokio::time::sleep(Duration::from_millis(100)).await;
                process::exit(0);
            }
        }
        "long_line" => {
            let mib = arguments["mib"].as_u64().unwrap_or(100);
            for _ in 0..mib {
                call.out.put(Out::Bytes(vec![b'x'; 1024 * 1024]));
            }
            if arguments["stop"] != true {
                call.out.put(Out::Bytes(b"\n".to_vec()));
                call.give("survived", "true");
            }
        }
        "noise" => {
            for line in 0..arguments["lines"].as_u64().unwrap_or(3) {
                call.out.put(Out::Bytes(format!("noise {line}: {{\"not\": json\n\u{7}\n[1,\n").into_bytes()));
            }
            call.give("noisy", "true");
        }
        "stderr" => {
            let line = format!("{}\n", "f".repeat(1023));
            for _ in 0..arguments["kib"].as_u64().unwrap_or(1) {
                let _ = stderr().write_all(line.as_bytes());
            }
            call.give("flooded", "true");
        }
        "grandchild" => match start_grandchild() {
            Ok(pid) => call.give("grandchild", &pid.to_string()),
            Err(problem) => call.out.refuse(&call.id, -32603, &problem.to_string()),
        },
        "deaf" => {
            crate::stdio::stop_reading();
            call.give("deaf", "true");
        }
        // Never answers; a cancellation ends it.
        "mute" => std::future::pending().await,
        "batch" => {
            let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"in a batch"}}"#;
            call.out.put(Out::Answer(format!("[{log},{}]", answer(r#"{"content":[],"batch":true}"#))));
        }
        other if !lock(&call.session.process.offered).tools.contains(&offer::tool(other)) => {
            call.out.refuse(&call.id, -32602, &format!("fake has no tool `{other}`"));
        }
        other => call.give("tool", &json!([call.session.process.args.name, other]).to_string()),
    }
}

impl Call {
    /// Answers with one member besides `content`.
    pub(crate) fn give(&self, member: &str, value: &str) {
        self.out.answer(&self.id, &format!(r#"{{"content":[],"{member}":{value}}}"#));
    }

    /// Reports progress, if the caller wants to hear it.
    fn progress(&self, step: u64) {
        if let Some(token) = self.incoming.at(&["_meta", "progressToken"]) {
            let params = format!(
                r#"{{"progressToken":{token},"progress":{step},"total":1e1,"message":"step {step}"}}"#
            );
            self.out.notify("notifications/progress", &params);
        }
    }
}

/// Waits until another call releases it, and tells its id at the upstream meanwhile.
async fn hold(call: &Call, arguments: &Value) {
    let key = text(arguments, "key");
    for step in 1..=arguments["steps"].as_u64().unwrap_or_default() {
        call.progress(step);
    }
    let gates = &call.session.process.gates;
    match arguments["every_ms"].as_u64() {
        None => gates.wait(&key).await,
        Some(every_ms) => {
            let mut ticks = tokio::time::interval(Duration::from_millis(every_ms));
            let mut released = std::pin::pin!(gates.wait(&key));
            loop {
                tokio::select! {
                    () = &mut released => break,
                    _ = ticks.tick() => call.progress(1),
                }
            }
        }
    }
    // Progress right before the result is easily lost.
    if arguments["last_progress"] == true {
        call.progress(99);
    }
    call.give("held", &json!(key).to_string());
}

/// Where and with what this process was started.
fn place() -> Value {
    json!({
        "pid": process::id(),
        "cwd": std::env::current_dir().ok(),
        "args": std::env::args().skip(1).collect::<Vec<_>>(),
        "project": std::env::var("PROJECT").ok(),
    })
}

fn count(call: &Call) {
    let process = &call.session.process;
    let alive = lock(&process.sessions).iter().filter(|session| session.strong_count() > 0).count();
    let counts = json!({
        "pid": process::id(),
        "session": call.session.number,
        "opened": *lock(&process.opened),
        "alive": alive,
        "held": process.gates.held(),
    });
    call.give("count", &counts.to_string());
}

/// Tells every subscriber that a resource was updated.
fn touch(call: &Call, uri: &str) {
    let sessions: Vec<_> =
        lock(&call.session.process.sessions).iter().filter_map(|one| one.upgrade()).collect();
    let subscribers: Vec<_> = sessions.iter().filter(|session| session.is_subscribed(uri)).collect();
    for session in &subscribers {
        session
            .standing
            .notify("notifications/resources/updated", &json!({ "uri": uri, "x-odd": null }).to_string());
    }
    call.give("told", &subscribers.len().to_string());
}

/// One message of every level, as far as the level that was set lets it through.
fn log(call: &Call, arguments: &Value) {
    let text = text(arguments, "text");
    for level in LEVELS.iter().filter(|level| call.session.wants(level)) {
        let params =
            format!(r#"{{"level":"{level}","logger":"fake","data":{{"text":{},"n":1.0}}}}"#, json!(text));
        call.out.notify("notifications/message", &params);
    }
    call.give("logged", "true");
}

/// Asks the client; `later` asks when the call is over.
async fn ask(call: &Call, arguments: &Value) {
    let method = text(arguments, "method");
    let params = call.incoming.at(&["arguments", "params"]).unwrap_or_else(|| "{}".to_owned());
    let id = call.incoming.at(&["arguments", "id"]);
    if arguments["later"] == true {
        // The question follows the answer at once; what comes of it is among what was seen.
        call.give("asks", "true");
        call.session.ask(&call.session.standing, id, &method, &params);
    } else if let Ok(answer) = call.session.ask(&call.out, id, &method, &params).await {
        call.give("answer", &answer);
    }
}

/// Says anything; `later` says it when the call is over.
fn notify(call: &Call, arguments: &Value) {
    let method = text(arguments, "method");
    let params = call.incoming.at(&["arguments", "params"]).unwrap_or_else(|| "{}".to_owned());
    if arguments["later"] == true {
        call.give("says", "true");
        call.session.standing.notify(&method, &params);
    } else {
        call.out.notify(&method, &params);
        call.give("said", "true");
    }
}

/// Adds and removes things, and tells every conversation.
fn change_offer(call: &Call, arguments: &Value) {
    let names = |member: &str| -> Vec<String> {
        let list = arguments[member].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let mut changed = Vec::new();
    {
        let mut offered = lock(&call.session.process.offered);
        for (kind, what) in [("tools", 0), ("prompts", 1), ("resources", 2)] {
            let added = names(kind);
            let removed = names(&format!("remove_{kind}"));
            if added.is_empty() && removed.is_empty() {
                continue;
            }
            let (list, define): (_, fn(&str) -> String) = match what {
                0 => (&mut offered.tools, offer::tool),
                1 => (&mut offered.prompts, offer::prompt),
                _ => (&mut offered.resources, offer::resource),
            };
            list.retain(|entry| !removed.iter().any(|name| *entry == define(name)));
            list.extend(added.iter().map(|name| define(name)));
            changed.push(kind);
        }
    }
    let sessions: Vec<_> =
        lock(&call.session.process.sessions).iter().filter_map(|one| one.upgrade()).collect();
    for session in sessions {
        for kind in &changed {
            session.standing.notify(&format!("notifications/{kind}/list_changed"), "{}");
        }
    }
    call.give("changed", &json!(changed).to_string());
}

/// Says a notification and the answer, each with its place in all that this process stamped.
fn stamp(call: &Call) {
    static STAMPS: AtomicU64 = AtomicU64::new(0);
    let next = || STAMPS.fetch_add(1, Relaxed);
    let params = format!(r#"{{"level":"info","logger":"fake","data":{}}}"#, next());
    call.out.notify("notifications/message", &params);
    call.give("stamp", &next().to_string());
}

/// Writes down in a file that it ran, and below which gateway, before it says anything. It reports as many
/// steps as it is told to, with some time between them.
async fn mark(call: &Call, arguments: &Value) {
    let gateway = std::env::var("HEADGATE_INSTANCE").unwrap_or_default();
    let line = format!("{} {gateway}\n", arguments["number"]);
    let file = OpenOptions::new().create(true).append(true).open(text(arguments, "file"));
    if let Err(problem) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        return call.out.refuse(&call.id, -32603, &problem.to_string());
    }
    for step in 1..=arguments["steps"].as_u64().unwrap_or_default() {
        call.progress(step);
        tokio::time::sleep(Duration::from_millis(arguments["step_ms"].as_u64().unwrap_or_default())).await;
    }
    call.give("marked", &arguments["number"].to_string());
}

fn text(arguments: &Value, member: &str) -> String {
    arguments[member].as_str().unwrap_or_default().to_owned()
}
