//! What programs were found lately, so that a list of many upstreams costs no look at the file system for
//! each, and a folder that hangs makes nobody wait long.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use headgate_model::{ConfigValue, Program, Transport};
use tokio::{
    sync::Mutex as Turn,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::look_up;
use crate::environment::Environment;

/// A program that was installed meanwhile is seen after this long.
const LIFE: Duration = Duration::from_secs(10);
/// A network folder that hangs must not keep a list of upstreams; the last finding is told.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// What nobody asked for in this long belongs to a definition that is gone.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// Findings by what was looked for.
#[derive(Default)]
pub(crate) struct Cache {
    found: Mutex<HashMap<Question, Found>>,
    /// One look at a time, however many ask.
    turn: Arc<Turn<()>>,
}

/// What a finding depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    command: String,
    /// A PATH of its own.
    path: Option<String>,
    cwd: Option<PathBuf>,
}

struct Found {
    program: Program,
    /// The PATH that it was looked for with.
    path: OsString,
    at: Instant,
}

impl Question {
    /// Only a command is looked up.
    fn of(transport: &Transport) -> Option<Self> {
        let Transport::Stdio { command, env, cwd, .. } = transport else { return None };
        let path = env.get("PATH").and_then(|value| match value {
            ConfigValue::Plain(path) => Some(path.clone()),
            ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => None,
        });
        Some(Self { command: command.clone(), path, cwd: cwd.clone() })
    }

    fn look_up(&self, path: OsString) -> Found {
        let cwd = self.cwd.clone().unwrap_or_else(Environment::home);
        let own = self.path.as_ref().map(OsString::from);
        let program = look_up(&self.command, &own.unwrap_or_else(|| path.clone()), &cwd);
        Found { program, path, at: Instant::now() }
    }
}

impl Cache {
    /// What is known, however old.
    pub(crate) fn get(&self, transport: &Transport) -> Option<Program> {
        let question = Question::of(transport)?;
        self.found().get(&question).map(|found| found.program.clone())
    }

    /// Looks up what is not known or too old; waits for it, though not long.
    pub(crate) async fn refresh(self: &Arc<Self>, environment: &Environment, transports: &[&Transport]) {
        // Until the login shell has told its PATH nothing can be known.
        let Some(path) = environment.path_now() else { return };
        let questions: HashSet<Question> =
            transports.iter().filter_map(|transport| Question::of(transport)).collect();
        let _ = timeout(LOOK_LIMIT, self.clone().look(questions, path)).await;
    }

    async fn look(self: Arc<Self>, mut questions: HashSet<Question>, path: OsString) {
        let turn = self.turn.clone().lock_owned().await;
        let is_fresh = |found: &Found| found.at.elapsed() < LIFE && found.path == path;
        questions.retain(|question| !self.found().get(question).is_some_and(is_fresh));
        if questions.is_empty() {
            return;
        }
        // It goes on when nobody waits any more, so that the next one who asks finds its findings.
        let _ = spawn_blocking(move || {
            for question in questions {
                let found = question.look_up(path.clone());
                self.found().insert(question, found);
            }
            self.found().retain(|_, found| found.at.elapsed() < FORGOTTEN_AFTER);
            drop(turn);
        })
        .await;
    }

    fn found(&self) -> MutexGuard<'_, HashMap<Question, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;

    fn transport(command: &str, path: &Path) -> Transport {
        let json = serde_json::json!({ "type": "stdio", "command": command, "env": { "PATH": path } });
        serde_json::from_value(json).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn findings_are_kept_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("my-server");
        let wanted = transport("my-server", folder.path());
        let (cache, environment) = (Arc::new(Cache::default()), Environment::inherited(&[]));
        let found = async || {
            cache.refresh(&environment, &[&wanted]).await;
            cache.get(&wanted).and_then(|program| program.path)
        };
        assert_eq!(cache.get(&wanted), None, "nothing is looked up while somebody reads");
        assert_eq!(found().await, None);
        assert!(cache.get(&wanted).unwrap().advice.is_some());

        fs::write(&program, "").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found().await, None, "what was found a moment ago holds");
        tokio::time::advance(LIFE).await;
        assert_eq!(found().await, Some(program.display().to_string()));
        assert_eq!(cache.get(&Transport::Demo), None);
    }
}
