//! What an upstream says besides MCP: stderr, noise on stdout, log messages nobody asked for, and the
//! events of its life. A bounded ring that people read when something is wrong.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use tokio::{sync::watch, time::Instant};

use super::mask::Mask;

/// Lines kept for each upstream: a screenful of history, some ten pages.
const MAX_LINES: usize = 500;
/// A line longer than this is cut; it is for people.
const MAX_LINE_BYTES: usize = 4096;

/// How the line begins that tells of a start.
pub(crate) const STARTING: &str = "starting ";

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The child's standard error.
    Stderr,
    /// A line on standard output that is no MCP message.
    Noise,
    /// An MCP log message that belongs to no session.
    Log,
    /// Starts, exits and refusals.
    Life,
}

impl Source {
    /// The word in the admin API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stderr => "stderr",
            Self::Noise => "noise",
            Self::Log => "log",
            Self::Life => "life",
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Where it came from.
    pub source: Source,
    /// The text, cut at a bound.
    pub text: String,
}

/// The ring. It outlives single runs of the upstream.
#[derive(Debug)]
pub struct Log {
    lines: Mutex<VecDeque<Line>>,
    noise: AtomicU64,
    /// The secrets that the upstream was given.
    mask: ArcSwap<Mask>,
    spoke: watch::Sender<Option<Instant>>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            lines: Mutex::default(),
            noise: AtomicU64::new(0),
            mask: ArcSwap::default(),
            spoke: watch::Sender::new(None),
        }
    }
}

impl Log {
    /// From now on these secrets do not appear in it.
    pub(crate) fn hide(&self, mask: Mask) {
        self.mask.store(Arc::new(mask));
    }

    /// A text that the upstream may have written, without its secrets.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.mask.load().apply(text)
    }

    /// Adds a line.
    pub fn add(&self, source: Source, text: &str) {
        let text = self.masked(text);
        let mut cut = text.len().min(MAX_LINE_BYTES);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let line = Line { at_ms: now_ms(), source, text: text[..cut].trim_end().to_owned() };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
        drop(lines);
        if source == Source::Noise {
            self.noise.fetch_add(1, Relaxed);
        }
        if source != Source::Life {
            self.spoke.send_replace(Some(Instant::now()));
        }
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The newest `count` lines of stderr since the last start, oldest first.
    pub fn last_words(&self, count: usize) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let is_start = |line: &&Line| line.source == Source::Life && line.text.starts_with(STARTING);
        let newest = lines
            .iter()
            .rev()
            .take_while(|line| !is_start(line))
            .filter(|line| line.source == Source::Stderr && !line.text.is_empty());
        let mut words: Vec<String> = newest.take(count).map(|line| line.text.clone()).collect();
        words.reverse();
        words
    }

    /// The newest line of stderr since then.
    pub fn last_words_since(&self, began_ms: u64) -> Option<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = lines.iter().rev().take_while(|line| line.at_ms >= began_ms);
        newest.filter(|line| line.source == Source::Stderr).map(|line| line.text.clone()).next()
    }

    /// Lines on stdout that were no messages, ever.
    pub fn noise(&self) -> u64 {
        self.noise.load(Relaxed)
    }

    /// Changes whenever the upstream says something: a start that speaks is no hang.
    pub fn spoke(&self) -> watch::Receiver<Option<Instant>> {
        self.spoke.subscribe()
    }
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
