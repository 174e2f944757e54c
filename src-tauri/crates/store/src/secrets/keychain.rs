//! Secrets in the keychain of the system: Keychain Services, Credential Manager, Secret Service.
//!
//! Every call blocks and belongs on the thread of `SecretStore`. The first one connects.

use headgate_model::SecretRef;
use keyring::{Entry, Error};

use super::SecretError;

/// What people see in the tools of their keychain.
const SERVICE: &str = "headgate";

/// The keychain, and what is known about it.
#[derive(Default)]
pub(super) struct Keychain {
    proven: bool,
}

impl Keychain {
    /// Stores, reads and removes a canary, once. Nothing less tells whether values can be kept: a
    /// Secret Service without a collection connects, and answers every read with "no entry".
    pub(super) fn prove(&mut self) -> Result<(), SecretError> {
        if !self.proven {
            round_trip().map_err(|error| unavailable(&error))?;
            self.proven = true;
        }
        Ok(())
    }

    pub(super) fn get(&self, secret: &SecretRef) -> Result<String, SecretError> {
        entry(secret)?.get_password().map_err(|error| refused(secret, error))
    }

    pub(super) fn set(&self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        entry(secret)?.set_password(value).map_err(|error| refused(secret, error))
    }

    pub(super) fn delete(&self, secret: &SecretRef) -> Result<(), SecretError> {
        match entry(secret)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(secret, error)),
        }
    }
}

fn round_trip() -> Result<(), Error> {
    // The process id keeps two programs that prove at once out of each other's way.
    let canary = Entry::new(SERVICE, &format!("availability check {}", std::process::id()))?;
    canary.set_password("canary")?;
    let read = canary.get_password();
    canary.delete_credential()?;
    read.map(|_| ())
}

fn entry(secret: &SecretRef) -> Result<Entry, SecretError> {
    match Entry::new(SERVICE, &secret.0) {
        Err(error @ Error::NoDefaultStore) => Err(unavailable(&error)),
        entry => entry.map_err(|error| refused(secret, error)),
    }
}

fn unavailable(error: &Error) -> SecretError {
    // "No default store" only says that connecting failed; the status says why.
    let cause = match (error, Entry::store_status()) {
        (Error::NoDefaultStore, Err(cause)) => cause,
        _ => error,
    };
    SecretError::Unavailable { cause: cause.to_string() }
}

pub(super) fn refused(secret: &SecretRef, error: Error) -> SecretError {
    let secret = secret.clone();
    match error {
        Error::NoEntry => SecretError::Missing(secret),
        // Both hold the value.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => SecretError::NotText(secret),
        source => SecretError::Keychain { secret, source },
    }
}
