//! Calls of the stdio bridge. A pipe has one order in each direction, so a call is taken when its POST
//! is answered, before the bridge sends the next message, and everything that is said to the client
//! goes out on the one stream that the bridge listens on.

use std::sync::Arc;

use bytes::Bytes;
use headgate_gateway::{Gateway, Session};
use headgate_protocol::Request as Call;

/// Takes calls, in their order; the answers go to the stream that the client listens on.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    session: &Arc<Session>,
    calls: Vec<Call>,
    refusals: Vec<Bytes>,
) {
    for call in calls {
        let stream = session.relay_stream();
        let (gateway, session) = (gateway.clone(), session.clone());
        let mut work = Box::pin(async move {
            let answer = gateway.answer(&session, call, &stream).await;
            stream.finish(answer.to_bytes());
        });
        // The first step hands the call to an upstream that is running, so that the next one cannot
        // overtake it.
        tokio::select! {
            biased;
            () = &mut work => {}
            () = std::future::ready(()) => drop(tokio::spawn(work)),
        }
    }
    for refusal in refusals {
        session.relay_stream().finish(refusal);
    }
}
