//! A screen, a session bus and a home folder for one app, and nothing that it leaves behind.

use std::{
    env, fs,
    os::unix::{fs::DirBuilderExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use e2e::{in_time, processes, programs, wait_for, wait_until};
use serde_json::Value;
use tempfile::TempDir;

use super::{notifications::Notifications, screen::Screen, tray::Tray};

/// The bus of a desktop would start services, such as an accessibility bus, that outlive the test.
const BUS_CONFIGURATION: &str = r#"<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#;

/// What a gateway may take to end, and then some.
const END_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);

/// Drives pages of WebKitGTK, and starts the app for that.
const DRIVER: &str = "WebKitWebDriver";
/// Without it, which an app that people get refuses, nobody drives a page.
const AUTOMATION: &str = "TAURI_WEBVIEW_AUTOMATION";

pub(super) struct Stage {
    folder: TempDir,
    screen: Screen,
    bus: Option<Child>,
    app: Option<Child>,
}

impl Stage {
    /// `None` where there is no app or no screen.
    pub(super) async fn set() -> Option<Self> {
        Self::set_with(&[]).await
    }

    /// The same, for tests that drive the page.
    pub(super) async fn set_with_driver() -> Option<Self> {
        Self::set_with(&[DRIVER]).await
    }

    async fn set_with(programs: &[&'static str]) -> Option<Self> {
        let programs = ["Xvfb", "dbus-daemon"].iter().chain(programs);
        let missing: Vec<&str> = app_program()
            .is_none()
            .then_some("headgate-desktop")
            .into_iter()
            .chain(programs.filter_map(|program| absent(program)))
            .collect();
        if !missing.is_empty() {
            eprintln!("SKIPPED: this machine has no {}", missing.join(", no "));
            return None;
        }
        let folder = tempfile::Builder::new().prefix("headgate-desktop-").tempdir().unwrap();
        for name in ["home", "run", "headgate"] {
            fs::DirBuilder::new().mode(0o700).create(folder.path().join(name)).unwrap();
        }
        let mut stage = Self { folder, screen: Screen::put_up(), bus: None, app: None };
        stage.bus = Some(stage.start_bus());
        wait_until("the bus answers", async || UnixStream::connect(stage.bus_socket()).is_ok()).await;
        Some(stage)
    }

    fn start_bus(&self) -> Child {
        let configuration = self.folder().join("bus.conf");
        let text = BUS_CONFIGURATION.replace("SOCKET", &self.bus_socket().display().to_string());
        fs::write(&configuration, text).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--nofork").arg("--config-file").arg(configuration).stdin(Stdio::null());
        bus.spawn().unwrap()
    }

    fn bus_socket(&self) -> PathBuf {
        self.folder().join("bus")
    }

    /// A folder that is gone after the test.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn home(&self) -> PathBuf {
        self.folder().join("headgate")
    }

    /// There while a person wants no gateway.
    pub(super) fn stopped_mark(&self) -> PathBuf {
        self.home().join("stopped")
    }

    /// Somebody who shows trays, from now on.
    pub(super) async fn put_up_tray(&self) -> Tray {
        Tray::put_up(&self.bus_address()).await
    }

    /// Somebody who shows notifications, from now on.
    pub(super) async fn put_up_notifications(&self) -> Notifications {
        Notifications::put_up(&self.bus_address()).await
    }

    fn bus_address(&self) -> String {
        format!("unix:path={}", self.bus_socket().display())
    }

    /// Nothing of the person who runs the tests is seen here.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", self.folder().join("home"))
            .env("XDG_RUNTIME_DIR", self.folder().join("run"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus_address())
            .env("DISPLAY", self.screen.name())
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("SHELL", "/bin/sh")
            .env("HEADGATE_HOME", self.home())
            .env("HEADGATE_PORT", "0")
            .env("HEADGATE_SECRET_STORE", "file")
            .stdin(Stdio::null());
        command
    }

    /// Starts the app.
    pub(super) fn start_app(&mut self) {
        self.app = Some(self.command(&app_program().unwrap()).spawn().unwrap());
    }

    /// Starts what drives the page; it starts the app as soon as it is asked for a session.
    pub(super) fn start_driver(&self, port: u16) -> Child {
        let mut driver = self.command(Path::new(DRIVER));
        driver.arg(format!("--port={port}")).env(AUTOMATION, "true").spawn().unwrap()
    }

    /// The program of the app.
    pub(super) fn app_program(&self) -> PathBuf {
        app_program().unwrap()
    }

    /// Starts it once more and answers how that ended.
    pub(super) async fn start_another_app(&self) -> ExitStatus {
        let mut other = self.command(&app_program().unwrap()).spawn().unwrap();
        wait_for("the second app ends", async || other.try_wait().unwrap()).await
    }

    /// True while the app runs.
    pub(super) fn app_runs(&mut self) -> bool {
        self.app.as_mut().is_some_and(|app| app.try_wait().unwrap().is_none())
    }

    /// Waits until the app has ended by itself.
    pub(super) async fn app_ends(&mut self) {
        wait_until("the app ends", async || !self.app_runs()).await;
    }

    /// Waits until a window is there, or is not.
    pub(super) async fn window_is(&self, there: bool) {
        wait_until(&format!("it is {there} that there is a window"), async || {
            self.window().is_some() == there
        })
        .await;
    }

    /// Closes the window as its button does.
    pub(super) fn close_window(&self) {
        self.screen.close(self.window().unwrap());
    }

    fn window(&self) -> Option<u32> {
        self.screen.window("Headgate")
    }

    /// The processes that show the page.
    pub(super) fn web_processes(&self) -> Vec<u32> {
        self.processes_of("WebKitWebProcess")
    }

    /// The app's own processes, whoever started them.
    pub(super) fn app_processes(&self) -> Vec<u32> {
        self.processes_of("headgate-desktop")
    }

    /// Those whose program has this name.
    pub(super) fn processes_of(&self, program: &str) -> Vec<u32> {
        let mut pids = processes::of_home(&self.home());
        pids.retain(|pid| {
            let line = processes::command_line(*pid);
            line.split(' ').next().is_some_and(|path| Path::new(path).ends_with(program))
        });
        pids
    }

    /// Waits for a gateway that runs and answers its process id.
    pub(super) async fn gateway(&self) -> u32 {
        wait_for("a gateway runs", async || self.gateway_now()).await
    }

    /// The process id of the gateway that runs.
    pub(super) fn gateway_now(&self) -> Option<u32> {
        let manifest = self.manifest()?;
        let pid = u32::try_from(manifest["pid"].as_u64()?).ok()?;
        processes::is_alive(pid).then_some(pid)
    }

    /// Where the gateway is, and its admin token.
    pub(super) fn manifest(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.home().join("manifest.json")).ok()?).ok()
    }

    /// The gateway says this of itself from now on.
    pub(super) fn write_manifest(&self, manifest: &Value) {
        fs::write(self.home().join("manifest.json"), manifest.to_string()).unwrap();
    }

    /// Runs the command line beside the app and reads the JSON that it prints.
    pub(super) async fn headgate_json(&self, words: &[&str]) -> Value {
        let output = self.headgate_may_fail(words).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("headgate {words:?}: {error}: {output:?}"))
    }

    /// Runs the command line beside the app.
    pub(super) async fn headgate(&self, words: &[&str]) {
        let output = self.headgate_may_fail(words).await;
        assert!(output.status.success(), "headgate {words:?}: {output:?}");
    }

    /// The same, whatever comes of it.
    pub(super) async fn headgate_may_fail(&self, words: &[&str]) -> Output {
        in_time("the command line", self.run_headgate(words)).await
    }

    /// The same for work that takes long; the caller ends it.
    pub(super) async fn headgate_at_leisure(&self, words: &[&str]) {
        let output = self.run_headgate(words).await;
        assert!(output.status.success(), "headgate {words:?}: {output:?}");
    }

    /// Adds an upstream that fails a while after it was registered, which is trouble.
    pub(super) async fn add_frail(&self) {
        let mark = self.folder().join("fails");
        let program = programs::headgate();
        let script = format!("[ -e {} ] && exit 3; exec {} demo", mark.display(), program.display());
        self.headgate(&["add", "frail", "--", "sh", "-c", &script]).await;
        fs::write(&mark, "").unwrap();
        self.headgate(&["stop", "frail"]).await;
        self.headgate_may_fail(&["start", "frail"]).await;
    }

    async fn run_headgate(&self, words: &[&str]) -> Output {
        let mut command = self.command(&programs::headgate());
        command.args(words);
        tokio::process::Command::from(command).kill_on_drop(true).output().await.unwrap()
    }

    fn clear(&mut self) {
        if let Some(mut app) = self.app.take() {
            let _ = app.kill();
            let _ = app.wait();
        }
        // What a driver started is nobody's child here.
        self.app_processes().into_iter().for_each(processes::kill);
        if let Some(gateway) = self.gateway_now() {
            processes::terminate(gateway);
        }
        let end = Instant::now() + END_LIMIT;
        while !processes::of_home(&self.home()).is_empty() && Instant::now() < end {
            thread::sleep(POLL);
        }
        let left = processes::of_home(&self.home());
        let lines: Vec<String> = left.iter().map(|pid| processes::command_line(*pid)).collect();
        left.into_iter().for_each(processes::kill);
        if let Some(mut bus) = self.bus.take() {
            let _ = bus.kill();
            let _ = bus.wait();
        }
        assert!(lines.is_empty() || thread::panicking(), "left behind: {lines:#?}");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.clear();
    }
}

fn app_program() -> Option<PathBuf> {
    let app = programs::headgate().with_file_name("headgate-desktop");
    app.is_file().then_some(app)
}

fn absent(program: &'static str) -> Option<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let there = env::split_paths(&path).any(|folder| folder.join(program).is_file());
    (!there).then_some(program)
}
