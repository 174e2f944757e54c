//! `/api/sessions`: who is connected, and how a person ends a session. The whole id of one is its client's
//! secret; people know it by the beginning.

use headgate_api::{CallProgress, InFlight, Problem, ServingCopy, SessionView, Sessions, code};
use headgate_gateway::{Progress, Scope, Serving, SessionReport, Sharers, UnderwayReport};

use super::{Admin, Answer, done, ok};
use crate::activity::masked_text;

impl Admin {
    pub(super) fn sessions(&self) -> Answer {
        ok(&Sessions { sessions: self.session_views() })
    }

    pub(super) fn session_views(&self) -> Vec<SessionView> {
        self.gateway.session_reports().into_iter().map(view).collect()
    }

    /// Its calls are cancelled, its streams close, and its own children are gone when this returns. The client
    /// is told 404 when it comes back, and opens another one if it wants to go on.
    pub(super) async fn delete_session(&self, shown_id: &str) -> Answer {
        match self.gateway.sessions_shown_as(shown_id).as_slice() {
            [session] => {
                self.gateway.end_session(session).await;
                done()
            }
            [] => {
                let problem = Problem::new(404, code::NOT_FOUND, format!("there is no session `{shown_id}`"));
                Err(problem.advise("`headgate sessions` tells which there are".to_owned()))
            }
            several => {
                let number = several.len();
                let detail = format!(
                    "{number} sessions are shown as `{shown_id}`, so that it is not clear which one is meant; none \
                     was ended; to end one of them, close its client"
                );
                Err(Problem::new(409, code::AMBIGUOUS, detail))
            }
        }
    }
}

fn view(report: SessionReport) -> SessionView {
    SessionView {
        id: report.id,
        client: report.client,
        client_info: report.client_info,
        protocol_version: report.revision,
        path: match report.scope {
            Scope::All => "/mcp".to_owned(),
            Scope::One(name) => format!("/mcp/{name}"),
        },
        calls: report.calls,
        children: report.children,
        idle_ms: u64::try_from(report.idle.as_millis()).unwrap_or(u64::MAX),
        asleep: report.asleep,
        project: report.project,
        upstreams: report.upstreams,
        in_flight: report.in_flight.into_iter().map(in_flight).collect(),
        running: report.serving.into_iter().map(serving).collect(),
    }
}

/// What strangers wrote is shown without what looks secret, as in the record of calls.
fn in_flight(call: UnderwayReport) -> InFlight {
    let progress = call.progress.map(|Progress { progress, total, message }| CallProgress {
        progress,
        total,
        message: message.map(|text| masked_text(&text)),
    });
    InFlight {
        method: call.method,
        target: call.target.map(|text| masked_text(&text)),
        upstream: call.upstream,
        began_ms: call.began_ms,
        progress,
    }
}

fn serving(copy: Serving) -> ServingCopy {
    let kind = match copy.sharers {
        Sharers::Everybody => "shared",
        Sharers::Project(_) => "project",
        Sharers::Session(_) => "own",
    };
    ServingCopy { upstream: copy.upstream, kind: kind.to_owned(), pid: copy.pid }
}
