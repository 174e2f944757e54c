//! The stdio transport (transports, "stdio"): one message a line. Reading never waits for writing, in
//! either direction, since a child that is not read stops reading us.

use std::{collections::VecDeque, future, io, io::IoSlice, sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use headgate_protocol::{
    MAX_MESSAGE_BYTES,
    lines::{Line, Lines},
    parse,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::{
    link::{Closed, Received, unreadable},
    log::{Log, Source},
};
use crate::process::{self, Child, Launch, Warden};

/// Read at once: one wake-up empties a whole pipe of 64 KiB.
const READ_BYTES: usize = 64 * 1024;
/// Room for a usual message; with less, the buffer is replaced. Messages share its memory, so it cannot be used
/// again before they are gone, and replacing it for each would cost more than the message.
const MIN_ROOM: usize = 8 * 1024;
/// Queued bytes beyond which callers wait: a slow child must not make us hold its whole input.
const MAX_QUEUED_BYTES: usize = 1024 * 1024;
/// As much of a line that is no message as people need to see.
const MAX_NOISE_BYTES: usize = 4096;
/// Frames written by one system call.
const MAX_SLICES: usize = 64;

const NEWLINE: Bytes = Bytes::from_static(b"\n");

/// A child process and its pipes.
pub(crate) struct Stdio {
    child: Child,
    /// `None` once it is broken; what the child still says is read to its end.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    lines: Lines,
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    stderr: JoinHandle<()>,
    log: Arc<Log>,
    /// It ended or cannot be spoken to any more; what it still says is read until then. A grandchild may hold
    /// its output open for ever.
    ends_at: Option<Instant>,
    /// Nothing more is read.
    gone: bool,
}

impl Stdio {
    /// Starts the program.
    pub(crate) fn start(launch: &Launch, warden: &Arc<Warden>, log: Arc<Log>) -> io::Result<Self> {
        let (child, streams) = Child::spawn(launch, warden)?;
        Ok(Self {
            child,
            stdin: Some(streams.stdin),
            stdout: streams.stdout,
            lines: Lines::new(MAX_MESSAGE_BYTES),
            queue: VecDeque::new(),
            queued_bytes: 0,
            stderr: tokio::spawn(read_stderr(streams.stderr, log.clone())),
            log,
            ends_at: None,
            gone: false,
        })
    }

    pub(crate) fn send(&mut self, message: Bytes) {
        if self.stdin.is_some() {
            self.queued_bytes += message.len() + NEWLINE.len();
            self.queue.extend([message, NEWLINE]);
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.queued_bytes < MAX_QUEUED_BYTES
    }

    pub(crate) async fn next(&mut self) -> Received {
        loop {
            match self.lines.next() {
                Some(Line::Whole(bytes)) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
                Some(Line::Whole(bytes)) => match parse(&bytes) {
                    Ok(incoming) => return Received::Incoming { incoming, origin: None },
                    Err(problem) => {
                        self.noise(&bytes);
                        match unreadable(&problem) {
                            Some((request, failure)) => return Received::Failed { request, failure },
                            None => continue,
                        }
                    }
                },
                Some(Line::TooLong) => {
                    let bound = MAX_MESSAGE_BYTES / (1024 * 1024);
                    self.log.add(Source::Noise, &format!("(a line of more than {bound} MiB was skipped)"));
                    continue;
                }
                None => {}
            }
            if self.gone {
                return self.ended();
            }
            let buffer = self.lines.buffer();
            if buffer.capacity() - buffer.len() < MIN_ROOM {
                buffer.reserve(READ_BYTES);
            }
            tokio::select! {
                read = self.stdout.read_buf(self.lines.buffer()) => match read {
                    Ok(0) | Err(_) => return self.ended(),
                    Ok(_) => {}
                },
                () = self.child.exited(), if self.ends_at.is_none() => self.ends_soon(),
                () = sleep_until(self.ends_at.unwrap_or_else(Instant::now)), if self.ends_at.is_some() => {
                    // This thread may have been busy all the time.
                    while let Some(Ok(1..)) = self.stdout.read_buf(self.lines.buffer()).now_or_never() {}
                    self.gone = true;
                }
                written = write(&mut self.stdin, &self.queue) => match written {
                    Ok(count) => {
                        let had_room = self.has_room();
                        self.sent(count);
                        if !had_room && self.has_room() {
                            return Received::Room;
                        }
                    }
                    Err(problem) => {
                        self.log.add(Source::Life, &format!("it takes no more input: {problem}"));
                        self.stdin = None;
                        self.queue.clear();
                        self.queued_bytes = 0;
                        self.ends_soon();
                    }
                },
            }
        }
    }

    fn sent(&mut self, mut count: usize) {
        self.queued_bytes -= count;
        while let Some(front) = self.queue.front_mut() {
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.queue.pop_front();
        }
    }

    fn ends_soon(&mut self) {
        self.ends_at.get_or_insert_with(|| Instant::now() + LAST_WORDS_LIMIT);
    }

    fn ended(&mut self) -> Received {
        // A last line without its end is only a fragment; people should see it.
        if let Some(rest) = self.lines.rest() {
            self.noise(&rest);
        }
        Received::Closed(Closed::Ended)
    }

    fn noise(&self, bytes: &[u8]) {
        self.log.add(Source::Noise, &String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_NOISE_BYTES)]));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.pid
    }

    pub(crate) async fn close(mut self) -> String {
        drop(self.stdin.take());
        // The child may be writing; with nobody to read it would never see the end of its input.
        let drain = tokio::spawn(async move {
            let _ = tokio::io::copy(&mut self.stdout, &mut tokio::io::sink()).await;
        });
        let status = self.child.end().await;
        // Both streams end with the last process that holds them; one that left the group may never
        // close them.
        drain.abort();
        let stderr = self.stderr.abort_handle();
        if timeout(LAST_WORDS_LIMIT, self.stderr).await.is_err() {
            stderr.abort();
        }
        process::describe(&status)
    }
}

/// How long the last words of a child may take to be read.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(200);

async fn write(stdin: &mut Option<ChildStdin>, queue: &VecDeque<Bytes>) -> io::Result<usize> {
    match stdin {
        Some(stdin) if !queue.is_empty() => {
            let slices: Vec<_> = queue.iter().take(MAX_SLICES).map(|part| IoSlice::new(part)).collect();
            match stdin.write_vectored(&slices).await? {
                0 => Err(io::ErrorKind::WriteZero.into()),
                count => Ok(count),
            }
        }
        _ => future::pending().await,
    }
}

async fn read_stderr(stderr: ChildStderr, log: Arc<Log>) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A progress bar redraws its line with carriage returns and may never end it.
        match (&mut reader).take(READ_BYTES as u64).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let shown = text.trim_end().rsplit('\r').next().unwrap_or_default();
                if !shown.is_empty() {
                    log.add(Source::Stderr, shown);
                }
            }
        }
    }
}
