//! The typed client by which every face calls the daemon. It finds the daemon through the manifest, gives
//! the admin token to nobody who has not proved to know it, and puts what went wrong into words.

mod progress;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use headgate_model::{ClientName, UpstreamName};
use reqwest::{
    Method, RequestBuilder, Response, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect::Policy,
};
use serde::de::DeserializeOwned;

use crate::{
    ActivityPage, Backup, CallDetail, CatalogItems, Clients, CreatedClient, Home, HomeError, Logs, Manifest,
    ManifestError, NewClient, NewUiCode, NewUpstream, Problem, QuestionAnswer, Questions, ReadReport,
    ReadText, Restore, RestoreReport, Sessions, SettingList, SettingsPatch, ShutDown, Status, TestReport,
    Tools, UiCode, UpstreamPatch, UpstreamView, Upstreams, UsageReport, election,
    health::{self, Unproven},
    with_advice,
};
pub use progress::Heard;
use progress::{Events, Line};
pub use watch::Watch;

/// A loopback connection is there at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Looking something up touches no upstream.
const LOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// Silence after which the daemon itself counts as hung. It is long because a start may download
/// for minutes, and the daemon ends one that hangs by its own, shorter timers.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// What a problem of the admin API is sent as.
const PROBLEM_JSON: &str = "application/problem+json";

/// What a registration or test that tells its progress is sent as: one JSON object per line.
const NDJSON: &str = "application/x-ndjson";

/// Names the face that speaks MCP with the admin token.
const CLIENT_HEADER: &str = "x-headgate-client";

/// A connection to a running daemon. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    manifest: Manifest,
    manifest_path: PathBuf,
    is_stopping: bool,
}

/// Why a call of the admin API failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no manifest, or none that can be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A manifest is there, but nobody answers at its URL.
    #[error(
        "nobody answers at {url}, where {} says that the gateway runs as process {pid}; \
         if that process is gone, start a new gateway with `headgate up`",
        .manifest.display()
    )]
    Unreachable {
        /// The manifest's path.
        manifest: PathBuf,
        /// The URL in it.
        url: String,
        /// The process id in it.
        pid: u32,
        /// Why nobody answers.
        source: reqwest::Error,
    },
    /// A manifest is there, but who answers at its URL does not know the admin token.
    #[error(
        "somebody else answers at {url}, where {} says that the gateway runs as process {pid}; nothing \
         was sent there; start a new gateway with `headgate up`",
        .manifest.display()
    )]
    Impostor {
        /// The manifest's path.
        manifest: PathBuf,
        /// The URL in it.
        url: String,
        /// The process id in it.
        pid: u32,
    },
    /// A person stopped Headgate, so nothing starts it.
    #[error("Headgate was stopped; start it with `headgate up`")]
    Stopped,
    /// A daemon was started and did not come up.
    #[error("the gateway could not be started: {reason}")]
    StartFailed {
        /// Its last words, or why it could not even be started.
        reason: String,
    },
    /// Another face holds the lock for longer than a start and a stop take.
    #[error(
        "another program has been starting or stopping the gateway for too long; it holds {}",
        .lock.display()
    )]
    TurnTimeout {
        /// The lock's path.
        lock: PathBuf,
    },
    /// The daemon did not end.
    #[error("the gateway (process {pid}) does not end, not even when it is killed")]
    Immortal {
        /// Its process id.
        pid: u32,
    },
    /// There is no home folder.
    #[error(transparent)]
    NoHome(#[from] HomeError),
    /// The home folder cannot be used.
    #[error("cannot write {}", .path.display())]
    Home {
        /// The file in it that cannot be used.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The gateway refused or failed, and says why.
    #[error("{}", with_advice(&.0.detail, .0.advice.as_deref()))]
    Problem(Box<Problem>),
    /// The answer is none that a gateway of this version gives.
    #[error(
        "{url} gave an answer that this program does not understand ({what}); \
         if another program or version answers there, restart the gateway"
    )]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        what: String,
    },
}

/// Without the token.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the daemon that runs for `home`. It starts none, and sends nothing secret to whoever
    /// cannot prove to be that daemon.
    pub async fn attach(home: &Home) -> Result<Self, ClientError> {
        let manifest = Manifest::read(home)?;
        let (path, url, pid) = (home.manifest(), manifest.url.clone(), manifest.pid);
        let health = match health::prove(&manifest).await {
            Ok(health) => health,
            Err(Unproven::Silent(source)) => {
                return Err(ClientError::Unreachable { manifest: path, url, pid, source });
            }
            Err(Unproven::Stranger) => return Err(ClientError::Impostor { manifest: path, url, pid }),
        };
        let unusable = |source: io::Error| ManifestError::Unreadable { path: path.clone(), source };
        let http = http_client(&manifest.admin_token).map_err(unusable)?;
        Ok(Self { http, manifest, manifest_path: path, is_stopping: health.stopping })
    }

    /// The same; where no daemon runs, this starts `program` as one, which outlives us. Any number of
    /// faces that do so at once get one daemon. After a stop it starts none.
    pub async fn ensure(home: &Home, program: &Path) -> Result<Self, ClientError> {
        election::ensure(home, program).await.map(|up| up.client)
    }

    /// Where the daemon is and what it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// True when it was about to end when we attached: it answers what it has taken, and takes no new calls.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    /// A request to the MCP endpoint `/mcp`, with the admin's power, in the name of `client`.
    pub fn mcp(&self, method: Method, client: &ClientName) -> RequestBuilder {
        let url = format!("{}/mcp", self.manifest.url);
        self.http.request(method, url).header(CLIENT_HEADER, client.as_str())
    }

    /// A request to the admin API as a page makes it; `path` begins with `/api/` and may have a query.
    /// `None` when it leads elsewhere, where the admin's power has no business, or below `/api/ui/`: a page that
    /// somebody took over must not let others in.
    pub fn admin(&self, method: Method, path: &str) -> Option<RequestBuilder> {
        let base = Url::parse(&self.manifest.url).ok()?;
        // Joined, so that `..` and its spellings are resolved before anything is compared.
        let url = base.join(path).ok()?;
        let stays =
            path.starts_with("/api/") && url.origin() == base.origin() && url.path().starts_with("/api/");
        let lets_in = url.path() == "/api/ui" || url.path().starts_with("/api/ui/");
        (stays && !lets_in).then(|| self.http.request(method, url))
    }

    /// Puts into words why a request made by [`Client::mcp`] or [`Client::admin`] got no answer.
    pub fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            manifest: self.manifest_path.clone(),
            url: self.manifest.url.clone(),
            pid: self.manifest.pid,
            source,
        }
    }

    /// Registers an upstream. `on_progress` hears what it says while it starts, which for a first
    /// download takes minutes.
    pub async fn register(
        &self,
        new_upstream: &NewUpstream,
        on_progress: impl FnMut(Heard<'_>),
    ) -> Result<UpstreamView, ClientError> {
        let request = self.request(Method::POST, "upstreams").json(new_upstream);
        let outcome = |line| if let Line::Upstream(upstream) = line { Some(*upstream) } else { None };
        self.follow(request, on_progress, outcome).await
    }

    /// Tries a fresh copy of a registered upstream, and leaves alone what runs of it.
    pub async fn test_upstream(
        &self,
        name: &UpstreamName,
        on_progress: impl FnMut(Heard<'_>),
    ) -> Result<TestReport, ClientError> {
        let request = self.request(Method::POST, &format!("upstreams/{name}/test"));
        self.follow(request, on_progress, report).await
    }

    /// Tries a definition without registering it; nothing of it is kept.
    pub async fn test_definition(
        &self,
        new_upstream: &NewUpstream,
        on_progress: impl FnMut(Heard<'_>),
    ) -> Result<TestReport, ClientError> {
        let request = self.request(Method::POST, "upstreams/test").json(new_upstream);
        self.follow(request, on_progress, report).await
    }

    /// Reads what a person pasted; nothing is registered.
    pub async fn read_text(&self, text: String) -> Result<ReadReport, ClientError> {
        let read = ReadText { text, ..ReadText::default() };
        self.change(self.request(Method::POST, "upstreams/read").timeout(LOOK_TIMEOUT).json(&read)).await
    }

    /// Every upstream.
    pub async fn upstreams(&self) -> Result<Upstreams, ClientError> {
        self.look("upstreams").await
    }

    /// One upstream.
    pub async fn upstream(&self, name: &UpstreamName) -> Result<UpstreamView, ClientError> {
        self.look(&format!("upstreams/{name}")).await
    }

    /// Changes an upstream.
    pub async fn patch_upstream(
        &self,
        name: &UpstreamName,
        patch: &UpstreamPatch,
    ) -> Result<UpstreamView, ClientError> {
        self.change(self.request(Method::PATCH, &format!("upstreams/{name}")).json(patch)).await
    }

    /// Removes an upstream and its definition.
    pub async fn remove_upstream(&self, name: &UpstreamName) -> Result<(), ClientError> {
        self.remove(&format!("upstreams/{name}")).await
    }

    /// Starts an upstream and waits until it is ready or failed.
    pub async fn start_upstream(&self, name: &UpstreamName) -> Result<UpstreamView, ClientError> {
        self.change(self.request(Method::POST, &format!("upstreams/{name}/start"))).await
    }

    /// Stops an upstream until it is started again.
    pub async fn stop_upstream(&self, name: &UpstreamName) -> Result<UpstreamView, ClientError> {
        self.change(self.request(Method::POST, &format!("upstreams/{name}/stop"))).await
    }

    /// What an upstream said lately.
    pub async fn logs(&self, name: &UpstreamName) -> Result<Logs, ClientError> {
        self.look(&format!("upstreams/{name}/logs")).await
    }

    /// Every tool, also those that are off, and what they cost.
    pub async fn tools(&self) -> Result<Tools, ClientError> {
        self.look("tools").await
    }

    /// Every resource of the catalog.
    pub async fn resources(&self) -> Result<CatalogItems, ClientError> {
        self.look("resources").await
    }

    /// Every prompt of the catalog.
    pub async fn prompts(&self) -> Result<CatalogItems, ClientError> {
        self.look("prompts").await
    }

    /// Every client session.
    pub async fn sessions(&self) -> Result<Sessions, ClientError> {
        self.look("sessions").await
    }

    /// Ends a session, by the beginning of its id that [`Client::sessions`] tells.
    pub async fn end_session(&self, id: &str) -> Result<(), ClientError> {
        let mut url = self.url("sessions")?;
        // What a person typed may be anything; it stays one part of the path.
        url.path_segments_mut().map_err(|()| self.no_url("it has no path"))?.push(id);
        self.send(self.http.request(Method::DELETE, url)).await.map(drop)
    }

    /// Makes a key for a client. The answer is the only place where the key is told.
    pub async fn add_client(&self, name: &ClientName) -> Result<CreatedClient, ClientError> {
        let new_client = NewClient { name: name.clone() };
        self.change(self.request(Method::POST, "clients").json(&new_client)).await
    }

    /// Every client that has a key.
    pub async fn clients(&self) -> Result<Clients, ClientError> {
        self.look("clients").await
    }

    /// Takes a client's key back.
    pub async fn revoke_client(&self, name: &ClientName) -> Result<(), ClientError> {
        self.remove(&format!("clients/{name}")).await
    }

    /// The calls that ended; `query` as in `GET /api/activity`.
    pub async fn activity(&self, query: &[(&str, String)]) -> Result<ActivityPage, ClientError> {
        let mut url = self.url("activity")?;
        url.query_pairs_mut().extend_pairs(query);
        self.change(self.http.request(Method::GET, url).timeout(LOOK_TIMEOUT)).await
    }

    /// One call that ended, with what was said while that is kept.
    pub async fn recorded_call(&self, id: i64) -> Result<CallDetail, ClientError> {
        self.look(&format!("activity/{id}")).await
    }

    /// Forgets every recorded call.
    pub async fn clear_activity(&self) -> Result<(), ClientError> {
        self.remove("activity").await
    }

    /// How the daemon itself does.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.look("status").await
    }

    /// What all processes take, one by one.
    pub async fn usage(&self) -> Result<UsageReport, ClientError> {
        self.look("usage").await
    }

    /// Every setting.
    pub async fn settings(&self) -> Result<SettingList, ClientError> {
        self.look("settings").await
    }

    /// Changes settings; what can hold at once does.
    pub async fn patch_settings(&self, patch: &SettingsPatch) -> Result<SettingList, ClientError> {
        self.change(self.request(Method::PATCH, "settings").json(patch)).await
    }

    /// The whole setup, without secrets.
    pub async fn backup(&self) -> Result<Backup, ClientError> {
        self.look("backup").await
    }

    /// Puts a setup back, or tells what that would change.
    pub async fn restore(&self, restore: &Restore) -> Result<RestoreReport, ClientError> {
        self.change(self.request(Method::POST, "restore").json(restore)).await
    }

    /// A link that lets one browser in, once.
    pub async fn ui_code(&self, new_code: &NewUiCode) -> Result<UiCode, ClientError> {
        self.change(self.request(Method::POST, "ui/codes").timeout(LOOK_TIMEOUT).json(new_code)).await
    }

    /// How everything is, and then what changes.
    pub async fn events(&self) -> Result<Watch, ClientError> {
        let response = self.send(self.request(Method::GET, "events")).await?;
        Ok(Watch::new(self.clone(), response))
    }

    /// The same, for a face that shows the questions of upstreams as long as it watches.
    pub async fn events_with_questions(&self) -> Result<Watch, ClientError> {
        let response = self.send(self.request(Method::GET, "events?questions=true")).await?;
        Ok(Watch::new(self.clone(), response))
    }

    /// What upstreams ask of people whose clients cannot show it.
    pub async fn questions(&self) -> Result<Questions, ClientError> {
        self.look("questions").await
    }

    /// Answers a question.
    pub async fn answer_question(&self, id: &str, answer: &QuestionAnswer) -> Result<(), ClientError> {
        let request = self.request(Method::POST, &format!("questions/{id}")).timeout(LOOK_TIMEOUT);
        self.send(request.json(answer)).await.map(drop)
    }

    /// Asks the daemon to end. With `only_if_idle`, one with calls in flight refuses with code `busy`.
    pub async fn shut_down(&self, only_if_idle: bool) -> Result<(), ClientError> {
        let request = self.request(Method::POST, "shutdown").timeout(LOOK_TIMEOUT);
        self.send(request.json(&ShutDown { only_if_idle })).await.map(drop)
    }

    fn url(&self, path: &str) -> Result<Url, ClientError> {
        let url = Url::parse(&format!("{}/api/{path}", self.manifest.url));
        url.map_err(|error| self.no_url(&error.to_string()))
    }

    fn no_url(&self, why: &str) -> ClientError {
        ClientError::Unexpected { url: self.manifest.url.clone(), what: format!("it is no URL: {why}") }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/{path}", self.manifest.url))
    }

    async fn look<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.change(self.request(Method::GET, path).timeout(LOOK_TIMEOUT)).await
    }

    async fn change<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.send(request).await?;
        self.body(response).await
    }

    async fn remove(&self, path: &str) -> Result<(), ClientError> {
        self.send(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Sends a request; an answer that is no success becomes an error.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|e| self.unreachable(e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (url, status) = (response.url().to_string(), response.status());
        if media_type(&response) != PROBLEM_JSON {
            return Err(ClientError::Unexpected { url, what: format!("status {status}") });
        }
        Err(ClientError::Problem(Box::new(self.body(response).await?)))
    }

    async fn body<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let url = response.url().to_string();
        let bytes = response.bytes().await.map_err(|e| self.unreachable(e))?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Unexpected { url, what: e.to_string() })
    }

    /// Asks for progress and reads its lines up to the outcome, which may also come alone.
    async fn follow<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        mut on_progress: impl FnMut(Heard<'_>),
        outcome: impl Fn(Line) -> Option<T>,
    ) -> Result<T, ClientError> {
        let accept = format!("{NDJSON}, application/json, {PROBLEM_JSON}");
        let mut response = self.send(request.header(ACCEPT, accept)).await?;
        if media_type(&response) != NDJSON {
            return self.body(response).await;
        }
        let url = response.url().to_string();
        let unexpected = |what: String| ClientError::Unexpected { url: url.clone(), what };
        let mut events = Events::default();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(e))? {
            events.push(&chunk).map_err(unexpected)?;
            while let Some(line) = events.next().map_err(unexpected)? {
                match line {
                    Line::Progress(text) => on_progress(Heard::Said(&text)),
                    Line::Step(step) => on_progress(Heard::Step(&step)),
                    Line::Program(program) => on_progress(Heard::Program(&program)),
                    Line::Problem(problem) => return Err(ClientError::Problem(problem)),
                    last => {
                        return outcome(last).ok_or_else(|| unexpected("another outcome".to_owned()));
                    }
                }
            }
        }
        Err(unexpected("the answer ended before the work did".to_owned()))
    }
}

fn report(line: Line) -> Option<TestReport> {
    if let Line::Report(report) = line { Some(*report) } else { None }
}

impl ClientError {
    pub(crate) fn home(path: PathBuf, source: io::Error) -> Self {
        Self::Home { path, source }
    }
}

/// Plain HTTP to this machine: no proxy, no redirects, and no certificates to load.
pub(crate) fn http_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .tls_certs_only([])
        .connect_timeout(CONNECT_TIMEOUT)
}

fn http_client(admin_token: &str) -> io::Result<reqwest::Client> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {admin_token}"))
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the admin token is not plain text"))?;
    bearer.set_sensitive(true);
    http_builder()
        .read_timeout(SILENCE_TIMEOUT)
        .default_headers([(AUTHORIZATION, bearer)].into_iter().collect())
        .build()
        .map_err(io::Error::other)
}

/// The media type of a body, without its parameters.
fn media_type(response: &Response) -> &str {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}
