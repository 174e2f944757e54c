//! The events of the daemon, read from its answer as they come.

use std::time::Duration;

use reqwest::Response;
use serde::de::IgnoredAny;
use tokio::time::timeout;

use super::{Client, ClientError};
use crate::Event;

/// The daemon says something every 15 s; who misses it four times is talking to nobody.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// The whole state of hundreds of upstreams takes a megabyte; what is larger comes from somebody else.
const MAX_EVENT_BYTES: usize = 64 * 1024 * 1024;

/// What happens at the daemon, beginning with how everything is.
pub struct Watch {
    client: Client,
    response: Response,
    buffer: Vec<u8>,
}

impl Watch {
    pub(super) fn new(client: Client, response: Response) -> Self {
        Self { client, response, buffer: Vec::new() }
    }

    /// The next event; `None` when the daemon ends.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            while let Some(line) = self.line() {
                let Some(data) = line.strip_prefix(b"data:") else { continue };
                match serde_json::from_slice(data) {
                    Ok(event) => return Ok(Some(event)),
                    // A newer daemon may tell what this program does not know of.
                    Err(_) if serde_json::from_slice::<IgnoredAny>(data).is_ok() => {}
                    Err(error) => return Err(self.unexpected(error.to_string())),
                }
            }
            match timeout(SILENCE_LIMIT, self.response.chunk()).await {
                Err(_) => {
                    return Err(self.unexpected(format!("silence for {} s", SILENCE_LIMIT.as_secs())));
                }
                Ok(Err(error)) => return Err(self.client.unreachable(error)),
                Ok(Ok(None)) => return Ok(None),
                Ok(Ok(Some(bytes))) => self.buffer.extend_from_slice(&bytes),
            }
            if self.buffer.len() > MAX_EVENT_BYTES {
                return Err(self.unexpected(format!("an event of more than {MAX_EVENT_BYTES} bytes")));
            }
        }
    }

    /// A whole line, taken out of the buffer.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        Some(self.buffer.drain(..=end).collect())
    }

    fn unexpected(&self, what: String) -> ClientError {
        ClientError::Unexpected { url: self.response.url().to_string(), what }
    }
}
