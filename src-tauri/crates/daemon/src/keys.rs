//! Secrets that open doors: the admin token and client keys. They are compared in constant time, and
//! only hashes of client keys are kept.

use std::sync::{PoisonError, RwLock};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use headgate_model::ClientName;
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

/// The only form in which a key is kept.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Compares without telling by time where the difference is.
pub(crate) fn same(given: &str, expected: &str) -> bool {
    hash(given).ct_eq(&hash(expected)).into()
}

/// The clients that may speak MCP, by the hashes of their keys.
#[derive(Default)]
pub(crate) struct Keys {
    clients: RwLock<Vec<(ClientName, [u8; 32])>>,
}

impl Keys {
    pub(crate) fn new(clients: Vec<(ClientName, [u8; 32])>) -> Self {
        Self { clients: RwLock::new(clients) }
    }

    /// Whose key this is.
    pub(crate) fn client(&self, key: &str) -> Option<ClientName> {
        let given = hash(key);
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for (name, known) in clients.iter() {
            if bool::from(given.ct_eq(known)) {
                found = Some(name.clone());
            }
        }
        found
    }

    pub(crate) fn add(&self, name: ClientName, hash: [u8; 32]) {
        self.clients.write().unwrap_or_else(PoisonError::into_inner).push((name, hash));
    }

    /// From now on the client is known by another key alone.
    pub(crate) fn replace(&self, name: &ClientName, hash: [u8; 32]) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|(other, _)| other != name);
        clients.push((name.clone(), hash));
    }

    pub(crate) fn remove(&self, name: &ClientName) {
        self.clients.write().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| other != name);
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
        keys.add(name.clone(), hash(&key));
        assert_eq!(keys.client(&key), Some(name.clone()));
        assert_eq!(keys.client(&format!("{key}x")), None);
        assert_eq!(keys.client(""), None);
        keys.remove(&name);
        assert_eq!(keys.client(&key), None);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(generate("hgk").unwrap(), generate("hgk").unwrap());
    }
}
