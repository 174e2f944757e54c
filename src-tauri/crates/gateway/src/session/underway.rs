//! A call in flight as people see it. It is on the way of the call, so it keeps what is there anyway; what can
//! be read from that is read when somebody looks.

use std::sync::{Mutex, OnceLock, PoisonError};

use headgate_model::UpstreamName;
use headgate_protocol::{Raw, Request};

use super::ended;
use crate::activity::{now_ms, short};

/// A call that was taken in and has no answer yet.
pub(crate) struct Underway {
    method: String,
    params: Option<Raw>,
    began_ms: u64,
    upstream: OnceLock<UpstreamName>,
    /// The parameters of the last report; nobody else waits for this lock.
    progress: Mutex<Option<Raw>>,
    /// Read once: parameters may be large, and people look again and again.
    target: OnceLock<Option<String>>,
}

/// What people see of it.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderwayReport {
    /// For example `tools/call`.
    pub method: String,
    /// The tool, prompt or URI, as the client named it.
    pub target: Option<String>,
    /// Who is to answer, as soon as that is known.
    pub upstream: Option<UpstreamName>,
    /// When it came in, in milliseconds since 1970.
    pub began_ms: u64,
    /// What was last reported of it.
    pub progress: Option<Progress>,
}

/// How far a call is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// It rises.
    pub progress: f64,
    /// Where it ends, where that is known.
    pub total: Option<f64>,
    /// In words.
    pub message: Option<String>,
}

impl Underway {
    pub(super) fn new(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            params: request.params.clone(),
            began_ms: now_ms(),
            upstream: OnceLock::new(),
            progress: Mutex::default(),
            target: OnceLock::new(),
        }
    }

    /// It is this upstream's to answer.
    pub(super) fn goes_to(&self, upstream: &UpstreamName) {
        // A call goes one way only; a second attempt goes the same one.
        let _ = self.upstream.set(upstream.clone());
    }

    /// The upstream reported progress.
    pub(crate) fn progressed(&self, params: &Raw) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(params.clone());
    }

    pub(super) fn began_ms(&self) -> u64 {
        self.began_ms
    }

    pub(super) fn report(&self) -> UnderwayReport {
        let target = self.target.get_or_init(|| {
            let params = self.params.as_ref()?;
            ended::target(&self.method, params).map(short)
        });
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
        UnderwayReport {
            method: self.method.clone(),
            target: target.clone(),
            upstream: self.upstream.get().cloned(),
            began_ms: self.began_ms,
            progress: progress.as_ref().and_then(read),
        }
    }
}

/// Reads the parameters of `notifications/progress`; strangers wrote them.
fn read(params: &Raw) -> Option<Progress> {
    let number = |name: &str| params.at(&[name]).and_then(|value| value.read::<f64>().ok());
    let message = params.text_at(&["message"]).map(short);
    Some(Progress { progress: number("progress")?, total: number("total"), message })
}

#[cfg(test)]
mod tests {
    use headgate_protocol::Id;

    use super::*;

    fn call(method: &str, params: &'static str) -> Underway {
        let params = Some(Raw::constant(params));
        Underway::new(&Request { id: Id::number(1), method: method.to_owned(), params, extra: Vec::new() })
    }

    #[test]
    fn a_call_tells_what_it_is_about_and_how_far_it_is() {
        let call = call("tools/call", r#"{"name":"search","arguments":{}}"#);
        let first = call.report();
        assert_eq!(
            (first.target.as_deref(), &first.upstream, &first.progress),
            (Some("search"), &None, &None)
        );
        call.goes_to(&"github".parse().unwrap());
        call.progressed(&Raw::constant(r#"{"progressToken":1,"progress":1}"#));
        call.progressed(&Raw::constant(r#"{"progress":2,"total":1e1,"message":"step 2","odd":null}"#));
        let second = call.report();
        assert_eq!(second.upstream, Some("github".parse().unwrap()));
        let expected = Progress { progress: 2.0, total: Some(10.0), message: Some("step 2".to_owned()) };
        assert_eq!(second.progress, Some(expected));
    }

    #[test]
    fn what_a_stranger_reports_may_be_nonsense() {
        let call = call("resources/read", r#"{"uri":"a:b"}"#);
        call.progressed(&Raw::constant(r#"{"progress":"much"}"#));
        let report = call.report();
        assert_eq!((report.target.as_deref(), report.progress), (Some("a:b"), None));
    }
}
