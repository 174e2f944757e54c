//! Large messages, many at a time. Both directions are full at once, so a gateway that writes without
//! reading stands still.

use e2e::Mcp;
use futures_util::future::join_all;

use crate::ways::Ways;

/// Echoes that are in flight together, each with a letter of its own.
async fn echo_many(client: &Mcp, bytes: usize, at_once: usize) {
    let calls = (0..at_once).map(|number| async move {
        let letter = char::from(b'a' + (number % 26) as u8);
        let params = format!(
            r#"{{"name":"echo","arguments":{{"number":{number},"text":"{}"}}}}"#,
            letter.to_string().repeat(bytes)
        );
        let answer = client.request_as(&number.to_string(), "tools/call", &params).await;
        let result = answer.raw_result();
        let expected = format!(r#"{{"content":[],"echo":{params}}}"#);
        // Comparing by hand keeps a failure from printing all of it.
        assert!(
            result == expected,
            "echo {number} of {bytes} bytes differs ({} of {} bytes)",
            result.len(),
            expected.len()
        );
    });
    join_all(calls).await;
}

#[tokio::test]
async fn sixty_four_times_64_kib() {
    let ways = Ways::open().await;
    for (_, client) in ways.clients().await {
        echo_many(&client, 64 * 1024, 64).await;
    }
}

#[tokio::test]
async fn sixty_four_times_1_mib() {
    let ways = Ways::open().await;
    for (_, client) in ways.clients().await {
        echo_many(&client, 1024 * 1024, 64).await;
    }
}

#[tokio::test]
async fn many_times_16_mib() {
    // All 64 of them fill 4 GiB in the four programs of this test; CI machines have less.
    let at_once = if std::env::var_os("HEADGATE_E2E_FULL").is_some() { 64 } else { 8 };
    let ways = Ways::open().await;
    for (_, client) in ways.clients().await {
        // A build without optimisation reads 16 MiB for a long time, and here they stand in a queue.
        let client = client.with_patience(std::time::Duration::from_secs(240));
        echo_many(&client, 16 * 1024 * 1024, at_once).await;
    }
}

#[tokio::test]
async fn the_largest_message_that_may_pass() {
    let ways = Ways::open().await;
    for (_, client) in ways.clients().await {
        echo_many(&client, 63 * 1024 * 1024, 1).await;
    }
}
