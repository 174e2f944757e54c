//! What a look at the state costs, with a crowd behind the gateway. Nothing of the crowd runs: it is known
//! from an earlier run.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Instant};

use headgate_api::Manifest;
use headgate_gateway::{Client, Environment, Gateway, Known, Machine, Offer, Scope, Warden, fingerprint};
use headgate_model::{SecretStoreKind, Settings, UpstreamSpec, switched_off};
use headgate_protocol::Raw;
use headgate_store::{SecretStore, Store};
use serde_json::json;

use super::changes;
use crate::{
    activity::Activity,
    admin::{Admin, Parts},
    drain::Drain,
    keys::Keys,
    settings::Tuning,
    usage::Usage,
};

/// Stands in for this program: says of every tool that it costs as many tokens.
const COUNTER: &str = "#!/bin/sh\nexec sed 's/.*/7/'\n";

fn known(number: usize, tools: usize) -> (UpstreamSpec, Known) {
    let spec = json!({
        "name": format!("upstream-{number}"), "enabled": true,
        "isolation": if number.is_multiple_of(4) { "session" } else { "shared" },
        "transport": { "type": "stdio", "command": "some-server", "args": ["--quiet"] },
    });
    let spec: UpstreamSpec = serde_json::from_value(spec).unwrap();
    let tool = |at: usize| {
        let argument =
            json!({ "type": "string", "description": "What is looked for, in plain words. ".repeat(8) });
        let schema = json!({ "type": "object", "properties": { "query": argument }, "required": ["query"] });
        let name = format!("look_{number}_{at}");
        Raw::of(
            &json!({ "name": name, "description": "Looks for things. ".repeat(20), "inputSchema": schema }),
        )
    };
    let initialize = json!({
        "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
        "serverInfo": { "name": "some-server", "version": "1.2.3" },
    });
    let offer = Offer {
        initialize: Raw::of(&initialize),
        tools: (0..tools).map(tool).collect(),
        prompts: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
    };
    let (upstream, fingerprint) = (spec.name.clone(), fingerprint(&spec, None));
    let known = Known { upstream, fingerprint, offer: Arc::new(offer), start_ms: 300 };
    (spec, known)
}

async fn admin(home: &Path, upstreams: usize, tools: usize, sessions: usize) -> Admin {
    let program = home.join("counter");
    fs::write(&program, COUNTER).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let store = Store::open(&home.join("database")).await.unwrap();
    let machine = Machine {
        environment: Environment::inherited(&[]),
        warden: Warden::start(&program, &[]).unwrap(),
        secrets: Arc::new(|_| Box::pin(async { Err("there are none".to_owned()) })),
        program: program.clone(),
        settings: Arc::new(Arc::new(Settings::default()).into()),
        changes: Default::default(),
    };
    let gateway = Gateway::new(machine, false, None);
    let (specs, known) = (0..upstreams).map(|number| known(number, tools)).unzip();
    gateway.restore(specs, known);
    let hello = Raw::constant(
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"some-client","version":"3"}}"#,
    );
    for number in 0..sessions {
        let name = format!("client-{}", number % 5);
        let client = Client { credential: format!("client:{name}"), name };
        assert!(gateway.open_session(client, Scope::All, Some(&hello), None).is_ok());
    }
    let url = "http://127.0.0.1:1".to_owned();
    Admin::new(Parts {
        store: store.clone(),
        secrets: SecretStore::new(SecretStoreKind::File, home.join("secrets")),
        secret_times: Default::default(),
        keys: Arc::new(Keys::default()),
        activity: Activity::new(gateway.recorder().clone(), store.clone(), &Settings::default()),
        drain: Drain::default(),
        usage: Usage::watch_over(&gateway),
        tuning: Tuning::read(&store).await.unwrap(),
        manifest: Manifest {
            url,
            pid: 1,
            version: "1".to_owned(),
            instance: "i".to_owned(),
            admin_token: "t".to_owned(),
        },
        pages: home.to_owned(),
        program,
        gateway,
    })
}

/// `cargo nextest run -p headgate-daemon --run-ignored only --no-capture cost`
#[tokio::test]
#[ignore = "it measures, and how fast the machine is proves nothing"]
async fn the_cost_of_a_look() {
    let home = tempfile::tempdir().unwrap();
    let admin = admin(home.path(), 200, 20, 100).await;
    admin.gateway.count_tokens().await;
    let mut last = admin.look().await;
    assert_eq!(last.state.upstreams[7].tokens, Some(140), "what nobody counted would cost too little");
    const LOOKS: u32 = 20;
    let began = Instant::now();
    for _ in 0..LOOKS {
        let sight = admin.look().await;
        let events = changes::between(&last, &sight);
        assert!(events.is_empty(), "{events:?}");
        last = sight;
    }
    println!("a look at 200 upstreams with 20 tools each and 100 sessions: {:?}", began.elapsed() / LOOKS);
}

#[tokio::test]
async fn watchers_share_a_look_until_something_changes() {
    let home = tempfile::tempdir().unwrap();
    let admin = admin(home.path(), 2, 3, 30).await;
    let first = admin.sight().await;
    let (second, third) = tokio::join!(admin.sight(), admin.sight());
    assert!(Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &third));

    admin.gateway.changed();
    let (second, third) = tokio::join!(admin.sight(), admin.sight());
    assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &third));
    let events = changes::between(&first, &second);
    assert!(events.is_empty(), "another look alone is no change: {events:?}");
}

#[tokio::test]
async fn what_tools_cost_is_told_when_all_were_counted() {
    let home = tempfile::tempdir().unwrap();
    let admin = admin(home.path(), 2, 3, 0).await;
    let tokens = async || admin.look().await.state.upstreams[1].tokens;
    assert_eq!(tokens().await, None);
    admin.gateway.count_tokens().await;
    assert_eq!(tokens().await, Some(21));
    let mut spec = UpstreamSpec::clone(&admin.gateway.upstreams()[1].spec);
    spec.tool_choices = switched_off(["look_1_2".to_owned()]);
    admin.gateway.redefine(spec);
    assert_eq!(tokens().await, Some(14), "what is off costs nothing");
}
