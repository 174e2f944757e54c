//! The bodies of the newest calls, in memory only.

use std::collections::VecDeque;

use super::Texts;

/// Enough for the last few hundred ordinary calls, and small beside everything else.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Small bodies cost more than their bytes.
const MAX_CALLS: usize = 2048;

/// Bodies by the number of their call, which rises.
#[derive(Default)]
pub(super) struct Ring {
    kept: VecDeque<(i64, Texts)>,
    bytes: usize,
}

impl Ring {
    /// Takes bodies in; the oldest ones go when there are too many.
    pub(super) fn extend(&mut self, calls: impl Iterator<Item = (i64, Option<Texts>)>) {
        for (id, texts) in calls {
            let Some(texts) = texts else { continue };
            self.bytes += size(&texts);
            self.kept.push_back((id, texts));
            while self.bytes > MAX_BYTES || self.kept.len() > MAX_CALLS {
                let Some((_, oldest)) = self.kept.pop_front() else { break };
                self.bytes -= size(&oldest);
            }
        }
    }

    /// The bodies of a call, while they last.
    pub(super) fn get(&self, id: i64) -> Option<Texts> {
        let at = self.kept.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        Some(self.kept[at].1.clone())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn size(texts: &Texts) -> usize {
    texts.0.len() + texts.1.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn body(bytes: usize) -> Option<Texts> {
        Some(Arc::new(("x".repeat(bytes), String::new())))
    }

    #[test]
    fn the_oldest_bodies_go_first() {
        let mut ring = Ring::default();
        let third = MAX_BYTES / 3;
        ring.extend(
            [(1, body(third)), (2, None), (3, body(third)), (5, body(third)), (6, body(1_000))].into_iter(),
        );
        for (id, is_kept) in [(1, false), (2, false), (3, true), (4, false), (5, true), (6, true)] {
            assert_eq!(ring.get(id).is_some(), is_kept, "{id}");
        }
        ring.extend((7..7 + MAX_CALLS as i64).map(|id| (id, body(1))));
        assert_eq!((ring.kept.len(), ring.bytes), (MAX_CALLS, MAX_CALLS));
        ring.clear();
        assert!(ring.get(7).is_none());
    }
}
