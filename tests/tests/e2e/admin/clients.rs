//! The clients that Headgate knows, and their keys.

use e2e::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_one() {
    let sandbox = Sandbox::start().await;
    let (_, first) = sandbox.admin(Method::POST, "/clients", Some(json!({ "name": "cursor" }))).await;
    let (status, second) = sandbox.admin(Method::POST, "/clients/cursor/key", None).await;
    assert_eq!(status, 201, "{second}");
    let opens = async |key: &Value| {
        let url = sandbox.at(&format!("/k/{}/mcp", key.as_str().unwrap()));
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
        }});
        let request = reqwest::Client::new().post(url).json(&hello);
        let request = request.header("accept", "application/json, text/event-stream");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(opens(&first["key"]).await, 401);
    assert_eq!(opens(&second["key"]).await, 200);
    assert_eq!(sandbox.admin(Method::POST, "/clients/nobody/key", None).await.0, 404);
}

#[tokio::test]
async fn every_known_client_gets_its_text() {
    let sandbox = Sandbox::start().await;
    let known = sandbox.look("/clients/known").await;
    let known = known["clients"].as_array().unwrap();
    let (_, made) = sandbox.admin(Method::POST, "/clients", Some(json!({ "name": "me" }))).await;
    let (snippets, key) = (made["snippets"].as_array().unwrap(), made["key"].as_str().unwrap());
    for client in known {
        let of: Vec<_> = snippets.iter().filter(|snippet| snippet["client_id"] == client["id"]).collect();
        let ways = if client["how"] == "http" { 2 } else { 1 };
        assert_eq!(of.len(), ways, "{client}");
        for snippet in of {
            let text = snippet["text"].as_str().unwrap();
            assert_eq!(text.contains(key), snippet["stdio"] == false, "{snippet}");
        }
    }
}
