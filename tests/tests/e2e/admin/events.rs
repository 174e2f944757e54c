//! `/api/events`: the whole state first, then what changes, however slowly somebody reads.

use e2e::{Mcp, Sandbox, UpstreamOptions, in_time, processes};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A face that watches.
pub(crate) struct Watcher {
    response: Response,
    buffer: String,
}

impl Watcher {
    async fn open(sandbox: &Sandbox) -> Self {
        Self::of(ask(sandbox).await)
    }

    /// One that asks for more than the usual.
    pub(crate) async fn open_at(sandbox: &Sandbox, path: &str) -> Self {
        let request = reqwest::Client::new().get(sandbox.at(path));
        Self::of(request.bearer_auth(sandbox.admin_token()).send().await.unwrap())
    }

    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new() }
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let event = event.strip_prefix("data: ").map(|data| serde_json::from_str(data).unwrap());
                self.buffer = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = in_time("an event", self.response.chunk()).await.ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The first event from now on that fits.
    pub(crate) async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        in_time(what, async {
            loop {
                let event = self.next().await.unwrap_or_else(|| panic!("the events ended before {what}"));
                if fits(&event) {
                    return event;
                }
            }
        })
        .await
    }
}

async fn ask(sandbox: &Sandbox) -> Response {
    let request = reqwest::Client::new().get(sandbox.at("/api/events"));
    request.bearer_auth(sandbox.admin_token()).send().await.unwrap()
}

fn upstream_is(name: &'static str, state: &'static str) -> impl Fn(&Value) -> bool {
    move |event| event["upstream"]["name"] == name && event["upstream"]["state"] == state
}

#[tokio::test]
async fn the_state_comes_first_and_then_every_change() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("first", &[], UpstreamOptions::prefixed("first")).await;
    let mut watcher = Watcher::open(&sandbox).await;
    let state = watcher.next().await.unwrap()["state"].take();
    assert_eq!(state["upstreams"][0]["name"], "first");
    assert_eq!(state["status"]["pid"], sandbox.pid());
    assert_eq!(state["settings"][0]["key"], "start_timeout");
    assert_eq!((&state["sessions"], &state["clients"]), (&json!([]), &json!([])));
    let tools = state["catalog"]["tools"].as_u64().unwrap();
    assert!(tools > 0, "{state}");

    sandbox.add_fake("second", &[], UpstreamOptions::prefixed("second")).await;
    watcher.until("a new upstream is ready", upstream_is("second", "ready")).await;
    let event = watcher.until("the catalog grows", |event| event["catalog"].is_object()).await;
    assert_eq!(event["catalog"]["tools"], tools * 2);

    sandbox.admin(Method::POST, "/upstreams/second/stop", None).await;
    watcher.until("it is stopped", upstream_is("second", "stopped")).await;
    sandbox.admin(Method::POST, "/upstreams/second/start", None).await;
    let ready = watcher.until("it is ready again", upstream_is("second", "ready")).await;

    let pid = ready["upstream"]["pids"][0].as_u64().unwrap();
    processes::kill(u32::try_from(pid).unwrap());
    let crashed = |event: &Value| {
        event["upstream"]["name"] == "second"
            && event["upstream"]["restarts"].as_u64() > ready["upstream"]["restarts"].as_u64()
    };
    watcher.until("it crashed and was started again", crashed).await;

    sandbox.admin(Method::DELETE, "/upstreams/second", None).await;
    watcher.until("it is removed", |event| event["upstream_removed"] == "second").await;

    let key = sandbox.client_key("tester").await;
    watcher.until("the client is there", |event| event["clients"][0]["name"] == "tester").await;
    let client = Mcp::open(&sandbox.at("/mcp"), &key).await;
    watcher.until("its session is there", |event| event["sessions"][0]["client"] == "tester").await;
    client.delete().await;
    watcher.until("its session is gone", |event| event["sessions"] == json!([])).await;
}

#[tokio::test]
async fn nothing_is_told_while_nothing_happens() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut watcher = Watcher::open(&sandbox).await;
    watcher.until("the state", |event| event["state"].is_object()).await;
    let before = std::time::Instant::now();
    let looked = async || sandbox.look("/usage").await["at_ms"].as_u64().unwrap();
    let first = looked().await;
    // Looks are a second apart at least, so that a watcher had several chances to say something.
    e2e::wait_until("others looked meanwhile", async || looked().await >= first + 5000).await;
    assert_eq!(sandbox.admin(Method::PATCH, "/settings", Some(json!({ "page_size": 7 }))).await.0, 200);
    let mut told = Vec::new();
    loop {
        let event = watcher.next().await.unwrap();
        if event["settings"].is_array() {
            break;
        }
        told.push(event);
    }
    // A start takes memory and processor for a while, which is told now and then and nothing else is.
    let began = told.iter().filter(|event| event["usage"].is_null()).collect::<Vec<_>>();
    assert!(began.is_empty(), "{began:#?}");
    // Usage is looked at every two seconds.
    let looks = before.elapsed().as_secs() / 2 + 2;
    assert!(told.len() as u64 <= looks, "{} of {looks}: {told:#?}", told.len());
}

#[tokio::test]
async fn the_figures_of_what_grows_are_told_by_themselves() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--leak-mib-per-call", "40"], UpstreamOptions::shared()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let mut watcher = Watcher::open(&sandbox).await;
    watcher.until("the state", |event| event["state"].is_object()).await;
    client.call("count", json!({})).await;
    let grown = |event: &Value| {
        event["usage"]["upstreams"]["fake"]["memory_bytes"].as_u64().unwrap_or_default() > 40 * 1024 * 1024
    };
    let event = watcher.until("what it takes now", grown).await;
    assert!(event["usage"]["total"]["memory_bytes"].as_u64() > Some(40 * 1024 * 1024), "{event}");
    assert_eq!(event["usage"]["saving"]["sessions"], 1, "{event}");
}

#[tokio::test]
async fn a_watcher_hears_which_program_an_upstream_is() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    // Nobody has asked this gateway for a list.
    let sandbox = Sandbox::builder().home(sandbox.stop()).start().await;
    let mut watcher = Watcher::open(&sandbox).await;
    // It is not known while the login shell still looks for its PATH.
    let told = |event: &Value| {
        [&event["state"]["upstreams"][0], &event["upstream"]]
            .iter()
            .any(|fake| fake["program"]["path"].is_string())
    };
    watcher.until("the program is told", told).await;
}

#[tokio::test]
async fn a_slow_watcher_hears_the_last_state_and_not_every_step() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let mut watcher = Watcher::open(&sandbox).await;
    watcher.until("the state", |event| event["state"].is_object()).await;
    const STEPS: usize = 200;
    for step in 0..STEPS {
        let patch = json!({ "call_timeout": 1000 + step });
        assert_eq!(sandbox.admin(Method::PATCH, "/settings", Some(patch)).await.0, 200);
    }
    let mut heard = 0;
    loop {
        let event = watcher.until("the settings", |event| event["settings"].is_array()).await;
        heard += 1;
        let settings = event["settings"].as_array().unwrap();
        let call_timeout = settings.iter().find(|setting| setting["key"] == "call_timeout").unwrap();
        if call_timeout["value"] == 1000 + STEPS - 1 {
            break;
        }
    }
    assert!(heard < STEPS, "{heard} events for {STEPS} changes");
}

#[tokio::test]
async fn calls_are_told_as_they_end_to_who_asks_for_them() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    client.call("echo", json!({ "before": true })).await;
    assert_eq!(sandbox.look("/activity").await["calls"].as_array().unwrap().len(), 1);
    let mut quiet = Watcher::open(&sandbox).await;
    let asked = sandbox.admin_request(Method::GET, "/events?calls=true").send().await.unwrap();
    let mut watcher = Watcher::of(asked);
    watcher.until("the state", |event| event["state"].is_object()).await;

    client.call("echo", json!({})).await;
    let told = watcher.until("the call", |event| event["calls"].is_array()).await["calls"].take();
    let recorded = sandbox.look("/activity").await["calls"].as_array().unwrap().clone();
    assert_eq!(told.as_array().unwrap()[..], recorded[..1], "told once, and as it is recorded");

    const STORM: usize = 150;
    for _ in 0..STORM {
        client.call("echo", json!({})).await;
    }
    let (mut heard, mut missed) = (0, 0);
    while heard + missed < STORM {
        let event = watcher.until("more of the storm", |event| !event["state"].is_object()).await;
        heard += event["calls"].as_array().map_or(0, Vec::len);
        missed += event["missed"].as_u64().unwrap_or_default() as usize;
        assert!(event["calls"].as_array().map_or(0, Vec::len) <= 100);
    }
    assert_eq!(heard + missed, STORM);

    // Who did not ask heard of everything else only.
    assert_eq!(sandbox.admin(Method::PATCH, "/settings", Some(json!({ "page_size": 7 }))).await.0, 200);
    let heard = async {
        loop {
            let event = quiet.next().await.unwrap();
            assert!(event["calls"].is_null() && event["missed"].is_null(), "{event}");
            if event["settings"].is_array() {
                break;
            }
        }
    };
    e2e::in_time("the settings", heard).await;
    assert_eq!(sandbox.admin(Method::GET, "/events?calls=1", None).await.0, 400);
}

#[tokio::test]
async fn watchers_are_bounded_and_make_room_when_they_leave() {
    let sandbox = Sandbox::start().await;
    let mut watchers = Vec::new();
    let refused = loop {
        let response = ask(&sandbox).await;
        match response.status().as_u16() {
            200 => watchers.push(response),
            _ => break response,
        }
        assert!(watchers.len() < 100, "there is no bound");
    };
    assert_eq!(refused.status(), 429);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "too-many");
    watchers.clear();
    e2e::wait_until("there is room again", async || ask(&sandbox).await.status() == 200).await;
}

#[tokio::test]
async fn events_end_with_the_gateway_and_do_not_hold_it_up() {
    let mut sandbox = Sandbox::start().await;
    let mut watcher = Watcher::open(&sandbox).await;
    watcher.until("the state", |event| event["state"].is_object()).await;
    sandbox.down().await;
    watcher.until("the gateway is about to end", |event| event["status"]["stopping"] == true).await;
    assert_eq!(watcher.next().await, None);
}
