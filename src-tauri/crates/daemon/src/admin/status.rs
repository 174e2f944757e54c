//! `/api/status` and `/api/shutdown`: the daemon itself.

use axum::response::IntoResponse;
use headgate_api::{Problem, ShutDown, Status, code};
use hyper::StatusCode;

use super::{Admin, Answer, ok};

impl Admin {
    pub(super) fn status(&self) -> Answer {
        ok(&self.status_view())
    }

    pub(super) fn status_view(&self) -> Status {
        let usage = self.usage.report();
        Status {
            version: self.manifest.version.clone(),
            pid: self.manifest.pid,
            instance: self.manifest.instance.clone(),
            url: self.manifest.url.clone(),
            uptime_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            calls: self.drain.calls(),
            stopping: self.drain.is_closed(),
            gateway: usage.gateway.clone(),
            total: usage.total.clone(),
            saving: usage.saving.clone(),
        }
    }

    pub(super) fn shut_down(&self, wish: &ShutDown) -> Answer {
        if self.drain.ask(wish.only_if_idle) {
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        let calls = self.drain.calls();
        Err(Problem::new(409, code::BUSY, format!("calls are being answered ({calls}); the gateway goes on")))
    }
}
