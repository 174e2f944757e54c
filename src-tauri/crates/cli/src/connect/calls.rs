//! The client's calls that have no answer yet. Each gets one: the answer, or one error.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use headgate_protocol::{Id, Incoming, Message, parse};
use tokio::sync::Notify;

/// Calls in flight, by their ids.
#[derive(Default)]
pub(super) struct Calls {
    open: Mutex<HashSet<Id>>,
    changed: Notify,
}

impl Calls {
    pub(super) fn add(&self, ids: &[Id]) {
        self.lock().extend(ids.iter().cloned());
    }

    /// They were not taken, so nothing is lost when a daemon is.
    pub(super) fn take_back(&self, ids: &[Id]) {
        for id in ids {
            self.remove(id);
        }
    }

    /// True when the call had no answer yet.
    pub(super) fn remove(&self, id: &Id) -> bool {
        let removed = self.lock().remove(id);
        self.changed.notify_waiters();
        removed
    }

    pub(super) fn all(&self) -> Vec<Id> {
        self.lock().iter().cloned().collect()
    }

    /// Waits until no call is in flight.
    pub(super) async fn none(&self) {
        let mut changed = std::pin::pin!(self.changed.notified());
        loop {
            changed.as_mut().enable();
            if self.lock().is_empty() {
                return;
            }
            changed.as_mut().await;
            changed.set(self.changed.notified());
        }
    }

    /// False for the answer to a call that was failed before. A batch passes when any of it does.
    pub(super) fn is_for_us(&self, message: &Bytes) -> bool {
        let passes = |message: &Message| match message {
            Message::Response(response) => response.id.as_ref().is_none_or(|id| self.remove(id)),
            Message::Request(_) | Message::Notification(_) => true,
        };
        match parse(message) {
            Ok(Incoming::One(message)) => passes(&message),
            Ok(Incoming::Batch(messages)) => {
                messages.iter().flatten().filter(|message| passes(message)).count() > 0
            }
            Err(_) => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Id>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_is_answered_once() {
        let calls = Calls::default();
        calls.add(&[Id::number(1), Id::number(2)]);
        let answer = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
        assert!(calls.is_for_us(&answer));
        assert!(!calls.is_for_us(&answer));
        assert!(calls.is_for_us(&Bytes::from_static(br#"{"jsonrpc":"2.0","method":"n"}"#)));
        assert!(calls.remove(&Id::number(2)));
        calls.none().await;
    }
}
