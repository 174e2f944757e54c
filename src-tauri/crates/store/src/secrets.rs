//! Secret values, in the keychain or in a private file.
//!
//! The work blocks (and a keychain call on a tokio worker panics), so it has a thread of its own.
//! Values are never part of an error. Which secrets exist, and who refers to them, is the callers'.

mod file;
mod keychain;

#[cfg(test)]
mod tests;

use std::{io, path::PathBuf, time::Duration};

use headgate_model::{SecretRef, SecretStoreKind};

use self::{file::SecretFile, keychain::Keychain};
use crate::worker::Worker;

/// A handle to the secrets.
#[derive(Clone)]
pub struct SecretStore {
    worker: Worker<Backend>,
    answer_timeout: Duration,
}

/// Why a secret was not read, stored or removed.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no keychain, or it stores nothing.
    #[error(
        "no keychain is available on this machine ({cause}), so {consequence}; a file of mode 0600, readable by every \
         program of the same person, can keep secrets without one"
    )]
    Unavailable {
        /// What the system said.
        cause: String,
        /// What did not happen, as a part of the sentence.
        consequence: &'static str,
    },
    /// Nothing is stored under this reference.
    #[error("secret `{}` is not in the secret store", .0.0)]
    Missing(SecretRef),
    /// Something else wrote the entry.
    #[error("secret `{}` is not readable text", .0.0)]
    NotText(SecretRef),
    /// The keychain is there, but refused.
    #[error("ask the keychain for secret `{}`", secret.0)]
    Keychain {
        /// The reference.
        secret: SecretRef,
        /// What the keychain said. Never a variant that holds the value.
        source: keyring_core::Error,
    },
    /// The store did not answer in time.
    #[error("the secret store did not answer within {seconds} s: it may be locked and wait for its password")]
    TimedOut {
        /// How long it had.
        seconds: u64,
    },
    /// Others can read the file of secrets.
    #[error(
        "secrets file `{}` has mode {mode:04o}, so others can read it; it was left as it is: \
         `chmod 600` it, and consider what it holds as known",
        path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file of secrets is not a JSON object of texts.
    #[error(
        "secrets file `{}` is damaged at line {line}, column {column}; it was left as it is",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where reading ended. The parser's own message may quote a value, so it is not kept.
        line: usize,
        /// Where reading ended.
        column: usize,
    },
    /// The file of secrets cannot be read or written.
    #[error("use secrets file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread of the store has ended.
    #[error("the secret store has stopped")]
    Stopped,
}

/// Time enough to type the password of a locked keychain, and less than an upstream has to start,
/// so that its failed start can say why.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

impl SecretError {
    /// What to type about it, for those who have a command line.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable { .. } => {
                Some("`headgate serve --secret-store file` keeps them in such a file")
            }
            _ => None,
        }
    }
}

impl SecretStore {
    /// A store of this kind; `file` is where the file kind keeps it. Touches neither.
    pub fn new(kind: SecretStoreKind, file: PathBuf) -> Self {
        Self::with_answer_timeout(Backend::new(kind, file), ANSWER_TIMEOUT)
    }

    fn with_answer_timeout(backend: Backend, answer_timeout: Duration) -> Self {
        Self { worker: Worker::start("headgate-secrets", backend), answer_timeout }
    }

    /// Reads a value.
    pub async fn get(&self, secret: &SecretRef) -> Result<String, SecretError> {
        let secret = secret.clone();
        self.in_time(self.run(move |backend| backend.get(&secret))).await
    }

    /// Stores a value.
    pub async fn set(&self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        self.in_time(async {
            match self.prove_and_set(secret, value).await {
                // The connection was lost after its proof, so the next one needs a proof as well.
                Err(SecretError::Keychain { source, .. }) if keychain::is_lost(&source) => {
                    self.prove_and_set(secret, value).await
                }
                stored => stored,
            }
        })
        .await
    }

    /// Removes a value; a missing one is fine.
    pub async fn delete(&self, secret: &SecretRef) -> Result<(), SecretError> {
        let secret = secret.clone();
        self.in_time(self.run(move |backend| backend.delete(&secret))).await
    }

    async fn prove_and_set(&self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        let (secret, value) = (secret.clone(), value.to_owned());
        // A job of its own: when the proof waits for a password past the deadline, the value is
        // no longer stored after the caller heard that it was not.
        self.run(Backend::prove).await?;
        self.run(move |backend| backend.set(&secret, &value)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Backend) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        self.worker.run(job).await.unwrap_or(Err(SecretError::Stopped))
    }

    /// A keychain that waits for a person keeps the thread, so those behind it time out as well.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, SecretError>>) -> Result<T, SecretError> {
        let seconds = self.answer_timeout.as_secs();
        let answer = tokio::time::timeout(self.answer_timeout, work).await;
        answer.unwrap_or(Err(SecretError::TimedOut { seconds }))
    }
}

/// Where the values lie.
enum Backend {
    Keychain(Keychain),
    File(SecretFile),
}

impl Backend {
    fn new(kind: SecretStoreKind, file: PathBuf) -> Self {
        match kind {
            SecretStoreKind::Keychain => Self::Keychain(Keychain::default()),
            SecretStoreKind::File => Self::File(SecretFile::new(file)),
        }
    }

    fn prove(&mut self) -> Result<(), SecretError> {
        match self {
            Self::Keychain(keychain) => keychain.prove(),
            Self::File(_) => Ok(()),
        }
    }

    fn get(&mut self, secret: &SecretRef) -> Result<String, SecretError> {
        match self {
            Self::Keychain(keychain) => keychain.get(secret),
            Self::File(file) => file.get(secret),
        }
    }

    fn set(&mut self, secret: &SecretRef, value: &str) -> Result<(), SecretError> {
        match self {
            Self::Keychain(keychain) => keychain.set(secret, value),
            Self::File(file) => file.set(secret, value),
        }
    }

    fn delete(&mut self, secret: &SecretRef) -> Result<(), SecretError> {
        match self {
            Self::Keychain(keychain) => keychain.delete(secret),
            Self::File(file) => file.delete(secret),
        }
    }
}
