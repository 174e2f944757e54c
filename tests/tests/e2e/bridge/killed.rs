//! The daemon is killed under load, again and again: every client goes on, every call is answered once,
//! and nothing that was acknowledged is lost.
#![cfg(target_os = "linux")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use e2e::{
    DEADLINE, Mcp, Message, Sandbox, UpstreamOptions, processes, programs, request_text, wait_for, wait_until,
};
use futures_util::future::{join, join_all};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Pipe, is_answer};

const KILLS: usize = 20;
const BRIDGES: usize = 8;
const HTTP_CLIENTS: usize = 8;
/// Calls that a bridge has in flight.
const AT_ONCE: usize = 4;

// ---- what all clients share ----------------------------------------------------------------------------

/// How a call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Result,
    /// With its sentence, and the number of the daemon at that time.
    Error(String, usize),
    /// The connection broke before a stream could be resumed from.
    Broken,
}

struct World {
    /// Where calls are written down by those who carry them out.
    marks: PathBuf,
    /// The daemons so far: the URL of each and its own name.
    daemons: Mutex<Vec<(String, String)>>,
    /// The daemon by which each client had a result last, by the client's number.
    results: Vec<AtomicUsize>,
    last_call: AtomicU64,
    answered: Mutex<BTreeMap<u64, Outcome>>,
    done: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl World {
    fn new(sandbox: &Sandbox) -> Self {
        let world = Self {
            marks: sandbox.home().join("marks"),
            daemons: Mutex::default(),
            results: (0..BRIDGES + HTTP_CLIENTS).map(|_| AtomicUsize::new(0)).collect(),
            last_call: AtomicU64::new(0),
            answered: Mutex::default(),
            done: AtomicBool::new(false),
        };
        world.started(sandbox);
        world
    }

    fn started(&self, sandbox: &Sandbox) {
        let name = sandbox.manifest()["instance"].as_str().unwrap().to_owned();
        lock(&self.daemons).push((sandbox.at("/mcp"), name));
    }

    /// The number of the daemon that runs or was killed last.
    fn daemon(&self) -> usize {
        lock(&self.daemons).len() - 1
    }

    fn url(&self) -> String {
        lock(&self.daemons).last().unwrap().0.clone()
    }

    /// The parameters of a call with a number of its own. Some take a while.
    fn call(&self) -> (u64, String) {
        let number = self.last_call.fetch_add(1, SeqCst) + 1;
        let steps = [0, 1, 3][number as usize % 3];
        let arguments = json!({ "number": number, "file": self.marks, "steps": steps, "step_ms": 5 });
        let params = json!({ "name": "mark", "arguments": arguments, "_meta": { "progressToken": number } });
        (number, params.to_string())
    }

    fn answered(&self, client: usize, number: u64, outcome: Outcome) {
        if outcome == Outcome::Result {
            self.results[client].store(self.daemon(), SeqCst);
        }
        let earlier = lock(&self.answered).insert(number, outcome.clone());
        assert_eq!(earlier, None, "call {number} was answered again: {outcome:?}");
    }

    fn outcome(&self, answer: &Message) -> Outcome {
        match answer.member("error") {
            None => Outcome::Result,
            Some(error) => Outcome::Error(error, self.daemon()),
        }
    }

    /// Waits until every client has a result by the daemon that runs; tells who has none.
    async fn everybody_is_back(&self) {
        let missing = || {
            let results = self.results.iter().enumerate();
            let late = results.filter(|(_, last)| last.load(SeqCst) != self.daemon());
            late.map(|(client, _)| client).collect::<Vec<_>>()
        };
        let back = wait_until("every client has a result again", async || missing().is_empty());
        if timeout(DEADLINE / 2, back).await.is_err() {
            let answered = lock(&self.answered);
            let open = (1..=self.last_call.load(SeqCst)).filter(|number| !answered.contains_key(number));
            let open: Vec<_> = open
                .map(|number| (number, self.marked().into_iter().find(|mark| mark.0 == number)))
                .collect();
            panic!(
                "below daemon {} clients {:?} of {} have no result; not answered are {open:?}",
                self.daemon(),
                missing(),
                self.results.len(),
            );
        }
    }

    /// How many calls had a result.
    fn successes(&self) -> usize {
        lock(&self.answered).values().filter(|outcome| **outcome == Outcome::Result).count()
    }

    /// Calls by number, with the number of the daemon under which each was carried out.
    fn marked(&self) -> Vec<(u64, usize)> {
        let daemons: HashMap<String, usize> =
            lock(&self.daemons).iter().enumerate().map(|(at, (_, name))| (name.clone(), at)).collect();
        let marks = fs::read_to_string(&self.marks).unwrap_or_default();
        let mark = |line: &str| {
            let (number, name) = line.split_once(' ').unwrap();
            (number.parse().unwrap(), daemons[name])
        };
        marks.lines().map(mark).collect()
    }
}

// ---- clients -------------------------------------------------------------------------------------------

/// Calls through a bridge until it is told to stop.
async fn bridge_life(world: &World, client: usize, bridge: &mut Pipe) {
    while !world.done.load(SeqCst) {
        let mut open = BTreeSet::new();
        for _ in 0..AT_ONCE {
            let (number, params) = world.call();
            open.insert(number);
            bridge.write(&request_text(&number.to_string(), "tools/call", &params)).await;
        }
        while !open.is_empty() {
            let message = bridge.output.next().await.expect("the bridge goes on");
            if is_answer(&message) {
                let number = message.id().parse().unwrap();
                assert!(open.remove(&number), "nobody waits for {}", message.text);
                world.answered(client, number, world.outcome(&message));
            }
        }
    }
}

/// Calls over HTTP until it is told to stop.
async fn http_life(world: &World, client: usize, mcp: &mut Mcp) {
    while !world.done.load(SeqCst) {
        let (number, params) = world.call();
        let outcome = http_call(world, mcp, number, &params).await;
        world.answered(client, number, outcome);
    }
}

async fn http_call(world: &World, mcp: &mut Mcp, number: u64, params: &str) -> Outcome {
    let mut daemon = world.daemon();
    mcp.move_to(&world.url());
    let request = request_text(&number.to_string(), "tools/call", params);
    let mut exchange = mcp.try_exchange(mcp.prepare(Method::POST).body(request)).await;
    let mut last_event: Option<String> = None;
    loop {
        if let Ok(mut exchange) = exchange {
            assert_eq!(exchange.status, 200, "a session is lost: {:?}", exchange.headers);
            while let Some(event) = exchange.next_event().await {
                last_event = event.id.or(last_event);
                let answer = event.message.filter(is_answer);
                if let Some(answer) = answer {
                    assert_eq!(answer.id(), number.to_string());
                    return world.outcome(&answer);
                }
            }
        }
        let after = || world.daemon() > daemon || world.done.load(SeqCst);
        wait_until("there is another daemon", async || after()).await;
        let Some(last_event) = &last_event else { return Outcome::Broken };
        daemon = world.daemon();
        mcp.move_to(&world.url());
        let request = mcp.prepare(Method::GET).header("last-event-id", last_event);
        exchange = mcp.try_exchange(request).await;
    }
}

// ---- the test ------------------------------------------------------------------------------------------

#[tokio::test]
async fn clients_go_on_when_the_daemon_is_killed_under_load() {
    let seed: u64 =
        std::env::var("HEADGATE_E2E_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("HEADGATE_E2E_SEED={seed}");
    let mut sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    let mut bridges = Vec::new();
    for number in 0..BRIDGES {
        bridges.push(Pipe::open(&sandbox, &format!("bridge-{number}")).await);
    }
    let mut clients = Vec::new();
    for number in 0..HTTP_CLIENTS {
        clients.push(sandbox.client(&format!("http-{number}"), "/mcp").await);
    }
    let before = sessions(&sandbox).await;
    assert_eq!(before.len(), BRIDGES + HTTP_CLIENTS);

    let world = World::new(&sandbox);
    let lives = bridges.iter_mut().enumerate().map(|(at, bridge)| bridge_life(&world, at, bridge));
    let http = clients.iter_mut().enumerate().map(|(at, mcp)| http_life(&world, BRIDGES + at, mcp));
    let kills = kill_again_and_again(&world, &mut sandbox, StdRng::seed_from_u64(seed));
    let (kept, _) = join(kills, join(join_all(lives), join_all(http))).await;

    let after = sessions(&sandbox).await;
    for bridge in bridges {
        bridge.end().await;
    }
    let wrong = wrong_calls(&world);
    let strangers: Vec<_> = after.difference(&before).map(|(client, _)| client).collect();
    assert!(wrong.is_empty() && strangers.is_empty(), "calls: {wrong:?}; lost their sessions: {strangers:?}");
    assert_eq!(after, before);
    check_kept(&sandbox, &kept).await;
    wait_until("no child is left but the shared server", async || sandbox.children().len() == 1).await;
    check_integrity(sandbox.stop().path());
}

async fn kill_again_and_again(world: &World, sandbox: &mut Sandbox, mut random: StdRng) -> Kept {
    let mut kept = Kept::default();
    for round in 0..KILLS {
        // Most are killed when everybody is back, some as soon as they answer at all.
        if round % 4 != 3 {
            world.everybody_is_back().await;
        }
        let (url, token) = (sandbox.url().to_owned(), sandbox.admin_token().to_owned());
        let registering = tokio::spawn(register(url, token, round));
        let enough = world.successes() + random.random_range(0..40);
        let pause = Duration::from_micros(random.random_range(0..20_000));
        wait_until("some more calls have a result", async || world.successes() >= enough || round % 4 == 3)
            .await;
        // Not a wait for something: it makes the moment of the kill a random one.
        tokio::time::sleep(pause).await;
        sandbox.running().kill();
        kept.note(registering.await.unwrap());
        check_integrity(sandbox.home());
        sandbox.restart().await;
        world.started(sandbox);
        kept.check_and_remove(sandbox).await;
    }
    world.everybody_is_back().await;
    world.done.store(true, SeqCst);
    kept
}

/// The sessions that there are: whose, and the beginning of the id.
async fn sessions(sandbox: &Sandbox) -> BTreeSet<(String, String)> {
    let all = sandbox.look("/sessions").await;
    let word = |session: &Value, member: &str| session[member].as_str().unwrap().to_owned();
    let all = all["sessions"].as_array().unwrap().iter();
    all.map(|session| (word(session, "client"), word(session, "id"))).collect()
}

/// What went wrong with calls: in words, and with which.
fn wrong_calls(world: &World) -> BTreeMap<String, Vec<u64>> {
    let mut wrong = BTreeMap::<String, Vec<u64>>::new();
    let mut note = |what: String, number: u64| wrong.entry(what).or_default().push(number);
    let mut marked = BTreeMap::new();
    for (number, daemon) in world.marked() {
        if marked.insert(number, daemon).is_some() {
            note("carried out twice".to_owned(), number);
        }
    }
    let mut counts = BTreeMap::<&str, usize>::new();
    let answered = lock(&world.answered);
    for number in 1..=world.last_call.load(SeqCst) {
        let by = marked.get(&number);
        let kind = match answered.get(&number) {
            None => {
                note("not answered".to_owned(), number);
                "nothing"
            }
            Some(Outcome::Broken) => "broken connections",
            Some(Outcome::Result) => {
                if by.is_none() {
                    note("has a result, but was not carried out".to_owned(), number);
                }
                "results"
            }
            Some(Outcome::Error(error, daemon)) => {
                if by.is_some_and(|by| by > daemon) {
                    note(format!("carried out after it had failed with {error}"), number);
                } else if !error.contains("call again") && !error.contains("call it again") {
                    note(format!("failed with {error}"), number);
                }
                "errors"
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    println!("{KILLS} kills: {counts:?}");
    wrong
}

// ---- what was acknowledged -----------------------------------------------------------------------------

/// What the daemon said it had taken.
#[derive(Default)]
struct Kept {
    upstream: Option<String>,
    removed: Vec<String>,
    clients: Vec<String>,
}

/// Registers an upstream and a client; gives the names of those that were acknowledged.
async fn register(url: String, token: String, round: usize) -> (Option<String>, Option<String>) {
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let post = async |path: &str, body: Value| {
        let response = http.post(format!("{url}/api{path}")).bearer_auth(&token).json(&body).send().await;
        response.is_ok_and(|response| response.status().is_success())
    };
    let client = format!("added-{round}");
    let client = post("/clients", json!({ "name": client })).await.then_some(client);
    let upstream = format!("added-{round}");
    let tool = format!("tool_{round}");
    let transport = json!({
        "type": "stdio",
        "command": programs::fake_upstream(),
        "args": ["--stdio", "--bare", "--tool", tool],
    });
    let upstream =
        post("/upstreams", json!({ "name": upstream, "transport": transport })).await.then_some(upstream);
    (upstream, client)
}

impl Kept {
    fn note(&mut self, (upstream, client): (Option<String>, Option<String>)) {
        self.upstream = upstream;
        self.clients.extend(client);
    }

    /// The upstream is still there; then it is removed, which must hold as well.
    async fn check_and_remove(&mut self, sandbox: &Sandbox) {
        let all = sandbox.look("/upstreams").await;
        let names: Vec<String> = all["upstreams"].as_array().unwrap().iter().map(name_of).collect();
        assert!(
            self.upstream.as_ref().is_none_or(|name| names.contains(name)),
            "{:?} is lost: {names:?}",
            self.upstream
        );
        assert!(names.contains(&"fake".to_owned()));
        // One that was not acknowledged may be there or not; it is in the way of nothing.
        for name in names.into_iter().filter(|name| name != "fake") {
            let (status, body) = sandbox.admin(Method::DELETE, &format!("/upstreams/{name}"), None).await;
            assert!((200..300).contains(&status), "{name} was not removed: {status} {body}");
            self.removed.push(name);
        }
    }
}

fn name_of(entry: &Value) -> String {
    entry["name"].as_str().unwrap().to_owned()
}

async fn check_kept(sandbox: &Sandbox, kept: &Kept) {
    let upstreams = sandbox.look("/upstreams").await;
    let names: Vec<String> = upstreams["upstreams"].as_array().unwrap().iter().map(name_of).collect();
    assert_eq!(names, ["fake"], "removed were {:?}", kept.removed);
    let clients = sandbox.look("/clients").await;
    let names: Vec<String> = clients["clients"].as_array().unwrap().iter().map(name_of).collect();
    for client in &kept.clients {
        assert!(names.contains(client), "the key of {client} is lost");
    }
    println!("{} upstreams and {} clients were acknowledged", kept.removed.len(), kept.clients.len());
}

/// Looks at a copy, so that the daemon finds the database as it was left.
fn check_integrity(home: &Path) {
    let copy = tempfile::tempdir().unwrap();
    for file in ["headgate.db", "headgate.db-wal"] {
        if home.join(file).exists() {
            fs::copy(home.join(file), copy.path().join(file)).unwrap();
        }
    }
    let database = rusqlite::Connection::open(copy.path().join("headgate.db")).unwrap();
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

// ---- one kill at a time --------------------------------------------------------------------------------

async fn gateway() -> Sandbox {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::shared()).await;
    sandbox
}

#[tokio::test]
async fn a_call_in_flight_fails_once_and_the_session_goes_on() {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let before = sessions(&sandbox).await;
    bridge
        .write(&request_text("\"lost\"", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#))
        .await;
    wait_until("the call is held", async || {
        bridge.call("count", json!({})).await.to_string().contains("never")
    })
    .await;
    sandbox.running().kill();
    sandbox.restart().await;
    let answer = bridge.output.answer_to("\"lost\"").await;
    let error = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("not repeated"), "{}", answer.text);
    bridge.call("echo", json!({})).await;
    assert_eq!(sessions(&sandbox).await, before);
    assert!(bridge.output.seen.iter().all(|message| !is_answer(message)));
    bridge.end().await;
}

#[tokio::test]
async fn a_call_in_flight_fails_though_the_next_one_finds_the_daemon_first() {
    let mut sandbox = gateway().await;
    for _ in 0..10 {
        let mut bridge = Pipe::open(&sandbox, "tester").await;
        bridge
            .write(&request_text("\"lost\"", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#))
            .await;
        wait_until("the call is held", async || {
            bridge.call("count", json!({})).await.to_string().contains("never")
        })
        .await;
        sandbox.running().kill();
        bridge.write(&request_text("\"next\"", "ping", "{}")).await;
        sandbox.restart().await;
        let mut open = BTreeSet::from(["\"lost\"".to_owned(), "\"next\"".to_owned()]);
        while !open.is_empty() {
            let answer = timeout(DEADLINE / 2, bridge.output.until("an answer", is_answer)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{open:?} are never answered"));
            assert!(open.remove(&answer.id()), "nobody waits for {}", answer.text);
        }
        bridge.end().await;
    }
}

#[tokio::test]
async fn a_polite_restart_is_no_different() {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    let before = sessions(&sandbox).await;
    bridge
        .write(&request_text("\"held\"", "tools/call", r#"{"name":"hold","arguments":{"key":"never"}}"#))
        .await;
    wait_until("the call is held", async || {
        bridge.call("count", json!({})).await.to_string().contains("never")
    })
    .await;
    processes::terminate(sandbox.pid());
    bridge.write(&request_text("\"meanwhile\"", "ping", "{}")).await;
    wait_until("the daemon is gone", async || sandbox.running().is_gone()).await;
    sandbox.restart().await;
    let mut open = BTreeSet::from(["\"held\"".to_owned(), "\"meanwhile\"".to_owned()]);
    while !open.is_empty() {
        let answer = bridge.output.until("an answer", is_answer).await;
        assert!(open.remove(&answer.id()), "nobody waits for {}", answer.text);
    }
    bridge.call("echo", json!({})).await;
    assert_eq!(sessions(&sandbox).await, before);
    bridge.end().await;
}

#[tokio::test]
async fn a_call_that_was_never_taken_is_carried_out_once_by_the_next_daemon_or_not_at_all() {
    let mut sandbox = gateway().await;
    let marks = sandbox.home().join("marks");
    for number in 0..5 {
        let mut bridge = Pipe::open(&sandbox, "tester").await;
        bridge.call("echo", json!({})).await;
        sandbox.running().kill();
        let params = json!({ "name": "mark", "arguments": { "number": number, "file": marks } });
        bridge.write(&request_text("\"late\"", "tools/call", &params.to_string())).await;
        sandbox.restart().await;
        let answer = bridge.output.answer_to("\"late\"").await;
        bridge.end().await;
        let marks = fs::read_to_string(&marks).unwrap_or_default();
        let times = marks.lines().filter(|line| line.starts_with(&format!("{number} "))).count();
        match answer.member("result") {
            Some(_) => assert_eq!(times, 1, "{}", answer.text),
            None => assert_eq!(times, 0, "it was carried out, and failed all the same: {}", answer.text),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_requests_that_wake_a_session_are_answered() {
    let mut sandbox = gateway().await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut sessions = join_all((0..20).map(|_| client.another())).await;
    // A session with much to remember takes a moment to wake.
    join_all(sessions.iter().map(|session| async move {
        for number in 0..SUBSCRIPTIONS {
            session.request("resources/subscribe", json!({ "uri": format!("fake://note/{number}") })).await;
        }
    }))
    .await;
    all_subscriptions_are_written_down(&sandbox, sessions.len()).await;
    sandbox.running().kill();
    sandbox.restart().await;
    for session in &mut sessions {
        session.move_to(&sandbox.at("/mcp"));
    }
    // A bridge comes back like this: it listens, and goes on with its calls.
    let requests = sessions.into_iter().map(Arc::new).flat_map(|session| std::iter::repeat_n(session, 8));
    let requests =
        requests.map(|session| tokio::spawn(async move { session.request("ping", json!({})).await.status }));
    let statuses: Vec<u16> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    let refused = statuses.iter().filter(|status| **status != 200).count();
    assert_eq!(refused, 0, "of {} requests {refused} found no session", statuses.len());
}

#[tokio::test]
async fn subscriptions_made_at_once_are_all_written_down() {
    let sandbox = gateway().await;
    let client = sandbox.client("tester", "/mcp").await;
    client.delete().await;
    let sessions = join_all((0..20).map(|_| client.another())).await;
    let subscriptions = sessions.iter().flat_map(|session| {
        let uris = (0..SUBSCRIPTIONS).map(|number| json!({ "uri": format!("fake://note/{number}") }));
        uris.map(move |uri| session.request("resources/subscribe", uri))
    });
    join_all(subscriptions).await;
    all_subscriptions_are_written_down(&sandbox, sessions.len()).await;
}

const SUBSCRIPTIONS: usize = 40;

async fn all_subscriptions_are_written_down(sandbox: &Sandbox, sessions: usize) {
    let database = rusqlite::Connection::open(sandbox.home().join("headgate.db")).unwrap();
    let whole = format!(
        "SELECT count(*) FROM sessions WHERE json_array_length(record, '$.subscribed') = {SUBSCRIPTIONS}"
    );
    wait_until("all subscriptions are written down", async || {
        let found: i64 = database.query_row(&whole, [], |row| row.get(0)).unwrap();
        usize::try_from(found) == Ok(sessions)
    })
    .await;
}

#[tokio::test]
async fn a_call_right_after_a_restart_waits_for_its_server() {
    let mut sandbox = Sandbox::start().await;
    // It needs half a second before it can be listed.
    sandbox.add_fake("slow", &["--download", "5"], UpstreamOptions::shared()).await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", json!({})).await;
    sandbox.running().kill();
    sandbox.restart().await;
    bridge.call("echo", json!({})).await;
    bridge.end().await;
}

#[tokio::test]
async fn a_bridge_without_a_daemon_does_not_spin() {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.call("echo", json!({})).await;
    // A person stopped it, so the bridge starts none.
    sandbox.down().await;
    let before = processor_ticks(bridge.pid());
    // The time is the measure here: a second without a daemon.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let used = processor_ticks(bridge.pid()) - before;
    sandbox.restart().await;
    bridge.end().await;
    assert!(used <= 20, "{used} hundredths of a second of processor time in one second without a daemon");
}

#[tokio::test]
async fn subscriptions_and_levels_outlive_a_kill() {
    let mut sandbox = gateway().await;
    let mut bridge = Pipe::open(&sandbox, "tester").await;
    bridge.request("resources/subscribe", r#"{"uri":"fake://note/1"}"#).await;
    bridge.request("logging/setLevel", r#"{"level":"critical"}"#).await;
    // What of a session is kept is written soon, though nobody waits for it.
    let database = sandbox.home().join("headgate.db");
    wait_until("the level is written down", async || {
        let database = rusqlite::Connection::open(&database).unwrap();
        let record = database.query_row("SELECT record FROM sessions", [], |row| row.get::<_, String>(0));
        record.is_ok_and(|record| record.contains("critical"))
    })
    .await;
    sandbox.running().kill();
    sandbox.restart().await;
    wait_for("the server is subscribed again", async || {
        let told = bridge.call("touch", json!({ "uri": "fake://note/1" })).await["told"].clone();
        (told == 1).then_some(())
    })
    .await;
    if !bridge
        .output
        .seen
        .iter()
        .any(|one| one.method().as_deref() == Some("notifications/resources/updated"))
    {
        bridge.output.next_of("notifications/resources/updated").await;
    }
    bridge.output.seen.clear();
    bridge.call("log", json!({ "text": "x" })).await;
    let levels =
        bridge.output.seen.iter().filter(|one| one.method().as_deref() == Some("notifications/message"));
    assert_eq!(levels.count(), 3);
    bridge.end().await;
}

fn processor_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // utime and stime are the 14th and 15th field; the first two were cut off (proc_pid_stat(5)).
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
