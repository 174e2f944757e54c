//! Snippets, as a person pastes them.

use expect_test::{Expect, expect};

use super::*;

fn check(client: &str, url: &str, expected: Expect) {
    expected.assert_eq(&snippet(&client.parse().unwrap(), url, "hg_k3y"));
}

#[test]
fn most_clients_share_one_form() {
    check(
        "cursor",
        "http://127.0.0.1:4283/mcp",
        expect![[r#"
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
            }"#]],
    );
}

#[test]
fn vs_code_has_its_own_word() {
    check(
        "VS-Code",
        "http://127.0.0.1:4283/mcp",
        expect![[r#"
        {
          "servers": {
            "headgate": {
              "headers": {
                "Authorization": "Bearer hg_k3y"
              },
              "type": "http",
              "url": "http://127.0.0.1:4283/mcp"
            }
          }
        }"#]],
    );
}

#[test]
fn the_address_is_never_a_name() {
    assert_eq!(loopback("http://localhost:4283/mcp"), "http://127.0.0.1:4283/mcp");
    assert_eq!(loopback("http://0.0.0.0:4283/mcp"), "http://127.0.0.1:4283/mcp");
    assert_eq!(loopback("http://192.168.1.5:4283/mcp"), "http://192.168.1.5:4283/mcp");
}
