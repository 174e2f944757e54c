//! Tasks that an upstream works on after it has answered the call that began them (utilities/tasks). Only
//! whether any is open matters here: an upstream with an open task must not be put to sleep.

use std::{collections::HashMap, time::Duration};

use headgate_protocol::{Outcome, Raw, Request, method};
use tokio::time::Instant;

/// A task without a time to live is taken for open this long.
const DEFAULT_LIFE: Duration = Duration::from_secs(60 * 60);
/// No time to live that an upstream names keeps it awake for longer.
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Tasks that are remembered one by one; with so many the upstream is awake anyway.
const MAX_OPEN: usize = 1024;

/// The open tasks of one connection, with the time at which each is forgotten.
#[derive(Default)]
pub(super) struct Tasks {
    /// Others are never looked at, which keeps their answers unread.
    declared: bool,
    open: HashMap<String, Instant>,
}

impl Tasks {
    /// The task that a request is about.
    pub(super) fn named_in(&self, request: &Request) -> Option<String> {
        if !self.declared || !request.method.starts_with(method::TASKS) {
            return None;
        }
        request.params.as_ref()?.text_at(&["taskId"])
    }

    /// A request was answered; `task` is the one it was about.
    pub(super) fn answered(&mut self, method: &str, task: Option<&str>, outcome: &Outcome) {
        let Outcome::Result(result) = outcome else { return };
        match (method, task) {
            (method::INITIALIZE, _) => self.declared = result.at(&["capabilities", "tasks"]).is_some(),
            _ if !self.declared => {}
            // Until its result was fetched, ending the upstream would lose it.
            (method::TASKS_RESULT | method::TASKS_CANCEL, Some(task)) => {
                self.open.remove(task);
            }
            _ => self.began(result),
        }
    }

    fn began(&mut self, result: &Raw) {
        let Some(id) = result.text_at(&["task", "taskId"]) else { return };
        if self.open.len() < MAX_OPEN {
            let life = result.at(&["task", "ttl"]).and_then(|ttl| ttl.read::<u64>().ok());
            let life = life.map_or(DEFAULT_LIFE, Duration::from_millis).min(MAX_LIFE);
            self.open.insert(id, Instant::now() + life);
        }
    }

    /// True while the result of a task may still be wanted.
    pub(super) fn is_open(&mut self, now: Instant) -> bool {
        self.open.retain(|_, forgotten_at| *forgotten_at > now);
        !self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(text: &'static str) -> Outcome {
        Outcome::Result(Raw::constant(text))
    }

    fn with_task(ttl: &'static str) -> Tasks {
        let mut tasks = Tasks::default();
        tasks.answered(method::INITIALIZE, None, &result(r#"{"capabilities":{"tasks":{}}}"#));
        tasks.answered(method::TOOLS_CALL, None, &result(ttl));
        tasks
    }

    #[test]
    fn a_task_is_open_until_its_result_is_fetched() {
        let mut tasks = with_task(r#"{"task":{"taskId":"a","status":"working"}}"#);
        assert!(tasks.is_open(Instant::now()));
        tasks.answered("tasks/get", Some("a"), &result(r#"{"status":"completed"}"#));
        assert!(tasks.is_open(Instant::now()));
        tasks.answered(method::TASKS_RESULT, Some("a"), &result("{}"));
        assert!(!tasks.is_open(Instant::now()));
    }

    #[test]
    fn a_task_is_forgotten_after_its_time() {
        let mut tasks = with_task(r#"{"task":{"taskId":"a","ttl":60000}}"#);
        assert!(tasks.is_open(Instant::now() + Duration::from_secs(59)));
        assert!(!tasks.is_open(Instant::now() + Duration::from_secs(61)));
    }

    #[test]
    fn who_declares_no_tasks_has_none() {
        let mut tasks = Tasks::default();
        tasks.answered(method::TOOLS_CALL, None, &result(r#"{"task":{"taskId":"a"}}"#));
        assert!(!tasks.is_open(Instant::now()));
    }
}
