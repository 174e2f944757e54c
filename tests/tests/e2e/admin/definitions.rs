//! Changing a definition, and what people may know of its secrets.

use e2e::{Sandbox, UpstreamOptions, wait_until};
use reqwest::Method;
use serde_json::{Value, json};

async fn patch(sandbox: &Sandbox, change: Value) -> (u16, Value) {
    sandbox.admin(Method::PATCH, "/upstreams/fake", Some(change)).await
}

#[tokio::test]
async fn a_changed_command_runs_and_its_secret_does_not_follow() {
    let sandbox = Sandbox::start().await;
    let secrets = [("TOKEN".to_owned(), "very-secret-value".to_owned())].into();
    sandbox
        .add_fake("fake", &["--tool", "one"], UpstreamOptions { secrets, ..UpstreamOptions::shared() })
        .await;
    let before = sandbox.upstream("fake").await;
    assert_eq!(before["secrets"][0]["name"], "TOKEN");
    let set_ms = before["secrets"][0]["set_ms"].as_u64().expect("when it was set");
    assert!(!before.to_string().contains("very-secret-value"));

    let mut transport = before["transport"].clone();
    transport["env"]["LEVEL"] = json!("2");
    let (status, same) = patch(&sandbox, json!({ "transport": transport, "call_timeout_s": 77 })).await;
    assert_eq!((status, &same["call_timeout_s"]), (200, &json!(77)), "{same}");
    assert_eq!(same["secrets"], json!([{ "name": "TOKEN", "set_ms": set_ms, "needed": false }]));

    transport["args"] = json!(["--stdio", "--tool", "two"]);
    let (status, moved) = patch(&sandbox, json!({ "transport": transport })).await;
    assert_eq!((status, &moved["enabled"]), (200, &json!(false)), "{moved}");
    assert_eq!(moved["secrets"], json!([{ "name": "TOKEN", "needed": true }]));

    let given = json!({ "secrets": { "TOKEN": "another-value" }, "enabled": true, "call_timeout_s": null });
    let (status, given) = patch(&sandbox, given).await;
    assert_eq!((status, &given["call_timeout_s"]), (200, &Value::Null), "{given}");
    assert!(given["secrets"][0]["set_ms"].as_u64() >= Some(set_ms));
    wait_until("the changed command offers its tool", async || {
        sandbox.look("/tools").await["items"].to_string().contains("\"two\"")
    })
    .await;

    transport["command"] = json!("/nowhere/at-all");
    transport["env"] = json!({});
    assert_eq!(patch(&sandbox, json!({ "transport": transport })).await.0, 200);
    let (status, failed) = sandbox.admin(Method::POST, "/upstreams/fake/start", None).await;
    assert_eq!(status, 502, "{failed}");
    assert!(sandbox.upstream("fake").await["reason"].as_str().unwrap().contains("/nowhere/at-all"));
}

#[tokio::test]
async fn times_of_secrets_outlive_the_gateway() {
    let mut sandbox = Sandbox::start().await;
    let secrets = [("TOKEN".to_owned(), "very-secret-value".to_owned())].into();
    sandbox.add_fake("fake", &[], UpstreamOptions { secrets, ..UpstreamOptions::shared() }).await;
    let before = sandbox.upstream("fake").await["secrets"].take();
    sandbox.restart().await;
    assert_eq!(sandbox.upstream("fake").await["secrets"], before);
}
