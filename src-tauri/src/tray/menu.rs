//! What the tray shows, as a function of what is known. Pure.

#[cfg(test)]
mod tests;

use crate::{
    gateway::{Known, Phase},
    preferences::Wishes,
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
        Phase::Running if known.upstreams.values().any(|seen| seen.in_trouble()) => Face::Trouble,
        Phase::Running => Face::Running,
        Phase::Failed => Face::Trouble,
        Phase::Starting | Phase::Stopping | Phase::Stopped => Face::Stopped,
    }
}

/// The menu, from top to bottom.
pub(super) fn entries(known: &Known, wishes: &Wishes) -> Vec<Entry> {
    let mut entries = vec![
        Entry::words(state(known)),
        Entry::line(),
        switch(known),
        Entry::new(Action::CopyUrl, "Copy URL").enabled(known.url.is_some()),
        Entry::new(Action::Open, "Open Headgate"),
        Entry::line(),
    ];
    let news: Vec<Entry> = questions(known).into_iter().chain(troubles(known)).collect();
    if !news.is_empty() {
        entries.extend(news);
        entries.push(Entry::line());
    }
    entries.push(Entry {
        kind: Kind::Check(wishes.autostart == Some(true)),
        ..Entry::new(Action::StartAtLogin, "Start at login").enabled(wishes.autostart.is_some())
    });
    entries.push(Entry::line());
    entries.extend(ways_out(wishes));
    entries
}

fn state(known: &Known) -> String {
    match known.phase {
        Phase::Running => format!("Running, {}", sessions(known.sessions)),
        Phase::Starting => "Starting".to_owned(),
        Phase::Stopping => "Stopping".to_owned(),
        Phase::Stopped => "Stopped".to_owned(),
        Phase::Failed => "Not running: open Headgate to see why".to_owned(),
    }
}

fn sessions(count: usize) -> String {
    match count {
        0 => "no sessions".to_owned(),
        1 => "1 session".to_owned(),
        _ => format!("{count} sessions"),
    }
}

fn switch(known: &Known) -> Entry {
    match known.phase {
        Phase::Running => Entry::new(Action::Stop, "Stop the gateway"),
        Phase::Stopping => Entry::new(Action::Stop, "Stop the gateway").enabled(false),
        Phase::Starting => Entry::new(Action::Start, "Start the gateway").enabled(false),
        Phase::Stopped | Phase::Failed => Entry::new(Action::Start, "Start the gateway"),
    }
}

/// The window shows them wherever it is.
fn questions(known: &Known) -> Option<Entry> {
    let text = match known.questions.len() {
        0 => return None,
        1 => "1 question waits for you".to_owned(),
        count => format!("{count} questions wait for you"),
    };
    Some(Entry::new(Action::Answer, text))
}

/// Each opens the page of its upstream.
fn troubles(known: &Known) -> Vec<Entry> {
    let troubles: Vec<_> = known.upstreams.iter().filter(|(_, seen)| seen.in_trouble()).collect();
    let entry = |(name, seen): &(&headgate_model::UpstreamName, &crate::gateway::Seen)| {
        let action = Action::OpenPage(format!("/upstreams/{name}"));
        Entry::new(action, format!("{name}: {}", seen.state.word()))
    };
    let mut entries: Vec<Entry> = troubles.iter().take(MAX_TROUBLES).map(entry).collect();
    if let Some(more) = troubles.len().checked_sub(MAX_TROUBLES).filter(|more| *more > 0) {
        entries.push(Entry::new(Action::OpenPage("/upstreams".to_owned()), format!("{more} more")));
    }
    entries
}

/// The one that the person prefers comes first.
fn ways_out(wishes: &Wishes) -> [Entry; 2] {
    let stop = Entry::new(Action::Quit { stop: true }, "Quit and stop the gateway");
    match wishes.quit_stops_gateway {
        false => [Entry::new(Action::Quit { stop: false }, "Quit"), stop],
        true => [stop, Entry::new(Action::Quit { stop: false }, "Quit, leave the gateway running")],
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
