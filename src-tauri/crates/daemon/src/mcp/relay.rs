//! Calls of the stdio bridge. A pipe has one order in each direction, so a call is taken when its POST
//! is answered, before the bridge sends the next message, and everything that is said to the client
//! goes out on the one stream that the bridge listens on.

use std::sync::Arc;

use bytes::Bytes;
use headgate_gateway::{Gateway, Session, begin};
use headgate_protocol::Request as Call;

use crate::drain::Underway;

/// Takes calls, in their order; the answers go to the stream that the client listens on.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    session: &Arc<Session>,
    underway: Option<Underway>,
    calls: Vec<Call>,
    refusals: Vec<Bytes>,
) {
    // Held by all of the calls, until the last one is answered.
    let underway = Arc::new(underway);
    for call in calls {
        let stream = session.relay_stream();
        let (gateway, session, underway) = (gateway.clone(), session.clone(), underway.clone());
        // The first step hands the call to an upstream that is running, so that the next one cannot
        // overtake it.
        begin(async move {
            let answer = gateway.answer(&session, call, &stream).await;
            stream.finish(answer.to_bytes());
            drop(underway);
        })
        .await;
    }
    for refusal in refusals {
        session.relay_stream().finish(refusal);
    }
}
