//! The calls that are being answered, and the word to take no more of them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

/// After a signal; service managers kill after ten seconds, and children need most of them.
const SIGNAL_LIMIT: Duration = Duration::from_secs(2);
/// After a person or a newer version asked; nobody kills meanwhile.
const ASKED_LIMIT: Duration = Duration::from_secs(10);

/// Counts calls and closes. Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Drain {
    state: Arc<watch::Sender<State>>,
}

#[derive(Default)]
struct State {
    calls: usize,
    /// Someone asked to end, other than by a signal.
    asked: bool,
    closed: bool,
}

/// Requests of one client that are being answered, until it is dropped.
pub(crate) struct Underway {
    drain: Drain,
}

impl Drain {
    /// Begins to answer; `None` when nothing new is taken.
    pub(crate) fn enter(&self) -> Option<Underway> {
        let mut entered = false;
        self.state.send_if_modified(|state| {
            entered = !state.closed;
            state.calls += usize::from(entered);
            // Nobody waits for calls that begin.
            false
        });
        entered.then(|| Underway { drain: self.clone() })
    }

    /// How many calls are being answered.
    pub(crate) fn calls(&self) -> usize {
        self.state.borrow().calls
    }

    /// True when nothing new is taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// Ends when nothing new is taken.
    pub(crate) async fn closed(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.closed).await;
    }

    /// Asks for the end. False, and nothing changes, when only an idle gateway should end and this one
    /// is busy.
    pub(crate) fn ask(&self, only_if_idle: bool) -> bool {
        let mut agreed = false;
        self.state.send_if_modified(|state| {
            agreed = state.closed || !only_if_idle || state.calls == 0;
            state.asked |= agreed;
            state.closed |= agreed;
            agreed
        });
        agreed
    }

    /// Ends when the gateway should close: after a `signal`, or when someone asked, and then when the last
    /// call was answered or took too long.
    pub(crate) async fn until_stopped(&self, signal: impl Future<Output = ()>) {
        let mut state = self.state.subscribe();
        let limit = tokio::select! {
            () = signal => SIGNAL_LIMIT,
            _ = state.wait_for(|state| state.asked) => ASKED_LIMIT,
        };
        self.state.send_modify(|state| state.closed = true);
        if timeout(limit, state.wait_for(|state| state.calls == 0)).await.is_err() {
            tracing::warn!(calls = self.calls(), "calls in flight are cut off");
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.drain.state.send_if_modified(|state| {
            state.calls -= 1;
            state.closed
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn only_an_idle_gateway_closes_when_that_is_asked() {
        let drain = Drain::default();
        let call = drain.enter().unwrap();
        assert!(!drain.ask(true));
        assert!(drain.enter().is_some(), "a refusal changes nothing");
        drop(call);
        assert_eq!(drain.calls(), 0);
        assert!(drain.ask(true));
        assert!(drain.enter().is_none());
        assert!(drain.ask(true), "asking again is no mistake");
        drain.until_stopped(pending()).await;
    }

    #[tokio::test]
    async fn a_signal_closes_and_waits_for_calls() {
        let drain = Drain::default();
        let call = drain.enter().unwrap();
        let (signal, signalled) = tokio::sync::oneshot::channel();
        let stopped = tokio::spawn({
            let drain = drain.clone();
            async move { drain.until_stopped(async { _ = signalled.await }).await }
        });
        signal.send(()).unwrap();
        while drain.enter().is_some() {
            tokio::task::yield_now().await;
        }
        assert!(!stopped.is_finished());
        drop(call);
        stopped.await.unwrap();
    }
}
