//! What is known of the gateway: the state that tray, notices and window are functions of. Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use headgate_api::{Event, QuestionState, QuestionView, Status, UpstreamView};
use headgate_model::{UpstreamName, UpstreamState};
use serde::Serialize;

use super::versions;
use crate::words::Language;

/// Where the gateway stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Running,
    #[default]
    Starting,
    Stopping,
    Stopped,
    Failed,
}

/// How an upstream does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: UpstreamState,
    /// A person switched it on.
    pub(crate) is_on: bool,
    /// Names of it are held back, since others have them.
    pub(crate) clashes: bool,
}

/// What a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It does not work.
    State(UpstreamState),
    /// It works, and clients do not see all of it.
    Clash,
}

/// The gateway as it was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Known {
    #[serde(rename = "state")]
    pub(crate) phase: Phase,
    /// Why it does not run, or what is wrong while it does, in a sentence.
    pub(crate) reason: Option<String>,
    /// Its base URL while it runs.
    pub(crate) url: Option<String>,
    #[serde(skip)]
    pub(crate) sessions: usize,
    #[serde(skip)]
    pub(crate) upstreams: BTreeMap<UpstreamName, Seen>,
    /// Which upstreams wait for a person's answer, by the ids of their questions.
    #[serde(skip)]
    pub(crate) questions: BTreeMap<String, UpstreamName>,
    /// How often it ended without a word since the app was started.
    #[serde(skip)]
    pub(crate) crashes: u32,
    /// Its version while it runs.
    #[serde(skip)]
    pub(crate) version: Option<String>,
    /// A newer version that was installed since the app was started.
    #[serde(skip)]
    pub(crate) installed: Option<String>,
    /// It has told that no call is in flight.
    #[serde(skip)]
    pub(crate) is_idle: bool,
}

impl Seen {
    /// Why it needs a person's eye, if it does: by the rule of the page (`isTrouble` in `state-mark.ts`), so that tray
    /// and window say the same.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        match self.state {
            _ if !self.is_on => None,
            state @ (UpstreamState::Failed | UpstreamState::BackingOff) => Some(Trouble::State(state)),
            UpstreamState::Ready if self.clashes => Some(Trouble::Clash),
            _ => None,
        }
    }
}

impl From<&UpstreamView> for Seen {
    fn from(upstream: &UpstreamView) -> Self {
        Self { state: upstream.state, is_on: upstream.spec.enabled, clashes: !upstream.held_back.is_empty() }
    }
}

impl Known {
    /// Where clients connect to.
    pub(crate) fn mcp_url(&self) -> Option<String> {
        self.url.as_ref().map(|url| format!("{url}/mcp"))
    }

    /// True when the page would show the same of both.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        (self.phase, &self.reason, &self.url) == (other.phase, &other.reason, &other.url)
    }

    /// It is in this phase, and nothing is known of what it offers.
    pub(crate) fn is(&mut self, phase: Phase, reason: Option<String>) {
        let installed = self.installed.take();
        *self = Self { phase, reason, crashes: self.crashes, installed, ..Self::default() };
    }

    /// It does not run, and this is why.
    pub(crate) fn failed(&mut self, reason: String) {
        self.is(Phase::Failed, Some(reason));
    }

    /// It answers at this URL. What it offers comes with the first event.
    pub(crate) fn runs_at(&mut self, url: &str, version: &str) {
        self.is(Phase::Running, None);
        (self.url, self.version) = (Some(url.to_owned()), Some(version.to_owned()));
        self.goes_on();
    }

    /// It runs as before. What went wrong with it is over.
    pub(crate) fn goes_on(&mut self) {
        let advice = versions::advice(self.version.as_deref(), self.installed.as_deref(), Language::spoken());
        (self.phase, self.reason) = (Phase::Running, advice);
    }

    /// Another version of the app was installed.
    pub(crate) fn was_installed(&mut self, version: String) {
        self.installed = Some(version);
        if self.phase == Phase::Running {
            self.goes_on();
        }
    }

    /// It could be replaced now by one of this app's version.
    pub(crate) fn makes_room(&self) -> bool {
        self.is_idle && self.version.as_deref().is_some_and(versions::is_older)
    }

    /// It told this.
    pub(crate) fn hear(&mut self, event: Event) {
        match event {
            Event::State(state) => {
                self.sessions = state.sessions.len();
                self.upstreams =
                    state.upstreams.iter().map(|view| (view.spec.name.clone(), view.into())).collect();
                self.questions = open(state.questions.unwrap_or_default());
                self.hear_status(&state.status);
            }
            Event::Upstream(upstream) => {
                let seen = Seen::from(&*upstream);
                self.upstreams.insert(upstream.spec.name, seen);
            }
            Event::UpstreamRemoved(name) => _ = self.upstreams.remove(&name),
            Event::Sessions(sessions) => self.sessions = sessions.len(),
            Event::Questions(questions) => self.questions = open(questions),
            Event::Status(status) => self.hear_status(&status),
            _ => {}
        }
    }

    /// A gateway that began to end before we listened says so in its first event.
    fn hear_status(&mut self, status: &Status) {
        self.is_idle = status.calls == 0;
        if status.stopping {
            self.phase = Phase::Stopping;
        }
    }
}

/// Those that wait for an answer.
fn open(questions: Vec<QuestionView>) -> BTreeMap<String, UpstreamName> {
    let open = questions.into_iter().filter(|question| question.state == QuestionState::Open);
    open.map(|question| (question.id, question.upstream)).collect()
}
