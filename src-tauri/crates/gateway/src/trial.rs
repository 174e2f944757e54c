//! A trial: a fresh copy of an upstream is started, spoken to and ended, step by step, beside whatever runs
//! already. Nothing of it is registered, and nothing of it stays when nobody waits for it any more.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use headgate_model::{ConfigValue, Program, Suggestion, Transport, UpstreamSpec};
use headgate_protocol::{Outcome, method};
use tokio::{
    sync::oneshot,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::{
    machine::Machine,
    process::EOF_GRACE,
    programs,
    project::Place,
    suggestion,
    upstream::{
        connection::{self, Context, Exit, Owner},
        handle::{CallError, Handle},
        listing::{self, Offer},
        start::{self, StopOnDrop},
    },
};

/// A server that talks and is never ready must not be tried for ever; the image of a container may take
/// minutes to come.
const READY_LIMIT: Duration = Duration::from_secs(600);
/// A ready server answers `ping` at once.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// What came of a trial.
#[derive(Debug, Default)]
pub struct Trial {
    /// What was done, in order; a failed step is the last one but `end`.
    pub steps: Vec<Step>,
    /// The program that a command is.
    pub program: Option<Program>,
    /// What it offers, if it got so far.
    pub offer: Option<Arc<Offer>>,
    /// How it would better be shared.
    pub suggestion: Option<Suggestion>,
    /// Why it does not work, in a sentence.
    pub failure: Option<String>,
    /// What to do about that.
    pub advice: Option<String>,
}

/// One step of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `resolve`, `start`, `initialize`, `list`, `ping` or `end`.
    pub name: &'static str,
    /// Whether it worked.
    pub ok: bool,
    /// How long it took.
    pub ms: u64,
    /// What was found, or went wrong.
    pub detail: String,
}

/// Hears of each step as it ends. It is called where the copy is tried and must not take long.
pub type StepTeller<'a> = &'a (dyn Fn(&Step) + Send + Sync);

/// Tries a definition. Dropping this future ends the copy.
pub(crate) async fn run(
    machine: &Machine,
    spec: &UpstreamSpec,
    context: Context,
    tell: StepTeller<'_>,
) -> Trial {
    let mut course = Course { trial: Trial::default(), tell };
    let outcome = course.go(machine, spec, &context).await;
    let mut trial = course.trial;
    if let Err(failure) = outcome {
        trial.advice = advice(spec, trial.program.as_ref());
        trial.failure = Some(failure);
    }
    if let Some(offer) = &trial.offer {
        let asked_roots = context.asked_roots.load(std::sync::atomic::Ordering::Relaxed);
        let disturbing = suggestion::why_disturbing(offer);
        trial.suggestion = suggestion::suggest(spec.isolation, disturbing.as_deref(), asked_roots);
    }
    trial
}

/// A trial under way.
struct Course<'a> {
    trial: Trial,
    tell: StepTeller<'a>,
}

impl Course<'_> {
    async fn go(&mut self, machine: &Machine, spec: &UpstreamSpec, context: &Context) -> Result<(), String> {
        self.resolve(machine, spec, context).await?;
        let began = Instant::now();
        let link = start::open_link(machine, spec, context).await.map_err(|unready| unready.reason);
        let told = link.as_ref().map(|link| link.pid()).map_err(Clone::clone);
        self.step("start", began, told.map(|pid| started(spec, pid)))?;
        let (handle, exit) = connection::open(link?, Owner::Shared, context);
        let guard = StopOnDrop(Some(handle.clone()));
        let outcome = self.speak(machine, spec, context, &handle).await;
        let exit = self.end(spec, &handle, exit).await;
        guard.defuse();
        // Who ended by itself perhaps said why.
        outcome.map_err(|why| exit.filter(|exit| exit.how == why).map_or(why, |exit| exit.in_full()))
    }

    async fn resolve(
        &mut self,
        machine: &Machine,
        spec: &UpstreamSpec,
        context: &Context,
    ) -> Result<(), String> {
        let began = Instant::now();
        let Some(mut program) = look_up(machine, spec, context).await? else { return Ok(()) };
        if program.path.is_none() && programs::is_on_path(&program.command) {
            machine.environment.ask_again().await;
            program = look_up(machine, spec, context).await?.unwrap_or(program);
        }
        let told = program.origin_sentence.clone();
        let found = program.path.is_some();
        self.trial.program = Some(program);
        self.step("resolve", began, if found { Ok(told) } else { Err(told) })
    }

    async fn speak(
        &mut self,
        machine: &Machine,
        spec: &UpstreamSpec,
        context: &Context,
        handle: &Handle,
    ) -> Result<(), String> {
        let limit = spec.start_timeout_s.map_or(machine.settings.load().start_timeout, Duration::from_secs);
        let ready = async {
            let began = Instant::now();
            let welcome = start::initialize(handle, start::shared_parameters()).await;
            self.step("initialize", began, welcome.as_ref().map(introduced).map_err(why))?;
            let welcome = welcome.map_err(|error| why(&error))?;
            let began = Instant::now();
            let offer = listing::fetch(handle, &welcome, None, &context.log).await;
            self.step("list", began, offer.as_ref().map(counted).map_err(why))?;
            self.trial.offer = offer.ok().map(Arc::new);
            Ok::<(), String>(())
        };
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = ready => Ok(outcome),
            () = start::silence(context, limit) => Err(format!("it said nothing for {} s", limit.as_secs())),
            () = sleep(READY_LIMIT) => Err(format!("it is not ready after {} s", READY_LIMIT.as_secs())),
        };
        match outcome {
            Ok(outcome) => outcome?,
            Err(failure) => {
                let under_way = if self.done("initialize") { "list" } else { "initialize" };
                self.step(under_way, began, Err(failure))?;
            }
        }
        self.ping(handle).await;
        Ok(())
    }

    /// Who does not answer can still be used, so this fails nothing but itself.
    async fn ping(&mut self, handle: &Handle) {
        let began = Instant::now();
        let told = match timeout(PING_LIMIT, handle.request(method::PING, None)).await {
            Ok(Ok(Outcome::Result(_))) => Ok("it answered".to_owned()),
            Ok(Ok(Outcome::Error(_))) => Ok("it answered that it knows no `ping`".to_owned()),
            Ok(Err(error)) => Err(why(&error)),
            Err(_) => Err(format!("it did not answer within {} s", PING_LIMIT.as_secs())),
        };
        let _ = self.step("ping", began, told);
    }

    async fn end(
        &mut self,
        spec: &UpstreamSpec,
        handle: &Handle,
        exit: oneshot::Receiver<Exit>,
    ) -> Option<Exit> {
        let began = Instant::now();
        handle.stop();
        let exit = exit.await.ok();
        let expected = exit.as_ref().is_some_and(|exit| exit.expected);
        let told = match (&spec.transport, expected) {
            (_, false) => "it had ended by itself",
            (Transport::Http { .. }, true) => "its session was closed",
            (_, true) if began.elapsed() >= EOF_GRACE => {
                "it did not end when its input was closed, so it was ended by a signal"
            }
            (_, true) => "it ended when its input was closed",
        };
        let _ = self.step("end", began, Ok(told.to_owned()));
        exit
    }

    fn step(
        &mut self,
        name: &'static str,
        began: Instant,
        told: Result<String, String>,
    ) -> Result<(), String> {
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (ok, detail) = (told.is_ok(), told.clone().unwrap_or_else(|failure| failure));
        let step = Step { name, ok, ms, detail };
        (self.tell)(&step);
        self.trial.steps.push(step);
        told.map(drop)
    }

    fn done(&self, name: &str) -> bool {
        self.trial.steps.iter().any(|step| step.name == name)
    }
}

/// The program that a command is, by the PATH and the folder that it would get; `None` when it is no command.
async fn look_up(
    machine: &Machine,
    spec: &UpstreamSpec,
    context: &Context,
) -> Result<Option<Program>, String> {
    let Transport::Stdio { command, env, cwd, .. } = &spec.transport else { return Ok(None) };
    let path = match env.get("PATH") {
        Some(ConfigValue::Plain(path)) => path.into(),
        _ => machine.environment.path().await,
    };
    let cwd = Place::of(spec, context.project.as_deref()).working_directory(cwd.as_deref());
    let command = command.clone();
    let looked = spawn_blocking(move || programs::look_up(&command, &path, &cwd)).await;
    looked.map(Some).map_err(|error| format!("the program could not be looked up: {error}"))
}

fn started(spec: &UpstreamSpec, pid: Option<u32>) -> String {
    match (&spec.transport, pid) {
        (Transport::Http { url, .. }, _) => format!("requests go to {}", url.host_str().unwrap_or("?")),
        (_, Some(pid)) => format!("process {pid}"),
        (_, None) => "it runs".to_owned(),
    }
}

fn introduced(initialize: &headgate_protocol::Raw) -> String {
    let server = listing::server(initialize).unwrap_or_else(|| "a server without a name".to_owned());
    let revision = initialize.text_at(&["protocolVersion"]).unwrap_or_else(|| "no revision".to_owned());
    format!("{server} speaks {revision}")
}

fn counted(offer: &Offer) -> String {
    let count =
        |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    let resources = offer.resources.len() + offer.templates.len();
    let parts = [(offer.tools.len(), "tool"), (resources, "resource"), (offer.prompts.len(), "prompt")];
    parts.map(|(number, thing)| count(number, thing)).join(", ")
}

fn why(error: &CallError) -> String {
    let (CallError::Lost(why) | CallError::NotTaken(why) | CallError::Unavailable(why)) = error;
    why.clone()
}

/// What to try after a failure.
fn advice(spec: &UpstreamSpec, program: Option<&Program>) -> Option<String> {
    if let Some(advice) = program.and_then(|program| program.advice.clone()) {
        return Some(advice);
    }
    match &spec.transport {
        Transport::Stdio { .. } => Some(
            "try the command line in a terminal; a server waits there for MCP messages and says nothing but MCP \
             on standard output"
                .to_owned(),
        ),
        Transport::Http { url, .. } => {
            let host = url.host_str().unwrap_or("?");
            Some(format!("check that {host} can be reached and speaks MCP at {}", url.path()))
        }
        Transport::Demo => None,
    }
}
