//! Tools as people need them: off, renamed, described anew, and what they cost.

use std::collections::BTreeMap;

use e2e::{Mcp, Sandbox, UpstreamOptions, wait_until};
use reqwest::Method;
use serde_json::{Value, json, value::RawValue};

use crate::ways::{column, one};

async fn names(client: &Mcp) -> Vec<String> {
    column(&client.request("tools/list", json!({})).await.result()["tools"], "name")
}

async fn choose(sandbox: &Sandbox, upstream: &str, choices: Value) -> (u16, Value) {
    let patch = json!({ "tool_choices": choices });
    sandbox.admin(Method::PATCH, &format!("/upstreams/{upstream}"), Some(patch)).await
}

async fn add(sandbox: &Sandbox, name: &str, tools: &[&str]) {
    let flags: Vec<&str> =
        ["--bare"].into_iter().chain(tools.iter().flat_map(|tool| ["--tool", tool])).collect();
    sandbox.add_fake(name, &flags, UpstreamOptions::default()).await;
}

/// `search` is now `find`, `fetch` is off, `echo` says something else of itself.
async fn choices_hold(all: &Mcp, own: &Mcp) {
    let shown = names(all).await;
    assert!(shown.contains(&"find".to_owned()) && shown.contains(&"f_echo".to_owned()), "{shown:?}");
    assert_eq!(all.call("find", json!({ "n": 1.0 })).await["tool"], json!(["fake", "search"]));
    for gone in ["f_search", "search", "f_fetch", "fetch"] {
        assert!(!shown.contains(&gone.to_owned()), "{shown:?}");
        assert_eq!(all.try_call(gone, json!({})).await.error().0, -32602, "{gone}");
    }
    let shown = names(own).await;
    assert!(shown.contains(&"search".to_owned()), "{shown:?}");
    assert!(!shown.contains(&"find".to_owned()) && !shown.contains(&"fetch".to_owned()), "{shown:?}");
    assert_eq!(own.call("search", json!({})).await["tool"], json!(["fake", "search"]));
    assert_eq!(own.try_call("fetch", json!({})).await.error().0, -32602);
    for (client, name) in [(all, "f_echo"), (own, "echo")] {
        let list = client.request("tools/list", json!({})).await.raw_result();
        let rest = r#""execution":{"taskSupport":"forbidden"},"x-odd":null,"_meta":{"b":1,"a":2}"#;
        let definition = format!(r#""name":"{name}",{rest},"description":"Says it \"back\""}}"#);
        assert!(list.contains(&definition), "{list}");
    }
}

#[tokio::test]
async fn choices_hold_through_new_lists_and_restarts() {
    let sandbox = Sandbox::start().await;
    let flags = ["--tool", "search", "--tool", "fetch"];
    sandbox.add_fake("fake", &flags, UpstreamOptions::prefixed("f")).await;
    let key = sandbox.client_key("tester").await;
    let open = async |sandbox: &Sandbox| {
        (Mcp::open(&sandbox.at("/mcp"), &key).await, Mcp::open(&sandbox.at("/mcp/fake"), &key).await)
    };
    let (all, own) = open(&sandbox).await;
    let mut streams = [all.listen().await, own.listen().await];
    let choices = json!({
        "search": { "name": "find" },
        "fetch": { "off": true },
        "echo": { "description": "Says it \"back\"" },
        "later": { "name": "sooner" },
    });
    let (status, view) = choose(&sandbox, "fake", choices.clone()).await;
    assert_eq!((status, &view["tool_choices"]), (200, &choices), "{view}");
    for stream in &mut streams {
        stream.next_of("notifications/tools/list_changed").await;
    }
    choices_hold(&all, &own).await;

    // A tool that the upstream lists only now was chosen about before.
    all.call("f_offer", json!({ "tools": ["later"] })).await;
    streams[0].next_of("notifications/tools/list_changed").await;
    assert_eq!(all.call("sooner", json!({})).await["tool"], json!(["fake", "later"]));
    choices_hold(&all, &own).await;

    let sandbox = Sandbox::builder().home(sandbox.stop()).start().await;
    let (all, own) = open(&sandbox).await;
    choices_hold(&all, &own).await;
    assert_eq!(sandbox.upstream("fake").await["tool_choices"], choices);

    let reset = json!({ "search": null, "fetch": { "off": false }, "echo": { "description": "" } });
    let (status, view) = choose(&sandbox, "fake", reset).await;
    assert_eq!((status, &view["tool_choices"]), (200, &json!({ "later": { "name": "sooner" } })));
    assert_eq!(all.call("f_search", json!({})).await["tool"], json!(["fake", "search"]));
    assert_eq!(all.call("f_fetch", json!({})).await["tool"], json!(["fake", "fetch"]));
    assert!(!all.request("tools/list", json!({})).await.raw_result().contains("Says it"));
}

#[tokio::test]
async fn choices_apply_to_what_a_session_runs_for_itself() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &["--tool", "search"], UpstreamOptions::per_session()).await;
    let choices = json!({ "search": { "name": "find" }, "count": { "off": true } });
    assert_eq!(choose(&sandbox, "fake", choices).await.0, 200);
    let client = sandbox.client("tester", "/mcp").await;
    client.call("offer", json!({ "tools": ["new"] })).await;
    wait_until("the session's own list is shown", async || names(&client).await.contains(&"new".to_owned()))
        .await;
    assert_eq!(client.call("find", json!({})).await["tool"], json!(["fake", "search"]));
    for gone in ["search", "count"] {
        assert_eq!(client.try_call(gone, json!({})).await.error().0, -32602, "{gone}");
    }
}

#[tokio::test]
async fn a_new_name_that_is_taken_or_not_allowed_is_refused() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "a", &["x"]).await;
    add(&sandbox, "b", &["y", "z"]).await;
    let clash = |owner: &str, name: &str, own_name: &str| {
        let clash = json!({ "kind": "tool", "name": name, "own_name": own_name, "owner": owner });
        json!([clash])
    };
    for (choices, clashes) in [
        (json!({ "y": { "name": "x" } }), clash("a", "x", "y")),
        (json!({ "y": { "name": "z" } }), clash("b", "z", "z")),
        (json!({ "y": { "name": "w" }, "z": { "name": "w" } }), clash("b", "w", "z")),
    ] {
        let (status, problem) = choose(&sandbox, "b", choices).await;
        assert_eq!((status, &problem["code"]), (409, &json!("clash")), "{problem}");
        assert_eq!(problem["clashes"], clashes);
    }
    for choices in
        [json!({ "y": { "name": "two words" } }), json!({ "y": { "description": "x".repeat(8193) } })]
    {
        let (status, problem) = choose(&sandbox, "b", choices).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("`y`"), "{problem}");
    }
    assert_eq!(sandbox.upstream("b").await.get("tool_choices"), None, "nothing of it stays");
    // A name is free once its owner has another one, and two may swap theirs.
    assert_eq!(choose(&sandbox, "a", json!({ "x": { "name": "old" } })).await.0, 200);
    assert_eq!(choose(&sandbox, "b", json!({ "y": { "name": "z" }, "z": { "name": "x" } })).await.0, 200);
    let client = sandbox.client("tester", "/mcp").await;
    for (name, own) in [("old", "x"), ("z", "y"), ("x", "z")] {
        assert_eq!(client.call(name, json!({})).await["tool"], json!(["fake", own]), "{name}");
    }
}

#[tokio::test]
async fn a_clash_that_is_there_already_is_no_reason_to_refuse_a_change() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "early", &["late_taken"]).await;
    sandbox.add_fake("late", &[], UpstreamOptions::prefixed("late")).await;
    let client = sandbox.client("tester", "/mcp").await;
    client.call("late_offer", json!({ "tools": ["taken"] })).await;
    wait_until("it is held back", async || sandbox.upstream("late").await["held_back"] != json!([])).await;
    let tools = sandbox.look("/tools").await;
    let held_back = tools["items"].as_array().unwrap().iter().find(|tool| tool["own_name"] == "taken");
    assert_eq!(held_back.map(|tool| &tool["held_back"]), Some(&json!(true)), "{tools}");
    assert_eq!(choose(&sandbox, "early", json!({ "late_taken": { "description": "d" } })).await.0, 200);
    assert_eq!(choose(&sandbox, "late", json!({ "echo": { "off": true } })).await.0, 200);
    // A second tool that would clash in the same way is another clash.
    assert_eq!(choose(&sandbox, "late", json!({ "count": { "name": "late_taken" } })).await.0, 409);
    assert_eq!(client.call("late_taken", json!({})).await["tool"], json!(["fake", "late_taken"]));
    assert_eq!(choose(&sandbox, "late", json!({ "taken": { "name": "free" } })).await.0, 200);
    assert_eq!(sandbox.upstream("late").await["held_back"], json!([]));
    assert_eq!(client.call("free", json!({})).await["tool"], json!(["fake", "taken"]));
}

/// What `headgate tools --json` says: the cost of each tool that is on, and all totals.
async fn costs(sandbox: &Sandbox) -> (Vec<(String, u64)>, Value) {
    let output = sandbox.cli(&["tools", "--json"]).await;
    let tools: Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = tools["items"].as_array().unwrap().iter();
    let cost = |tool: &Value| (tool["name"].as_str().unwrap().to_owned(), tool["tokens"].as_u64().unwrap());
    (items.filter(|tool| tool["on"] == true).map(cost).collect(), tools["tokens"].clone())
}

#[tokio::test]
async fn what_tools_cost_is_counted_and_sums_up() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "a", &["x", "y"]).await;
    add(&sandbox, "b", &["z"]).await;
    let children = sandbox.children();
    let (before, totals) = costs(&sandbox).await;
    let [(_, x), (_, y), (_, z)] = before[..] else { panic!("{before:?}") };
    // Their schema alone is some twenty tokens, and none is long.
    assert!([x, y, z].iter().all(|cost| (20..60).contains(cost)), "{before:?}");
    let upstreams = json!({ "a": x + y, "b": z });
    assert_eq!(totals, json!({ "encoding": "o200k_base", "total": x + y + z, "upstreams": upstreams }));
    assert_eq!(sandbox.upstream("a").await["tokens"], x + y);
    assert_eq!(sandbox.children(), children, "who counted is gone");

    let text = "one two three four five";
    let choices = json!({ "x": { "off": true }, "y": { "description": text } });
    assert_eq!(choose(&sandbox, "a", choices).await.0, 200);
    let (after, totals) = costs(&sandbox).await;
    let [(_, described), (_, same)] = after[..] else { panic!("{after:?}") };
    assert_eq!(same, z);
    // Five words, and what holds them.
    assert!((y + 6..y + 12).contains(&described), "{before:?} {after:?}");
    assert_eq!(totals["upstreams"], json!({ "a": described, "b": z }));
    let upstreams = sandbox.look("/upstreams").await;
    assert_eq!(upstreams["upstreams"][0]["tokens"], described, "{upstreams}");
    assert_eq!(upstreams["upstreams"][1]["tokens"], z, "{upstreams}");
}

#[tokio::test]
async fn a_tool_that_is_described_anew_keeps_what_it_said_of_itself() {
    let (sandbox, _client) = one(&[]).await;
    choose(&sandbox, "fake", json!({ "echo": { "name": "say_back", "description": "new" } })).await;
    let tools = sandbox.look("/tools").await;
    let tool = |own: &str| {
        let mut tools = tools["items"].as_array().unwrap().iter();
        tools.find(|tool| tool["own_name"] == own).cloned().unwrap()
    };
    let echo = tool("echo");
    assert_eq!(
        [&echo["name"], &echo["renamed"], &echo["own_description"], &echo["definition"]["description"]],
        [&json!("say_back"), &json!(true), &json!(""), &json!("new")]
    );
    let count = tool("count");
    assert_eq!((&count["renamed"], count.get("own_description")), (&json!(false), None));
}

#[tokio::test]
async fn definitions_are_shown_byte_for_byte_as_clients_have_them() {
    let (sandbox, client) = one(&[]).await;
    for (kind, method) in [
        ("tools", "tools/list"),
        ("prompts", "prompts/list"),
        ("resources", "resources/list"),
        ("resources", "resources/templates/list"),
    ] {
        let shown = sandbox.admin_request(Method::GET, &format!("/{kind}")).send().await.unwrap();
        let shown = shown.text().await.unwrap();
        let listed = client.request(method, json!({})).await.raw_result();
        let listed: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&listed).unwrap();
        let lists =
            listed.values().filter_map(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
        let definitions: Vec<&str> = lists.flatten().map(RawValue::get).collect();
        assert!(!definitions.is_empty(), "{method}");
        for definition in definitions {
            assert!(
                shown.contains(&format!(r#""definition":{definition}"#)),
                "{definition} is not in {shown}"
            );
        }
    }
}

#[tokio::test]
async fn a_person_changes_tools_on_the_command_line() {
    let sandbox = Sandbox::start().await;
    add(&sandbox, "a", &["x", "y"]).await;
    add(&sandbox, "b", &["z"]).await;
    let run = async |words: &str, code: i32| {
        let args: Vec<&str> = ["tools"].into_iter().chain(words.split_whitespace()).collect();
        let output = sandbox.cli(&args).await;
        let [out, error] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).trim().to_owned());
        assert_eq!(output.status.code(), Some(code), "{words}: {out} {error}");
        (out, error)
    };
    let said = |out: &str| (out.to_owned(), String::new());
    assert_eq!(run("off a x y", 0).await, said("`x` is off\n`y` is off"));
    assert_eq!(run("on a y", 0).await, said("`y` is on"));
    assert_eq!(run("rename a x find", 0).await, said("`x` is off, named `find`"));
    assert_eq!(run("describe a x better", 0).await, said("`x` is off, named `find`, described anew"));
    assert_eq!(run("on a x", 0).await, said("`x` is on, named `find`, described anew"));
    let (list, _) = run("", 0).await;
    assert!(list.contains("renamed from x") && list.contains("better") && list.contains("TOKENS"), "{list}");
    let client = sandbox.client("tester", "/mcp").await;
    assert_eq!(names(&client).await, ["find", "y", "z"]);

    let (out, warning) = run("off a typo", 0).await;
    assert_eq!(
        (out.as_str(), warning.contains("`a` lists no tool `typo`")),
        ("`typo` is off", true),
        "{warning}"
    );
    let (_, refusal) = run("rename b z find", 4).await;
    assert!(refusal.contains("`find` (a)"), "{refusal}");
    run("rename b z no/name", 4).await;
    run("off nobody x", 4).await;
    assert_eq!(run("reset a x", 0).await, said("`x` is on"));
    assert_eq!(run("reset a", 0).await.0, "`typo` is on");
    assert_eq!(run("reset a", 0).await, said("`a` has all its tools as they are"));
    assert_eq!(names(&client).await, ["x", "y", "z"]);
}
