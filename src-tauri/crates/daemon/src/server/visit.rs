//! How long one connection may stay. Places are few, and whoever is on this machine can take them; who proved
//! nothing gives his back soon.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use tokio::{sync::Notify, time::sleep};

/// How long a connection stays on which nothing was asked that takes a key.
const STRANGER_LIMIT: Duration = Duration::from_secs(5);
/// How long the last answer may take to leave.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// What is known of the one who speaks over a connection.
#[derive(Default)]
pub(super) struct Visit {
    is_known: AtomicBool,
    is_served: AtomicBool,
    changed: Notify,
}

impl Visit {
    /// A request is being answered.
    pub(super) fn began(&self) {
        self.is_served.store(true, Relaxed);
    }

    /// Something was done that takes a key.
    pub(super) fn proved(&self) {
        self.is_known.store(true, Relaxed);
    }

    /// The request was answered.
    pub(super) fn answered(&self) {
        self.is_served.store(false, Relaxed);
        self.changed.notify_one();
    }

    /// Ends when the connection is to be closed; never, once it is known whose it is.
    pub(super) async fn overstays(&self) {
        sleep(STRANGER_LIMIT).await;
        while self.is_served.load(Relaxed) {
            self.changed.notified().await;
            if !self.is_known.load(Relaxed) {
                sleep(ANSWER_LIMIT).await;
            }
        }
        if self.is_known.load(Relaxed) {
            pending::<()>().await;
        }
    }
}
