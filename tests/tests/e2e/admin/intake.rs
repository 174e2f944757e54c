//! Reading what a person pasted.

use e2e::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

async fn read(sandbox: &Sandbox, body: Value) -> Value {
    let (status, report) = sandbox.admin(Method::POST, "/upstreams/read", Some(body)).await;
    assert_eq!(status, 200, "{report}");
    report
}

#[tokio::test]
async fn a_pasted_text_becomes_a_definition_that_can_be_posted() {
    let sandbox = Sandbox::start().await;
    let text = "claude mcp add team --transport http https://mcp.example.com/mcp --header 'Authorization: Bearer s3cr3t-value'";
    let report = read(&sandbox, json!({ "text": text })).await;
    let proposal = &report["proposals"][0];
    assert_eq!(proposal["command_line"], "https://mcp.example.com/mcp Authorization: ${Authorization}");
    assert_eq!(proposal["secrets"], json!([{ "name": "Authorization", "given": true }]));
    assert_eq!(proposal["definition"]["secrets"]["Authorization"], "Bearer s3cr3t-value");
    assert!(!sandbox.log().contains("s3cr3t"), "a secret is in the log");
    assert!(sandbox.look("/upstreams").await["upstreams"].as_array().unwrap().is_empty());

    let demo = read(&sandbox, json!({ "demo": true })).await["proposals"][0]["definition"].take();
    let (status, added) = sandbox.admin(Method::POST, "/upstreams", Some(demo.clone())).await;
    assert_eq!((status, &added["name"]), (201, &json!("demo")), "{added}");
    let again = read(&sandbox, json!({ "text": "demo" })).await;
    assert_eq!(again["proposals"][0]["name"], "demo-2");

    let problems = read(&sandbox, json!({ "text": "a | b" })).await;
    assert!(problems["problems"][0].as_str().unwrap().contains("shell"), "{problems}");
    let large = json!({ "text": "x".repeat(1024 * 1024 + 1) });
    assert_eq!(sandbox.admin(Method::POST, "/upstreams/read", Some(large)).await.0, 413);
}

#[tokio::test]
async fn what_does_not_work_yet_can_be_kept_switched_off() {
    let sandbox = Sandbox::start().await;
    let text =
        r#"{"mcpServers": {"a": {"command": "no-such", "env": {"TOKEN": "${TOKEN}"}, "disabled": true}}}"#;
    let proposal = read(&sandbox, json!({ "text": text })).await["proposals"][0].take();
    assert_eq!(proposal["definition"]["enabled"], false, "{proposal}");
    let mut definition = proposal["definition"].clone();
    definition["transport"] = proposal["transport"].clone();
    definition["enabled"] = json!(true);
    let (status, refusal) = sandbox.admin(Method::POST, "/upstreams", Some(definition.clone())).await;
    assert_eq!((status, &refusal["code"]), (409, &json!("secrets-needed")), "{refusal}");
    definition["enabled"] = json!(false);
    let (status, kept) = sandbox.admin(Method::POST, "/upstreams", Some(definition)).await;
    assert_eq!((status, &kept["enabled"], &kept["state"]), (201, &json!(false), &json!("stopped")), "{kept}");
    assert_eq!(kept["transport"]["env"]["TOKEN"]["secret_needed"], "TOKEN", "{kept}");

    let added = sandbox.cli(&["add", "--disabled", "b", "--", "no-such"]).await;
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    assert!(added.status.success() && said.contains("switched off"), "{said}");
}

#[tokio::test]
async fn a_person_may_paste_on_the_command_line() {
    let sandbox = Sandbox::start().await;
    let ask = sandbox.cli_with_input(&["add", "--paste"], "headgate add --demo").await;
    let said = String::from_utf8_lossy(&ask.stderr).into_owned();
    assert!(!ask.status.success() && said.contains("`demo` runs headgate demo"), "{said}");
    let added = sandbox.cli_with_input(&["add", "--paste", "--yes", "mine"], "demo").await;
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(sandbox.upstream("mine").await["transport"]["type"], "demo");
    let file = sandbox.home().join("settings.json");
    std::fs::write(&file, r#"{"mcpServers":{"a":{"command":""}}}"#).unwrap();
    let empty = sandbox.cli(&["add".as_ref(), "--yes".as_ref(), "--from".as_ref(), file.as_os_str()]).await;
    let said = String::from_utf8_lossy(&empty.stderr).into_owned();
    assert!(said.contains("its command is empty") && said.contains("no server to add"), "{said}");
}

#[tokio::test]
async fn a_value_is_kept_as_a_person_says() {
    let sandbox = Sandbox::start().await;
    let definition = json!({
        "name": "db",
        "transport": { "type": "stdio", "command": "db", "env": { "MODE": "a b", "KEY": { "secret_needed": "KEY" } } },
        "secrets": { "URL": "kept-value", "PATH": "/opt" },
    });
    let report = read(&sandbox, json!({ "definition": definition })).await;
    let proposal = &report["proposals"][0];
    assert_eq!(proposal["command_line"], "KEY=${KEY} MODE='a b' PATH=/opt URL=${URL} db");
    let secrets = json!([{ "name": "KEY", "given": false }, { "name": "URL", "given": true }]);
    assert_eq!(proposal["secrets"], secrets);
    assert_eq!(proposal["definition"]["secrets"], json!({ "URL": "kept-value" }));
    let plain = json!({ "MODE": "a b", "PATH": "/opt" });
    assert_eq!(proposal["definition"]["transport"]["env"], plain);
    assert!(proposal["notes"][0].as_str().unwrap().contains("never hidden"), "{proposal}");

    let unsound =
        json!({ "name": "db", "transport": { "type": "stdio", "command": "db" }, "secrets": { "A B": "c" } });
    let (status, _) =
        sandbox.admin(Method::POST, "/upstreams/read", Some(json!({ "definition": unsound }))).await;
    assert_eq!(status, 400);
}
