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

fn folders() -> Folders {
    Folders { home: "/home/ann".into(), applications: "/home/ann/.config".into(), is_windows: false }
}

/// What every client can be told can be read back from it.
#[test]
fn each_snippet_reads_as_what_it_says() {
    let (url, program) = ("http://127.0.0.1:4283/mcp", std::path::Path::new("/home/ann/a b/gate"));
    let name = "cursor".parse().unwrap();
    for snippet in snippets(&name, url, "hgk_k3y", program, &folders()) {
        let read = read(&snippet.text, &Surroundings::default());
        assert_eq!(read.problems, Vec::<String>::new(), "{}", snippet.client_id);
        let [proposal] = read.proposals.as_slice() else { panic!("{}", snippet.client_id) };
        let line = headgate_model::command_line(&proposal.transport);
        match snippet.stdio {
            true => assert_eq!(line, "'/home/ann/a b/gate' connect --client cursor", "{}", snippet.client_id),
            false => {
                assert_eq!(line, format!("{url} Authorization: ${{Authorization}}"), "{}", snippet.client_id);
                assert_eq!(proposal.secrets["Authorization"].as_deref(), Some("Bearer hgk_k3y"));
            }
        }
        assert_eq!(proposal.name.as_str(), ENTRY, "{}", snippet.client_id);
        assert_eq!(snippet.text.contains("hgk_k3y"), !snippet.stdio);
    }
}

#[test]
fn snippets_look_as_clients_want_them() {
    let all = snippets(
        &"me".parse().unwrap(),
        "http://127.0.0.1:4283/mcp",
        "hgk_k3y",
        "/gate".as_ref(),
        &folders(),
    );
    let shown = |id: &str| {
        let of = all.iter().filter(|snippet| snippet.client_id == id);
        of.map(|snippet| format!("{:?} {}\n{}\n", snippet.file, snippet.language, snippet.text))
            .collect::<String>()
    };
    let check = |id: &str, expected: Expect| expected.assert_eq(&shown(id));
    check(
        "claude-desktop",
        expect![[r#"
        Some("/home/ann/.config/Claude/claude_desktop_config.json") json
        {
          "mcpServers": {
            "headgate": {
              "args": [
                "connect",
                "--client",
                "me"
              ],
              "command": "/gate"
            }
          }
        }
    "#]],
    );
    check(
        "codex",
        expect![[r#"
        Some("/home/ann/.codex/config.toml") toml
        [mcp_servers.headgate]
        url = "http://127.0.0.1:4283/mcp"
        http_headers = { Authorization = "Bearer hgk_k3y" }

        Some("/home/ann/.codex/config.toml") toml
        [mcp_servers.headgate]
        command = "/gate"
        args = ["connect", "--client", "me"]

    "#]],
    );
    check(
        "goose",
        expect![[r#"
        Some("/home/ann/.config/goose/config.yaml") yaml
        extensions:
          headgate:
            name: headgate
            type: streamable_http
            uri: "http://127.0.0.1:4283/mcp"
            headers:
              Authorization: "Bearer hgk_k3y"
            enabled: true
            timeout: 300

        Some("/home/ann/.config/goose/config.yaml") yaml
        extensions:
          headgate:
            name: headgate
            type: stdio
            cmd: "/gate"
            args: ["connect", "--client", "me"]
            enabled: true
            timeout: 300

    "#]],
    );
    check(
        "opencode",
        expect![[r#"
        Some("/home/ann/.config/opencode/opencode.json") json
        {
          "mcp": {
            "headgate": {
              "enabled": true,
              "headers": {
                "Authorization": "Bearer hgk_k3y"
              },
              "oauth": false,
              "type": "remote",
              "url": "http://127.0.0.1:4283/mcp"
            }
          }
        }
        Some("/home/ann/.config/opencode/opencode.json") json
        {
          "mcp": {
            "headgate": {
              "command": [
                "/gate",
                "connect",
                "--client",
                "me"
              ],
              "enabled": true,
              "type": "local"
            }
          }
        }
    "#]],
    );
    check(
        "zed",
        expect![[r#"
        Some("/home/ann/.config/zed/settings.json") json
        {
          "context_servers": {
            "headgate": {
              "headers": {
                "Authorization": "Bearer hgk_k3y"
              },
              "source": "custom",
              "url": "http://127.0.0.1:4283/mcp"
            }
          }
        }
        Some("/home/ann/.config/zed/settings.json") json
        {
          "context_servers": {
            "headgate": {
              "args": [
                "connect",
                "--client",
                "me"
              ],
              "command": "/gate",
              "source": "custom"
            }
          }
        }
    "#]],
    );
    check(
        "continue",
        expect![[r#"
        Some("/home/ann/.continue/config.yaml") yaml
        mcpServers:
          - name: headgate
            type: streamable-http
            url: "http://127.0.0.1:4283/mcp"
            requestOptions:
              headers:
                Authorization: "Bearer hgk_k3y"

        Some("/home/ann/.continue/config.yaml") yaml
        mcpServers:
          - name: headgate
            command: "/gate"
            args: ["connect", "--client", "me"]

    "#]],
    );
}

#[test]
fn a_client_is_told_by_what_only_it_has() {
    for known in KNOWN_CLIENTS {
        assert!(known.id.parse::<ClientName>().is_ok());
        for sign in known.signs(&folders()) {
            let is_common =
                ["/home/ann", "/home/ann/.config", "/home"].iter().any(|common| sign.as_os_str() == *common);
            assert!(!is_common, "{}: {}", known.id, sign.display());
        }
    }
}
