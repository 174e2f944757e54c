//! The terminal while something lives on it: a screen of its own, keys that are read at once, and all of
//! it undone at the end.

use std::{
    io::{self, Write, stdout},
    time::{Duration, Instant},
};

use crossterm::{
    cursor::{Hide, MoveTo, Show},
    event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    execute, queue,
    terminal::{
        self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
        EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    },
};
use tokio::task::spawn_blocking;

/// The terminal, until it is dropped.
pub(super) struct Screen;

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        // From here on dropping it undoes what was done.
        let screen = Self;
        execute!(stdout(), EnterAlternateScreen, DisableLineWrap, Hide)?;
        Ok(screen)
    }

    /// Draws what `page` makes of the height of the window, over what was there before.
    pub(super) fn show(&self, page: impl FnOnce(usize) -> String) -> io::Result<()> {
        let (_, height) = terminal::size()?;
        let page = page(usize::from(height));
        let mut lines = page.lines();
        let mut out = stdout().lock();
        queue!(out, BeginSynchronizedUpdate)?;
        // Line by line and without line breaks: one after the last line would push the first one out.
        for row in 0..height {
            queue!(out, MoveTo(0, row))?;
            write!(out, "{}", coloured(lines.next().unwrap_or_default()))?;
            queue!(out, Clear(ClearType::UntilNewLine))?;
        }
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()
    }

    /// Waits for as long as told; true when somebody left meanwhile. A new size ends the wait.
    pub(super) async fn left(&self, wait: Duration) -> io::Result<bool> {
        // In a thread of its own: the terminal is read by waiting for it.
        spawn_blocking(move || read_keys(wait)).await.map_err(io::Error::other)?
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody left to tell when the terminal is gone.
        let _ = execute!(stdout(), Show, EnableLineWrap, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

fn read_keys(wait: Duration) -> io::Result<bool> {
    let end = Instant::now() + wait;
    while event::poll(end.saturating_duration_since(Instant::now()))? {
        match event::read()? {
            Event::Key(key) if leaves(&key) => return Ok(true),
            Event::Resize(..) => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}

/// In raw mode Ctrl-C is a key like others.
fn leaves(key: &KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release
        && matches!(
            (key.code, is_control),
            (KeyCode::Char('q') | KeyCode::Esc, _) | (KeyCode::Char('c'), true)
        )
}

/// Without colours where NO_COLOR asks for that.
fn coloured(line: &str) -> String {
    match anstream::AutoStream::choice(&stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(line).to_string(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_control_c_leave() {
        let key = |code, modifiers| leaves(&KeyEvent::new(code, modifiers));
        assert!(key(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(key(KeyCode::Esc, KeyModifiers::NONE));
        assert!(!key(KeyCode::Char('c'), KeyModifiers::NONE));
        assert!(!key(KeyCode::Enter, KeyModifiers::NONE));
    }
}
