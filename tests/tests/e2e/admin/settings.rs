//! `/api/settings` and `headgate settings`: what changes holds at once, or says that it does not.

use e2e::{Sandbox, UpstreamOptions};
use reqwest::Method;
use serde_json::{Value, json};

async fn patch(sandbox: &Sandbox, patch: Value) -> (u16, Value) {
    sandbox.admin(Method::PATCH, "/settings", Some(patch)).await
}

fn row<'a>(list: &'a Value, key: &str) -> &'a Value {
    list["settings"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()
}

#[tokio::test]
async fn a_changed_setting_holds_at_once_and_after_a_restart() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    let page =
        async || client.request("tools/list", json!({})).await.result()["tools"].as_array().unwrap().len();
    assert!(page().await > 1);

    let (status, list) = patch(&sandbox, json!({ "page_size": 1, "max_sessions": 1 })).await;
    assert_eq!(status, 200, "{list}");
    let changed = row(&list, "page_size");
    assert_eq!(
        (&changed["value"], &changed["source"], &changed["needs_restart"]),
        (&json!(1), &json!("kept"), &json!(false))
    );
    assert_eq!(page().await, 1);
    let (status, list) = patch(&sandbox, json!({ "max_sessions": null })).await;
    assert_eq!((status, &row(&list, "max_sessions")["source"]), (200, &json!("default")));

    let sandbox = Sandbox::builder().home(sandbox.stop()).start().await;
    assert_eq!(row(&sandbox.look("/settings").await, "page_size")["value"], 1);
}

#[tokio::test]
async fn a_call_is_given_up_after_the_new_time() {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    patch(&sandbox, json!({ "call_timeout": 0.2 })).await;
    let (_, sentence) = client.try_call("mute", json!({})).await.error();
    assert!(sentence.contains("timeout"), "{sentence}");
}

#[tokio::test]
async fn the_environment_wins_and_says_so() {
    let sandbox = Sandbox::builder().env("HEADGATE_PAGE_SIZE", "3").start().await;
    let (_, list) = patch(&sandbox, json!({ "page_size": 7, "port": 4300 })).await;
    let page_size = row(&list, "page_size");
    assert_eq!((&page_size["value"], &page_size["source"]), (&json!(3), &json!("environment")));
    assert_eq!(row(&list, "port")["needs_restart"], true);
}

#[tokio::test]
async fn a_port_that_is_taken_is_not_kept() {
    let sandbox = Sandbox::start().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (status, problem) = patch(&sandbox, json!({ "page_size": 7, "port": port })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("port-taken")), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with(&format!("port {port} is taken")), "{detail}");
    if cfg!(target_os = "linux") {
        assert!(detail.contains(&format!("(process {})", std::process::id())), "{detail}");
    }
    let list = sandbox.look("/settings").await;
    assert_eq!(row(&list, "page_size")["source"], "default", "all or nothing");
    assert_eq!(row(&list, "port")["source"], "default");
    let own: u16 = sandbox.address().rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(patch(&sandbox, json!({ "port": own })).await.0, 200, "its own port is not taken by anybody");
}

#[tokio::test]
async fn nonsense_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let before = sandbox.look("/settings").await;
    for wrong in [
        json!({ "colour": 1 }),
        json!({ "page_size": 5, "call_timeout": "soon" }),
        json!([]),
        json!({ "page_size": {} }),
    ] {
        let (status, problem) = patch(&sandbox, wrong.clone()).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid")), "{wrong}: {problem}");
    }
    assert_eq!(sandbox.look("/settings").await, before);
}

#[tokio::test]
async fn a_person_changes_settings_by_the_command_line() {
    let sandbox = Sandbox::start().await;
    let run = async |args: &[&str]| {
        let output = sandbox.cli(args).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let set = run(&["settings", "set", "call_timeout", "600"]).await;
    assert_eq!((set.0, set.1.trim()), (0, "call_timeout = 600 s (kept)"), "{set:?}");
    let list = run(&["settings"]).await.1;
    let row = list.lines().find(|line| line.starts_with("call_timeout ")).unwrap_or_default();
    assert!(row.split_whitespace().take(3).eq(["call_timeout", "600", "s"]), "{list}");
    let wrong = run(&["settings", "set", "call_timeout", "soon"]).await;
    assert!(wrong.0 == 4 && wrong.2.contains("not `soon`"), "{wrong:?}");
    let unset = run(&["settings", "unset", "call_timeout", "--json"]).await;
    let unset: Value = serde_json::from_str(&unset.1).unwrap();
    assert_eq!((&unset["value"], &unset["source"]), (&json!(300), &json!("default")));
}
