//! `/api/sessions`: who is connected.

use headgate_api::{SessionView, Sessions};
use headgate_gateway::{Scope, SessionReport};

use super::{Admin, Answer, ok};

/// The whole id is the client's secret; this much tells sessions apart.
const SHOWN_ID_CHARS: usize = 8;

impl Admin {
    pub(super) fn sessions(&self) -> Answer {
        ok(&Sessions { sessions: self.session_views() })
    }

    pub(super) fn session_views(&self) -> Vec<SessionView> {
        self.gateway.session_reports().into_iter().map(view).collect()
    }
}

fn view(report: SessionReport) -> SessionView {
    SessionView {
        id: report.id.chars().take(SHOWN_ID_CHARS).collect(),
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
    }
}
