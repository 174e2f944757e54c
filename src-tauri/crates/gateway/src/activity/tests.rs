//! Outcomes as they are read, and the bounds of the buffer.

use futures_util::FutureExt;

use super::*;

fn check(method: &str, end: End, outcome: &'static str, expected: &str) {
    let outcome = match outcome.strip_prefix('!') {
        Some(error) => Outcome::Error(Raw::constant(error)),
        None => Outcome::Result(Raw::constant(outcome)),
    };
    let found = CallOutcome::of(method, end, &outcome);
    let code = found.code().map(|code| format!(" {code}")).unwrap_or_default();
    assert_eq!(format!("{}{code}", found.word()), expected, "{outcome:?}");
}

#[test]
fn an_outcome_is_read_from_what_was_answered() {
    let call = method::TOOLS_CALL;
    check(call, End::Answered, r#"{"content":[]}"#, "ok");
    check(call, End::Answered, r#"{"content":[],"isError":false}"#, "ok");
    check(call, End::Answered, r#"{"content":[],"isError" : true}"#, "tool_error");
    check(call, End::Answered, r#"{"content":[{"isError":true}]}"#, "ok");
    check(call, End::Answered, r#"{"content":[{"text":"{\"isError\":true}"}]}"#, "ok");
    check(call, End::Answered, r#"{"a":"isError","b":true}"#, "ok");
    check(method::PROMPTS_GET, End::Answered, r#"{"isError":true}"#, "ok");
    check(call, End::Answered, r#"!{"code":-32602,"message":"no"}"#, "error -32602");
    check(call, End::Answered, r#"!{"message":"no"}"#, "error 0");
    check(call, End::Cancelled, r#"!{"code":-32800}"#, "cancelled");
    check(call, End::TimedOut, r#"!{"code":-32603}"#, "timed_out");
    check(call, End::Lost, r#"!{"code":-32603}"#, "lost");
}

#[test]
fn what_nobody_wanted_is_a_failure() {
    let all = [
        (CallOutcome::Ok, false),
        (CallOutcome::ToolError, true),
        (CallOutcome::Error(1), true),
        (CallOutcome::Cancelled, false),
        (CallOutcome::TimedOut, true),
        (CallOutcome::Lost, true),
    ];
    for (outcome, is_failure) in all {
        assert_eq!(outcome.is_failure(), is_failure, "{outcome:?}");
    }
}

fn record(answer: usize) -> CallRecord {
    CallRecord {
        at_ms: 1,
        session: "s".to_owned(),
        client: "c".to_owned(),
        project: None,
        upstream: None,
        method: method::TOOLS_CALL.to_owned(),
        target: None,
        duration: Duration::ZERO,
        request_bytes: 0,
        answer_bytes: answer,
        outcome: CallOutcome::Ok,
        bodies: Some(Bodies { request: Box::default(), answer: vec![b'x'; answer].into() }),
        kept: true,
    }
}

fn offer(recorder: &Recorder, answer: usize) {
    recorder.offer(|| record(answer));
}

#[test]
fn nothing_is_taken_while_it_is_off() {
    let recorder = Recorder::default();
    offer(&recorder, 0);
    assert!(recorder.take(9).is_empty());
    assert_eq!(recorder.dropped(), 0);
}

#[test]
fn calls_are_taken_while_somebody_watches_and_without_what_was_said() {
    let recorder = Recorder::default();
    recorder.set(false, true);
    recorder.watch(true);
    assert!(!recorder.is_on() && !recorder.wants_bodies());
    offer(&recorder, 0);
    recorder.watch(false);
    offer(&recorder, 0);
    assert_eq!(recorder.take(9).len(), 1);
}

#[test]
fn a_full_buffer_counts_what_it_does_not_take() {
    let recorder = Recorder::default();
    recorder.set(true, true);
    for _ in 0..MAX_WAITING + 3 {
        offer(&recorder, 0);
    }
    assert_eq!(recorder.dropped(), 3);
    assert_eq!(recorder.take(100).len(), 100);
    offer(&recorder, 0);
    assert_eq!(recorder.dropped(), 3, "there is room again");
    assert_eq!(recorder.take(usize::MAX).len(), MAX_WAITING - 99);
}

#[test]
fn bodies_that_do_not_fit_are_left_out() {
    let recorder = Recorder::default();
    recorder.set(true, true);
    let fit = MAX_WAITING_BODY_BYTES / MAX_BODY_BYTES;
    for _ in 0..fit + 2 {
        offer(&recorder, MAX_BODY_BYTES);
    }
    let kept = |records: &[CallRecord]| records.iter().filter(|record| record.bodies.is_some()).count();
    assert_eq!(kept(&recorder.take(usize::MAX)), fit);
    offer(&recorder, MAX_BODY_BYTES);
    assert_eq!(kept(&recorder.take(1)), 1, "the room was given back");
}

#[test]
fn bodies_are_cut_and_targets_too() {
    let answer = Raw::of(&"x".repeat(MAX_BODY_BYTES * 2));
    let bodies = Bodies::of(None, &Outcome::Result(answer));
    assert_eq!((bodies.request.len(), bodies.answer.len()), (0, MAX_BODY_BYTES));
    assert_eq!(short("tool".to_owned()), "tool");
    assert_eq!(short("ü".repeat(MAX_TARGET_BYTES)).chars().count(), MAX_TARGET_BYTES / 2 + 1);
}

#[tokio::test]
async fn only_the_first_call_of_many_wakes_the_reader() {
    let recorder = Recorder::default();
    recorder.set(true, false);
    for _ in 0..100 {
        offer(&recorder, 0);
    }
    recorder.news().await;
    assert_eq!(recorder.take(usize::MAX).len(), 100);
    let mut again = std::pin::pin!(recorder.news());
    assert!(again.as_mut().now_or_never().is_none());
    offer(&recorder, 0);
    again.await;
}
