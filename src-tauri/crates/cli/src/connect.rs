//! `headgate connect`: the stdio bridge, the command that a stdio-only client runs. It carries lines
//! between its standard streams and one session at the daemon, byte for byte and in order, and goes on
//! when the daemon is replaced.
//!
//! One loop owns the session. A listener task reads what the daemon says, a writer task owns standard
//! output, so that reading never waits for writing.

mod calls;
mod daemon;
mod input;
mod listener;

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use headgate_api::Home;
use headgate_protocol::{Id, Incoming, Message, Notification, Outcome, Response, error, method, parse};
use tokio::{
    io::AsyncWriteExt,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{args::Connect, failure::Failure, logging, project};
use calls::Calls;
use daemon::{Daemon, Post, Reached};
use listener::{Heard, Listener};

/// Lines that wait for the client to read; more make the listener wait.
const OUTPUT: usize = 64;
/// After the client closed its end, calls in flight may still be answered for this long.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// Ending the session is polite; a client waits two seconds for its server to end.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often a daemon is looked for while there is none.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A daemon that is stopping takes no calls; its successor is waited for this long.
const SUCCESSOR: Duration = Duration::from_secs(20);
/// Between two looks whether a stopping daemon is gone.
const STOPPING_POLL: Duration = Duration::from_millis(50);

/// Bridges until standard input ends.
pub(crate) async fn run(args: Connect) -> Result<(), Failure> {
    let home = Home::locate()?;
    logging::start_bridge(args.log_level, &home);
    let mut stop = pin!(headgate_daemon::stop_signal()?);
    let (output, written) = output();
    let (heard_to, heard) = mpsc::channel(OUTPUT);
    let (input, ended) = input::lines();
    let project = args.project.or_else(project::here);
    let mut bridge = Bridge {
        daemon: Daemon::new(home, args.client, project.as_deref().and_then(project::header_value)),
        output,
        calls: Arc::default(),
        heard_to,
        greeting: None,
        listener: None,
        look_again: None,
    };
    // Whatever it waits for, a signal ends it, and so does the client some time after its last line.
    let signalled = tokio::select! {
        () = bridge.run(input, heard) => false,
        () = &mut stop => true,
        () = late(ended) => false,
    };
    bridge.leave().await;
    drop(bridge);
    if !signalled {
        tokio::select! {
            _ = written => {}
            () = &mut stop => {}
            () = sleep(LAST_ANSWERS) => {}
        }
    }
    Ok(())
}

/// Some time after standard input ended.
async fn late(ended: oneshot::Receiver<()>) {
    let _ = ended.await;
    sleep(LAST_ANSWERS).await;
}

/// The task that owns standard output. It writes whatever is ready at once.
fn output() -> (mpsc::Sender<Bytes>, JoinHandle<()>) {
    let (lines, mut waiting) = mpsc::channel::<Bytes>(OUTPUT);
    let writer = tokio::spawn(async move {
        let mut stdout = tokio::io::stdout();
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, OUTPUT).await > 0 {
            for line in batch.drain(..) {
                // The client is gone; its closed input will end us.
                if stdout.write_all(&line).await.is_err() || stdout.write_all(b"\n").await.is_err() {
                    return;
                }
            }
            if stdout.flush().await.is_err() {
                return;
            }
        }
    });
    (lines, writer)
}

struct Bridge {
    daemon: Daemon,
    output: mpsc::Sender<Bytes>,
    calls: Arc<Calls>,
    heard_to: mpsc::Sender<Heard>,
    /// The client's `initialize`, for a daemon that has forgotten the session.
    greeting: Option<Bytes>,
    listener: Option<Listener>,
    /// When to look for a daemon again, while there is none.
    look_again: Option<Instant>,
}

enum Event {
    Line(Bytes),
    TooLong,
    InputEnded,
    Heard(Heard),
    LookAgain,
    AllAnswered,
}

impl Bridge {
    async fn run(&mut self, mut input: mpsc::Receiver<Event>, mut heard: mpsc::Receiver<Heard>) {
        let mut ended = false;
        loop {
            let look_again = self.look_again;
            let event = tokio::select! {
                Some(heard) = heard.recv() => Event::Heard(heard),
                event = input.recv(), if !ended => event.unwrap_or(Event::InputEnded),
                () = sleep_until(look_again.unwrap_or_else(Instant::now)), if look_again.is_some() => Event::LookAgain,
                () = self.calls.none(), if ended => Event::AllAnswered,
            };
            match event {
                Event::Line(line) => self.line(line).await,
                Event::TooLong => self.refuse_long_line().await,
                Event::InputEnded => ended = true,
                Event::Heard(heard) => self.heard(heard).await,
                Event::LookAgain => self.go_on().await,
                Event::AllAnswered => return,
            }
        }
    }

    /// A line of the client.
    async fn line(&mut self, line: Bytes) {
        let messages = match parse(&line) {
            Ok(Incoming::One(message)) => vec![Ok(message)],
            Ok(Incoming::Batch(messages)) => messages,
            Err(problem) => return self.say(problem.response().to_bytes()).await,
        };
        let requests = messages.iter().filter_map(|message| match message {
            Ok(Message::Request(request)) => Some(request),
            _ => None,
        });
        let ids: Vec<Id> = requests.clone().map(|request| request.id.detached()).collect();
        let greets = requests.clone().any(|request| request.method == method::INITIALIZE);
        if greets {
            self.greeting = Some(line.clone());
            self.listener = None;
            self.daemon.leave_session();
        }
        if let Err(sentence) = self.send(line, &ids, greets).await {
            self.refuse(&ids, &sentence).await;
        }
    }

    /// Brings a line to the daemon. A line that was not taken is sent again; one of which nobody knows
    /// is not. Its calls count as in flight only while a daemon may have them.
    async fn send(&mut self, line: Bytes, ids: &[Id], greets: bool) -> Result<(), String> {
        let patience = Instant::now() + SUCCESSOR;
        loop {
            self.reach().await?;
            self.calls.add(ids);
            let post = self.daemon.post(line.clone()).await;
            match post {
                Post::Taken => return Ok(()),
                Post::Answered(answers) => {
                    for answer in answers {
                        self.answer(answer).await;
                    }
                    if greets && self.daemon.has_session() {
                        self.listen();
                    }
                    return Ok(());
                }
                Post::Unknown(why) => {
                    self.daemon.lost();
                    self.fail(ids, &why).await;
                    return Ok(());
                }
                Post::Forgotten => {
                    self.calls.take_back(ids);
                    self.fail_lost_calls().await;
                    self.greet_again().await?;
                }
                Post::NotTaken(why) => {
                    self.calls.take_back(ids);
                    if Instant::now() >= patience {
                        return Err(why);
                    }
                    sleep(STOPPING_POLL).await;
                    self.daemon.lost();
                }
            }
        }
    }

    /// Finds the daemon, if it is not known. When it is another one, what the last one had is lost, and
    /// the session goes on there.
    async fn reach(&mut self) -> Result<(), String> {
        if self.daemon.reach().await? == Reached::Another {
            self.fail_lost_calls().await;
            if self.daemon.has_session() {
                self.listen();
            }
        }
        Ok(())
    }

    fn listen(&mut self) {
        let resume = self.listener.take().and_then(|listener| listener.position());
        self.look_again = None;
        let request = self.daemon.listen();
        self.listener = Some(Listener::start(
            request,
            resume,
            self.output.clone(),
            self.calls.clone(),
            self.heard_to.clone(),
        ));
    }

    async fn heard(&mut self, heard: Heard) {
        if !self.listener.as_ref().is_some_and(|listener| listener.is(&heard)) {
            return;
        }
        match heard {
            Heard::Lost(_) => {
                self.daemon.lost();
                self.go_on().await;
            }
            Heard::Forgotten(_) => {
                self.fail_lost_calls().await;
                if let Err(sentence) = self.greet_again().await {
                    tracing::warn!("{sentence}");
                    self.look_again = Some(Instant::now() + LOOK_AGAIN);
                }
            }
        }
    }

    /// After the daemon was lost: the same session at whoever is the daemon now.
    async fn go_on(&mut self) {
        self.look_again = None;
        match self.reach().await {
            // Another daemon is listened to by now; the same one broke off.
            Ok(()) => self.listen(),
            Err(sentence) => {
                self.fail_all(&sentence).await;
                self.look_again = Some(Instant::now() + LOOK_AGAIN);
            }
        }
    }

    /// Opens a new session in the client's name, for a daemon that does not know the old one.
    async fn greet_again(&mut self) -> Result<(), String> {
        let Some(greeting) = self.greeting.clone() else {
            return Err("no session is open; send `initialize` first".to_owned());
        };
        self.listener = None;
        self.daemon.leave_session();
        self.reach().await?;
        match self.daemon.post(greeting).await {
            Post::Answered(_) if self.daemon.has_session() => {}
            Post::NotTaken(why) | Post::Unknown(why) => return Err(why),
            Post::Answered(_) | Post::Taken | Post::Forgotten => {
                return Err("the gateway opened no new session".to_owned());
            }
        }
        self.daemon.post(Notification::new(method::INITIALIZED, None).to_bytes()).await;
        self.listen();
        Ok(())
    }

    // ---- answers --------------------------------------------------------------------------------

    /// An answer that came with its POST.
    async fn answer(&self, answer: Bytes) {
        if self.calls.is_for_us(&answer) {
            self.say(answer).await;
        }
    }

    async fn fail_lost_calls(&self) {
        self.fail_all(
            "the gateway was restarted while this call was in flight; it was not repeated, call again",
        )
        .await;
    }

    async fn fail_all(&self, sentence: &str) {
        self.fail(&self.calls.all(), sentence).await;
    }

    /// Fails calls that have no answer yet, each once.
    async fn fail(&self, ids: &[Id], sentence: &str) {
        for id in ids {
            if self.calls.remove(id) {
                self.refuse(std::slice::from_ref(id), sentence).await;
            }
        }
    }

    /// Answers calls that no daemon has.
    async fn refuse(&self, ids: &[Id], sentence: &str) {
        for id in ids {
            let outcome = Outcome::error(error::INTERNAL_ERROR, sentence);
            self.say(Response::new(id.clone(), outcome).to_bytes()).await;
        }
    }

    async fn refuse_long_line(&self) {
        let outcome = Outcome::error(error::INVALID_REQUEST, "the line is longer than a message may be");
        self.say(Response { id: None, outcome, extra: Vec::new() }.to_bytes()).await;
    }

    async fn say(&self, line: Bytes) {
        let _ = self.output.send(line).await;
    }

    async fn leave(&mut self) {
        self.listener = None;
        let _ = timeout(FAREWELL, self.daemon.delete()).await;
    }
}
