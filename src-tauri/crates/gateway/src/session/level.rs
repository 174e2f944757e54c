//! Log levels, and which of two says more.

/// Log levels of MCP, the most verbose first (server/utilities/logging, RFC 5424).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(usize);

pub(super) const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

impl Level {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        LEVELS.iter().position(|level| *level == word).map(Self)
    }

    pub(crate) fn word(self) -> &'static str {
        LEVELS[self.0]
    }
}
