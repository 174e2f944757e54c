//! Standard input, cut into lines.

use headgate_protocol::{
    MAX_MESSAGE_BYTES,
    lines::{Line, Lines},
};
use tokio::{
    io::{AsyncReadExt, stdin},
    sync::{mpsc, oneshot},
};

use super::Event;

/// Read at once.
const READ_BYTES: usize = 64 * 1024;

/// Lines that wait for the daemon to take them; more wait in the pipe.
const WAITING: usize = 64;

/// The lines of standard input, and the news of its end, which may come long before the last line was
/// taken.
pub(super) fn lines() -> (mpsc::Receiver<Event>, oneshot::Receiver<()>) {
    let (to, lines) = mpsc::channel(WAITING);
    let (end, ended) = oneshot::channel();
    tokio::spawn(async move {
        read(&to, end).await;
    });
    (lines, ended)
}

async fn read(to: &mpsc::Sender<Event>, end: oneshot::Sender<()>) {
    let mut stdin = stdin();
    let mut lines = Lines::new(MAX_MESSAGE_BYTES);
    loop {
        while let Some(line) = lines.next() {
            let event = match line {
                Line::Whole(line) if line.trim_ascii().is_empty() => continue,
                Line::Whole(line) => Event::Line(line),
                Line::TooLong => Event::TooLong,
            };
            if to.send(event).await.is_err() {
                return;
            }
        }
        lines.buffer().reserve(READ_BYTES);
        if !stdin.read_buf(lines.buffer()).await.is_ok_and(|count| count > 0) {
            break;
        }
    }
    let _ = end.send(());
    // A last line that was not ended is one all the same.
    if let Some(rest) = lines.rest() {
        let _ = to.send(Event::Line(rest)).await;
    }
}
