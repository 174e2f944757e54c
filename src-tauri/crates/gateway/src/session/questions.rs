//! What upstreams, and we, ask a client: the way there under ids of the session's own, and the way back.

use std::{sync::Arc, time::Duration};

use headgate_protocol::{Edits, Id, Notification, Outcome, Raw, Request, Response, error, method};
use tokio::time::timeout;

use super::{
    Session, Stream,
    asks::{Ask, Asker},
    stream::{Paused, Weight},
};
use crate::{
    board::{self, wants_page},
    project::roots_of,
    upstream::handle::{Call, Handle},
};

impl Session {
    /// Asks the client; an error goes back to the upstream at once.
    pub(crate) fn ask(
        &self,
        stream: Option<&Arc<Stream>>,
        mut ask: Ask,
        request: Request,
    ) -> Result<(), Outcome> {
        if let Some(capability) = needed_capability(&request.method) {
            let declared = self.parameters.at(&["capabilities", capability]).filter(Raw::is_object);
            let can_show = declared.as_ref().is_some_and(|declared| shows(declared, &request));
            if !can_show && capability == ELICITATION && self.gateway.board.is_watched() {
                return self.post(stream, ask, &request);
            }
            if declared.is_none() {
                return Err(self.refusal(capability));
            }
        }
        let stream = stream.filter(|stream| !stream.is_finished());
        ask.stream = stream.cloned();
        let mut state = self.lock();
        let added = if state.ended { None } else { state.asks.add(ask) };
        drop(state);
        let Some(id) = added else {
            return Err(Outcome::error(error::INTERNAL_ERROR, "too many questions are open at this client"));
        };
        let params = request.params.map(|params| params.with(&["_meta", "progressToken"], &Raw::of(&id)));
        let question = Request { id: Id::number(id), params, ..request };
        if let Some(stream) = stream {
            stream.question_opened();
        }
        stream.unwrap_or(&self.standing).push(question.to_bytes(), Weight::Kept);
        Ok(())
    }

    /// What a copy for this session alone is told by `initialize`: the client's own words, and that it may
    /// ask people, while a face shows questions that the client does not.
    pub(super) fn parameters_of_copy(&self) -> Raw {
        let shows_none = self.parameters.at(&["capabilities", ELICITATION]).is_none();
        match self.parameters.at(&["capabilities"]).filter(Raw::is_object) {
            Some(capabilities) if shows_none && self.gateway.board.is_watched() => {
                let mut edits = Edits::new(&capabilities);
                edits.set(ELICITATION, &Raw::of(&board::capability()));
                self.parameters.with(&["capabilities"], &edits.apply())
            }
            _ => self.parameters.clone(),
        }
    }

    /// Why this client is not asked.
    fn refusal(&self, capability: &str) -> Outcome {
        let sentence = format!("the client `{}` does not support {capability}", self.client.name);
        match capability {
            "roots" => Outcome::Result(roots_of(self.named_project().as_deref())),
            // No face watches a proxy, whose sessions end with their children.
            ELICITATION if !self.gateway.ends_with_child => {
                Outcome::error(error::METHOD_NOT_FOUND, &format!("{sentence}; {ELSEWHERE}"))
            }
            _ => Outcome::error(error::METHOD_NOT_FOUND, &sentence),
        }
    }

    /// Hands a question to the faces that show them, for this session alone.
    fn post(&self, stream: Option<&Arc<Stream>>, ask: Ask, request: &Request) -> Result<(), Outcome> {
        let Asker::Upstream(upstream, own_id) = ask.asker else { return Ok(()) };
        // Held, so that the end of the session finds what is posted now.
        let state = self.lock();
        if state.ended {
            return Err(Outcome::error(error::INTERNAL_ERROR, "the client has left"));
        }
        let paused = stream.map(Paused::new);
        self.gateway.board.post(self, (upstream, own_id), ask.call, paused, request.params.as_ref())
    }

    /// A call of this session is over.
    pub(super) async fn call_ended(&self, call: &Arc<Call>) {
        self.gateway.board.call_ended(call).await;
    }

    /// An upstream says that a person is done with the page that they were sent to.
    pub(crate) fn elicited(&self, upstream: &Handle, notification: &Notification) {
        let id = notification.params.as_ref().and_then(|params| params.text_at(&["elicitationId"]));
        if !id.is_some_and(|id| self.gateway.board.complete(upstream, &id)) {
            self.tell(None, notification);
        }
    }

    /// The client answered a question.
    pub(crate) async fn answered(&self, response: Response) {
        let id = response.id.as_ref().and_then(Id::as_number);
        let Some(ask) = id.and_then(|id| self.lock().asks.remove(id)) else { return };
        if let Some(stream) = &ask.stream {
            stream.question_closed();
        }
        ask.asker.answer(response.outcome).await;
    }

    /// Asks the client something that we need to know ourselves; `None` when it does not answer in time.
    pub(super) async fn question(
        &self,
        method: &str,
        stream: &Arc<Stream>,
        limit: Duration,
    ) -> Option<Outcome> {
        let (mut ask, answer) = Ask::our_own();
        let stream = (!stream.is_finished()).then(|| stream.clone());
        ask.stream = stream.clone();
        let id = {
            let mut state = self.lock();
            if state.ended {
                return None;
            }
            state.asks.add(ask)?
        };
        let question =
            Request { id: Id::number(id), method: method.to_owned(), params: None, extra: Vec::new() };
        if let Some(stream) = &stream {
            stream.question_opened();
        }
        stream.as_ref().unwrap_or(&self.standing).push(question.to_bytes(), Weight::Kept);
        let outcome = timeout(limit, answer).await.ok().and_then(Result::ok);
        if outcome.is_none()
            && let Some(ask) = self.lock().asks.remove(id)
        {
            let reason = serde_json::json!({ "requestId": id, "reason": "it took too long" });
            self.call_off(id, &ask, Raw::of(&reason));
        }
        outcome
    }

    /// An upstream takes a question back.
    pub(crate) fn withdraw(&self, upstream: &Handle, own_id: &Id, params: &Raw) {
        let Some((id, ask)) = self.lock().asks.take_own(upstream, own_id) else {
            return self.gateway.board.withdraw(upstream, own_id);
        };
        self.call_off(id, &ask, params.with(&["requestId"], &Raw::of(&id)));
    }

    /// An upstream is gone; nobody waits for the answers to its questions any more.
    pub(crate) fn upstream_closed(&self, upstream: &Handle) {
        self.gateway.board.upstream_closed(upstream);
        for (id, ask) in self.lock().asks.take_all_of(upstream) {
            let reason = format!("`{}` is gone", upstream.upstream);
            self.call_off(id, &ask, Raw::of(&serde_json::json!({ "requestId": id, "reason": reason })));
        }
    }

    fn call_off(&self, id: u64, ask: &Ask, params: Raw) {
        if let Some(stream) = &ask.stream {
            stream.question_closed();
        }
        tracing::debug!(id, client = self.client.name, "a question to the client was taken back");
        self.tell(ask.stream.as_ref(), &Notification::new(method::CANCELLED, Some(params)));
    }
}

/// The capability of clients that show questions.
const ELICITATION: &str = "elicitation";

/// Where a question can be shown that the client does not take.
const ELSEWHERE: &str = "Headgate shows such questions itself, in its window or where `headgate questions -f` runs; open one of \
                         them and call again";

/// Whether a client that declared this shows a question; without a mode it shows forms (client/elicitation,
/// "Capabilities").
fn shows(declared: &Raw, request: &Request) -> bool {
    if request.method != method::ELICIT {
        return true;
    }
    let [form, url] = ["form", "url"].map(|mode| declared.at(&[mode]).is_some());
    if wants_page(request.params.as_ref()) { url } else { form || !url }
}

fn needed_capability(method: &str) -> Option<&'static str> {
    match method {
        method::SAMPLING => Some("sampling"),
        method::ELICIT => Some(ELICITATION),
        method::ROOTS_LIST => Some("roots"),
        _ => None,
    }
}
