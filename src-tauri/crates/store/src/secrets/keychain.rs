//! Secrets in the keychain of the system: Keychain Services, Credential Manager, Secret Service.
//!
//! Every call blocks and belongs on the thread of `SecretStore`. The first one connects; a
//! connection that is lost is replaced, because this process outlives logins and their services.

use std::sync::Arc;

use headgate_model::SecretRef;
use keyring_core::{Entry, Error, api::CredentialStoreApi};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store as Connection;
#[cfg(windows)]
use windows_native_keyring_store::Store as Connection;
#[cfg(all(unix, not(target_os = "macos")))]
use zbus_secret_service_keyring_store::Store as Connection;

use super::SecretError;

/// What people see in the tools of their keychain.
const SERVICE: &str = "headgate";

const NOT_READ: &str = "nothing was read";
const NOT_STORED: &str = "nothing was stored";
const NOT_REMOVED: &str = "nothing was removed";

/// The keychain, and what is known about it.
#[derive(Default)]
pub(super) struct Keychain {
    connection: Option<Arc<Connection>>,
    /// Whether the values stored over this connection are kept.
    proven: bool,
}

impl Keychain {
    /// Stores, reads and removes a canary, once for every connection. Nothing less tells whether
    /// values can be kept: a Secret Service without a collection connects, and answers every read
    /// with "no entry".
    pub(super) fn prove(&mut self) -> Result<(), SecretError> {
        if !self.proven {
            // The process id keeps two programs that prove at once out of each other's way.
            let canary = format!("availability check {}", std::process::id());
            let kept = self.call(&canary, round_trip).flatten();
            kept.map_err(|error| unavailable(&error, NOT_STORED))?;
            self.proven = true;
        }
        Ok(())
    }

    pub(super) fn get(&mut self, secret: &SecretRef) -> Result<String, SecretError> {
        let value = self.call(&secret.0, Entry::get_password);
        value.map_err(|error| unavailable(&error, NOT_READ))?.map_err(|error| refused(secret, error))
    }

    /// Tries once: a connection that replaces a lost one needs its proof first.
    pub(super) fn set(&mut self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        let stored = self.try_call(&secret.0, |entry| entry.set_password(value));
        stored.map_err(|error| unavailable(&error, NOT_STORED))?.map_err(|error| refused(secret, error))
    }

    pub(super) fn delete(&mut self, secret: &SecretRef) -> Result<(), SecretError> {
        let deleted = self.call(&secret.0, Entry::delete_credential);
        match deleted.map_err(|error| unavailable(&error, NOT_REMOVED))? {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(secret, error)),
        }
    }

    /// Makes a call, and once more when the connection it found turns out to be lost. The outer
    /// error is that of connecting.
    fn call<T>(
        &mut self,
        user: &str,
        call: impl Fn(&Entry) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Error> {
        let was_connected = self.connection.is_some();
        match self.try_call(user, &call)? {
            Err(error) if was_connected && is_lost(&error) => self.try_call(user, call),
            answer => Ok(answer),
        }
    }

    fn try_call<T>(
        &mut self,
        user: &str,
        call: impl Fn(&Entry) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Error> {
        let connection = self.connection()?;
        let answer = connection.build(SERVICE, user, None).and_then(|entry| call(&entry));
        if answer.as_ref().is_err_and(is_lost) {
            *self = Self::default();
        }
        Ok(answer)
    }

    fn connection(&mut self) -> Result<Arc<Connection>, Error> {
        match &self.connection {
            Some(connection) => Ok(Arc::clone(connection)),
            None => Ok(Arc::clone(self.connection.insert(Connection::new()?))),
        }
    }
}

/// Whether a new connection may do better. Each start of a Secret Service is another one, without
/// the sessions of the last, and the bus goes with the login; what this store says about either is
/// a platform failure. The other systems are asked directly.
pub(super) fn is_lost(error: &Error) -> bool {
    cfg!(all(unix, not(target_os = "macos"))) && matches!(error, Error::PlatformFailure(_))
}

fn round_trip(canary: &Entry) -> Result<(), Error> {
    canary.set_password("canary")?;
    let read = canary.get_password();
    canary.delete_credential()?;
    read.map(|_| ())
}

fn unavailable(error: &Error, consequence: &'static str) -> SecretError {
    SecretError::Unavailable { cause: error.to_string(), consequence }
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
