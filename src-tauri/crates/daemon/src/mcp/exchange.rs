//! One POST and its answer: plain JSON when that is all there is to say, an event stream otherwise. The
//! work goes on when the client's connection breaks, since that is no cancel in this era.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::join_all;
use headgate_gateway::{Gateway, Session, Stream};
use headgate_protocol::Request as Call;
use hyper::Response;
use tokio::time::sleep;

use crate::drain::Underway;

use super::{
    Accepts, joined,
    reply::{event_stream, json},
};

type Work = Pin<Box<dyn Future<Output = Bytes> + Send>>;

/// Calls that are being answered.
pub(super) struct Exchange {
    session: Arc<Session>,
    stream: Arc<Stream>,
    /// `None` once it is done or goes on by itself.
    work: Option<Work>,
    /// Held until the answer has left, so that the gateway does not end before.
    underway: Option<Underway>,
}

enum Step {
    Answered(Bytes),
    Talks,
}

impl Exchange {
    /// Begins with work that says nothing on the way.
    pub(super) fn new(
        session: Arc<Session>,
        underway: Underway,
        work: impl Future<Output = Bytes> + Send + 'static,
    ) -> Self {
        let stream = session.open_stream(Vec::new());
        Self { session, stream, work: Some(Box::pin(work)), underway: Some(underway) }
    }

    /// Begins to answer calls; `refusals` are answers to what was no message.
    pub(super) fn start(
        gateway: Arc<Gateway>,
        session: Arc<Session>,
        underway: Option<Underway>,
        calls: Vec<Call>,
        refusals: Vec<Bytes>,
        batch: bool,
    ) -> Self {
        let stream = session.open_stream(calls.iter().map(|call| call.id.detached()).collect());
        let (its_session, its_stream) = (session.clone(), stream.clone());
        let work = async move {
            let answers = calls.into_iter().map(|call| gateway.answer(&its_session, call, &its_stream));
            let mut answers: Vec<Bytes> =
                join_all(answers).await.iter().map(|answer| answer.to_bytes()).collect();
            answers.extend(refusals);
            joined(answers, batch)
        };
        Self { session, stream, work: Some(Box::pin(work)), underway }
    }

    /// Answers in a form that the client takes.
    pub(super) async fn answer(mut self, accepts: Accepts, plain_within: Duration) -> Response<Body> {
        if !accepts.events {
            // What is said meanwhile goes to the stream that the client listens on.
            self.stream.close();
        }
        let patience = match (accepts.json, accepts.events) {
            (true, true) => plain_within,
            (true, false) => Duration::MAX,
            (false, _) => Duration::ZERO,
        };
        match self.first_step(patience).await {
            Step::Answered(answer) if accepts.json && !self.stream.has_events() => {
                self.work = None;
                self.session.drop_stream(&self.stream);
                json(answer)
            }
            Step::Answered(answer) => {
                self.work = None;
                let reader = self.stream.reader(None);
                self.session.finish_stream(&self.stream, answer);
                event_stream(&self.session, reader, true)
            }
            Step::Talks => {
                let reader = self.stream.reader(None);
                self.carry_on();
                event_stream(&self.session, reader, true)
            }
        }
    }

    async fn first_step(&mut self, patience: Duration) -> Step {
        let Some(work) = &mut self.work else { return Step::Talks };
        let stream = &self.stream;
        let waits_for_talk = patience != Duration::MAX;
        tokio::select! {
            biased;
            answer = work => Step::Answered(answer),
            () = stream.said_something(), if waits_for_talk => Step::Talks,
            () = sleep(patience) => Step::Talks,
        }
    }

    fn carry_on(&mut self) {
        if let Some(work) = self.work.take() {
            let (session, stream) = (self.session.clone(), self.stream.clone());
            let underway = self.underway.take();
            tokio::spawn(async move {
                session.finish_stream(&stream, work.await);
                drop(underway);
            });
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.carry_on();
    }
}
