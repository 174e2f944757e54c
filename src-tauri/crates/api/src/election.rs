//! Who starts the daemon. A face that needs one attaches to the one that runs; where none runs, the face
//! that gets `start.lock` starts one and the others wait for it. That at most one daemon lives is not
//! decided here: the daemon holds `daemon.lock` for life, so every mistake here ends as a daemon too
//! many that ends at once.

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    Client, ClientError, Home, Manifest, StartFailure,
    lock::{self, StartLock},
    marks, place,
    shutdown::{self, Ended},
    start::Started,
    version,
};

/// A daemon listens within a fraction of a second; a busy machine may take longer.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Others may first stop a daemon and then start one.
const TURN_LIMIT: Duration = Duration::from_secs(60);

/// A daemon that is ending lets calls finish and ends its servers within this time.
const LEAVING_LIMIT: Duration = Duration::from_secs(20);

/// Nobody tells when a file changes or a lock is free, so it is looked at this often.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// A daemon that runs because a person wanted it.
#[derive(Debug)]
pub struct Up {
    /// Attached to it.
    pub client: Client,
    /// It was started by this call.
    pub started: bool,
}

/// Makes sure that a daemon runs because a person wants it, even after a stop.
pub async fn up(home: &Home, program: &Path) -> Result<Up, ClientError> {
    home.create()?;
    marks::allow_starts(home).map_err(|e| ClientError::home(home.stopped_mark(), e))?;
    ensure(home, program).await
}

/// Stops the daemon, if one runs, and starts one. Nobody else can start or stop one meanwhile.
pub async fn restart(home: &Home, program: &Path) -> Result<Up, ClientError> {
    home.create()?;
    marks::allow_starts(home).map_err(|e| ClientError::home(home.stopped_mark(), e))?;
    let lock = turn(home).await?;
    shutdown::end_daemon(home).await?;
    start(home, program, lock).await
}

/// Attaches to the daemon, and starts one where none runs.
pub(crate) async fn ensure(home: &Home, program: &Path) -> Result<Up, ClientError> {
    let mut refused = match look(home).await {
        Look::Right(client) => return Ok(Up { client, started: false }),
        Look::Older(client) => Some(client.manifest().instance.clone()),
        Look::Nobody => {
            if marks::is_stopped(home) {
                return Err(ClientError::Stopped);
            }
            instance(home)
        }
    };
    home.create()?;
    let failure_before = StartFailure::read(home);
    let lock = open(home)?;
    let deadline = Instant::now() + TURN_LIMIT;
    loop {
        if try_hold(&lock, home)? {
            return elected(home, program, lock, failure_before).await;
        }
        // Another face is at it. Each manifest is tried once: a stale one does not get better.
        let instance = instance(home);
        if instance.is_some() && instance != refused {
            if let Look::Right(client) = look(home).await {
                return Ok(Up { client, started: false });
            }
            refused = instance;
        }
        if Instant::now() >= deadline {
            return Err(ClientError::TurnTimeout { lock: home.start_lock() });
        }
        sleep(POLL).await;
    }
}

/// What a look at the home shows.
enum Look {
    /// A daemon of our version or a newer one.
    Right(Client),
    /// A daemon of an older version.
    Older(Client),
    /// None that could prove itself, or one that is ending, which is as good as gone.
    Nobody,
}

async fn look(home: &Home) -> Look {
    match Client::attach(home).await {
        Ok(client) if client.is_stopping() => Look::Nobody,
        Ok(client) if version::is_newer(version::OWN, &client.manifest().version) => Look::Older(client),
        Ok(client) => Look::Right(client),
        Err(_) => Look::Nobody,
    }
}

fn instance(home: &Home) -> Option<String> {
    Manifest::read(home).ok().map(|manifest| manifest.instance)
}

fn open(home: &Home) -> Result<StartLock, ClientError> {
    StartLock::open(home).map_err(|e| ClientError::home(home.start_lock(), e))
}

fn try_hold(lock: &StartLock, home: &Home) -> Result<bool, ClientError> {
    lock.try_hold().map_err(|e| ClientError::home(home.start_lock(), e))
}

/// Waits until no other face starts or stops a daemon.
pub(crate) async fn turn(home: &Home) -> Result<StartLock, ClientError> {
    let lock = open(home)?;
    let deadline = Instant::now() + TURN_LIMIT;
    while !try_hold(&lock, home)? {
        if Instant::now() >= deadline {
            return Err(ClientError::TurnTimeout { lock: home.start_lock() });
        }
        sleep(POLL).await;
    }
    Ok(lock)
}

/// With the lock. Much may have happened until it was free, so it looks again.
async fn elected(
    home: &Home,
    program: &Path,
    lock: StartLock,
    failure_before: Option<StartFailure>,
) -> Result<Up, ClientError> {
    match look(home).await {
        Look::Right(client) => return Ok(Up { client, started: false }),
        Look::Older(client) => {
            if shutdown::end_if_idle(home, &client).await == Ended::Busy {
                return Ok(Up { client, started: false });
            }
        }
        Look::Nobody => {}
    }
    if marks::is_stopped(home) {
        return Err(ClientError::Stopped);
    }
    match StartFailure::read(home).filter(|failure| Some(failure) != failure_before.as_ref()) {
        // The start that this face waited for failed; trying again at once would fail in the same way.
        Some(failure) => Err(ClientError::StartFailed { reason: failure.reason }),
        None => start(home, program, lock).await,
    }
}

/// Starts a daemon and waits until it answers; why it does not is kept for those who wait.
async fn start(home: &Home, program: &Path, lock: StartLock) -> Result<Up, ClientError> {
    let outcome = try_start(home, program).await;
    // A home that cannot be written to has failed the start already.
    let _ = match &outcome {
        Ok(_) => StartFailure::forget(home),
        Err(reason) => StartFailure::keep(home, reason),
    };
    drop(lock);
    match outcome {
        Ok(up) => Ok(up),
        Err(reason) => Err(ClientError::StartFailed { reason }),
    }
}

/// Waits while a daemon that is ending, or does not answer any more, still holds its lock: a new one would
/// be refused by it.
async fn leaving(home: &Home) {
    let deadline = Instant::now() + LEAVING_LIMIT;
    while lock::daemon_lives(home) && Instant::now() < deadline {
        if Client::attach(home).await.is_ok_and(|client| !client.is_stopping()) {
            return;
        }
        sleep(POLL).await;
    }
}

async fn try_start(home: &Home, program: &Path) -> Result<Up, String> {
    let place = place::install(home, program)
        .map_err(|e| format!("cannot put the program into {}: {}", home.folder().display(), chain(&e)))?;
    leaving(home).await;
    let mut stale = instance(home);
    let mut daemon = Started::spawn(home, &place)
        .map_err(|e| format!("cannot start {}: {}", place.display(), chain(&e)))?;
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let ended = daemon.exit_status().map_err(|e| chain(&e))?;
        let instance = instance(home);
        if instance.is_some() && (ended.is_some() || instance != stale) {
            match Client::attach(home).await {
                Ok(client) if !client.is_stopping() => {
                    let started = daemon.is(client.manifest().pid);
                    if !started {
                        // It may still wait for the other one's lock, and would take it after a stop.
                        daemon.kill();
                    }
                    return Ok(Up { client, started });
                }
                _ => stale = instance,
            }
        }
        match ended {
            // Another daemon, perhaps one in a terminal, was faster: it will answer.
            Some(_) if lock::daemon_lives(home) => {}
            Some(status) => {
                return Err(daemon.last_words().unwrap_or_else(|| format!("it ended at once ({status})")));
            }
            None => {}
        }
        if Instant::now() >= deadline {
            daemon.kill();
            let words = daemon.last_words().unwrap_or_default();
            return Err(format!("it did not answer within {} s; {words}", START_LIMIT.as_secs()));
        }
        sleep(POLL).await;
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
