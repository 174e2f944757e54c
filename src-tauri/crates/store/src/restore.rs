//! Putting back a setup: everything in one transaction, so that half of it is never kept.

use headgate_model::{ClientName, UpstreamName, UpstreamSpec};

use crate::{ClientRecord, SettingChanges, Store, StoreError, clients, settings, upstreams};

/// Changes that belong together.
#[derive(Debug, Default)]
pub struct Restoration {
    /// Definitions to add at the end, or to replace in their place.
    pub put_upstreams: Vec<UpstreamSpec>,
    /// Definitions to remove.
    pub remove_upstreams: Vec<UpstreamName>,
    /// Settings to set or to forget.
    pub settings: SettingChanges,
    /// Clients to add.
    pub add_clients: Vec<ClientRecord>,
    /// Clients to remove.
    pub remove_clients: Vec<ClientName>,
}

impl Store {
    /// Makes all of these changes, or none.
    pub async fn restore(&self, restoration: Restoration) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            for name in &restoration.remove_upstreams {
                upstreams::remove(&transaction, name)?;
            }
            for spec in &restoration.put_upstreams {
                upstreams::put(&transaction, spec)?;
            }
            settings::write(&transaction, &restoration.settings)?;
            for name in &restoration.remove_clients {
                clients::remove(&transaction, name)?;
            }
            for client in restoration.add_clients {
                clients::add(&transaction, client)?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }
}
