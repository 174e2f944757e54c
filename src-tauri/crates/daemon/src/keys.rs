//! Secrets that open doors: the admin token and client keys. They are compared in constant time, and
//! only hashes of client keys are kept.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use headgate_model::ClientName;
use headgate_store::ClientRecord;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 bits: nobody guesses that.
const SECRET_BYTES: usize = 32;

/// A new secret, with a word before it by which people and scanners recognise it.
pub(crate) fn generate(word: &str) -> anyhow::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).context("get random bytes from the system")?;
    Ok(format!("{word}_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The only form in which a key is kept, and in which secrets are compared: what is given is hashed once.
pub(crate) type Hash = [u8; 32];

pub(crate) fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares without telling by time where the difference is.
pub(crate) fn same(given: &Hash, expected: &Hash) -> bool {
    given.ct_eq(expected).into()
}

/// The clients that may speak MCP, as they stand in the database: every request asks for one, and every look at
/// the state for all.
#[derive(Default)]
pub(crate) struct Keys {
    clients: RwLock<Vec<ClientRecord>>,
}

impl Keys {
    pub(crate) fn new(clients: Vec<ClientRecord>) -> Self {
        Self { clients: RwLock::new(clients) }
    }

    /// All of them, in no order.
    pub(crate) fn clients(&self) -> Vec<ClientRecord> {
        self.read().clone()
    }

    /// Whose key this is.
    pub(crate) fn client(&self, given: &Hash) -> Option<ClientName> {
        let mut found = None;
        for client in self.read().iter() {
            if same(given, &client.key_sha256) {
                found = Some(client.name.clone());
            }
        }
        found
    }

    pub(crate) fn add(&self, client: ClientRecord) {
        self.write().push(client);
    }

    /// From now on the client is known by another key alone.
    pub(crate) fn replace(&self, name: &ClientName, hash: Hash) {
        if let Some(client) = self.write().iter_mut().find(|client| client.name == *name) {
            client.key_sha256 = hash;
        }
    }

    pub(crate) fn remove(&self, name: &ClientName) {
        self.write().retain(|client| client.name != *name);
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<ClientRecord>> {
        self.clients.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<ClientRecord>> {
        self.clients.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_until_it_is_removed() {
        let key = generate("hgk").unwrap();
        let name: ClientName = "claude".parse().unwrap();
        let keys = Keys::default();
        let client = |key: &str| keys.client(&hash(key));
        keys.add(ClientRecord { name: name.clone(), key_sha256: hash(&key), created_ms: 5 });
        assert_eq!(client(&key), Some(name.clone()));
        assert_eq!(client(&format!("{key}x")), None);
        assert_eq!(client(""), None);
        let other = generate("hgk").unwrap();
        keys.replace(&name, hash(&other));
        assert_eq!((client(&key), client(&other)), (None, Some(name.clone())));
        assert_eq!(keys.clients()[0].created_ms, 5, "a client is as old with another key");
        keys.remove(&name);
        assert_eq!(client(&other), None);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(generate("hgk").unwrap(), generate("hgk").unwrap());
    }
}
