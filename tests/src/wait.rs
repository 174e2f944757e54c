//! Waiting for a condition, with an end. No test waits for a time.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Far longer than anything here takes, even on a busy machine with two cores.
pub const DEADLINE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(15);

/// Asks until the answer is `Some`; panics with `what` when that takes too long.
pub async fn wait_for<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < end, "waited {} s in vain until {what}", DEADLINE.as_secs());
        sleep(POLL).await;
    }
}

/// Asks until the answer is yes.
pub async fn wait_until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    wait_for(what, async || condition().await.then_some(())).await;
}

/// Waits for work that must end by itself.
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    within(DEADLINE, what, work).await
}

/// The same, with another deadline.
pub async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> T {
    match timeout(limit, work).await {
        Ok(value) => value,
        Err(_) => panic!("{what} took more than {} s", limit.as_secs()),
    }
}
