//! A thread that owns a value, and the handle that sends it jobs.
//!
//! Jobs run one at a time in the order they arrive. What the value is, and how long a caller waits,
//! is left to the handle's owner.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait: more than a person causes at once, few enough to hold in memory. Callers
/// beyond it wait for a place.
const QUEUE_LENGTH: usize = 64;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

enum Message<S> {
    Job(Job<S>),
    Stop,
}

/// The handle. The thread ends with its last handle, or with `stop`.
pub(crate) struct Worker<S> {
    messages: mpsc::Sender<Message<S>>,
    thread: Arc<Mutex<Option<JoinHandle<S>>>>,
}

impl<S> Clone for Worker<S> {
    fn clone(&self) -> Self {
        Self { messages: self.messages.clone(), thread: Arc::clone(&self.thread) }
    }
}

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread. Where the system refuses one, every job is answered with `None`.
    pub(crate) fn start(name: &str, state: S) -> Self {
        let (messages, inbox) = mpsc::channel(QUEUE_LENGTH);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(state, inbox))
            .inspect_err(|error| tracing::error!(%error, "cannot start thread `{name}`"));
        Self { messages, thread: Arc::new(Mutex::new(thread.ok())) }
    }

    /// Runs a job on the thread; `None` once the thread has ended. A job whose caller has left
    /// before its turn is skipped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            if !reply.is_closed() {
                // The caller may leave meanwhile; then nobody is there to be told.
                let _ = reply.send(job(state));
            }
        });
        self.messages.send(Message::Job(job)).await.ok()?;
        answer.await.ok()
    }

    /// Lets the jobs before it finish, joins the thread and gives back what it owned; `None` when
    /// another handle was first.
    pub(crate) async fn stop(self) -> Option<S> {
        self.messages.send(Message::Stop).await.ok()?;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        tokio::task::spawn_blocking(move || thread.join().ok()).await.ok()?
    }
}

fn work<S>(mut state: S, mut inbox: mpsc::Receiver<Message<S>>) -> S {
    while let Some(Message::Job(job)) = inbox.blocking_recv() {
        job(&mut state);
    }
    state
}
