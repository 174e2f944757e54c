//! Standard input, cut into lines.

use headgate_protocol::{
    MAX_MESSAGE_BYTES,
    lines::{Line, Lines},
};
use tokio::io::{AsyncReadExt, Stdin, stdin};

use super::Event;

/// Read at once.
const READ_BYTES: usize = 64 * 1024;

/// Reads lines; losing a race to another event loses no bytes.
pub(super) struct Input {
    stdin: Stdin,
    lines: Lines,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { stdin: stdin(), lines: Lines::new(MAX_MESSAGE_BYTES) }
    }

    pub(super) async fn next(&mut self) -> Event {
        loop {
            match self.lines.next() {
                Some(Line::Whole(line)) if line.trim_ascii().is_empty() => continue,
                Some(Line::Whole(line)) => return Event::Line(line),
                Some(Line::TooLong) => return Event::TooLong,
                None => {}
            }
            self.lines.buffer().reserve(READ_BYTES);
            match self.stdin.read_buf(self.lines.buffer()).await {
                Ok(0) | Err(_) => match self.lines.rest() {
                    // A last line that was not ended is one all the same.
                    Some(rest) => return Event::Line(rest),
                    None => return Event::InputEnded,
                },
                Ok(_) => {}
            }
        }
    }
}
