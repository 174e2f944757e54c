//! Who subscribed to which resource of a shared upstream. It outlives single connections, so that a
//! restarted upstream is asked again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use crate::session::Session;

/// Subscribers by the upstream's own URI.
#[derive(Default)]
pub(crate) struct Subscriptions {
    by_uri: Mutex<HashMap<String, Vec<Weak<Session>>>>,
}

impl Subscriptions {
    /// Adds a subscriber; true when it was none before.
    pub(crate) fn add(&self, uri: &str, session: &Arc<Session>) -> bool {
        let mut by_uri = self.lock();
        let sessions = by_uri.entry(uri.to_owned()).or_default();
        sessions.retain(|other| other.strong_count() > 0);
        let is_new = !sessions.iter().any(|other| other.ptr_eq(&Arc::downgrade(session)));
        if is_new {
            sessions.push(Arc::downgrade(session));
        }
        is_new
    }

    /// Removes one subscriber; true when nobody is left, so that the upstream can be told.
    pub(crate) fn remove(&self, uri: &str, session: &Arc<Session>) -> bool {
        let mut by_uri = self.lock();
        let Some(sessions) = by_uri.get_mut(uri) else { return false };
        sessions.retain(|other| other.strong_count() > 0 && !other.ptr_eq(&Arc::downgrade(session)));
        let last = sessions.is_empty();
        if last {
            by_uri.remove(uri);
        }
        last
    }

    /// All URIs that somebody still wants.
    pub(crate) fn uris(&self) -> Vec<String> {
        let mut by_uri = self.lock();
        by_uri.retain(|_, sessions| {
            sessions.retain(|session| session.strong_count() > 0);
            !sessions.is_empty()
        });
        by_uri.keys().cloned().collect()
    }

    /// The sessions that want to hear of `uri`. It may be a part of what they subscribed to
    /// (server/resources "Subscriptions").
    pub(crate) fn subscribers(&self, uri: &str) -> Vec<Arc<Session>> {
        let by_uri = self.lock();
        let mut sessions: Vec<Arc<Session>> = Vec::new();
        for (subscribed, subscribers) in by_uri.iter() {
            if uri.starts_with(subscribed.as_str()) {
                for session in subscribers.iter().filter_map(Weak::upgrade) {
                    if !sessions.iter().any(|other| Arc::ptr_eq(other, &session)) {
                        sessions.push(session);
                    }
                }
            }
        }
        sessions
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Weak<Session>>>> {
        self.by_uri.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
