//! The admin API: what faces may do. It runs commands on this machine, so only the admin token opens
//! it, and tokens of the web UI, which a holder of it let in. Here are the door, the way to each handler and the form of answers; `routes` is the table of what
//! there is, and the files below do the work.

mod activity;
mod calls;
mod catalog;
mod clients;
mod events;
mod intake;
mod openapi;
mod patch;
mod progress;
mod query;
mod questions;
mod register;
mod restore;
mod routes;
mod secret_times;
mod sessions;
mod settings;
mod status;
mod test;
mod tools;
mod ui;
mod upstreams;
mod usage;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex as Lock, Weak},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use axum::{body::Body, response::IntoResponse};
use bytes::Bytes;
use headgate_api::{Manifest, Problem, code, read_strictly};
use headgate_gateway::Gateway;
use headgate_model::{ClientName, SecretRef, UpstreamName};
use headgate_store::{SecretStore, Store};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    activity::Activity,
    drain::Drain,
    guard, keys,
    keys::{Hash, Keys},
    mcp::{Limits, read_body_within},
    server::challenge,
    settings::Tuning,
    ui::passes::{Pass, Passes},
    usage::Usage,
};
use calls::Trials;
use events::Sight;
pub use openapi::openapi;
use routes::{Lost, Route};
use secret_times::SecretTimes;

/// Everything that faces steer. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Admin {
    gateway: Arc<Gateway>,
    store: Store,
    secrets: SecretStore,
    secret_times: SecretTimes,
    keys: Arc<Keys>,
    activity: Activity,
    trials: Trials,
    drain: Drain,
    usage: Usage,
    tuning: Tuning,
    manifest: Arc<Manifest>,
    /// The one of the manifest.
    admin_token: Hash,
    /// This program by the name that stays.
    program: Arc<Path>,
    began: Instant,
    /// Held while a change is checked, kept and applied, so that changes come one after the other.
    committing: Arc<Mutex<()>>,
    /// Tests that run take a permit.
    tests: Arc<Semaphore>,
    /// Places of watchers.
    watchers: Arc<Semaphore>,
    /// What one of them saw last.
    sight: Arc<Mutex<Weak<Sight>>>,
    /// Requests of strangers that are being read take a permit.
    strangers: Arc<Semaphore>,
    /// Browsers that were let in.
    passes: Arc<Lock<Passes>>,
    /// Where pages go that lead browsers here.
    pages: PathBuf,
}

/// By what somebody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    /// The admin token: a program of this person.
    Program,
    /// A token of the web UI.
    Page(Pass),
    /// Nothing, where that is enough.
    Anybody,
}

/// What the daemon hands to its faces.
pub(crate) struct Parts {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) store: Store,
    pub(crate) secrets: SecretStore,
    pub(crate) secret_times: HashMap<SecretRef, u64>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) activity: Activity,
    pub(crate) drain: Drain,
    pub(crate) usage: Usage,
    pub(crate) tuning: Tuning,
    pub(crate) manifest: Manifest,
    pub(crate) pages: PathBuf,
    pub(crate) program: PathBuf,
}

/// What the handlers answer.
type Answer = Result<Response<Body>, Problem>;

impl Admin {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            gateway,
            store,
            secrets,
            secret_times,
            keys,
            activity,
            drain,
            usage,
            tuning,
            manifest,
            pages,
            program,
        } = parts;
        Self {
            gateway,
            secret_times: SecretTimes::new(store.clone(), secret_times),
            store,
            secrets,
            keys,
            activity,
            trials: Trials::default(),
            drain,
            usage,
            tuning,
            admin_token: keys::hash(&manifest.admin_token),
            manifest: Arc::new(manifest),
            program: program.into(),
            began: Instant::now(),
            committing: Arc::default(),
            tests: Arc::new(Semaphore::new(test::MAX_TESTS)),
            watchers: Arc::new(Semaphore::new(events::MAX_WATCHERS)),
            sight: Arc::default(),
            strangers: Arc::new(Semaphore::new(ui::MAX_STRANGERS)),
            passes: Arc::default(),
            pages,
        }
    }

    /// Serves `/api/{path}`.
    pub(crate) async fn handle(&self, path: &str, request: Request<Incoming>) -> Response<Body> {
        let answer = match self.admit(path, &request) {
            Ok(face) => self.carry_out(path, face, request).await,
            Err(problem) => Err(problem),
        };
        answer.unwrap_or_else(|problem| refusal(&problem))
    }

    fn admit(&self, path: &str, request: &Request<Incoming>) -> Result<Face, Problem> {
        if routes::is_open(request.method().as_str(), path) {
            return Ok(Face::Anybody);
        }
        let token = guard::bearer(request.headers()).unwrap_or_default();
        let given = keys::hash(token);
        if keys::same(&given, &self.admin_token) {
            return Ok(Face::Program);
        }
        if let Some(pass) = self.passes().admit(token, tokio::time::Instant::now()) {
            return Ok(Face::Page(pass));
        }
        Err(match self.keys.client(&given) {
            Some(_) => Problem::new(403, code::FORBIDDEN, "a client key opens MCP only, not the admin API"),
            None => Problem::new(
                401,
                code::UNAUTHORIZED,
                "the admin API needs the admin token of the manifest as `Authorization: Bearer TOKEN`; a page \
                 of the web UI gets a token of its own by a link of `headgate ui`",
            ),
        })
    }

    /// A change is carried out to its end, also when the face that asked for it goes away: half a change
    /// would be kept in one place and not in the other. A registration can be broken off until it is kept,
    /// a test and a call that is tried at any time.
    async fn carry_out(&self, path: &str, face: Face, request: Request<Incoming>) -> Answer {
        let (route, parameter) = match routes::find(request.method().as_str(), path) {
            Ok(found) => found,
            Err(lost) => return turned_away(request.method(), path, lost),
        };
        let is_look = request.method() == Method::GET;
        if is_look && usage::is_shown_at(path) {
            self.usage.look().await;
        }
        let can_break_off =
            [Route::NewUpstream, Route::NewCall, Route::TestDefinition, Route::TestUpstream].contains(&route);
        if is_look || can_break_off {
            return self.dispatch(route, parameter, face, request).await;
        }
        let (admin, parameter) = (self.clone(), parameter.to_owned());
        let change = tokio::spawn(async move { admin.dispatch(route, &parameter, face, request).await });
        change.await.unwrap_or_else(|_| Err(Problem::new(500, code::INTERNAL, "the change broke off")))
    }

    async fn dispatch(&self, route: Route, name: &str, face: Face, request: Request<Incoming>) -> Answer {
        match route {
            Route::OpenApi => self.openapi(),
            Route::Events => self.events(face, request.uri().query().unwrap_or_default()),
            Route::Backup => self.backup().await,
            Route::Restore => self.restore(body(request).await?).await,
            Route::Settings => self.settings(),
            Route::PatchSettings => self.patch_settings(body(request).await?).await,
            Route::Status => self.status(),
            Route::Usage => self.usage(),
            Route::ShutDown => self.shut_down(&body(request).await?),
            Route::Upstreams => self.upstreams().await,
            Route::NewUpstream => self.post_upstream(request).await,
            Route::Upstream => self.upstream(&upstream_name(name)?).await,
            Route::PatchUpstream => {
                let name = upstream_name(name)?;
                self.patch_upstream(&name, body(request).await?).await
            }
            Route::DeleteUpstream => self.delete_upstream(&upstream_name(name)?).await,
            Route::ReadText => self.read_text(body(request).await?).await,
            Route::TestDefinition => self.test_definition(request).await,
            Route::TestUpstream => self.test_upstream(&upstream_name(name)?, request).await,
            Route::TestChange => self.test_change(&upstream_name(name)?, request).await,
            Route::Start => self.start(&upstream_name(name)?).await,
            Route::Stop => self.stop(&upstream_name(name)?).await,
            Route::Restart => self.restart(&upstream_name(name)?).await,
            Route::Logs => self.logs(&upstream_name(name)?),
            Route::Tools => self.tools().await,
            Route::Resources => self.resources(),
            Route::Prompts => self.prompts(),
            Route::Sessions => self.sessions(),
            Route::DeleteSession => self.delete_session(name).await,
            Route::ActivityPage => self.activity_page(request.uri().query().unwrap_or_default()).await,
            Route::ActivitySummary => self.activity_summary(request.uri().query().unwrap_or_default()).await,
            Route::ActivityCall => self.activity_call(name).await,
            Route::ClearActivity => self.clear_activity().await,
            Route::Calls => self.running_calls(),
            Route::NewCall => self.post_call(request).await,
            Route::CancelCall => self.cancel_call(name),
            Route::Questions => self.questions(),
            Route::AnswerQuestion => self.answer_question(name, body(request).await?).await,
            Route::Clients => self.clients().await,
            Route::KnownClients => self.known_clients().await,
            Route::RenewKey => self.renew_key(&client_name(name)?).await,
            Route::NewClient => self.post_client(body(request).await?).await,
            Route::Snippets => self.snippets(&client_name(name)?),
            Route::DeleteClient => self.delete_client(&client_name(name)?).await,
            Route::NewUiCode => self.post_ui_code(face, &body(request).await?),
            Route::NewUiToken => self.post_ui_token(request).await,
        }
    }
}

/// Answers a request that has no route.
fn turned_away(method: &Method, path: &str, lost: Lost) -> Answer {
    let allowed = match lost {
        Lost::Nowhere => {
            return Err(Problem::new(404, code::NOT_FOUND, format!("there is nothing at /api/{path}")));
        }
        Lost::Method(allowed) => allowed.join(", "),
    };
    let detail = format!("`{method}` does not fit /api/{path}; it takes {allowed}");
    let mut response = refusal(&Problem::new(405, code::METHOD, detail));
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    Ok(response)
}

fn upstream_name(text: &str) -> Result<UpstreamName, Problem> {
    text.parse().map_err(|error| Problem::new(400, code::INVALID, format!("{error}")))
}

fn client_name(text: &str) -> Result<ClientName, Problem> {
    text.parse().map_err(|error| Problem::new(400, code::INVALID, format!("{error}")))
}

/// Reads a JSON body.
async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Problem> {
    body_within(Limits::KNOWN, request).await
}

async fn body_within<T: DeserializeOwned>(limits: Limits, request: Request<Incoming>) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    let bytes = read_body_within(limits, &head.headers, body).await.map_err(|refusal| {
        let code =
            if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE { code::TOO_LARGE } else { code::INVALID };
        Problem::new(refusal.status().as_u16(), code, refusal.sentence())
    })?;
    parsed(&bytes)
}

fn parsed<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    let invalid = |why| Problem::new(400, code::INVALID, format!("the body is not what belongs here: {why}"));
    // A list would be taken for the members of an object in their order.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => read_strictly(bytes).map_err(invalid),
        _ => Err(invalid("it must be a JSON object".to_owned())),
    }
}

fn wants(request: &Request<Incoming>, kind: &str) -> bool {
    let accepts = request.headers().get_all(ACCEPT).iter();
    accepts.filter_map(|value| value.to_str().ok()).any(|value| value.contains(kind))
}

fn ok<T: Serialize>(value: &T) -> Answer {
    Ok(axum::Json(value).into_response())
}

fn created<T: Serialize>(value: &T) -> Answer {
    Ok((StatusCode::CREATED, axum::Json(value)).into_response())
}

fn done() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn refusal(problem: &Problem) -> Response<Body> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        challenge(&mut response);
    }
    response
}

fn not_found(name: &UpstreamName) -> Problem {
    Problem::new(404, code::NOT_FOUND, format!("there is no upstream `{name}`"))
        .advise("`headgate list` tells which there are".to_owned())
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn internal_failure(sentence: &str) -> Problem {
    Problem::new(500, code::INTERNAL, sentence)
}

fn internal(error: impl Into<headgate_store::StoreError>) -> Problem {
    let error = anyhow::Error::new(error.into());
    tracing::error!("{error:#}");
    Problem::new(500, code::INTERNAL, format!("{error:#}"))
}
