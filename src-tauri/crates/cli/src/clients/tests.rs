//! What people read, as plain text.

use expect_test::{Expect, expect};

use super::*;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&anstream::adapter::strip_str(text).to_string());
}

#[test]
fn a_new_client_is_told_how_to_connect() {
    let client = CreatedClient {
        name: "cursor".parse().unwrap(),
        key: "hg_k3y".to_owned(),
        url: "http://127.0.0.1:4283/mcp".to_owned(),
        snippets: Vec::new(),
    };
    check(
        &add_text(&client),
        expect![[r#"
            `cursor` can connect with this key, which is shown only now:
              url  http://127.0.0.1:4283/mcp
              key  hg_k3y

            For a client that is configured by JSON:
            {
              "mcpServers": {
                "headgate": {
                  "headers": {
                    "Authorization": "Bearer hg_k3y"
                  },
                  "type": "http",
                  "url": "http://127.0.0.1:4283/mcp"
                }
              }
            }

            For one that cannot send a header:
              http://127.0.0.1:4283/k/hg_k3y/mcp
        "#]],
    );
}

#[test]
fn clients_and_sessions_are_aligned() {
    let clients = serde_json::from_value::<Vec<ClientView>>(json!([
        { "name": "claude", "created_ms": 0, "sessions": 2 },
        { "name": "c", "created_ms": 90_000_000, "sessions": 10 },
    ]));
    check(
        &list_text(&clients.unwrap(), 90_061_000),
        expect![[r#"
        CLIENT  SESSIONS  CREATED
        claude  2         1d ago
        c       10        1m ago
    "#]],
    );
    let sessions = serde_json::from_value::<Vec<SessionView>>(json!([
        {
            "id": "0f0e0d0c", "client": "claude", "client_info": "claude-code 2.1.328",
            "protocol_version": "2025-11-25", "path": "/mcp", "calls": 1, "children": 0,
            "idle_ms": 1200, "asleep": false,
        },
        {
            "id": "a1b2c3d4", "client": "c", "client_info": null,
            "protocol_version": "2025-06-18", "path": "/mcp/files", "calls": 0, "children": 0,
            "idle_ms": 7_200_000, "asleep": true,
        },
    ]));
    check(
        &sessions_text(&sessions.unwrap()),
        expect![[r#"
        SESSION   CLIENT  PROGRAM              PROTOCOL    PATH        CALLS  CHILDREN  LAST USE
        0f0e0d0c  claude  claude-code 2.1.328  2025-11-25  /mcp        1      0         1s ago
        a1b2c3d4  c       -                    2025-06-18  /mcp/files  0      0         2h ago, asleep
    "#]],
    );
}
