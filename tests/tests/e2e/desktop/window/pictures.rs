//! A picture of each page of the real app, for people to look at: `HEADGATE_SHOTS=FOLDER`.

use std::{env, fs, path::PathBuf};

use e2e::Mcp;
use serde_json::json;

use super::{Page, add_demo, in_window};

const PAGES: [(&str, &str, &str); 11] = [
    ("upstreams", "/upstreams", "demo"),
    ("upstream", "/upstreams/demo", "demo"),
    ("upstream-tools", "/upstreams/demo/tools", "echo"),
    ("add", "/add", "Paste a command"),
    ("tools", "/tools", "echo"),
    ("tool", "/tools/echo", "Call the tool"),
    ("sessions", "/sessions", "editor"),
    ("activity", "/activity", "echo"),
    ("clients", "/clients", "Clients"),
    ("settings", "/settings", "Settings"),
    ("appearance", "/settings/appearance", "Settings"),
];

#[tokio::test]
async fn every_page_has_its_picture() {
    let Some(folder) = env::var_os("HEADGATE_SHOTS").map(PathBuf::from) else {
        eprintln!("SKIPPED: HEADGATE_SHOTS names no folder");
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    in_window!(stage, page);
    let save = async |page: &Page, name: &str| {
        fs::write(folder.join(format!("{name}.png")), page.picture().await).unwrap();
    };
    save(&page, "empty").await;
    add_demo(&stage, &page).await;
    let key = stage.headgate_json(&["client", "add", "editor", "--json"]).await;
    let url = stage.manifest().unwrap()["url"].as_str().unwrap().to_owned();
    let client = Mcp::open(&format!("{url}/mcp"), key["key"].as_str().unwrap()).await;
    client.call("echo", json!({ "message": "hello" })).await;
    for (theme, width, height) in [("light", 1120, 760), ("dark", 1120, 760), ("dark", 760, 520)] {
        page.resize(width, height).await;
        page.run_with("document.documentElement.dataset.theme = arguments[0]", vec![theme.into()]).await;
        for (name, path, words) in PAGES {
            page.go(path).await;
            page.is_at(path).await;
            page.shows(words).await;
            save(&page, &format!("{name}-{theme}-{width}")).await;
        }
    }
    stage.headgate(&["down"]).await;
    page.shows("Gateway is stopped").await;
    save(&page, "stopped").await;
}
