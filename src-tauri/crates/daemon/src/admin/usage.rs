//! `/api/usage`: what the processes of upstreams take, and what sharing them saves.

use headgate_api::Usage;
use headgate_model::UpstreamName;

use super::{Admin, Answer, ok};

/// Whether an answer tells what processes take, so that it is worth a look at them first.
pub(super) fn is_shown_at(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    matches!(first, "upstreams" | "status" | "usage") && !path.trim_end_matches('/').ends_with("/logs")
}

impl Admin {
    pub(super) fn usage(&self) -> Answer {
        ok(&*self.usage.report())
    }

    /// What an upstream took when it was last looked.
    pub(super) fn usage_of(&self, name: &UpstreamName) -> Option<Usage> {
        self.usage.report().of(name).map(|upstream| upstream.usage.clone())
    }
}
