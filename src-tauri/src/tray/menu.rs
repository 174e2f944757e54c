//! What the tray shows, as a function of what is known. Pure.

#[cfg(test)]
mod tests;

use headgate_model::UpstreamName;

use crate::{
    gateway::{Known, Phase, Trouble},
    preferences::Wishes,
    words::Language,
};

/// A menu is read at a glance; the window has the rest.
const MAX_TROUBLES: usize = 5;

/// What the icon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Running,
    Stopped,
    Trouble,
}

/// What a click means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    None,
    Start,
    Stop,
    CopyUrl,
    Open,
    Answer,
    OpenPage(String),
    StartAtLogin,
    Quit { stop: bool },
}

/// A line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) action: Action,
    pub(super) text: String,
    pub(super) enabled: bool,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line,
    Plain,
    Check(bool),
}

/// The icon's face.
pub(super) fn face(known: &Known) -> Face {
    match known.phase {
        Phase::Running if !known.questions.is_empty() => Face::Trouble,
        Phase::Running if known.upstreams.values().any(|seen| seen.trouble().is_some()) => Face::Trouble,
        Phase::Running => Face::Running,
        Phase::Failed => Face::Trouble,
        Phase::Starting | Phase::Stopping | Phase::Stopped => Face::Stopped,
    }
}

/// The menu, from top to bottom.
pub(super) fn entries(known: &Known, wishes: &Wishes) -> Vec<Entry> {
    let language = wishes.language;
    let mut entries = vec![
        Entry::words(state(known, language)),
        Entry::line(),
        switch(known, language),
        Entry::new(Action::CopyUrl, language.copy_url()).enabled(known.url.is_some()),
        Entry::new(Action::Open, language.open()),
        Entry::line(),
    ];
    let news: Vec<Entry> = questions(known, language).into_iter().chain(troubles(known, language)).collect();
    if !news.is_empty() {
        entries.extend(news);
        entries.push(Entry::line());
    }
    entries.push(Entry {
        kind: Kind::Check(wishes.autostart == Some(true)),
        ..Entry::new(Action::StartAtLogin, language.start_at_login()).enabled(wishes.autostart.is_some())
    });
    entries.push(Entry::line());
    entries.extend(ways_out(wishes));
    entries
}

fn state(known: &Known, language: Language) -> String {
    match known.phase {
        Phase::Running => language.running(&language.sessions(known.sessions)),
        Phase::Starting => language.starting(),
        Phase::Stopping => language.stopping(),
        Phase::Stopped => language.stopped(),
        Phase::Failed => language.not_running(),
    }
}

fn switch(known: &Known, language: Language) -> Entry {
    let start = || Entry::new(Action::Start, language.start_gateway());
    let stop = || Entry::new(Action::Stop, language.stop_gateway());
    match known.phase {
        Phase::Running => stop(),
        Phase::Stopping => stop().enabled(false),
        Phase::Starting => start().enabled(false),
        Phase::Stopped | Phase::Failed => start(),
    }
}

/// The window shows them wherever it is.
fn questions(known: &Known, language: Language) -> Option<Entry> {
    let count = known.questions.len();
    (count > 0).then(|| Entry::new(Action::Answer, language.questions(count)))
}

/// Each opens the page of its upstream.
fn troubles(known: &Known, language: Language) -> Vec<Entry> {
    let entry = |name: &UpstreamName, trouble: Trouble| {
        let words = match trouble {
            Trouble::State(state) => language.state(state).to_owned(),
            Trouble::Clash => language.names_clash(),
        };
        Entry::new(Action::OpenPage(format!("/upstreams/{name}")), format!("{name}: {words}"))
    };
    let troubles = known.upstreams.iter().filter_map(|(name, seen)| Some(entry(name, seen.trouble()?)));
    let mut entries: Vec<Entry> = troubles.collect();
    if let Some(more) = entries.len().checked_sub(MAX_TROUBLES).filter(|more| *more > 0) {
        entries.truncate(MAX_TROUBLES);
        entries.push(Entry::new(Action::OpenPage("/upstreams".to_owned()), language.more(more)));
    }
    entries
}

/// The one that the person prefers comes first.
fn ways_out(wishes: &Wishes) -> [Entry; 2] {
    let language = wishes.language;
    let leave = |words| Entry::new(Action::Quit { stop: false }, words);
    let stop = Entry::new(Action::Quit { stop: true }, language.quit_and_stop());
    match wishes.quit_stops_gateway {
        false => [leave(language.quit()), stop],
        true => [stop, leave(language.quit_and_leave())],
    }
}

impl Entry {
    fn new(action: Action, text: impl Into<String>) -> Self {
        Self { kind: Kind::Plain, action, text: text.into(), enabled: true }
    }

    fn words(text: String) -> Self {
        Self::new(Action::None, text).enabled(false)
    }

    fn line() -> Self {
        Self { kind: Kind::Line, ..Self::words(String::new()) }
    }

    fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// True when one can become the other without a new menu.
    pub(super) fn has_shape_of(&self, other: &Self) -> bool {
        let kinds = std::mem::discriminant(&self.kind) == std::mem::discriminant(&other.kind);
        kinds && self.action == other.action
    }
}

impl Action {
    /// By this the system names what was clicked.
    pub(super) fn id(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Start => "start".to_owned(),
            Self::Stop => "stop".to_owned(),
            Self::CopyUrl => "copy-url".to_owned(),
            Self::Open => "open".to_owned(),
            Self::Answer => "answer".to_owned(),
            Self::OpenPage(path) => format!("page:{path}"),
            Self::StartAtLogin => "start-at-login".to_owned(),
            Self::Quit { stop: false } => "quit".to_owned(),
            Self::Quit { stop: true } => "quit-and-stop".to_owned(),
        }
    }

    /// What a name means.
    pub(super) fn of(id: &str) -> Option<Self> {
        let plain = [
            Self::Start,
            Self::Stop,
            Self::CopyUrl,
            Self::Open,
            Self::Answer,
            Self::StartAtLogin,
            Self::Quit { stop: false },
            Self::Quit { stop: true },
        ];
        let page = || id.strip_prefix("page:").map(|path| Self::OpenPage(path.to_owned()));
        plain.into_iter().find(|action| action.id() == id).or_else(page)
    }
}
