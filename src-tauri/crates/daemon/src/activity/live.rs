//! The calls that ended last, for faces that watch them come in.

use std::collections::VecDeque;

use headgate_store::{CallRow, NewCall};

/// As many as one event tells; people read no faster, and everything is in the record.
const MAX_KEPT: usize = 100;

/// The numbers of calls that are recorded nowhere begin above those of the record, so that the newest call has the
/// highest one, and stay below 2^53, up to which every reader of JSON knows whole numbers.
const UNRECORDED: i64 = 1 << 52;

/// Calls in the order of their ends, as long as somebody watches.
pub(super) struct Live {
    kept: VecDeque<CallRow>,
    /// The number of the next call that is not recorded.
    unrecorded: i64,
    /// All that ever were here.
    ended: u64,
}

/// How far somebody has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) ended: u64,
    /// Calls that too many others kept from being recorded, until then.
    pub(super) dropped: u64,
}

/// What somebody has not read yet.
#[derive(Debug, PartialEq)]
pub(crate) struct Unread {
    /// In the order of their ends.
    pub(crate) calls: Vec<CallRow>,
    /// Calls before them that are not told any more.
    pub(crate) missed: u64,
}

impl Live {
    /// The time is part of the numbers of unrecorded calls, so that those of the next run are higher: nobody makes
    /// more than a call in each millisecond.
    pub(super) fn new(now_ms: u64) -> Self {
        Self { kept: VecDeque::new(), unrecorded: UNRECORDED.saturating_add_unsigned(now_ms), ended: 0 }
    }

    /// Calls with their numbers in the record; those without one get one.
    pub(super) fn add(&mut self, calls: impl IntoIterator<Item = (Option<i64>, NewCall)>) {
        for (id, call) in calls {
            let id = id.unwrap_or(self.unrecorded);
            self.unrecorded += i64::from(id == self.unrecorded);
            if self.kept.len() == MAX_KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(CallRow { id, call });
            self.ended += 1;
        }
    }

    pub(super) fn place(&self, dropped: u64) -> Place {
        Place { ended: self.ended, dropped }
    }

    pub(super) fn since(&self, place: Place, dropped: u64) -> Unread {
        let unread = self.ended.saturating_sub(place.ended);
        let told = usize::try_from(unread).unwrap_or(MAX_KEPT).min(self.kept.len());
        let calls = self.kept.range(self.kept.len() - told..).cloned().collect();
        let missed = unread - told as u64 + dropped.saturating_sub(place.dropped);
        Unread { calls, missed }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(ids: std::ops::Range<i64>) -> impl Iterator<Item = (Option<i64>, NewCall)> {
        let call = NewCall {
            at_ms: 0,
            session: String::new(),
            client: String::new(),
            project: None,
            upstream: None,
            method: String::new(),
            target: None,
            duration_us: 0,
            request_bytes: 0,
            answer_bytes: 0,
            outcome: "ok".to_owned(),
            code: None,
            bodies: None,
        };
        ids.map(move |id| (Some(id), call.clone()))
    }

    fn check(unread: &Unread, first: Option<i64>, number: usize, missed: u64) {
        assert_eq!(unread.calls.first().map(|call| call.id), first);
        assert_eq!((unread.calls.len(), unread.missed), (number, missed));
    }

    #[test]
    fn each_call_is_told_once_or_counted() {
        let mut live = Live::new(0);
        live.add(calls(0..5));
        let place = live.place(0);
        check(&live.since(place, 0), None, 0, 0);
        live.add(calls(5..7));
        check(&live.since(place, 0), Some(5), 2, 0);
        check(&live.since(place, 3), Some(5), 2, 3);
        live.add(calls(7..250));
        check(&live.since(place, 0), Some(150), MAX_KEPT, 145);
        check(&live.since(live.place(3), 3), None, 0, 0);
        live.clear();
        check(&live.since(place, 0), None, 0, 245);
    }

    #[test]
    fn a_call_that_is_recorded_nowhere_has_a_number_above_all_others() {
        let ids = |live: &Live| live.kept.iter().map(|call| call.id).collect::<Vec<_>>();
        let mut live = Live::new(7);
        let unrecorded = || calls(0..1).map(|(_, call)| (None, call));
        live.add(calls(5..6).chain(unrecorded()).chain(unrecorded()).chain(calls(6..7)));
        assert_eq!(ids(&live), [5, UNRECORDED + 7, UNRECORDED + 8, 6]);
    }
}
