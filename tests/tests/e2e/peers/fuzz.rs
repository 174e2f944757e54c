//! Schemathesis reads the document of the admin API and sends what it allows and what it forbids. No
//! answer may be a fault of the gateway, and every one must be as the document says.

use std::{process::Stdio, time::Duration};

use e2e::{Sandbox, UpstreamOptions, within};
use serde_json::json;
use tokio::process::Command;

use super::{folder, python_program};

/// Requests for each operation and way of making them up; enough to meet every kind of value.
const EXAMPLES: &str = "12";
/// Far more than it takes, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Not fuzzed: `shutdown` ends what is tested, and `events` never ends.
const LEFT_OUT: [&str; 2] = ["/api/shutdown", "/api/events"];

#[tokio::test]
async fn the_admin_api_is_as_its_document_says() {
    // What it makes up are no servers; it need not wait for them.
    let sandbox = Sandbox::builder().env("HEADGATE_START_TIMEOUT", "0.5").start().await;
    sandbox.add_fake("fake", &[], UpstreamOptions::default()).await;
    sandbox.client("tester", "/mcp").await.call("echo", json!({})).await;

    let mut fuzzer = Command::new(python_program("schemathesis", "schemathesis"));
    fuzzer.arg("--config-file").arg(folder().join("schemathesis.toml"));
    fuzzer.args(["run", &sandbox.at("/api/openapi.json"), "--no-color"]);
    fuzzer.args(["-H", &format!("Authorization: Bearer {}", sandbox.admin_token())]);
    fuzzer.args(["--max-examples", EXAMPLES, "--generation-deterministic"]);
    fuzzer.args(["--request-timeout", "20", "--continue-on-failure"]);
    for path in LEFT_OUT {
        fuzzer.args(["--exclude-path", path]);
    }
    fuzzer.current_dir(sandbox.home()).stdin(Stdio::null()).kill_on_drop(true);
    let output = within(LIMIT, "fuzzing the admin API", fuzzer.output()).await.expect("run schemathesis");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    // It warns of paths of which it knows no example, and ends well then, too.
    assert!(report.contains(" generated, ") && report.contains("✅ Fuzzing"), "it tried nothing: {report}");
    sandbox.look("/status").await;
}
