//! Writes down what of sessions and of upstreams should outlive this process: many changes at once, and
//! never while a client waits for it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use headgate_gateway::{Change, Gateway, Known, Offer, SessionChange, SessionHash, SessionRecord};
use headgate_store::{CatalogRecord, SessionRecord as Row, SessionWrite, Store, StoreError};
use tokio::{sync::mpsc, time::sleep};

/// Changes that wait to be written. A storm of new clients fits; beyond it they are lost, which costs a
/// client one `initialize` after a restart.
const WAITING: usize = 16 * 1024;
/// Changes of one transaction.
const MAX_BATCH: usize = 1024;
/// Sessions that are remembered; a client that opens one for every call must not fill the memory.
const MAX_SESSIONS: usize = 10_000;

/// How exactly the last use of a session is known after a crash.
const USE_EVERY: Duration = Duration::from_secs(60);

/// The way from the gateway to the writer.
pub(crate) fn channel() -> (mpsc::Sender<Change>, mpsc::Receiver<Change>) {
    mpsc::channel(WAITING)
}

/// The sessions of earlier runs, with the time since their last use. One that cannot be read is left
/// out; its client initializes anew.
pub(crate) async fn read(store: &Store) -> Result<Vec<(SessionHash, SessionRecord, Duration)>, StoreError> {
    let now = now_ms();
    let rows = store.sessions(MAX_SESSIONS).await?;
    let session = |row: Row| {
        let record = serde_json::from_str(&row.record).ok()?;
        Some((row.id_sha256, record, Duration::from_millis(now.saturating_sub(row.last_used_ms))))
    };
    Ok(rows.into_iter().filter_map(session).collect())
}

/// What is known of upstreams from earlier runs. What cannot be read is left out; its upstream is listed anew.
pub(crate) async fn read_catalogs(store: &Store) -> Result<Vec<Known>, StoreError> {
    let known = |record: CatalogRecord| {
        let offer = Arc::new(Offer::from_text(record.offer)?);
        let upstream = record.upstream.parse().ok()?;
        Some(Known { upstream, fingerprint: record.fingerprint, offer, start_ms: record.start_ms })
    };
    Ok(store.catalogs().await?.into_iter().filter_map(known).collect())
}

/// Writes until the gateway is gone.
pub(crate) async fn write(store: Store, mut changes: mpsc::Receiver<Change>) {
    let mut batch = Vec::new();
    while changes.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let now = now_ms();
        let mut sessions = Vec::new();
        for change in batch.drain(..) {
            match change {
                Change::Session(change) => sessions.extend(write_of(change, now)),
                Change::Listed(known) => {
                    warn("what an upstream offers", keep_catalog(&store, known, now).await);
                }
                Change::Started { fingerprint, start_ms } => {
                    warn("how long a start took", store.note_start(fingerprint, start_ms, now).await);
                }
            }
        }
        if !sessions.is_empty() {
            warn("sessions", store.write_sessions(sessions).await);
        }
    }
}

async fn keep_catalog(store: &Store, known: Known, now: u64) -> Result<(), StoreError> {
    let Some(offer) = known.offer.to_text() else { return Ok(()) };
    let Known { upstream, fingerprint, start_ms, .. } = known;
    let upstream = upstream.into();
    store.put_catalog(CatalogRecord { fingerprint, upstream, offer, start_ms, listed_ms: now }).await
}

fn warn(what: &str, written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::warn!("{what} could not be written: {:#}", anyhow::Error::new(error));
    }
}

/// Tells the writer now and then which sessions are in use.
pub(crate) fn note_use_forever(gateway: &Arc<Gateway>) {
    let gateway = Arc::downgrade(gateway);
    tokio::spawn(async move {
        loop {
            sleep(USE_EVERY).await;
            match gateway.upgrade() {
                Some(gateway) => gateway.note_used(USE_EVERY),
                None => return,
            }
        }
    });
}

fn write_of(change: SessionChange, now: u64) -> Option<SessionWrite> {
    Some(match change {
        SessionChange::Kept(id_sha256, record) => {
            let record = serde_json::to_string(&record).ok()?;
            SessionWrite::Keep(Row { id_sha256, record, last_used_ms: now })
        }
        SessionChange::Used(id_sha256) => SessionWrite::Touch(id_sha256, now),
        SessionChange::Ended(id_sha256) => SessionWrite::Forget(id_sha256),
    })
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
