//! Ids of events: where a client stands in a stream, and, for the streams of calls, which calls they
//! answer. A daemon that was started after the stream was lost can so fail the calls, once and clearly,
//! though nothing was written down for them.
//!
//! The calls are authenticated with the session's id, which only its client knows.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use headgate_protocol::{Id, Raw};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Ids of calls beyond this length are not carried; their clients get no more than a refusal.
const MAX_CALLS_BYTES: usize = 512;
/// Half a MAC is enough to keep a client from making us say what it could say to itself.
const MAC_BYTES: usize = 16;

/// The part of an event id that is the same for a whole stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamName {
    /// Differs from run to run of the daemon.
    pub epoch: String,
    /// Unique in its session and run.
    pub stream: u64,
    /// The calls that the stream answers; none for the one that a client listens on.
    pub calls: Vec<Id>,
}

impl StreamName {
    /// What is appended to `{number}.` to make an event id.
    pub(crate) fn tail(&self, session: &str) -> String {
        let place = format!("{}.{}", self.stream, self.epoch);
        let ids: Vec<&Raw> = self.calls.iter().map(Id::raw).collect();
        let calls = Raw::of(&ids);
        if ids.is_empty() || calls.as_bytes().len() > MAX_CALLS_BYTES {
            return place;
        }
        let calls = URL_SAFE_NO_PAD.encode(calls.as_bytes());
        let mac = URL_SAFE_NO_PAD.encode(&mac(session, &place, &calls).finalize().into_bytes()[..MAC_BYTES]);
        format!("{place}.{calls}.{mac}")
    }
}

/// Reads an event id that this session was given, by this run or an earlier one.
pub(crate) fn read(session: &str, id: &str) -> Option<(u64, StreamName)> {
    let mut parts = id.split('.');
    let number = parts.next()?.parse().ok()?;
    let stream = parts.next()?.parse().ok()?;
    let epoch = parts.next()?.to_owned();
    let calls = match (parts.next(), parts.next(), parts.next()) {
        (None, None, None) => Vec::new(),
        (Some(calls), Some(given), None) => {
            let given = URL_SAFE_NO_PAD.decode(given).ok().filter(|given| given.len() == MAC_BYTES)?;
            mac(session, &format!("{stream}.{epoch}"), calls).verify_truncated_left(&given).ok()?;
            let calls = Raw::parse(URL_SAFE_NO_PAD.decode(calls).ok()?).ok()?;
            calls.elements()?.into_iter().map(Id::from_raw).collect::<Option<_>>()?
        }
        _ => return None,
    };
    Some((number, StreamName { epoch, stream, calls }))
}

fn mac(session: &str, place: &str, calls: &str) -> Hmac<Sha256> {
    // HMAC takes keys of every length.
    let mut mac = Hmac::<Sha256>::new_from_slice(session.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(place.as_bytes());
    mac.update(b"\n");
    mac.update(calls.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(calls: &[&'static str]) -> StreamName {
        let calls = calls.iter().map(|id| Id::from_raw(Raw::constant(id)).unwrap()).collect();
        StreamName { epoch: "e1".to_owned(), stream: 7, calls }
    }

    #[test]
    fn an_event_id_carries_its_calls() {
        for calls in [&[][..], &["1"], &["\"a.b\"", "9007199254740993"]] {
            let id = format!("3.{}", name(calls).tail("session"));
            assert_eq!(read("session", &id), Some((3, name(calls))), "{id}");
        }
    }

    #[test]
    fn a_made_up_one_is_nobodys() {
        let id = format!("3.{}", name(&["1"]).tail("session"));
        assert_eq!(read("other", &id), None);
        assert_eq!(read("session", &id.replace("3.7", "3.8")), None);
        for bad in ["", "x", "1.2", "1.2.e.x", "1.2.e.MQ.AAAA", "1.2.e.a.b.c", "-1.2.e"] {
            assert_eq!(read("session", bad), None, "{bad}");
        }
    }

    #[test]
    fn endless_ids_are_left_out() {
        let long = Id::from_raw(Raw::of(&"x".repeat(1000))).unwrap();
        let name = StreamName { calls: vec![long], ..name(&[]) };
        assert_eq!(name.tail("session"), "7.e1");
    }
}
