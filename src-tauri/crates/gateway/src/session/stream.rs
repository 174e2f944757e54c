//! One event stream towards a client: what was said, in order, with numbers to resume from.
//!
//! Whoever has something to say pushes and never waits; the HTTP response reads at its own pace. A
//! stream outlives the response, so that a client that lost its connection can go on.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use headgate_protocol::Id;
use tokio::{sync::Notify, time::Instant};

/// Unread events of one stream. A client that does not read loses notifications beyond it; answers
/// and questions are kept.
const MAX_UNREAD: usize = 4096;
/// The same bound in bytes.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;
/// Events kept after they were read, for a client that comes back.
const MAX_REPLAY: usize = 256;
/// The same bound in bytes.
const MAX_REPLAY_BYTES: usize = 1024 * 1024;

/// A stream of messages.
pub struct Stream {
    /// Unique in its session.
    pub id: u64,
    /// The calls that it answers.
    pub(super) calls: Vec<Id>,
    /// What is said here is heard there.
    relay: Option<Arc<Stream>>,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    events: VecDeque<Event>,
    next: u64,
    /// The number of the last event that a reader took.
    read: u64,
    unread_bytes: usize,
    kept_bytes: usize,
    finished: bool,
    /// Who reads, by numbers of their own; the newest is spoken to.
    readers: Vec<u64>,
    last_reader: u64,
    /// When the last reader left.
    left: Option<Instant>,
    touched: Instant,
    open_questions: usize,
    /// Questions that are shown by a face instead of the client.
    shown_elsewhere: usize,
    dropped: u64,
    /// The place of this stream's answer in its relay.
    held: Option<u64>,
}

struct Event {
    number: u64,
    /// `None` while the place is held for an answer that is being made.
    message: Option<Bytes>,
}

impl Event {
    fn bytes(&self) -> usize {
        self.message.as_ref().map_or(0, Bytes::len)
    }
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// An event and its number.
    Message(u64, Bytes),
    /// The last message was read.
    End,
}

/// How much a message matters when a client does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Lost when the stream is full.
    Notification,
    /// Always kept; how many there are is bounded elsewhere.
    Kept,
}

impl Stream {
    pub(crate) fn new(id: u64, calls: Vec<Id>) -> Self {
        let state = State {
            events: VecDeque::new(),
            next: 1,
            read: 0,
            unread_bytes: 0,
            kept_bytes: 0,
            finished: false,
            readers: Vec::new(),
            last_reader: 0,
            left: None,
            touched: Instant::now(),
            open_questions: 0,
            shown_elsewhere: 0,
            dropped: 0,
            held: None,
        };
        Self { id, calls, relay: None, state: Mutex::new(state), changed: Notify::new() }
    }

    /// A stream of a call whose client reads everything from `relay`, in one order.
    pub(crate) fn relayed(id: u64, relay: Arc<Stream>) -> Self {
        Self { relay: Some(relay), ..Self::new(id, Vec::new()) }
    }

    /// Adds a message; false when it was lost because nobody reads, or the stream is over.
    pub(crate) fn push(&self, message: Bytes, weight: Weight) -> bool {
        let mut state = self.lock();
        state.touched = Instant::now();
        if let Some(relay) = &self.relay {
            let finished = state.finished;
            drop(state);
            return !finished && relay.push(message, weight);
        }
        if state.finished || (weight == Weight::Notification && state.is_full(message.len())) {
            state.dropped += 1;
            let (dropped, stream) = (state.dropped, self.id);
            if dropped.is_power_of_two() {
                tracing::warn!(
                    stream,
                    dropped,
                    "a client does not read its event stream; notifications are dropped"
                );
            }
            return false;
        }
        state.unread_bytes += message.len();
        state.add(Some(message));
        drop(state);
        self.changed.notify_waiters();
        true
    }

    /// The answer to the call of this stream has come in and is being made ready. On a relayed stream
    /// it keeps its place before everything that is said from now on.
    pub(crate) fn answer_came(&self) {
        if let Some(relay) = &self.relay {
            let mut state = self.lock();
            if state.held.is_none() && !state.finished {
                state.held = Some(relay.lock().add(None));
            }
        }
    }

    /// Puts what belongs there into a place that was held.
    fn fill(&self, number: u64, message: Bytes) {
        let mut state = self.lock();
        let first = state.events.front().map_or(0, |event| event.number);
        if let Some(event) = number.checked_sub(first).and_then(|at| state.events.get_mut(at as usize)) {
            let length = message.len();
            event.message = Some(message);
            state.unread_bytes += length;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Adds the last message.
    pub fn finish(&self, answer: Bytes) {
        let held = self.lock().held.take();
        match (&self.relay, held) {
            (Some(relay), Some(place)) => relay.fill(place, answer),
            _ => _ = self.push(answer, Weight::Kept),
        }
        self.close();
    }

    /// Ends the stream; what was not read yet still can be.
    pub fn close(&self) {
        self.lock().finished = true;
        self.changed.notify_waiters();
    }

    /// True when nothing more will come.
    pub(crate) fn is_finished(&self) -> bool {
        self.lock().finished
    }

    /// True when everything was said and `number` was the last of it.
    pub(crate) fn is_over_after(&self, number: u64) -> bool {
        let state = self.lock();
        state.finished && number + 1 >= state.next
    }

    /// True when something was said.
    pub fn has_events(&self) -> bool {
        !self.lock().events.is_empty()
    }

    /// Waits until something is said.
    pub async fn said_something(&self) {
        self.until(|state| (!state.events.is_empty()).then_some(())).await;
    }

    /// Begins to read after the event `after`, or where the last reader stopped. Earlier readers stay,
    /// but hear nothing while this one is there, since each message goes to one connection only
    /// (transports, "Multiple Connections"); ending them would make some clients open the next.
    pub fn reader(self: &Arc<Self>, after: Option<u64>) -> Reader {
        let mut state = self.lock();
        state.last_reader += 1;
        let number = state.last_reader;
        state.readers.push(number);
        let after = after.unwrap_or(state.read);
        Reader { stream: self.clone(), number, after }
    }

    /// True while a response reads this stream.
    pub(crate) fn has_reader(&self) -> bool {
        !self.lock().readers.is_empty()
    }

    /// When something was last said on it, and whether somebody who is there was asked a question.
    pub(crate) fn pulse(&self) -> (Instant, bool) {
        let (touched, asking, elsewhere) = {
            let state = self.lock();
            (state.touched, state.open_questions > 0, state.shown_elsewhere > 0)
        };
        (touched, elsewhere || (asking && self.relay.as_deref().unwrap_or(self).has_reader()))
    }

    /// The silence of its call begins anew.
    pub(crate) fn stirred(&self) {
        self.lock().touched = Instant::now();
    }

    /// When a response last read it.
    pub(crate) fn last_read(&self) -> Option<Instant> {
        self.lock().left
    }

    /// Bytes that it holds.
    pub(crate) fn size(&self) -> usize {
        self.lock().events.iter().map(Event::bytes).sum()
    }

    /// Waits until a reader has caught up so far that more may be said.
    pub(crate) async fn has_room(&self) {
        self.until(|state| (!state.is_full(0)).then_some(())).await;
    }

    pub(crate) fn question_opened(&self) {
        self.lock().open_questions += 1;
    }

    pub(crate) fn question_closed(&self) {
        let mut state = self.lock();
        state.open_questions = state.open_questions.saturating_sub(1);
        state.touched = Instant::now();
    }

    async fn until<T>(&self, mut ready: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = std::pin::pin!(self.changed.notified());
        loop {
            // Registered before looking, so that a change in between is not missed.
            changed.as_mut().enable();
            if let Some(value) = ready(&mut self.lock()) {
                return value;
            }
            changed.as_mut().await;
            changed.set(self.changed.notified());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A face asks a person something that belongs to the call of a stream; meanwhile that call's silence does not
/// count.
pub(crate) struct Paused(Arc<Stream>);

impl Paused {
    pub(crate) fn new(stream: &Arc<Stream>) -> Self {
        stream.lock().shown_elsewhere += 1;
        Self(stream.clone())
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.shown_elsewhere -= 1;
        state.touched = Instant::now();
    }
}

/// Reads a stream for one response.
pub struct Reader {
    stream: Arc<Stream>,
    number: u64,
    after: u64,
}

impl Reader {
    /// The next message; waits for it.
    pub async fn next(&mut self) -> Next {
        let (own, after) = (self.number, self.after);
        let next = self
            .stream
            .until(|state| match state.readers.last() == Some(&own) {
                // What a newer reader heard while it was there is not said again.
                true if state.last_reader > own => state.take(after.max(state.read)),
                true => state.take(after),
                false => state.finished.then_some(Next::End),
            })
            .await;
        if let Next::Message(number, _) = next {
            self.after = number;
            // Somebody may wait for room.
            self.stream.changed.notify_waiters();
        }
        next
    }

    /// The number of the last event that was read.
    pub fn position(&self) -> u64 {
        self.after
    }

    /// The stream that is read.
    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.stream.lock();
        state.readers.retain(|number| *number != self.number);
        state.left = Some(Instant::now());
        drop(state);
        self.stream.changed.notify_waiters();
    }
}

impl State {
    fn is_full(&self, more_bytes: usize) -> bool {
        let unread = (self.next - 1 - self.read) as usize;
        unread >= MAX_UNREAD || self.unread_bytes + more_bytes > MAX_UNREAD_BYTES
    }

    fn add(&mut self, message: Option<Bytes>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.events.push_back(Event { number, message });
        number
    }

    fn take(&mut self, after: u64) -> Option<Next> {
        let first = self.events.front().map_or(self.next, |event| event.number);
        let at = (after + 1).saturating_sub(first) as usize;
        match self.events.get(at).map(|event| (event.number, event.message.clone())) {
            Some((_, None)) => None,
            Some((number, Some(message))) => {
                self.was_read(number);
                Some(Next::Message(number, message))
            }
            None => self.finished.then_some(Next::End),
        }
    }

    fn was_read(&mut self, number: u64) {
        let (first, read) = (self.events.front().map_or(0, |event| event.number), self.read);
        for event in self.events.range((read + 1).saturating_sub(first) as usize..) {
            if event.number > number {
                break;
            }
            self.unread_bytes -= event.bytes();
            self.kept_bytes += event.bytes();
        }
        self.read = self.read.max(number);
        while let Some(event) = self.events.front() {
            let kept = (self.read + 1).saturating_sub(event.number) as usize;
            // The newest one that was read may have been lost on the way, whatever its size.
            if event.number >= self.read || (kept <= MAX_REPLAY && self.kept_bytes <= MAX_REPLAY_BYTES) {
                break;
            }
            self.kept_bytes -= event.bytes();
            self.events.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(next: Next) -> String {
        match next {
            Next::Message(number, message) => format!("{number}:{}", String::from_utf8_lossy(&message)),
            Next::End => "end".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_stream_is_read_to_its_end_and_again_from_the_middle() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        for message in ["a", "b"] {
            stream.push(message.into(), Weight::Notification);
        }
        stream.finish("c".into());
        let mut reader = stream.reader(None);
        for expected in ["1:a", "2:b", "3:c", "end"] {
            assert_eq!(text(reader.next().await), expected);
        }
        assert_eq!(text(stream.reader(Some(1)).next().await), "2:b");
        assert_eq!(text(stream.reader(None).next().await), "end");
        assert!(!stream.push("late".into(), Weight::Kept));
    }

    #[tokio::test]
    async fn the_newest_reader_is_spoken_to() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        let mut first = stream.reader(None);
        stream.push("a".into(), Weight::Notification);
        assert_eq!(text(first.next().await), "1:a");
        let mut second = stream.reader(None);
        stream.push("b".into(), Weight::Notification);
        let mut waiting = Box::pin(first.next());
        tokio::select! {
            biased;
            next = &mut waiting => panic!("the first reader heard {}", text(next)),
            next = second.next() => assert_eq!(text(next), "2:b"),
        }
        drop(second);
        stream.push("c".into(), Weight::Notification);
        assert_eq!(text(waiting.await), "3:c");
    }

    #[tokio::test]
    async fn an_answer_keeps_its_place_in_the_relay() {
        let relay = Arc::new(Stream::new(0, Vec::new()));
        let call = Stream::relayed(1, relay.clone());
        let mut reader = relay.reader(None);
        call.push("progress".into(), Weight::Notification);
        call.answer_came();
        relay.push("later".into(), Weight::Notification);
        assert_eq!(text(reader.next().await), "1:progress");
        let mut next = Box::pin(reader.next());
        tokio::select! {
            biased;
            early = &mut next => panic!("overtaken by {}", text(early)),
            () = std::future::ready(()) => call.finish("answer".into()),
        }
        assert_eq!(text(next.await), "2:answer");
        assert_eq!(text(reader.next().await), "3:later");
        assert_eq!(relay.lock().unread_bytes, 0);
    }

    #[tokio::test]
    async fn what_a_newer_reader_heard_is_not_said_to_one_that_was_slow_to_notice_it() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        let mut first = stream.reader(None);
        let mut second = stream.reader(None);
        stream.push("a".into(), Weight::Notification);
        assert_eq!(text(second.next().await), "1:a");
        drop(second);
        stream.push("b".into(), Weight::Notification);
        assert_eq!(text(first.next().await), "2:b");
    }

    #[tokio::test]
    async fn all_readers_hear_of_the_end() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        let (mut first, mut second) = (stream.reader(None), stream.reader(None));
        stream.finish("a".into());
        assert_eq!(text(first.next().await), "end");
        assert_eq!(text(second.next().await), "1:a");
        assert_eq!(text(second.next().await), "end");
    }

    #[tokio::test]
    async fn who_does_not_read_loses_notifications_only() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        for _ in 0..MAX_UNREAD {
            assert!(stream.push("n".into(), Weight::Notification));
        }
        assert!(!stream.push("lost".into(), Weight::Notification));
        assert!(stream.push("kept".into(), Weight::Kept));
        let mut reader = stream.reader(None);
        for _ in 0..MAX_UNREAD {
            reader.next().await;
        }
        assert_eq!(text(reader.next().await), format!("{}:kept", MAX_UNREAD + 1));
        assert!(stream.lock().events.len() <= MAX_REPLAY + 1);
        assert_eq!(stream.lock().unread_bytes, 0);
    }

    #[tokio::test]
    async fn large_events_are_not_kept_after_they_were_read() {
        let stream = Arc::new(Stream::new(1, Vec::new()));
        let mut reader = stream.reader(None);
        for _ in 0..5 {
            stream.push(vec![b'x'; MAX_REPLAY_BYTES].into(), Weight::Kept);
            reader.next().await;
        }
        assert!(stream.lock().events.len() <= 2);
    }
}
