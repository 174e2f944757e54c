//! Which changes deserve a person's attention while they look elsewhere: an upstream that fails, one that
//! asks something while no window shows it, and a gateway that ends by itself. Nothing else does. Pure.
//!
//! What upstreams say is left to the window: some desktops take the text of a notice for markup.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use headgate_model::{UpstreamName, UpstreamState};

use crate::{
    gateway::{Known, Phase},
    words::Language,
};

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    /// The page that a click on it opens; without one the window opens as it was left.
    pub(crate) page: Option<String>,
}

/// Remembers of which upstreams was told, so that each failure is told once.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    told: BTreeSet<UpstreamName>,
}

impl Notices {
    /// What deserves attention in this change.
    pub(crate) fn of(
        &mut self,
        before: &Known,
        now: &Known,
        window_is_open: bool,
        language: Language,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        notices.extend((now.crashes > before.crashes).then(|| crash(now, language)));
        if !window_is_open {
            // Once for each upstream until none of its questions is open: one that asks all the time would bury
            // everything else.
            let asked: BTreeSet<_> = before.questions.values().collect();
            let asks: BTreeSet<_> = now.questions.values().collect();
            notices.extend(asks.difference(&asked).map(|upstream| question(upstream, language)));
        }
        for (name, seen) in &now.upstreams {
            if seen.state.is_well() {
                self.told.remove(name);
            }
            let failed = seen.state == UpstreamState::Failed && self.told.insert(name.clone());
            // What had failed before we looked stands in the window that is open now.
            if failed && before.upstreams.contains_key(name) {
                notices.push(failure(name, language));
            }
        }
        if now.phase == Phase::Running {
            self.told.retain(|name| now.upstreams.contains_key(name) || now.upstreams.is_empty());
        }
        notices
    }
}

fn crash(now: &Known, language: Language) -> Notice {
    let body = match now.phase {
        Phase::Failed => language.crash_for_good(),
        _ => language.crash_passing(),
    };
    Notice { title: language.crash_title(), body, page: None }
}

fn failure(name: &UpstreamName, language: Language) -> Notice {
    let page = Some(format!("/upstreams/{name}"));
    Notice { title: language.failure_title(name.as_str()), body: language.failure_text(), page }
}

fn question(name: &UpstreamName, language: Language) -> Notice {
    Notice { title: language.question_title(name.as_str()), body: language.question_text(), page: None }
}
