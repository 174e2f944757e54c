//! What happens meanwhile, on standard error: one line that is overwritten in place on a terminal,
//! plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::plain;

/// Fits terminals of the usual width, so that the line never wraps and can be overwritten.
const MAX_COLUMNS: usize = 78;

/// The line as it stands.
pub(crate) struct Progress {
    in_place: bool,
    columns: usize,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self { in_place: io::stderr().is_terminal(), columns: 0 }
    }

    /// Shows `text` instead of what stood there.
    pub(crate) fn show(&mut self, text: &str) {
        let text = plain(text);
        if self.in_place {
            self.overwrite(cut(&text));
        } else if !text.is_empty() {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Spaces instead of an erasing escape sequence work on every terminal.
    fn overwrite(&mut self, text: &str) {
        let columns = text.width();
        let rest = self.columns.saturating_sub(columns);
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r{text}{:rest$}\r{text}", "").and_then(|()| stderr.flush());
        self.columns = columns;
    }
}

/// Leaves a clean line for whatever is printed next.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.in_place && self.columns > 0 {
            self.overwrite("");
        }
    }
}

fn cut(text: &str) -> &str {
    let mut columns = 0;
    let end = text.char_indices().find(|(_, c)| {
        columns += c.width().unwrap_or_default();
        columns > MAX_COLUMNS
    });
    end.map_or(text, |(at, _)| &text[..at])
}
