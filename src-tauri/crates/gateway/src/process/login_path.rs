//! The PATH that a login shell has: a desktop starts programs without it, and then `npx`, `uvx` and
//! everything from a version manager would be missing.

use std::{
    ffi::OsString,
    fs, io,
    path::Path,
    pin::pin,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
#[cfg(unix)]
use tokio::io::AsyncReadExt;
use tokio::{sync::watch, time::timeout};

/// Nobody waits longer than this for a shell's start-up files.
const SHELL_LIMIT: Duration = Duration::from_secs(5);

/// A shell that nobody waits for may still finish: killed in the middle, version managers leave locks
/// behind that make every later shell slow.
#[cfg(unix)]
const SHELL_LIFE: Duration = Duration::from_secs(120);

/// Start-up files that print more than this are not read to their end.
#[cfg(unix)]
const MAX_OUTPUT_BYTES: u64 = 1024 * 1024;

/// Stands around the value, since start-up files may print anything.
#[cfg(unix)]
const MARK: &str = "__HEADGATE_PATH__";

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
/// `marks` tell that what the shell starts is ours, so that it does not outlive us.
pub(crate) fn login_path(cache: &Path, marks: &[(&str, OsString)]) -> watch::Receiver<Option<OsString>> {
    let shell = std::env::var("SHELL").unwrap_or_default();
    let cached = read(cache).filter(|cached| cached.shell == shell).map(|cached| cached.path);
    let (told, path) = watch::channel(cached.map(OsString::from));
    let cache = cache.to_owned();
    let marks = marks.iter().map(|(name, value)| (OsString::from(name), value.clone())).collect();
    tokio::spawn(async move {
        let mut asked = pin!(ask_shell(marks));
        let answer = match timeout(SHELL_LIMIT, &mut asked).await {
            Ok(answer) => answer,
            Err(_) => {
                if told.send_if_modified(use_own) {
                    tracing::warn!("the login shell did not tell its PATH in time; using our own meanwhile");
                }
                asked.await
            }
        };
        match answer.filter(|path| !path.is_empty()) {
            Some(answer) => {
                if let Err(error) = answer.to_str().map_or(Ok(()), |path| write(&cache, path, shell)) {
                    tracing::warn!(%error, "cannot keep the PATH in {}", cache.display());
                }
                told.send_replace(Some(answer));
            }
            None => _ = told.send_if_modified(use_own),
        }
    });
    path
}

fn use_own(path: &mut Option<OsString>) -> bool {
    let unknown = path.is_none();
    path.get_or_insert_with(|| std::env::var_os("PATH").unwrap_or_default());
    unknown
}

fn read(cache: &Path) -> Option<Cached> {
    serde_json::from_slice(&fs::read(cache).ok()?).ok()
}

fn write(cache: &Path, path: &str, shell: String) -> io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let bytes = serde_json::to_vec_pretty(&Cached { path: path.to_owned(), shell, at_ms })?;
    let draft = cache.with_added_extension("new");
    fs::write(&draft, bytes)?;
    fs::rename(draft, cache)
}

#[cfg(unix)]
async fn ask_shell(marks: Vec<(OsString, OsString)>) -> Option<OsString> {
    use std::process::Stdio;

    let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty())?;
    let script = format!("printf '%s' \"{MARK}$PATH{MARK}\"");
    let mut command = tokio::process::Command::new(shell);
    command.args(["-l", "-i", "-c", &script]).envs(marks);
    // An interactive shell must not take our terminal.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            tracing::warn!(%error, "cannot run the login shell; using the PATH of this process");
            return None;
        }
    };
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).map(Group);
    let mut output = Vec::new();
    let read = async {
        if let Some(stdout) = &mut child.stdout {
            // What it said until it broke off may hold the value.
            let _ = stdout.take(MAX_OUTPUT_BYTES).read_to_end(&mut output).await;
        }
    };
    match timeout(SHELL_LIFE, read).await {
        // What start-up files leave running on purpose is the person's.
        Ok(()) => std::mem::forget(group),
        Err(_) => {
            drop(group);
            let _ = child.start_kill();
        }
    }
    let _ = child.wait().await;
    marked(&String::from_utf8_lossy(&output)).map(OsString::from)
}

/// The shell and what its start-up files run, which must not go on when nobody waits for the answer. They
/// are asked to end, since some hold lock files that only they remove; who does not obey carries our mark,
/// by which the warden ends it.
#[cfg(unix)]
struct Group(Pid);

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        // An interactive shell ignores the one, and what it runs may ignore the other.
        for signal in [Signal::HUP, Signal::TERM] {
            let _ = kill_process_group(self.0, signal);
        }
    }
}

/// Windows gives every program the person's PATH.
#[cfg(windows)]
async fn ask_shell(_marks: Vec<(OsString, OsString)>) -> Option<OsString> {
    None
}

#[cfg(unix)]
fn marked(output: &str) -> Option<&str> {
    let (_, rest) = output.split_once(MARK)?;
    rest.split_once(MARK).map(|(path, _)| path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_told_before_holds_at_once() {
        let cache = std::env::temp_dir().join(format!("headgate-path-{}.json", std::process::id()));
        let shell = std::env::var("SHELL").unwrap_or_default();
        write(&cache, "/told/before", shell).unwrap();
        assert_eq!(*login_path(&cache, &[]).borrow(), Some("/told/before".into()));
        write(&cache, "/told/before", "another shell".to_owned()).unwrap();
        assert_eq!(*login_path(&cache, &[]).borrow(), None);
        fs::remove_file(&cache).unwrap();
        assert_eq!(*login_path(&cache, &[]).borrow(), None);
    }

    #[test]
    fn without_an_answer_the_last_one_stays() {
        let mut path = Some("/told/before".into());
        assert!(!use_own(&mut path));
        assert_eq!(path, Some("/told/before".into()));
        path = None;
        assert!(use_own(&mut path) && path.is_some());
    }

    #[test]
    fn the_value_is_found_among_noise() {
        assert_eq!(marked("hi\n__HEADGATE_PATH__/a:/b__HEADGATE_PATH__bye"), Some("/a:/b"));
        assert_eq!(marked("nothing"), None);
    }
}
