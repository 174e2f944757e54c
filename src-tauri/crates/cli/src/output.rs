//! What is printed: results to standard output, everything else to standard error. Colours obey
//! NO_COLOR and vanish where nobody watches; text from strangers cannot steer the terminal.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a result.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write_line(anstream::stdout().lock(), text)
}

/// Prints text from a stranger: byte for byte into a file or pipe; without escapes and control
/// characters, other than line breaks and tabs, onto a terminal.
pub(crate) fn print_foreign(text: &str) -> Result<(), Failure> {
    let out = io::stdout().lock();
    if !out.is_terminal() {
        return write_line(out, text);
    }
    let text = anstream::adapter::strip_str(text).to_string();
    let calm = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control());
    write_line(out, &calm.collect::<String>())
}

fn write_line(mut out: impl Write, text: &str) -> Result<(), Failure> {
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{line_end}").and_then(|()| out.flush()) {
        // Whoever reads has enough, as in `headgate list | head -1`.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a result as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
    print(&text)
}

/// Says something beside the result.
pub(crate) fn tell(text: &str) {
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Text from a stranger as one line that holds no escapes and no control characters.
pub(crate) fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `1 tool`, `2 tools`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A span of time in its largest unit.
pub(crate) fn age(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m", s / 60),
        3600..86400 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86400),
    }
}

#[cfg(test)]
mod tests;
