//! `/api/calls`: tools that a person tries. Each goes the way of a client's call, in a session of its own
//! that ends with it; here are which of them run and what is answered about one.

mod trial;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::body::Body;
use headgate_api::{NewCall, Problem, RunningCall, RunningCalls, code};
use headgate_gateway::{Client, Scope};
use hyper::{Request, Response, body::Incoming};
use serde_json::json;
use tokio::sync::Notify;

use super::{
    Admin, Answer, body, done, not_found, ok,
    progress::{NDJSON, driven, line},
    register::named_project,
    wants,
};
use crate::activity::now_ms;
use trial::{Step, Trial};

/// Tools that are tried at once: more than a person can watch. Each may run a child of its own.
const MAX_TRIALS: usize = 16;
/// A day; whatever takes longer is not tried by hand.
const MAX_TIMEOUT_S: u64 = 24 * 60 * 60;
/// In whose name a tool is tried when nobody says it.
const FACE: &str = "headgate";

/// The tools that are being tried. Cloning shares it.
#[derive(Clone, Default)]
pub(super) struct Trials {
    running: Arc<Mutex<BTreeMap<u64, Running>>>,
    last: Arc<AtomicU64>,
}

struct Running {
    view: RunningCall,
    cancel: Arc<Notify>,
}

/// A place among the tools that are being tried, until it is dropped.
struct Place {
    trials: Trials,
    number: u64,
    cancel: Arc<Notify>,
}

impl Trials {
    /// Takes a place; `None` when all are taken.
    fn enter(&self, new: &NewCall, client: &str) -> Option<(Place, RunningCall)> {
        let mut running = self.lock();
        if running.len() >= MAX_TRIALS {
            return None;
        }
        let number = self.last.fetch_add(1, Relaxed) + 1;
        let view = RunningCall {
            id: number.to_string(),
            tool: new.tool.clone(),
            client: client.to_owned(),
            upstream: new.upstream.clone(),
            at_ms: now_ms(),
        };
        let cancel = Arc::new(Notify::new());
        running.insert(number, Running { view: view.clone(), cancel: cancel.clone() });
        Some((Place { trials: self.clone(), number, cancel }, view))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.trials.lock().remove(&self.number);
    }
}

impl Admin {
    pub(super) fn running_calls(&self) -> Answer {
        let calls = self.trials.lock().values().map(|running| running.view.clone()).collect();
        ok(&RunningCalls { calls })
    }

    pub(super) fn cancel_call(&self, id: &str) -> Answer {
        let trials = self.trials.lock();
        let running = id.parse().ok().and_then(|number: u64| trials.get(&number));
        let running = running.ok_or_else(|| {
            let detail = format!("no call `{id}` runs; GET /api/calls tells which do");
            Problem::new(404, code::NOT_FOUND, detail)
        })?;
        running.cancel.notify_one();
        done()
    }

    /// Whoever goes away before the end cancels the call.
    pub(super) async fn post_call(&self, request: Request<Incoming>) -> Answer {
        let at_once =
            wants(&request, "application/json") && !wants(&request, NDJSON) && !wants(&request, "*/*");
        let new: NewCall = body(request).await?;
        let (trial, view) = self.try_tool(&new).await?;
        match at_once {
            true => ok(&trial.end().await),
            false => Ok(lines(view, trial)),
        }
    }

    async fn try_tool(&self, new: &NewCall) -> Result<(Trial, RunningCall), Problem> {
        let timeout = checked(new)?;
        let scope = match &new.upstream {
            Some(name) if self.gateway.upstream(name).is_none() => return Err(not_found(name)),
            Some(name) => Scope::One(name.clone()),
            None => Scope::All,
        };
        let name = new.client.as_ref().map_or(FACE, |name| name.as_str());
        let client = Client { name: name.to_owned(), credential: format!("face:{name}") };
        let project = named_project(new.project.as_deref())?;
        let underway = self.drain.enter().ok_or_else(|| {
            Problem::new(503, code::BUSY, "the gateway is stopping; try again when it is back")
        })?;
        let (place, view) = self.trials.enter(new, name).ok_or_else(|| {
            let detail =
                format!("{MAX_TRIALS} tools are being tried, which is the limit; cancel one of them");
            Problem::new(429, code::BUSY, detail)
        })?;
        let mut trial = Trial::open(self.gateway.clone(), client, scope, project, (place, underway))?;
        trial.begin(new, timeout).await?;
        Ok((trial, view))
    }
}

/// Refuses what no tool takes; answers how long the call may last.
fn checked(new: &NewCall) -> Result<Option<Duration>, Problem> {
    let invalid = |detail: String| Problem::new(400, code::INVALID, detail);
    if new.arguments.as_ref().is_some_and(|arguments| !arguments.get().starts_with('{')) {
        return Err(invalid("`arguments` must be a JSON object".to_owned()));
    }
    match new.timeout_s {
        Some(seconds) if !(1..=MAX_TIMEOUT_S).contains(&seconds) => {
            Err(invalid(format!("`timeout_s` is 1 to {MAX_TIMEOUT_S}, not {seconds}")))
        }
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

/// What is said about a call, one JSON object per line, its outcome last.
fn lines(view: RunningCall, mut trial: Trial) -> Response<Body> {
    driven(|teller| async move {
        teller.tell(line(&json!({ "call": view })));
        loop {
            match trial.step().await {
                Step::Said(text) => teller.tell(text.into()),
                Step::Ended(end) => return line(&end),
            }
        }
    })
}
