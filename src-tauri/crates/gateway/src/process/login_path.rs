//! The PATH that a login shell has: a desktop starts programs without it, and then `npx`, `uvx` and
//! everything from a version manager would be missing. Who tells it, and what holds until then, is decided
//! here; how a shell is asked, in `login_path/question.rs`.

#[cfg(unix)]
mod question;
#[cfg(unix)]
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// Nobody waits longer than this for a shell's start-up files.
const SHELL_LIMIT: Duration = Duration::from_secs(5);
/// Many servers may miss their programs at once, and each asks; a person who installed one takes longer than this.
const ASK_PAUSE: Duration = Duration::from_secs(3);

/// The PATH of children, and who told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildPath {
    /// The value.
    pub value: OsString,
    /// Who told it.
    pub teller: Teller,
}

/// Who tells the PATH of children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Teller {
    /// The login shell, now or to an earlier run.
    Shell(PathBuf),
    /// Nobody did, for this reason, so it is our own.
    Nobody(String),
    /// It is our own on purpose: the system gives every program the person's, or a person started us
    /// for this.
    System,
}

/// What the shell told a run of ours before.
#[derive(Debug, Serialize, Deserialize)]
struct Cached {
    path: String,
    /// Another shell may tell something else.
    shell: String,
    /// Milliseconds since 1970; for people who look.
    at_ms: u64,
}

/// The login shell's PATH, or our own when the shell does not tell. A shell may take seconds, so what it
/// told last holds until it has answered.
#[derive(Debug)]
pub(crate) struct LoginPath {
    told: watch::Sender<Option<ChildPath>>,
    shell: PathBuf,
    cache: PathBuf,
    marks: Vec<(OsString, OsString)>,
    last: Mutex<Asked>,
}

/// One asking of the shell.
#[derive(Debug)]
struct Asked {
    at: Instant,
    is_over: watch::Receiver<bool>,
}

impl LoginPath {
    /// Asks the shell. `marks` tell that what it starts is ours, so that it does not outlive us.
    pub(crate) fn ask(cache: &Path, marks: &[(&str, OsString)]) -> Self {
        let shell = env::var_os("SHELL").map(PathBuf::from).unwrap_or_default();
        let marks = marks.iter().map(|(name, value)| (OsString::from(name), value.clone())).collect();
        Self::of(shell, cache.to_owned(), marks)
    }

    fn of(shell: PathBuf, cache: PathBuf, marks: Vec<(OsString, OsString)>) -> Self {
        let cached = read(&cache).filter(|cached| Path::new(&cached.shell) == shell);
        let known = cached
            .map(|cached| ChildPath { value: cached.path.into(), teller: Teller::Shell(shell.clone()) });
        let told = watch::channel(known).0;
        let last = Mutex::new(asked(learn(told.clone(), shell.clone(), cache.clone(), marks.clone())));
        Self { told, shell, cache, marks, last }
    }

    /// What was told so far.
    pub(crate) fn told(&self) -> watch::Receiver<Option<ChildPath>> {
        self.told.subscribe()
    }

    /// Asks again, since what was installed meanwhile may have changed start-up files, and waits for the answer,
    /// though no longer than the first start of a server does.
    pub(crate) async fn ask_again(&self) {
        let mut is_over = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if *last.is_over.borrow() && last.at.elapsed() >= ASK_PAUSE {
                let [shell, cache] = [&self.shell, &self.cache].map(Clone::clone);
                *last = asked(learn(self.told.clone(), shell, cache, self.marks.clone()));
            }
            last.is_over.clone()
        };
        let _ = timeout(SHELL_LIMIT, is_over.wait_for(|is_over| *is_over)).await;
    }
}

/// Lets the shell answer in a task of its own: the answer counts when nobody waits for it any more, too.
fn asked(learning: impl Future<Output = ()> + Send + 'static) -> Asked {
    let (over, is_over) = watch::channel(false);
    tokio::spawn(async move {
        learning.await;
        over.send_replace(true);
    });
    Asked { at: Instant::now(), is_over }
}

async fn learn(
    told: watch::Sender<Option<ChildPath>>,
    shell: PathBuf,
    cache: PathBuf,
    marks: Vec<(OsString, OsString)>,
) {
    let mut asked = pin!(platform::ask(shell.clone(), marks));
    let answer = match timeout(SHELL_LIMIT, &mut asked).await {
        Ok(answer) => answer,
        Err(_) => {
            let why = format!("{} did not tell within {} s", shell.display(), SHELL_LIMIT.as_secs());
            told.send_if_modified(|path| use_own(path, Teller::Nobody(why)));
            asked.await
        }
    };
    match answer {
        Ok(value) => {
            if let Err(error) = value.to_str().map_or(Ok(()), |path| write(&cache, path, &shell)) {
                tracing::warn!(%error, "cannot keep the PATH in {}", cache.display());
            }
            if told.borrow().as_ref().is_none_or(|told| told.value != value) {
                tell_difference(&shell, &value);
            }
            told.send_replace(Some(ChildPath { value, teller: Teller::Shell(shell) }));
        }
        Err(teller) => _ = told.send_if_modified(|path| use_own(path, teller)),
    }
}

fn tell_difference(shell: &Path, value: &OsStr) {
    let missing = missing(&env::var_os("PATH").unwrap_or_default(), value);
    let added = missing_in_words(&missing);
    if !missing.is_empty() {
        tracing::info!("servers get the PATH of {}; it has {added} besides our own", shell.display());
    }
}

fn missing_in_words(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The folders of `wanted` that `path` lacks.
pub fn missing(path: &OsStr, wanted: &OsStr) -> Vec<PathBuf> {
    let mut there: Vec<_> = env::split_paths(path).collect();
    let mut missing = Vec::new();
    for folder in env::split_paths(wanted).filter(|folder| !folder.as_os_str().is_empty()) {
        if !there.contains(&folder) {
            there.push(folder.clone());
            missing.push(folder);
        }
    }
    missing
}

/// Our own PATH, unless a shell told one before.
fn use_own(path: &mut Option<ChildPath>, teller: Teller) -> bool {
    let unknown = path.is_none();
    if unknown {
        if let Teller::Nobody(why) = &teller {
            tracing::warn!("{why}; servers get the PATH that this process was started with");
        }
        *path = Some(ChildPath { value: env::var_os("PATH").unwrap_or_default(), teller });
    }
    unknown
}

fn read(cache: &Path) -> Option<Cached> {
    serde_json::from_slice(&fs::read(cache).ok()?).ok()
}

fn write(cache: &Path, path: &str, shell: &Path) -> io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let shell = shell.to_string_lossy().into_owned();
    let bytes = serde_json::to_vec_pretty(&Cached { path: path.to_owned(), shell, at_ms })?;
    let draft = cache.with_added_extension("new");
    fs::write(&draft, bytes)?;
    fs::rename(draft, cache)
}
