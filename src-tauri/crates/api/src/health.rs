//! Finds out whether the daemon of a manifest is the one that answers at its URL. Nothing secret is sent.

use std::time::Duration;

use serde::Deserialize;

use crate::{Manifest, client::http_builder, proof};

/// A daemon on a busy machine answers within this time; one that hangs is not waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What is answered takes a hundred bytes; a stranger may send without end.
const MAX_ANSWER_BYTES: usize = 4096;

/// Why a daemon is not taken for ours.
pub(crate) enum Unproven {
    /// Nobody answers.
    Silent(reqwest::Error),
    /// Somebody answers who does not hold the admin token, or nobody can be asked.
    Stranger,
}

/// What a daemon says of itself.
#[derive(Deserialize)]
pub(crate) struct Health {
    proof: String,
    /// It ends as soon as the calls in flight are answered, and takes no new ones.
    #[serde(default)]
    pub(crate) stopping: bool,
}

/// Asks for the proof and checks it.
pub(crate) async fn prove(manifest: &Manifest) -> Result<Health, Unproven> {
    let url = reqwest::Url::parse(&manifest.url).map_err(|_| Unproven::Stranger)?;
    let port = url.port_or_known_default().ok_or(Unproven::Stranger)?;
    let nonce = proof::new_nonce().map_err(|_| Unproven::Stranger)?;
    let http = http_builder().timeout(ANSWER_TIMEOUT).build().map_err(Unproven::Silent)?;
    let request = http.get(format!("{}/health?nonce={nonce}", manifest.url));
    let mut response = request.send().await.map_err(Unproven::Silent)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Unproven::Silent)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(Unproven::Stranger);
        }
    }
    match serde_json::from_slice::<Health>(&body) {
        Ok(health) if proof::is_proof(&health.proof, &manifest.admin_token, &nonce, port) => Ok(health),
        _ => Err(Unproven::Stranger),
    }
}
