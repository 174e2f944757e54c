//! How often an upstream was used, counted without a lock. It outlives changes of the definition and
//! restarts of the upstream, not those of the gateway.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

/// Counts the calls of one upstream.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    errors: AtomicU64,
    /// 0 before the first call.
    last_used_ms: AtomicU64,
}

impl Counters {
    /// A call has ended.
    pub(crate) fn count(&self, is_failure: bool) {
        self.calls.fetch_add(1, Relaxed);
        self.errors.fetch_add(u64::from(is_failure), Relaxed);
        self.last_used_ms.store(now_ms(), Relaxed);
    }

    /// Calls that ended.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Those of them that failed.
    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// When the last one ended, in milliseconds since 1970.
    pub(crate) fn last_used_ms(&self) -> Option<u64> {
        Some(self.last_used_ms.load(Relaxed)).filter(|at| *at > 0)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
