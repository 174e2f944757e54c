//! When secrets were set. The database keeps it, and a copy in memory answers, since states are told often.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use headgate_api::SecretFact;
use headgate_model::{ConfigValue, SecretRef, Transport};
use headgate_store::Store;

use super::{now_ms, restore};

/// A handle to the times. Cloning shares them.
#[derive(Clone)]
pub(super) struct SecretTimes {
    store: Store,
    times: Arc<RwLock<HashMap<SecretRef, u64>>>,
}

impl SecretTimes {
    pub(super) fn new(store: Store, times: HashMap<SecretRef, u64>) -> Self {
        Self { store, times: Arc::new(RwLock::new(times)) }
    }

    /// A secret was set just now. That its time is not kept is no reason to refuse it.
    pub(super) async fn note(&self, secret: &SecretRef) {
        let set_ms = now_ms();
        self.times.write().unwrap_or_else(PoisonError::into_inner).insert(secret.clone(), set_ms);
        if let Err(error) = self.store.note_secret(secret, set_ms).await {
            tracing::warn!("when a secret was set is not kept: {error}");
        }
    }

    /// A secret is gone.
    pub(super) async fn forget(&self, secret: &SecretRef) {
        self.times.write().unwrap_or_else(PoisonError::into_inner).remove(secret);
        if let Err(error) = self.store.forget_secret(secret).await {
            tracing::warn!("the time of a secret that is gone stays in the database: {error}");
        }
    }

    /// What people may know of the secrets of a definition.
    pub(super) fn facts(&self, transport: &Transport) -> Vec<SecretFact> {
        let times = self.times.read().unwrap_or_else(PoisonError::into_inner);
        let fact = |(name, value): (&String, &ConfigValue)| {
            let (set_ms, needed) = match value {
                ConfigValue::Plain(_) => return None,
                ConfigValue::Secret { secret } => (times.get(secret).copied(), false),
                ConfigValue::Needed { .. } => (None, true),
            };
            Some(SecretFact { name: name.clone(), set_ms, needed })
        };
        restore::values(transport).into_iter().flatten().filter_map(fact).collect()
    }
}
