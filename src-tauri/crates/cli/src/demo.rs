//! `headgate demo`: the built-in demo upstream, an MCP server of the legacy era on standard input
//! and output. Here is its loop and the one thing that takes time; what it answers is in
//! `demo/answers.rs`.

mod answers;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
};

use bytes::Bytes;
use headgate_protocol::{
    Id, Incoming, Message, Notification, Outcome, ParseError, Raw, Request, Response, error, method, parse,
};
use serde_json::json;

use answers::{Reply, Slow, reply};

/// Each slow call has a thread, so they are bounded; nobody needs more of a demo.
const MAX_SLOW_CALLS: usize = 64;

/// Serves until standard input ends; then slow calls end with the process.
pub(crate) fn run() -> io::Result<()> {
    let demo = Demo::default();
    for line in io::stdin().lock().split(b'\n') {
        let line = Bytes::from(line?);
        if line.trim_ascii().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(Incoming::One(message)) => demo.take(Ok(message))?,
            Ok(Incoming::Batch(messages)) => {
                messages.into_iter().try_for_each(|message| demo.take(message))?;
            }
            Err(error) => demo.take(Err(error))?,
        }
    }
    Ok(())
}

/// The slow calls that run. Dropping a sender stops its call; whoever takes it out of the map
/// decides the call's end, so a cancelled call never answers.
#[derive(Default)]
struct Demo {
    running: Arc<Mutex<HashMap<Id, Sender<()>>>>,
}

impl Demo {
    fn take(&self, message: Result<Message, ParseError>) -> io::Result<()> {
        match message {
            Ok(Message::Request(request)) => self.answer(request),
            Ok(Message::Notification(notification)) => {
                self.hear(&notification);
                Ok(())
            }
            // It asks nothing, so no answer is for it.
            Ok(Message::Response(_)) => Ok(()),
            Err(error) => write(&error.response().to_bytes()),
        }
    }

    fn answer(&self, request: Request) -> io::Result<()> {
        let outcome = match reply(&request) {
            Reply::Now(outcome) => outcome,
            Reply::Later(slow) => match self.start(request.id.detached(), slow) {
                Ok(()) => return Ok(()),
                Err(outcome) => outcome,
            },
        };
        write(&Response::new(request.id, outcome).to_bytes())
    }

    fn hear(&self, notification: &Notification) {
        let cancelled = notification.method == method::CANCELLED;
        let params = notification.params.as_ref().filter(|_| cancelled);
        if let Some(id) = params.and_then(|params| params.at(&["requestId"])).and_then(Id::from_raw) {
            lock(&self.running).remove(&id);
        }
    }

    fn start(&self, id: Id, slow: Slow) -> Result<(), Outcome> {
        let mut running = lock(&self.running);
        if running.len() >= MAX_SLOW_CALLS || running.contains_key(&id) {
            let sentence = "too many slow calls at once, or two under one id; try again later";
            return Err(Outcome::error(error::INTERNAL_ERROR, sentence));
        }
        let (keep, stopped) = mpsc::channel();
        running.insert(id.clone(), keep);
        let calls = Arc::clone(&self.running);
        thread::spawn(move || {
            // A write fails when the reader is gone; then the process ends by itself.
            if take_time(&slow, &stopped).is_ok_and(|finished| finished) && lock(&calls).remove(&id).is_some()
            {
                let _ = write(&Response::new(id, slow.result()).to_bytes());
            }
        });
        Ok(())
    }
}

/// Waits step by step; `false` when the call was cancelled.
fn take_time(slow: &Slow, stopped: &Receiver<()>) -> io::Result<bool> {
    for step in 1..=slow.steps {
        if stopped.recv_timeout(slow.step_time()) != Err(RecvTimeoutError::Timeout) {
            return Ok(false);
        }
        if let Some(token) = &slow.progress_token {
            write(&progress(token, step, slow.steps).to_bytes())?;
        }
    }
    Ok(true)
}

fn progress(token: &Raw, step: u32, steps: u32) -> Notification {
    let params = json!({
        "message": format!("step {step} of {steps}"),
        "progress": step,
        "progressToken": null,
        "total": steps,
    });
    let params = Raw::of(&params).with(&["progressToken"], token);
    Notification::new(method::PROGRESS, Some(params))
}

/// Standard output is locked for a whole line, so that threads never mix.
fn write(message: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(message)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
