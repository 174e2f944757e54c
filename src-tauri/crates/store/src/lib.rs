//! What Headgate remembers: definitions in SQLite, secret values in the keychain.
//!
//! The only SQL and the only keychain calls of the product. Both block, so each runs on a thread of
//! its own behind a small handle. What the values mean is up to the callers.

mod activity;
mod catalogs;
mod clients;
mod database;
mod restore;
mod secret_times;
mod secrets;
mod sessions;
mod settings;
mod upstreams;
mod worker;

#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;

#[cfg(test)]
mod tests;

pub use activity::{Bounds, CallFilter, CallPoint, CallRow, NewCall};
pub use catalogs::CatalogRecord;
pub use clients::ClientRecord;
pub use database::{Store, StoreError};
pub use restore::Restoration;
pub use secrets::{SecretError, SecretStore};
pub use sessions::{SessionRecord, SessionWrite};
pub use settings::SettingChanges;
