//! Questions that a client was asked: sampling, elicitation, roots and whatever comes from upstreams, and
//! our own.

use std::{collections::HashMap, sync::Arc};

use headgate_protocol::{Id, Outcome, Raw, Request};
use tokio::sync::oneshot;

use super::Stream;
use crate::upstream::handle::{Call, Handle};

/// Questions that are open in one session; beyond it upstreams are told so.
pub(super) const MAX_OPEN: usize = 256;

/// Who asked.
pub(super) enum Asker {
    /// An upstream, and its own id for the question.
    Upstream(Handle, Id),
    /// We did.
    Gateway(oneshot::Sender<Outcome>),
}

impl Asker {
    /// Hands the answer over.
    pub(super) async fn answer(self, outcome: Outcome) {
        match self {
            Self::Upstream(handle, id) => handle.answer(id, outcome).await,
            // Who does not wait any more needs no answer.
            Self::Gateway(reply) => drop(reply.send(outcome)),
        }
    }

    /// The upstream that asked.
    pub(super) fn upstream(&self) -> Option<&Handle> {
        match self {
            Self::Upstream(handle, _) => Some(handle),
            Self::Gateway(_) => None,
        }
    }
}

/// One question and the way back to who asked it.
pub(crate) struct Ask {
    pub(super) asker: Asker,
    /// The upstream's own token for progress on it.
    pub(super) progress_token: Option<Raw>,
    /// The stream of the call during which it was asked.
    pub(super) stream: Option<Arc<Stream>>,
    /// That call, where no other one can be meant.
    pub(super) call: Option<Arc<Call>>,
}

impl Ask {
    pub(crate) fn new(upstream: Handle, id: Id, request: &Request, call: Option<Arc<Call>>) -> Self {
        let token = request.params.as_ref().and_then(|params| params.at(&["_meta", "progressToken"]));
        let progress_token = token.map(|token| token.detached());
        Self { asker: Asker::Upstream(upstream, id), progress_token, stream: None, call }
    }

    /// A question of our own, and where its answer comes.
    pub(super) fn our_own() -> (Self, oneshot::Receiver<Outcome>) {
        let (reply, answer) = oneshot::channel();
        (Self { asker: Asker::Gateway(reply), progress_token: None, stream: None, call: None }, answer)
    }

    fn is_of(&self, upstream: &Handle) -> bool {
        self.asker.upstream().is_some_and(|asker| asker.is(upstream))
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
        let asked = |ask: &Ask| matches!(&ask.asker, Asker::Upstream(asker, id) if asker.is(upstream) && id == own_id);
        let id = *self.open.iter().find(|(_, ask)| asked(ask))?.0;
        Some((id, self.open.remove(&id)?))
    }

    /// Takes out everything that `upstream` asked.
    pub(super) fn take_all_of(&mut self, upstream: &Handle) -> Vec<(u64, Ask)> {
        self.open.extract_if(|_, ask| ask.is_of(upstream)).collect()
    }

    /// Takes out everything.
    pub(super) fn take_all(&mut self) -> Vec<Ask> {
        self.open.drain().map(|(_, ask)| ask).collect()
    }
}
