//! The daemon: whether the one of the manifest is there and ours, its version, the stop mark, and, when
//! none runs, whether one could have its port.

#[cfg(test)]
mod tests;

use std::{
    env, io,
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use headgate_api::{Client, ClientError, Home, Manifest, ManifestError, SettingView, UpstreamView};
use headgate_daemon::diagnosis;
use tokio::time::timeout;
use url::Url;

use super::Check;

/// A daemon on a busy machine answers within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The version of this program, which is that of the daemon it would start.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is known without starting anything.
pub(super) struct Facts {
    manifest: Known,
    /// Somebody holds the daemon's lock.
    lives: bool,
    stopped: bool,
    ports: Ports,
}

/// What the manifest says, and what came of it.
enum Known {
    Nothing,
    Unreadable(String),
    Told { manifest: Manifest, process: Process, answer: Answer },
}

/// Who has the process id of the manifest now.
#[cfg_attr(not(unix), allow(dead_code, reason = "other systems are not asked"))]
#[derive(Debug, Clone, PartialEq, Eq)]
enum Process {
    Gone,
    There {
        name: Option<String>,
    },
    /// It is no process id, or this system is not asked.
    Unknown,
}

/// Who answers at the URL of the manifest.
enum Answer {
    Nobody,
    Stranger,
    /// Ours, though it may fail to tell what it has.
    Ours(Result<Has, String>),
}

/// What a daemon tells.
#[derive(Default)]
struct Has {
    upstreams: Vec<UpstreamView>,
    settings: Vec<SettingView>,
}

/// The ports that a start could take, as far as they are taken.
struct Ports {
    /// The one that it would take, and not just any of the range.
    known: Option<u16>,
    /// With who has it, where that can be told.
    taken: Vec<(u16, Option<String>)>,
    /// A database may hold a port that only the daemon can read.
    may_be_kept: bool,
}

impl Facts {
    pub(super) async fn collect(home: &Home) -> Self {
        let manifest = match Manifest::read(home) {
            Ok(manifest) => told(home, manifest).await,
            Err(ManifestError::NotRunning { .. }) => Known::Nothing,
            Err(error) => Known::Unreadable(format!("{:#}", anyhow::Error::new(error))),
        };
        let ports = Ports::collect(home, &manifest);
        let lives = headgate_api::daemon_lives(home);
        Self { manifest, lives, stopped: headgate_api::is_stopped(home), ports }
    }

    /// What the running daemon has, if one runs and told.
    pub(super) fn upstreams(&self) -> Option<&[UpstreamView]> {
        match &self.manifest {
            Known::Told { answer: Answer::Ours(Ok(has)), .. } => Some(&has.upstreams),
            _ => None,
        }
    }

    /// True when the running daemon keeps secrets in a file, which is there once it has one.
    pub(super) fn keeps_secrets_in_file(&self) -> bool {
        let Known::Told { answer: Answer::Ours(Ok(has)), .. } = &self.manifest else { return false };
        let is_chosen = |setting: &SettingView| {
            setting.key == "secret_store" && setting.value.as_ref().is_some_and(|value| value == "file")
        };
        has.settings.iter().any(is_chosen)
    }

    /// The mark of the daemon that lives now.
    pub(super) fn instance(&self) -> Option<&str> {
        match &self.manifest {
            Known::Told { manifest, answer, .. } if self.lives || matches!(answer, Answer::Ours(_)) => {
                Some(&manifest.instance)
            }
            _ => None,
        }
    }
}

/// Everything about the daemon.
pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::new();
    match &facts.manifest {
        Known::Nothing if facts.lives => checks.push(silent()),
        Known::Nothing => checks.push(Check::ok("daemon", "not running; `headgate up` starts it")),
        Known::Unreadable(why) => {
            checks.push(Check::problem("manifest", why, "remove that file, then `headgate restart`"));
        }
        Known::Told { manifest, process, answer } => {
            checks.push(daemon_check(manifest, process, answer, facts.lives));
            checks.extend(version_check(manifest, answer));
        }
    }
    let is_there = facts.lives || matches!(facts.manifest, Known::Told { answer: Answer::Ours(_), .. });
    if !is_there {
        checks.push(port_check(&facts.ports));
        checks.extend(facts.stopped.then(stopped));
    }
    checks
}

fn silent() -> Check {
    Check::warning(
        "daemon",
        "one lives, but has not told where it is: it is starting or ending, or it hangs",
        "look again in a moment; if it stays so, see logs/daemon.log, then `headgate restart`",
    )
}

fn stopped() -> Check {
    Check::warning("stopped", "a person stopped Headgate, so nothing but a person starts it", "headgate up")
}

fn daemon_check(manifest: &Manifest, process: &Process, answer: &Answer, lives: bool) -> Check {
    let Manifest { url, pid, version, .. } = manifest;
    match answer {
        Answer::Ours(Ok(_)) => Check::ok("daemon", format!("{version} runs at {url} (process {pid})")),
        Answer::Ours(Err(why)) => Check::problem(
            "daemon",
            format!("it runs at {url} (process {pid}), but cannot tell its servers: {why}"),
            "headgate restart",
        ),
        Answer::Stranger => Check::problem(
            "manifest",
            format!("another program answers at {url}, where the daemon should be"),
            "end that program, then `headgate up`; until then clients may send it their keys",
        ),
        Answer::Nobody if lives => Check::problem(
            "daemon",
            format!("process {pid} lives, but does not answer at {url}"),
            "headgate restart",
        ),
        Answer::Nobody => Check::warning(
            "manifest",
            format!("it is stale: a daemon ended without removing it, and {}", whereabouts(*pid, process)),
            "`headgate up` starts a new one, which replaces it",
        ),
    }
}

fn whereabouts(pid: u32, process: &Process) -> String {
    match process {
        Process::Gone => format!("its process {pid} is gone"),
        Process::There { name: Some(name) } => format!("its process id {pid} is now that of `{name}`"),
        Process::There { name: None } => format!("its process id {pid} is now another's"),
        Process::Unknown => "nobody answers at its URL".to_owned(),
    }
}

fn version_check(manifest: &Manifest, answer: &Answer) -> Option<Check> {
    let theirs = &manifest.version;
    if !matches!(answer, Answer::Ours(_)) {
        return None;
    }
    if theirs == OWN_VERSION {
        return Some(Check::ok("version", format!("{OWN_VERSION}, as the daemon")));
    }
    let found = format!("this program is {OWN_VERSION}, the daemon is {theirs}");
    let fix = match numbers(theirs) > numbers(OWN_VERSION) {
        true => "use the newer program, which lies in the folder `bin` of the home folder".to_owned(),
        false => "`headgate restart`, when no call is in flight".to_owned(),
    };
    Some(Check::warning("version", found, fix))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn port_check(ports: &Ports) -> Check {
    let by = |holder: &Option<String>| holder.as_ref().map_or_else(String::new, |name| format!(" by {name}"));
    let taken: Vec<_> = ports.taken.iter().map(|(port, holder)| format!("{port}{}", by(holder))).collect();
    let taken = taken.join(", ");
    let range = format!("{} to {}", diagnosis::PORTS.start(), diagnosis::PORTS.end());
    match (ports.known, ports.taken.len()) {
        (Some(port), 0) => Check::ok("port", format!("{port} is free")),
        (Some(_), _) => Check::problem(
            "port",
            format!("the next start cannot listen: taken is {taken}"),
            "end that program, or start with another port by `headgate serve --port`",
        ),
        (None, 0) => Check::ok("port", format!("{range} are free")),
        (None, number) if number == diagnosis::PORTS.count() => Check::problem(
            "port",
            format!("all ports from {range} are taken: {taken}"),
            "name another one: `headgate serve --port PORT`",
        ),
        (None, _) if ports.may_be_kept => Check::warning(
            "port",
            format!("taken are {taken}; if your clients use one of these, the next start fails"),
            "end that program before the start",
        ),
        (None, _) => {
            Check::ok("port", format!("the first start takes a free one of {range}; taken are {taken}"))
        }
    }
}

async fn told(home: &Home, manifest: Manifest) -> Known {
    let answer = ask(home).await;
    let process = process(manifest.pid);
    Known::Told { manifest, process, answer }
}

/// The token goes only to a daemon that proved to be ours.
async fn ask(home: &Home) -> Answer {
    let asking = async {
        let client = Client::attach(home).await?;
        let upstreams = client.upstreams().await?.upstreams;
        // An older daemon has none to tell.
        let settings = client.settings().await.map(|list| list.settings).unwrap_or_default();
        Ok(Has { upstreams, settings })
    };
    match timeout(ANSWER_LIMIT, asking).await {
        Err(_) => Answer::Nobody,
        Ok(Ok(has)) => Answer::Ours(Ok(has)),
        Ok(Err(ClientError::Impostor { .. })) => Answer::Stranger,
        Ok(Err(ClientError::Manifest(_) | ClientError::Unreachable { .. })) => Answer::Nobody,
        Ok(Err(error)) => Answer::Ours(Err(error.to_string())),
    }
}

#[cfg(unix)]
fn process(pid: u32) -> Process {
    use rustix::{io::Errno, process};
    let pid = i32::try_from(pid).ok().and_then(process::Pid::from_raw);
    match pid.map(process::test_kill_process) {
        None => Process::Unknown,
        Some(Err(Errno::SRCH)) => Process::Gone,
        Some(_) => Process::There { name: pid.and_then(|pid| name(pid.as_raw_nonzero().get())) },
    }
}

#[cfg(not(unix))]
fn process(_: u32) -> Process {
    Process::Unknown
}

/// Only Linux tells it in a file.
#[cfg(unix)]
fn name(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim().to_owned())
}

impl Ports {
    fn collect(home: &Home, manifest: &Known) -> Self {
        let named = env::var("HEADGATE_PORT").ok().and_then(|text| text.parse().ok());
        let last = match manifest {
            Known::Told { manifest, .. } => Url::parse(&manifest.url).ok().and_then(|url| url.port()),
            _ => None,
        };
        let known = named.or(last).filter(|port| *port != 0);
        let candidates = known.map_or(diagnosis::PORTS, |port| port..=port);
        let taken = candidates.filter(|port| is_taken(*port));
        let taken = taken.map(|port| (port, diagnosis::port_holder(port))).collect();
        Self { known, taken, may_be_kept: home.database().exists() }
    }
}

fn is_taken(port: u16) -> bool {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}
