//! One start of an upstream, from its definition to a connection that answered `initialize` and its
//! lists. Who asked for it and what happens after a failure is the slot's.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    future::pending,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use headgate_model::{ConfigValue, Transport, UpstreamSpec, quoted};
use headgate_protocol::{Notification, Outcome, Raw, method, revision};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use tokio::{
    sync::{Notify, oneshot},
    time::sleep,
};

use super::{
    connection::{self, Context, Exit, Owner},
    handle::{CallError, Handle},
    http::{Http, WANTS_A_KEY},
    link::Link,
    listing::{self, Offer},
    log::{Log, STARTING, Source},
    mask::Mask,
    stdio::Stdio,
};
use crate::{
    board,
    environment::Environment,
    machine::Machine,
    process::Launch,
    programs::{self, resolve},
    project::Place,
    unready::Unready,
};

/// Everything a start needs.
pub(crate) struct Definition {
    pub machine: Arc<Machine>,
    pub spec: Arc<UpstreamSpec>,
    pub context: Context,
    pub owner: Owner,
    /// The parameters of `initialize`.
    pub parameters: Raw,
}

/// A connection that is ready for calls.
pub(crate) struct Connected {
    pub handle: Handle,
    /// What it answered to `initialize`.
    pub initialize: Raw,
    /// What it offers, if it was to be listed.
    pub offer: Option<Arc<Offer>>,
    /// From the start to now.
    pub took: Duration,
    pub exit: oneshot::Receiver<Exit>,
}

/// What `initialize` says to an upstream that serves everybody: every capability that we relay.
pub(crate) fn shared_parameters() -> Raw {
    Raw::of(&json!({
        "protocolVersion": revision::NEWEST_LEGACY,
        "capabilities": {
            "roots": { "listChanged": true },
            "sampling": { "context": {}, "tools": {} },
            "elicitation": board::capability(),
        },
        "clientInfo": { "name": "headgate", "title": "Headgate", "version": env!("CARGO_PKG_VERSION") },
    }))
}

/// Starts the upstream and waits until it is ready; `listed` when it also has to be asked what it offers.
/// A failure is a sentence for people, and leaves nothing running. So does `nobody_waits`.
pub(crate) async fn connect(
    definition: &Definition,
    listed: bool,
    nobody_waits: &Notify,
) -> Result<Connected, Unready> {
    let Definition { machine, spec, context, owner, parameters } = definition;
    let began = Instant::now();
    let link = open_link(machine, spec, context).await?;
    let (handle, mut exit) = connection::open(link, owner.clone(), context);
    let guard = StopOnDrop(Some(handle.clone()));
    let limit = spec.start_timeout_s.map_or(machine.settings.load().start_timeout, Duration::from_secs);
    let outcome = tokio::select! {
        outcome = shake_hands(&handle, parameters.clone(), listed, &context.log) => outcome,
        () = nobody_waits.notified() => Err(CallError::Lost("it was stopped while it started".to_owned())),
        () = silence(context, limit) => Err(CallError::Lost(format!("it said nothing for {} s", limit.as_secs()))),
    };
    match outcome {
        Ok((initialize, offer)) => {
            guard.defuse();
            Ok(Connected { handle, initialize, offer: offer.map(Arc::new), took: began.elapsed(), exit })
        }
        Err(error) => {
            handle.stop();
            let (CallError::Lost(why) | CallError::NotTaken(why) | CallError::Unavailable(why)) = &error;
            let unready = match (&error, (&mut exit).await) {
                // Who ended before it was asked anything says best why.
                (CallError::NotTaken(_), Ok(exit)) if !exit.expected => {
                    failure(spec, &exit.how, &exit.in_full())
                }
                (_, Ok(exit)) if !exit.expected && *why == exit.how => failure(spec, why, &exit.in_full()),
                _ => failure(spec, why, why),
            };
            Err(unready.map(|sentence| context.log.masked(sentence)))
        }
    }
}

/// Ends a connection whose start nobody waits for any more.
pub(crate) struct StopOnDrop(pub(crate) Option<Handle>);

impl StopOnDrop {
    pub(crate) fn defuse(mut self) {
        self.0 = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.stop();
        }
    }
}

async fn shake_hands(
    handle: &Handle,
    parameters: Raw,
    listed: bool,
    log: &Log,
) -> Result<(Raw, Option<Offer>), CallError> {
    let initialize = initialize(handle, parameters).await?;
    let offer = match listed {
        true => Some(listing::fetch(handle, &initialize, None, log).await?),
        false => None,
    };
    Ok((initialize, offer))
}

/// Answers the result of `initialize`.
pub(crate) async fn initialize(handle: &Handle, parameters: Raw) -> Result<Raw, CallError> {
    let initialize = match handle.request(method::INITIALIZE, Some(parameters)).await? {
        Outcome::Result(result) => result,
        Outcome::Error(error) => {
            let told = error.text_at(&["message"]).unwrap_or_else(|| format!("{error:?}"));
            return Err(CallError::Lost(format!("it refused `initialize`: {told}")));
        }
    };
    let agreed =
        initialize.text_at(&["protocolVersion"]).unwrap_or_else(|| revision::NEWEST_LEGACY.to_owned());
    handle.agreed(agreed).await;
    handle.notify(Notification::new(method::INITIALIZED, None)).await;
    Ok(initialize.detached())
}

/// Ends when the upstream has said nothing for `limit`; a download that speaks is no hang.
pub(crate) async fn silence(context: &Context, limit: Duration) {
    let mut spoke = context.log.spoke();
    loop {
        tokio::select! {
            () = sleep(limit) => return,
            changed = spoke.changed() => if changed.is_err() {
                pending::<()>().await;
            },
        }
    }
}

/// What is told of a start that failed: to everybody, and to people at this machine.
fn failure(spec: &UpstreamSpec, why: &str, in_full: &str) -> Unready {
    let sentence = |why: &str| format!("`{}` could not be started: {why}", spec.name);
    match &spec.transport {
        Transport::Stdio { command, args, .. } => {
            let line =
                std::iter::once(command).chain(args).map(|part| quoted(part)).collect::<Vec<_>>().join(" ");
            let in_full = sentence(in_full);
            Unready::new(sentence(why))
                .in_full(format!("{in_full}; the command was `{line}`, try it in a terminal"))
        }
        Transport::Http { .. } if why.ends_with(WANTS_A_KEY) => {
            Unready::new(sentence(why)).advise(|| "`--secret-header Authorization` takes it".to_owned())
        }
        Transport::Http { url, .. } => {
            let reach =
                format!("{}; check that {} can be reached", sentence(why), url.host_str().unwrap_or("?"));
            let in_full = format!("{reach} and speaks MCP at {}", url.path());
            Unready::new(reach).in_full(in_full)
        }
        Transport::Demo => Unready::new(sentence(why)).in_full(sentence(in_full)),
    }
}

pub(crate) async fn open_link(
    machine: &Machine,
    spec: &UpstreamSpec,
    context: &Context,
) -> Result<Link, Unready> {
    let place = Place::of(spec, context.project.as_deref());
    match &spec.transport {
        Transport::Stdio { command, args, env, cwd } => {
            let cwd = place.working_directory(cwd.as_deref());
            let values = revealed(machine, spec, env, &place, context).await?;
            let mut env = machine.environment.with(values.clone()).await;
            if programs::is_on_path(command) && look_for(command, &env, &cwd).is_none() {
                machine.environment.ask_again().await;
                env = machine.environment.with(values).await;
            }
            let program = find(spec, command, &env, &cwd)?;
            let args = args.iter().map(|arg| place.fill(arg)).collect();
            run(machine, spec, context, Launch { program, args, env, cwd })
        }
        Transport::Demo => {
            let env = machine.environment.with([]).await;
            let launch = Launch {
                program: machine.program.clone(),
                args: vec!["demo".into()],
                env,
                cwd: Environment::home(),
            };
            run(machine, spec, context, launch)
        }
        Transport::Http { url, headers } => {
            let headers = header_map(spec, revealed(machine, spec, headers, &place, context).await?)?;
            let link = Http::new(url, headers, context.log.clone());
            link.map(|link| Link::Http(Box::new(link))).map_err(|error| {
                Unready::new(format!("`{}` cannot be reached over HTTP: {error}", spec.name))
            })
        }
    }
}

fn find(
    spec: &UpstreamSpec,
    command: &str,
    env: &[(OsString, OsString)],
    cwd: &Path,
) -> Result<PathBuf, Unready> {
    let name = &spec.name;
    if !cwd.is_dir() {
        let in_full = format!("`{name}` cannot run in {}: there is no such folder", cwd.display());
        return Err(Unready::new(format!("`{name}` cannot run: its folder is missing")).in_full(in_full));
    }
    look_for(command, env, cwd).ok_or_else(|| {
        let (missing, advice) = (programs::missing(command), programs::advice(command));
        let in_full = format!("`{name}` could not be started: {missing}; {advice}");
        Unready::new(format!("`{name}` could not be started: its program is missing")).in_full(in_full)
    })
}

fn look_for(command: &str, env: &[(OsString, OsString)], cwd: &Path) -> Option<PathBuf> {
    // A definition may bring a PATH of its own.
    let path = env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_os_str());
    resolve(command, path.unwrap_or_default(), cwd)
}

fn run(machine: &Machine, spec: &UpstreamSpec, context: &Context, launch: Launch) -> Result<Link, Unready> {
    context.log.add(Source::Life, &format!("{STARTING}{}", launch.program.display()));
    Stdio::start(&launch, &machine.warden, context.log.clone())
        .map(|link| Link::Stdio(Box::new(link)))
        .map_err(|error| failure(spec, &error.to_string(), &format!("{}: {error}", launch.program.display())))
}

/// The values of a definition with its secrets filled in, which the log hides from then on.
async fn revealed(
    machine: &Machine,
    spec: &UpstreamSpec,
    values: &BTreeMap<String, ConfigValue>,
    place: &Place,
    context: &Context,
) -> Result<Vec<(String, String)>, Unready> {
    let mut revealed = Vec::with_capacity(values.len());
    let mut secrets = Vec::new();
    for (name, value) in values {
        let value = match value {
            ConfigValue::Plain(text) => place.fill(text),
            ConfigValue::Secret { secret } => {
                let value = (machine.secrets)(secret.clone()).await.map_err(|error| {
                    let sentence =
                        format!("`{}` needs its secret `{name}`, which cannot be read: {error}", spec.name);
                    Unready::new(sentence).advise(|| "`headgate doctor` tells more".to_owned())
                })?;
                secrets.push((name.clone(), value.clone()));
                value
            }
            ConfigValue::Needed { .. } => {
                let upstream = &spec.name;
                let sentence = format!("`{upstream}` needs its secret `{name}`, which has no value");
                let advice = || format!("give it with `headgate secret {upstream} {name}`");
                return Err(Unready::new(sentence).advise(advice));
            }
        };
        revealed.push((name.clone(), value));
    }
    context.log.hide(Mask::new(secrets));
    Ok(revealed)
}

fn header_map(spec: &UpstreamSpec, headers: Vec<(String, String)>) -> Result<HeaderMap, Unready> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (Ok(header), Ok(mut secret)) = (HeaderName::try_from(&name), HeaderValue::try_from(value)) else {
            let sentence = format!("`{}` has a header `{name}` that HTTP does not allow", spec.name);
            return Err(Unready::new(sentence));
        };
        secret.set_sensitive(true);
        map.insert(header, secret);
    }
    Ok(map)
}
