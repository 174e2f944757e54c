//! The clients of the two SDKs that most programs are built on. Each drives every feature of the
//! protocol once, in a script that prints one line for each.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use e2e::{HttpUpstream, Sandbox, UpstreamOptions, free_port, programs};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::{everything_over_http, node, npm_program, python_program, script};

/// All features take seconds. The scripts give up what hangs, one feature at a time.
pub(super) const SCRIPT_DEADLINE: Duration = Duration::from_secs(180);

/// Less than the lists of one upstream, so that clients meet several pages.
const PAGE_SIZE: &str = "20";

/// What both clients must see: they are the same protocol.
pub(super) const EXPECTED: &str = "\
initialize: headgate speaks 2025-11-25: completions logging prompts resources tools; \
    instructions: # everything # fixture # partner
ping: answered
tools list: count echo test_simple_text; echo is titled Echo Tool
tools call: Echo: hello
tool error: an error: This tool intentionally returns an error for testing
structured content: 36, Light rain / drizzle, 82
pagination: 53 items in order on 4 pages; a made up cursor: -32602
resources read: content of partner://item-7; image/png; unknown: -32002
resource templates: demo://resource/dynamic/text/{resourceId} test://template/{id}/data; Resource 7
subscriptions: subscribed: true, updated; subscribed: false; fixture updated
prompts: args-prompt test_simple_prompt; What's weather in Oslo?
completion: Engineering; Alice; 12 123
logging: error critical alert emergency | debug info notice warning error critical alert emergency
progress: 1/3 2/3 3/3 counted to 3
cancellation: gave up; the server knows: 1 cancelled
tools list changed: told, and new-tool is listed
prompts list changed: told, and new-prompt is listed
resources list changed: told, and new-resource is listed
told once: 2 changes, 2 and 2 notices
sampling: test-model: I read: Resource trigger-sampling-request context: a riddle; LLM response: I read: a rhyme
elicitation form: 13 fields shown; - Name: Ada - Agreed to terms: true - Favorite Integer: 7
elicitation url: url https://example.com/sign-in e-1; completed; required: -32042
roots: 1, then 2
resumption: 1 2 3 4 5 6 7 8 counted to 8, resumed 1 time
resumption by the gateway: Reconnection test completed
unknown methods: -32601; partner/unheard-of with null; notifications/partner/note psst
session termination: 404 -32603 Session not found last
";

#[tokio::test]
async fn the_npm_sdk_uses_every_feature_of_stdio_servers() {
    check(&stdio_servers().await, node(), &script("sdk.mjs")).await;
}

#[tokio::test]
async fn the_npm_sdk_uses_every_feature_of_http_servers() {
    let (sandbox, _servers) = http_servers().await;
    check(&sandbox, node(), &script("sdk.mjs")).await;
}

#[tokio::test]
async fn the_python_sdk_uses_every_feature_of_stdio_servers() {
    check(&stdio_servers().await, python(), &script("sdk.py")).await;
}

#[tokio::test]
async fn the_python_sdk_uses_every_feature_of_http_servers() {
    let (sandbox, _servers) = http_servers().await;
    check(&sandbox, python(), &script("sdk.py")).await;
}

pub(super) fn python() -> PathBuf {
    python_program("client", "python")
}

// ---- the servers that both clients use ---------------------------------------------------------------

pub(super) async fn stdio_servers() -> Sandbox {
    let sandbox = gateway().await;
    // It asks its client for roots outside of any call, which only a copy of one's own may.
    let everything = npm_program("mcp-server-everything");
    sandbox.add_stdio("everything", everything, &[], UpstreamOptions::per_session()).await;
    let fixture = programs::conformance_fixture();
    sandbox.add_stdio("fixture", fixture, &["--stdio"], UpstreamOptions::shared()).await;
    sandbox
}

/// The servers end with what is returned.
async fn http_servers() -> (Sandbox, (Child, HttpUpstream)) {
    let sandbox = gateway().await;
    let port = free_port();
    let everything = everything_over_http(port).await;
    let url = format!("http://127.0.0.1:{port}/mcp");
    sandbox.add_http("everything", &url, UpstreamOptions::default()).await;
    let fixture = HttpUpstream::start(&programs::conformance_fixture(), &["--port", "0"]).await;
    sandbox.add_http("fixture", fixture.url(), UpstreamOptions::default()).await;
    (sandbox, (everything, fixture))
}

async fn gateway() -> Sandbox {
    let sandbox = Sandbox::builder().env("HEADGATE_PAGE_SIZE", PAGE_SIZE).start().await;
    let partner = script("partner.mjs");
    let partner = partner.to_str().expect("a path in UTF-8");
    sandbox.add_stdio("partner", node(), &[partner], UpstreamOptions::shared()).await;
    sandbox
}

// ---- a client ----------------------------------------------------------------------------------------

async fn check(sandbox: &Sandbox, interpreter: PathBuf, script: &Path) {
    let key = sandbox.client_key("sdk").await;
    let mut client = Command::new(interpreter);
    client.arg(script).args([sandbox.url(), &key]);
    client.kill_on_drop(true).stdin(Stdio::null());
    let output = timeout(SCRIPT_DEADLINE, client.output()).await.expect("the client hangs");
    let output = output.expect("run the client");
    let said = String::from_utf8_lossy(&output.stdout);
    let pairs = EXPECTED.lines().zip(said.lines());
    for (expected, said) in pairs.filter(|(expected, said)| expected != said) {
        eprintln!("expected {expected}\n     got {said}");
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().eq(EXPECTED.lines()), "{} differs:\n{said}{complaints}", script.display());
}
