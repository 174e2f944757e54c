//! Tests of upstreams: a fresh copy is started, spoken to and ended; what is wrong with it is an answer, and
//! nothing of it stays.

use e2e::{DEADLINE, HttpUpstream, Sandbox, UpstreamOptions, free_port, programs, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

fn impatient() -> e2e::Builder {
    Sandbox::builder().env("HEADGATE_START_TIMEOUT", "3")
}

fn fake(flags: &[&str]) -> Value {
    let args: Vec<&str> = ["--stdio"].into_iter().chain(flags.iter().copied()).collect();
    json!({ "type": "stdio", "command": programs::fake_upstream(), "args": args })
}

async fn tried(sandbox: &Sandbox, transport: Value) -> Value {
    let body = json!({ "name": "draft", "transport": transport });
    let (status, report) = sandbox.admin(Method::POST, "/upstreams/test", Some(body)).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!(sandbox.look("/upstreams").await["upstreams"], json!([]), "nothing is kept");
    wait_until("nothing is left", async || sandbox.children().is_empty()).await;
    report
}

/// The steps as words; one that failed has a `!`.
fn steps(report: &Value) -> String {
    let steps = report["steps"].as_array().unwrap().iter();
    let word = |step: &Value| {
        let mark = if step["ok"] == true { "" } else { "!" };
        format!("{}{mark}", step["step"].as_str().unwrap())
    };
    steps.map(word).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(report: &Value, pointer: &str, parts: &[&str]) {
    let text = report.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in {pointer}: {text}\n{report:#}");
    }
}

#[tokio::test]
async fn a_registered_one_is_tried_beside_the_running_one() {
    let sandbox = Sandbox::start().await;
    let before = sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let (status, report) = sandbox.admin(Method::POST, "/upstreams/fake/test", None).await;
    assert_eq!((status, &report["ok"]), (200, &json!(true)), "{report:#}");
    assert_eq!(steps(&report), "resolve start initialize list ping end");
    assert_eq!(report["server"], "fake 1.0");
    assert_eq!(report["counts"]["tools"], before["tools"], "{report:#}");
    assert_eq!(report["clashes"], json!([]), "with itself it does not clash");
    says(&report, "/command_line", &["fake-upstream --stdio"]);
    says(&report, "/steps/2/detail", &["fake 1.0 speaks 20"]);
    let after = sandbox.upstream("fake").await;
    assert_eq!((&after["pids"], &after["restarts"]), (&before["pids"], &json!(0)), "{after:#}");
    wait_until("the copy is gone", async || sandbox.children().len() == 1).await;

    let (status, problem) = sandbox.admin(Method::POST, "/upstreams/nobody/test", None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not-found")));
    let (status, problem) = sandbox.admin(Method::POST, "/upstreams/test", Some(json!({ "name": 1 }))).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid")));
}

#[tokio::test]
async fn what_would_clash_is_told() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("one", &["--bare", "--tool", "search"], UpstreamOptions::default()).await;
    let body =
        json!({ "name": "two", "transport": fake(&["--bare", "--tool", "search", "--tool", "other"]) });
    let (_, report) = sandbox.admin(Method::POST, "/upstreams/test", Some(body)).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(
        report["clashes"],
        json!([{ "kind": "tool", "name": "search", "own_name": "search", "owner": "one" }])
    );
}

#[tokio::test]
async fn what_does_not_work_is_an_answer() {
    let sandbox = impatient().start().await;
    let report = tried(&sandbox, json!({ "type": "stdio", "command": "no-such-program-here" })).await;
    assert_eq!((steps(&report).as_str(), &report["ok"]), ("resolve!", &json!(false)));
    says(&report, "/reason", &["`draft`", "there is no program `no-such-program-here`"]);
    says(&report, "/advice", &["whole path"]);

    let report = tried(&sandbox, fake(&["--crash", "3"])).await;
    assert_eq!(steps(&report), "resolve start initialize! end");
    says(&report, "/reason", &["code 3", "giving up"]);
    assert_eq!(report["stderr"], json!(["fake: cannot open the database", "fake: giving up"]));
    says(&report, "/advice", &["terminal"]);

    let report = tried(&sandbox, fake(&["--silent"])).await;
    assert_eq!(steps(&report), "resolve start initialize! end");
    says(&report, "/reason", &["it said nothing for 3 s"]);

    let report =
        tried(&sandbox, json!({ "type": "stdio", "command": "/bin/sh", "cwd": "/no/such/folder" })).await;
    assert!(steps(&report).ends_with('!'), "{report:#}");
    says(&report, "/reason", &["no such folder"]);
}

#[tokio::test]
async fn noise_and_stubbornness_are_told() {
    let sandbox = Sandbox::start().await;
    let report = tried(&sandbox, fake(&["--noise", "3", "--stderr-kib", "200", "--ignore-eof"])).await;
    assert_eq!((&report["ok"], &report["noise_lines"]), (&json!(true), &json!(3)), "{report:#}");
    assert_eq!(report["stderr"].as_array().unwrap().len(), 50, "as much as helps");
    says(&report, "/steps/5/detail", &["ended by a signal"]);
    let report = tried(&sandbox, fake(&["--grandchild"])).await;
    assert_eq!(report["ok"], true, "{report:#}");
}

#[tokio::test]
async fn a_remote_one_is_tried_too() {
    let sandbox = impatient().start().await;
    let remote = HttpUpstream::fake(&["--require-header", "authorization: very secret"]).await;
    let transport = json!({ "type": "http", "url": remote.url() });
    let report = tried(&sandbox, transport.clone()).await;
    assert_eq!(steps(&report), "start initialize! end");
    says(&report, "/reason", &["401"]);

    let secrets = json!({ "authorization": "very secret" });
    let body = json!({ "name": "draft", "transport": transport, "secrets": secrets });
    let (_, report) = sandbox.admin(Method::POST, "/upstreams/test", Some(body)).await;
    assert_eq!(
        (&report["ok"], steps(&report).as_str()),
        (&json!(true), "start initialize list ping end"),
        "{report:#}"
    );
    says(&report, "/command_line", &["authorization: ${authorization}"]);

    let report =
        tried(&sandbox, json!({ "type": "http", "url": format!("http://127.0.0.1:{}/mcp", free_port()) }))
            .await;
    assert_eq!(report["ok"], false);
    says(&report, "/advice", &["127.0.0.1 can be reached"]);
}

#[tokio::test]
async fn another_definition_gets_the_secrets_that_it_would_keep() {
    let sandbox = Sandbox::start().await;
    let asks = ["--require-header", "authorization: very secret"];
    let (here, elsewhere) = (HttpUpstream::fake(&asks).await, HttpUpstream::fake(&asks).await);
    let transport = json!({ "type": "http", "url": here.url() });
    let secrets = json!({ "authorization": "very secret" });
    let body = json!({ "name": "remote", "transport": transport, "secrets": secrets });
    let (status, before) = sandbox.admin(Method::POST, "/upstreams", Some(body)).await;
    assert_eq!(status, 201, "{before:#}");

    let headers = json!({ "authorization": { "secret_needed": "authorization" } });
    let tried = async |url: &str| {
        let body = json!({ "transport": { "type": "http", "url": url, "headers": headers } });
        sandbox.admin(Method::POST, "/upstreams/remote/test-definition", Some(body)).await.1
    };
    let report = tried(&format!("{}?new=1", here.url())).await;
    assert_eq!(report["ok"], true, "{report:#}");
    let report = tried(elsewhere.url()).await;
    assert_eq!(report["ok"], false, "a secret stays with its site: {report:#}");
    says(&report, "/reason", &["authorization"]);
    assert_eq!(sandbox.upstream("remote").await["transport"], before["transport"], "nothing is changed");
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_are_neither_kept_nor_told() {
    let sandbox = Sandbox::start().await;
    let script = "echo \"the token is $TOKEN\" >&2; exit 3";
    let transport = json!({ "type": "stdio", "command": "/bin/sh", "args": ["-c", script] });
    let body = json!({ "name": "draft", "transport": transport, "secrets": { "TOKEN": "very-secret" } });
    let (_, report) = sandbox.admin(Method::POST, "/upstreams/test", Some(body)).await;
    assert_eq!(report["stderr"], json!(["the token is ${TOKEN}"]), "{report:#}");
    says(&report, "/command_line", &["TOKEN=${TOKEN} /bin/sh -c "]);
    assert!(!report.to_string().contains("very-secret"), "{report:#}");
    let kept = std::fs::read_to_string(sandbox.home().join("secrets.json")).unwrap_or_default();
    assert!(!kept.contains("very-secret") && !sandbox.log().contains("very-secret"));
}

#[tokio::test]
async fn a_download_is_told_as_it_goes() {
    let sandbox = impatient().start().await;
    let body = json!({ "name": "draft", "transport": fake(&["--download", "20"]) });
    let request = reqwest::Client::new().post(sandbox.at("/api/upstreams/test")).json(&body);
    let request = request.bearer_auth(sandbox.admin_token()).header("accept", "application/x-ndjson");
    let text = request.timeout(DEADLINE).send().await.unwrap().text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["progress"] == "downloading part 7"), "{text}");
    let report = &lines.last().unwrap()["report"];
    assert_eq!(report["ok"], true, "{text}");
    let told: Vec<Value> = lines.iter().filter_map(|line| line.get("step").cloned()).collect();
    assert_eq!(json!(told), report["steps"], "{text}");
    let place = |what: &dyn Fn(&Value) -> bool| lines.iter().position(what).unwrap();
    let started = place(&|line| line["step"]["step"] == "start");
    let said = place(&|line| line["progress"] == "downloading part 7");
    let greeted = place(&|line| line["step"]["step"] == "initialize");
    assert!(started < said && said < greeted, "each is told as it ends: {text}");
}

#[tokio::test]
async fn a_face_that_goes_away_ends_its_test() {
    let sandbox = Sandbox::start().await;
    let body = json!({ "name": "draft", "transport": fake(&["--silent"]) });
    for accept in ["application/json", "application/x-ndjson"] {
        let request = reqwest::Client::new().post(sandbox.at("/api/upstreams/test")).json(&body);
        let request = request.bearer_auth(sandbox.admin_token()).header("accept", accept);
        let asking = tokio::spawn(async move { request.send().await?.text().await });
        wait_until("the copy runs", async || sandbox.children().len() == 1).await;
        asking.abort();
        wait_until("the copy is gone", async || sandbox.children().is_empty()).await;
    }
}

#[tokio::test]
async fn a_person_reads_the_steps() {
    let sandbox = Sandbox::start().await;
    let program = programs::fake_upstream();
    let program = program.to_str().unwrap();
    let added = sandbox.cli(&["add", "fake", "--env", "A=1 2", "--", program, "--stdio"]).await;
    let told = String::from_utf8_lossy(&added.stderr).into_owned();
    assert!(told.contains(&format!("runs A='1 2' {program} --stdio")), "{told}");
    assert!(told.contains(&format!("program {program}")), "{told}");

    let output = sandbox.cli(&["test", "fake"]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for part in ["✓ ok      initialize", "fake 1.0", "works: ", "tools"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    let output = sandbox.cli(&["test", "fake", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], true);

    let forgiven = sandbox.home().join("forgiven");
    std::fs::write(&forgiven, "").unwrap();
    let crash = ["--crash", "9", "--unless", forgiven.to_str().unwrap()];
    sandbox.add_fake("moody", &[&["--bare"], &crash[..]].concat(), UpstreamOptions::default()).await;
    std::fs::remove_file(&forgiven).unwrap();
    let output = sandbox.cli(&["test", "moody"]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for part in ["✗ failed  initialize", "code 9", "advice: ", "stderr: fake: giving up"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    assert_eq!(sandbox.upstream("moody").await["state"], "ready", "what runs is left alone");
}

#[tokio::test]
async fn how_it_would_better_be_shared_is_told() {
    let sandbox = Sandbox::start().await;
    let view =
        sandbox.add_fake("tabs", &["--bare", "--tool", "browser_navigate"], UpstreamOptions::default()).await;
    assert_eq!(view["suggestion"]["isolation"], "session", "{view:#}");
    says(&view, "/suggestion/reason", &["browser_navigate"]);
    let own = UpstreamOptions { prefix: Some("own"), ..UpstreamOptions::per_session() };
    let view = sandbox.add_fake("own", &["--bare", "--tool", "browser_navigate"], own).await;
    assert_eq!(view["suggestion"], Value::Null, "{view:#}");

    let view = sandbox.add_fake("roots", &[], UpstreamOptions::default()).await;
    assert_eq!(view["suggestion"], Value::Null, "{view:#}");
    let client = sandbox.client("tester", "/mcp").await;
    let mut call = client.start_call("ask", json!({ "method": "roots/list" })).await;
    let question = call.next_of("roots/list").await;
    client.respond(&question.id(), r#"{"roots":[]}"#).await;
    call.finish().await;
    says(&sandbox.upstream("roots").await, "/suggestion/reason", &["roots"]);
}

/// `npx` that is asked for its version is no MCP server, which a person should see at once.
#[tokio::test]
async fn what_is_no_server_is_told_by_what_it_says() {
    if !std::path::Path::new("/usr/bin/npx").exists() {
        return;
    }
    let sandbox = Sandbox::start().await;
    let report = tried(&sandbox, json!({ "type": "stdio", "command": "npx", "args": ["--version"] })).await;
    assert_eq!((&report["ok"], &report["noise_lines"]), (&json!(false), &json!(1)), "{report:#}");
    says(&report, "/program/path", &["/npx"]);
    says(&report, "/reason", &["exited with code 0"]);
}
