//! Ends the daemon: asks it to, and makes sure that process and port are gone. Only a daemon that holds
//! its lock is ever sent a signal, so that a process with a reused id never is.

#[cfg_attr(unix, path = "shutdown/unix.rs")]
#[cfg_attr(windows, path = "shutdown/windows.rs")]
mod platform;

use std::time::{Duration, Instant};

use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    Client, ClientError, Home, Manifest, ManifestError,
    election::{POLL, turn},
    lock, marks,
};

/// Calls in flight get 10 s of the daemon, its children 6 s, and connections 1 s.
const ASKED_LIMIT: Duration = Duration::from_secs(20);

/// What a signal to terminate may take: the same with 2 s for calls.
const SIGNAL_LIMIT: Duration = Duration::from_secs(11);

/// Only the kernel takes part in a kill.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// A daemon that is just starting writes its manifest within this time.
const MANIFEST_LIMIT: Duration = Duration::from_secs(5);

/// A connection on this machine is there at once or not at all.
const CONNECT_LIMIT: Duration = Duration::from_millis(500);

/// What was there to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down {
    /// The daemon that was ended; `None` when none ran.
    pub pid: Option<u32>,
    /// It did not end when it was asked to.
    pub forced: bool,
}

/// How a daemon took the request to end if nobody needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It is gone.
    Gone,
    /// It has calls in flight, or cannot be asked, and goes on.
    Busy,
}

/// Ends the daemon and keeps it from being started again until a person wants it. Returns when process
/// and port are gone.
pub async fn down(home: &Home) -> Result<Down, ClientError> {
    home.create()?;
    marks::stop(home).map_err(|e| ClientError::home(home.stopped_mark(), e))?;
    // A start that is under way is waited for, since its daemon would come after we looked.
    let _lock = turn(home).await?;
    end_daemon(home).await
}

/// Ends the daemon, if one lives. Only for the holder of `start.lock`.
pub(crate) async fn end_daemon(home: &Home) -> Result<Down, ClientError> {
    let Some(manifest) = manifest_of_the_living(home).await? else {
        return Ok(Down { pid: None, forced: false });
    };
    let down = |forced| Ok(Down { pid: Some(manifest.pid), forced });
    // One that does not answer, or refuses, gets a signal.
    let asked = match Client::attach(home).await {
        Ok(client) => client.shut_down(false).await.is_ok(),
        Err(_) => false,
    };
    if asked && is_gone(home, &manifest, ASKED_LIMIT).await {
        return down(false);
    }
    for (signal, limit) in [(Signal::Terminate, SIGNAL_LIMIT), (Signal::Kill, KILL_LIMIT)] {
        // It holds its lock, so its process id is still its own.
        if lock::daemon_lives(home) {
            platform::send(manifest.pid, signal);
        }
        if is_gone(home, &manifest, limit).await {
            return down(true);
        }
    }
    Err(ClientError::Immortal { pid: manifest.pid })
}

/// Ends an older daemon that nobody needs. Only for the holder of `start.lock`.
pub(crate) async fn end_if_idle(home: &Home, client: &Client) -> Ended {
    let gone = match client.shut_down(true).await {
        Ok(()) => is_gone(home, client.manifest(), ASKED_LIMIT).await,
        // It is busy, does not know this request, or ended by itself meanwhile.
        Err(_) => !lock::daemon_lives(home),
    };
    if gone { Ended::Gone } else { Ended::Busy }
}

/// What can be sent to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End yourself.
    Terminate,
    /// The system ends it.
    Kill,
}

/// The manifest of the daemon that holds its lock. A daemon removes a stale one as soon as it has the
/// lock, so the one that is there is its own.
async fn manifest_of_the_living(home: &Home) -> Result<Option<Manifest>, ClientError> {
    let deadline = Instant::now() + MANIFEST_LIMIT;
    while lock::daemon_lives(home) {
        match Manifest::read(home) {
            Ok(manifest) => return Ok(Some(manifest)),
            Err(ManifestError::NotRunning { .. }) if Instant::now() < deadline => sleep(POLL).await,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Waits until the daemon's lock, process and port are free.
async fn is_gone(home: &Home, manifest: &Manifest, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while lock::daemon_lives(home) {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL).await;
    }
    // The kernel frees a process's files one after the other, and a moment later its id. A port that
    // somebody else takes at once is as good as free.
    let deadline = Instant::now() + KILL_LIMIT;
    while Instant::now() < deadline && (!platform::is_gone(manifest.pid) || answers(&manifest.url).await) {
        sleep(POLL).await;
    }
    true
}

async fn answers(url: &str) -> bool {
    let address = url.trim_start_matches("http://");
    matches!(timeout(CONNECT_LIMIT, TcpStream::connect(address)).await, Ok(Ok(_)))
}
