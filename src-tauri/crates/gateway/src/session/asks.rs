//! Questions of upstreams that a client was asked: sampling, elicitation, roots, and whatever comes.

use std::{collections::HashMap, sync::Arc};

use headgate_protocol::{Id, Raw, Request};

use super::Stream;
use crate::upstream::handle::Handle;

/// Questions that are open in one session; beyond it upstreams are told so.
pub(super) const MAX_OPEN: usize = 256;

/// One question and the way back to who asked it.
pub(crate) struct Ask {
    pub(super) upstream: Handle,
    /// The upstream's own id for it.
    pub(super) id: Id,
    /// The upstream's own token for progress on it.
    pub(super) progress_token: Option<Raw>,
    /// The stream of the call during which it was asked.
    pub(super) stream: Option<Arc<Stream>>,
}

impl Ask {
    pub(crate) fn new(upstream: Handle, id: Id, request: &Request) -> Self {
        let token = request.params.as_ref().and_then(|params| params.at(&["_meta", "progressToken"]));
        Self { upstream, id, progress_token: token.map(|token| token.detached()), stream: None }
    }
}

/// The open questions of a session, by the ids that its client knows.
#[derive(Default)]
pub(super) struct Asks {
    open: HashMap<u64, Ask>,
    last: u64,
}

impl Asks {
    /// Takes a question in and gives it an id; `None` when too many are open.
    pub(super) fn add(&mut self, ask: Ask) -> Option<u64> {
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        self.last += 1;
        self.open.insert(self.last, ask);
        Some(self.last)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Ask> {
        self.open.get(&id)
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Ask> {
        self.open.remove(&id)
    }

    /// Takes out the question that `upstream` knows by `own_id`.
    pub(super) fn take_own(&mut self, upstream: &Handle, own_id: &Id) -> Option<(u64, Ask)> {
        let id = *self.open.iter().find(|(_, ask)| ask.upstream.is(upstream) && ask.id == *own_id)?.0;
        Some((id, self.open.remove(&id)?))
    }

    /// Takes out everything that `upstream` asked.
    pub(super) fn take_all_of(&mut self, upstream: &Handle) -> Vec<(u64, Ask)> {
        self.open.extract_if(|_, ask| ask.upstream.is(upstream)).collect()
    }

    /// Takes out everything.
    pub(super) fn take_all(&mut self) -> Vec<Ask> {
        self.open.drain().map(|(_, ask)| ask).collect()
    }
}
