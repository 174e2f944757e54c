//! The real gateway in a fresh home folder, and the ways to steer it: the admin API and the command
//! line.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    HttpUpstream, Mcp, Running, in_time,
    mcp::http_client,
    processes, programs,
    running::{command, run},
    wait_for, wait_until,
};

/// A running gateway. Dropping it ends the gateway and checks that no process is left.
pub struct Sandbox {
    running: Running,
    options: Options,
    manifest: Value,
    http: reqwest::Client,
}

/// What is special about a gateway.
#[derive(Default)]
pub struct Builder {
    options: Options,
    home: Option<TempDir>,
}

/// How its program is started, each time.
#[derive(Default)]
struct Options {
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Options {
    fn prepare(&self, command: &mut Command) {
        command.args(["serve", "--port", "0", "--secret-store", "file"]).args(&self.args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
    }
}

/// What is special about an upstream. The default leaves everything to the gateway.
#[derive(Debug, Clone, Default)]
pub struct UpstreamOptions {
    /// `shared`, `project` or `session`.
    pub isolation: Option<&'static str>,
    /// Put before its names.
    pub prefix: Option<&'static str>,
    /// Tools that are switched off.
    pub off: Vec<&'static str>,
    /// Variables of a child.
    pub env: BTreeMap<String, String>,
    /// Headers of an HTTP upstream.
    pub headers: BTreeMap<String, String>,
    /// Secret variables or headers.
    pub secrets: BTreeMap<String, String>,
    /// The working directory of a child.
    pub cwd: Option<PathBuf>,
    /// It is never put to sleep.
    pub keep_warm: bool,
}

impl UpstreamOptions {
    /// An own copy for each client session.
    pub fn per_session() -> Self {
        Self { isolation: Some("session"), ..Self::default() }
    }

    /// One copy for each project.
    pub fn per_project() -> Self {
        Self { isolation: Some("project"), ..Self::default() }
    }

    /// One copy for everybody.
    pub fn shared() -> Self {
        Self { isolation: Some("shared"), ..Self::default() }
    }

    /// With a prefix before its names.
    pub fn prefixed(prefix: &'static str) -> Self {
        Self { prefix: Some(prefix), ..Self::default() }
    }

    fn body(self, name: &str, mut transport: Value) -> Value {
        match transport["type"] == "stdio" {
            true => transport["env"] = json!(self.env),
            false => transport["headers"] = json!(self.headers),
        }
        if let Some(cwd) = self.cwd {
            transport["cwd"] = json!(cwd);
        }
        let off: BTreeMap<&str, Value> =
            self.off.iter().map(|tool| (*tool, json!({ "off": true }))).collect();
        let mut body =
            json!({ "name": name, "transport": transport, "tool_choices": off, "secrets": self.secrets });
        if self.keep_warm {
            body["keep_warm"] = true.into();
        }
        for (member, value) in [("isolation", self.isolation), ("prefix", self.prefix)] {
            if let Some(value) = value {
                body[member] = value.into();
            }
        }
        body
    }
}

impl Builder {
    /// A flag or argument after `serve --port 0 --secret-store file`.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.options.args.push(arg.into());
        self
    }

    /// A variable in the gateway's environment.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.options.env.push((name.to_owned(), value.into()));
        self
    }

    /// The home folder of an earlier gateway, from [`Sandbox::stop`].
    pub fn home(mut self, home: TempDir) -> Self {
        self.home = Some(home);
        self
    }

    /// Starts the gateway and waits until it answers.
    pub async fn start(self) -> Sandbox {
        let prepare = |command: &mut Command| self.options.prepare(command);
        let mut running = match self.home {
            Some(home) => Running::start_in(home, prepare),
            None => Running::start(prepare),
        };
        let manifest = manifest(&mut running).await;
        let sandbox = Sandbox { running, options: self.options, manifest, http: http_client() };
        sandbox.answers().await;
        sandbox
    }
}

async fn manifest(running: &mut Running) -> Value {
    let path = running.home().join("manifest.json");
    wait_for("the gateway writes its manifest", async || {
        if let Some(status) = running.exit_status() {
            panic!("`headgate serve` ended at once: {status}");
        }
        serde_json::from_slice::<Value>(&std::fs::read(&path).ok()?)
            .ok()
            .filter(|manifest| manifest["pid"] == running.pid())
    })
    .await
}

impl Sandbox {
    /// A gateway without upstreams.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A gateway with something special.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Its base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        self.manifest["url"].as_str().expect("the manifest has a URL")
    }

    /// A URL below the base; `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url())
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// The token that opens the admin API.
    pub fn admin_token(&self) -> &str {
        self.manifest["admin_token"].as_str().expect("the manifest has an admin token")
    }

    /// The manifest as it was written.
    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// Its home folder.
    pub fn home(&self) -> &Path {
        self.running.home()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// The processes it started, and theirs.
    pub fn children(&self) -> Vec<u32> {
        self.running.children()
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        self.running.log()
    }

    /// The running program itself.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Has a gateway run again, in the same home folder and perhaps at another port. Others may be
    /// faster; then theirs is the one.
    pub async fn restart(&mut self) {
        let mut up = self.command();
        up.arg("up");
        let up = in_time("headgate up", run(up, b"")).await.expect("run `headgate up`");
        assert!(up.status.success(), "no gateway came up: {up:?}");
        self.follow().await;
    }

    /// Takes the gateway that runs now, whoever started it, for the one that is meant.
    pub async fn follow(&mut self) {
        let path = self.home().join("manifest.json");
        self.manifest = wait_for("a gateway that runs has a manifest", async || {
            let manifest = serde_json::from_slice::<Value>(&std::fs::read(&path).ok()?).ok()?;
            let pid = u32::try_from(manifest["pid"].as_u64()?).ok()?;
            processes::is_alive(pid).then_some(manifest)
        })
        .await;
        let pid = self.manifest["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        self.running.succeed(pid.expect("a manifest has a process id"));
        self.answers().await;
    }

    /// Ends it as a person does, so that nobody but a person starts the next one.
    pub async fn down(&mut self) {
        let down = self.cli(&["down"]).await;
        assert!(down.status.success(), "the gateway does not end: {down:?}");
        wait_until("the gateway is gone", async || self.running.is_gone()).await;
    }

    async fn answers(&self) {
        let health = self.at("/health");
        wait_for("the gateway answers /health", async || {
            self.http.get(&health).send().await.ok().filter(|response| response.status() == 200)
        })
        .await;
    }

    /// A command of the real binary, to be started in this home folder. A gateway that it starts is
    /// like this one.
    pub fn command(&self) -> Command {
        let mut command = command(self.home());
        command.env("HEADGATE_PORT", "0").env("HEADGATE_SECRET_STORE", "file");
        command.envs(self.options.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Ends it, checks that nothing is left, and hands the home folder to a successor.
    pub fn stop(self) -> TempDir {
        self.running.stop()
    }

    /// Calls the admin API; `path` begins with a slash, as in `/upstreams`.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method.clone(), self.at(&format!("/api{path}")));
        request = request.bearer_auth(self.admin_token());
        if let Some(body) = &body {
            request = request.json(body);
        }
        in_time(&format!("{method} /api{path}"), async {
            let response = request.send().await.expect("call the admin API");
            let status = response.status().as_u16();
            let body = response.bytes().await.expect("read the answer of the admin API");
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
        .await
    }

    /// A request to the admin API, to be sent and read in parts; `path` begins with a slash.
    pub fn admin_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.at(&format!("/api{path}"))).bearer_auth(self.admin_token())
    }

    /// Reads something from the admin API.
    pub async fn look(&self, path: &str) -> Value {
        let (status, body) = self.admin(Method::GET, path, None).await;
        assert_eq!(status, 200, "GET /api{path}: {body}");
        body
    }

    /// One upstream as the admin API shows it.
    pub async fn upstream(&self, name: &str) -> Value {
        self.look(&format!("/upstreams/{name}")).await
    }

    /// The lines of an upstream's log, as `source: text`.
    pub async fn upstream_log(&self, name: &str) -> Vec<String> {
        let logs = self.look(&format!("/upstreams/{name}/logs")).await;
        let lines = logs["lines"].as_array().expect("logs are a list").iter();
        let word = |line: &Value, member: &str| line[member].as_str().unwrap_or_default().to_owned();
        lines.map(|line| format!("{}: {}", word(line, "source"), word(line, "text"))).collect()
    }

    /// Tries to register an upstream.
    pub async fn try_add(&self, name: &str, transport: Value, options: UpstreamOptions) -> (u16, Value) {
        self.admin(Method::POST, "/upstreams", Some(options.body(name, transport))).await
    }

    /// Registers a program and answers how the admin API shows it.
    pub async fn add_stdio(
        &self,
        name: &str,
        program: impl AsRef<Path>,
        args: &[&str],
        options: UpstreamOptions,
    ) -> Value {
        let transport = json!({ "type": "stdio", "command": program.as_ref(), "args": args });
        registered(name, self.try_add(name, transport, options).await)
    }

    /// Registers a remote server.
    pub async fn add_http(&self, name: &str, url: &str, options: UpstreamOptions) -> Value {
        let transport = json!({ "type": "http", "url": url });
        registered(name, self.try_add(name, transport, options).await)
    }

    /// Registers the fake upstream as a child.
    pub async fn add_fake(&self, name: &str, flags: &[&str], options: UpstreamOptions) -> Value {
        let flags: Vec<&str> = std::iter::once("--stdio").chain(flags.iter().copied()).collect();
        self.add_stdio(name, programs::fake_upstream(), &flags, options).await
    }

    /// Starts the fake upstream as an HTTP server and registers it.
    pub async fn add_fake_http(&self, name: &str, flags: &[&str], options: UpstreamOptions) -> HttpUpstream {
        let upstream = HttpUpstream::fake(flags).await;
        self.add_http(name, upstream.url(), options).await;
        upstream
    }

    /// Makes a key.
    pub async fn client_key(&self, client: &str) -> String {
        let (status, body) = self.admin(Method::POST, "/clients", Some(json!({ "name": client }))).await;
        assert!((200..300).contains(&status), "no key for `{client}`: {status} {body}");
        body["key"].as_str().expect("the answer has a key").to_owned()
    }

    /// A client with a key of its own and an open session at `path`, as in `/mcp`.
    pub async fn client(&self, client: &str, path: &str) -> Mcp {
        let key = self.client_key(client).await;
        Mcp::open(&self.at(path), &key).await
    }

    /// Runs the command line in this home folder.
    pub async fn cli<A: AsRef<OsStr>>(&self, args: &[A]) -> Output {
        self.cli_with_input(args, "").await
    }

    /// Runs the command line with something on its standard input.
    pub async fn cli_with_input<A: AsRef<OsStr>>(&self, args: &[A], input: &str) -> Output {
        let mut command = command(self.home());
        command.args(args);
        in_time("the command line", run(command, input.as_bytes())).await.expect("run the command line")
    }
}

fn registered(name: &str, (status, body): (u16, Value)) -> Value {
    assert!((200..300).contains(&status), "`{name}` was not registered: {status} {body:#}");
    body
}
