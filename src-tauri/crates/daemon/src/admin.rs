//! The admin API: what faces may do. It runs commands on this machine, so only the admin token opens
//! it. Here are the door, the list of paths and the form of answers; the files below do the work.

mod catalog;
mod clients;
mod progress;
mod register;
mod sessions;
mod status;
mod test;
mod tools;
mod upstreams;
mod usage;

use std::{sync::Arc, time::Instant};

use axum::{body::Body, response::IntoResponse};
use bytes::Bytes;
use headgate_api::{Manifest, Problem, code};
use headgate_gateway::Gateway;
use headgate_model::{ClientName, UpstreamName};
use headgate_store::{SecretStore, Store};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, Semaphore};

use crate::{drain::Drain, guard, keys, keys::Keys, mcp::read_body, server::challenge, usage::Usage};

/// Everything that faces steer. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Admin {
    gateway: Arc<Gateway>,
    store: Store,
    secrets: SecretStore,
    keys: Arc<Keys>,
    drain: Drain,
    usage: Usage,
    manifest: Arc<Manifest>,
    began: Instant,
    /// Held while a change is checked, kept and applied, so that changes come one after the other.
    committing: Arc<Mutex<()>>,
    /// Tests that run take a permit.
    tests: Arc<Semaphore>,
}

/// What the handlers answer.
type Answer = Result<Response<Body>, Problem>;

impl Admin {
    pub(crate) fn new(
        gateway: Arc<Gateway>,
        store: Store,
        secrets: SecretStore,
        keys: Arc<Keys>,
        drain: Drain,
        usage: Usage,
        manifest: &Manifest,
    ) -> Self {
        Self {
            gateway,
            store,
            secrets,
            keys,
            drain,
            usage,
            manifest: Arc::new(manifest.clone()),
            began: Instant::now(),
            committing: Arc::default(),
            tests: Arc::new(Semaphore::new(test::MAX_TESTS)),
        }
    }

    /// Serves `/api/{path}`.
    pub(crate) async fn handle(&self, path: &str, request: Request<Incoming>) -> Response<Body> {
        let answer = match self.admit(&request) {
            Ok(()) => self.carry_out(path, request).await,
            Err(problem) => Err(problem),
        };
        answer.unwrap_or_else(|problem| refusal(&problem))
    }

    fn admit(&self, request: &Request<Incoming>) -> Result<(), Problem> {
        match guard::bearer(request.headers()) {
            Some(token) if keys::same(token, &self.manifest.admin_token) => Ok(()),
            Some(token) if self.keys.client(token).is_some() => {
                Err(Problem::new(403, code::FORBIDDEN, "a client key opens MCP only, not the admin API"))
            }
            _ => Err(Problem::new(
                401,
                code::UNAUTHORIZED,
                "the admin API needs the admin token of the manifest as `Authorization: Bearer TOKEN`",
            )),
        }
    }

    /// A change is carried out to its end, also when the face that asked for it goes away: half a change
    /// would be kept in one place and not in the other. A registration can be broken off until it is kept, and
    /// a test at any time.
    async fn carry_out(&self, path: &str, request: Request<Incoming>) -> Answer {
        let is_test = path.starts_with("upstreams/") && path.ends_with("/test");
        let is_registration = path == "upstreams" && request.method() == Method::POST;
        if is_test || is_registration || request.method() == Method::GET {
            return self.dispatch(path, request).await;
        }
        let (admin, path) = (self.clone(), path.to_owned());
        let change = tokio::spawn(async move { admin.dispatch(&path, request).await });
        change.await.unwrap_or_else(|_| Err(Problem::new(500, code::INTERNAL, "the change broke off")))
    }

    async fn dispatch(&self, path: &str, request: Request<Incoming>) -> Answer {
        let method = request.method().clone();
        if method == Method::GET && usage::is_shown_at(path) {
            self.usage.look().await;
        }
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        match (&method, parts.as_slice()) {
            (&Method::GET, ["upstreams"]) => self.upstreams().await,
            (&Method::POST, ["upstreams"]) => self.post_upstream(request).await,
            (&Method::POST, ["upstreams", "test"]) => self.test_definition(request).await,
            (&Method::POST, ["upstreams", name, "test"]) => {
                self.test_upstream(&upstream_name(name)?, request).await
            }
            (&Method::GET, ["upstreams", name]) => self.upstream(&upstream_name(name)?).await,
            (&Method::PATCH, ["upstreams", name]) => {
                let name = upstream_name(name)?;
                self.patch_upstream(&name, body(request).await?).await
            }
            (&Method::DELETE, ["upstreams", name]) => self.delete_upstream(&upstream_name(name)?).await,
            (&Method::POST, ["upstreams", name, "start"]) => self.start(&upstream_name(name)?).await,
            (&Method::POST, ["upstreams", name, "stop"]) => self.stop(&upstream_name(name)?).await,
            (&Method::GET, ["upstreams", name, "logs"]) => self.logs(&upstream_name(name)?),
            (&Method::GET, ["tools"]) => self.tools().await,
            (&Method::GET, ["resources"]) => self.resources(),
            (&Method::GET, ["prompts"]) => self.prompts(),
            (&Method::GET, ["sessions"]) => self.sessions(),
            (&Method::GET, ["clients"]) => self.clients().await,
            (&Method::POST, ["clients"]) => self.post_client(body(request).await?).await,
            (&Method::DELETE, ["clients", name]) => self.delete_client(&client_name(name)?).await,
            (&Method::GET, ["status"]) => self.status(),
            (&Method::GET, ["usage"]) => self.usage(),
            (&Method::POST, ["shutdown"]) => self.shut_down(&body(request).await?),
            (
                _,
                [
                    "upstreams" | "tools" | "resources" | "prompts" | "sessions" | "clients" | "status"
                    | "usage" | "shutdown",
                    ..,
                ],
            ) => Err(Problem::new(405, code::METHOD, format!("`{method}` does not fit /api/{path}"))),
            _ => Err(Problem::new(404, code::NOT_FOUND, format!("there is nothing at /api/{path}"))),
        }
    }
}

fn upstream_name(text: &str) -> Result<UpstreamName, Problem> {
    text.parse().map_err(|error| Problem::new(400, code::INVALID, format!("{error}")))
}

fn client_name(text: &str) -> Result<ClientName, Problem> {
    text.parse().map_err(|error| Problem::new(400, code::INVALID, format!("{error}")))
}

/// Reads a JSON body.
async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    let bytes = read_body(&head.headers, body).await.map_err(|refusal| {
        let code =
            if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE { code::TOO_LARGE } else { code::INVALID };
        Problem::new(refusal.status().as_u16(), code, refusal.sentence())
    })?;
    parsed(&bytes)
}

fn parsed<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(400, code::INVALID, format!("the body is not what belongs here: {error}"))
    })
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
    let advice = "`headgate list` tells which there are";
    Problem::new(404, code::NOT_FOUND, format!("there is no upstream `{name}`; {advice}"))
}

fn internal(error: impl Into<headgate_store::StoreError>) -> Problem {
    let error = anyhow::Error::new(error.into());
    tracing::error!("{error:#}");
    Problem::new(500, code::INTERNAL, format!("{error:#}"))
}
