//! The page in the app's window, used as a person uses it: what is pressed and filled in is found by the
//! words on it. `WebKitWebDriver` starts the app and does what it is told by `fantoccini`.

use std::{cell::Cell, process::Child, time::Duration};

use e2e::{DEADLINE, free_port, in_time, wait_for, wait_until};
use fantoccini::{
    Client, ClientBuilder,
    elements::{Element, ElementRef},
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::stage::Stage;

/// Finds an element that a person would mean by its words.
const FIND: &str = include_str!("find.js");
/// By this name an answer of WebDriver holds an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The app is debug code on a processor that others share; its first page may take a while.
const SCRIPT_LIMIT_MS: u64 = 25_000;
const POLL: Duration = Duration::from_millis(15);

pub(super) struct Page {
    driver: Child,
    client: Client,
    clicks: Cell<u32>,
}

impl Page {
    /// Starts the app and waits until its page is drawn.
    pub(super) async fn open(stage: &Stage) -> Self {
        let port = free_port();
        let mut driver = stage.start_driver(port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let app = json!({ "binary": stage.app_program(), "args": [] });
        let capabilities = json!({
            "browserName": "wry",
            "webkitgtk:browserOptions": app,
            "timeouts": { "script": SCRIPT_LIMIT_MS },
        });
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let url = format!("http://127.0.0.1:{port}");
        let client = wait_for("the app can be driven", async || {
            assert!(driver.try_wait().unwrap().is_none(), "WebKitWebDriver ended");
            let listens = TcpStream::connect(("127.0.0.1", port)).await.is_ok();
            if !listens {
                return None;
            }
            Some(in_time("a session with the app", builder.connect(&url)).await.unwrap())
        })
        .await;
        let page = Self { driver, client, clicks: Cell::new(0) };
        wait_until("the page is drawn", async || {
            page.try_run("return document.querySelector('nav a') !== null", vec![]).await == Ok(json!(true))
        })
        .await;
        page
    }

    /// Ends the app as WebDriver does, at once.
    pub(super) async fn close(self) {
        in_time("the session ends", self.client.clone().close()).await.unwrap();
    }

    /// How often something was pressed.
    pub(super) fn clicks(&self) -> u32 {
        self.clicks.get()
    }

    /// Presses the button, link, tab or choice with these words.
    pub(super) async fn press(&self, words: &str) {
        self.press_kind("press", words).await;
    }

    /// Turns to one of the pages that the sidebar names.
    pub(super) async fn turn_to(&self, page: &str) {
        self.press_kind("page", page).await;
    }

    /// Turns to a part of the page.
    pub(super) async fn turn_to_part(&self, tab: &str) {
        self.press_kind("tab", tab).await;
    }

    /// Opens the row of a list that has these words.
    pub(super) async fn open_row(&self, words: &str) {
        self.press_kind("row", words).await;
    }

    async fn press_kind(&self, kind: &str, words: &str) {
        // A click that is refused, since something still moves above it, was not made.
        self.with_element(kind, words, async |element| element.click().await).await;
        self.clicks.set(self.clicks.get() + 1);
    }

    /// Types into the field with this label.
    pub(super) async fn fill(&self, label: &str, text: &str) {
        self.with_element("field", label, async |element| {
            element.clear().await?;
            element.send_keys(text).await
        })
        .await;
    }

    /// Presses a key together with Control, wherever the focus is.
    pub(super) async fn control(&self, key: char) {
        let keys = format!("{}{key}{}", Key::Control, Key::Null);
        let focused = self.client.active_element().await.unwrap();
        in_time("keys are pressed", focused.send_keys(&keys)).await.unwrap();
    }

    async fn with_element(
        &self,
        kind: &str,
        words: &str,
        act: impl AsyncFn(Element) -> Result<(), CmdError>,
    ) {
        let what = format!("there is a {kind} `{words}` to use");
        self.until(&what, async || match self.find(kind, words).await {
            Some(element) => self.bring_into_sight(&element).await.is_ok() && act(element).await.is_ok(),
            None => false,
        })
        .await;
    }

    /// As a person scrolls; the driver leaves alone what is in sight by half, and then cannot press it.
    async fn bring_into_sight(&self, element: &Element) -> Result<Value, String> {
        let scroll = "arguments[0].scrollIntoView({ block: 'nearest', behavior: 'instant' })";
        self.try_run(scroll, vec![serde_json::to_value(element).unwrap()]).await
    }

    async fn find(&self, kind: &str, words: &str) -> Option<Element> {
        let found = self.try_run(FIND, vec![kind.into(), words.into()]).await.ok()?;
        let id = found.get(ELEMENT)?.as_str()?.to_owned();
        Some(Element::from_element_id(self.client.clone(), ElementRef::from(id)))
    }

    /// True when there is such a thing now.
    pub(super) async fn has(&self, kind: &str, words: &str) -> bool {
        self.find(kind, words).await.is_some()
    }

    /// Waits until these words can be read.
    pub(super) async fn shows(&self, words: &str) {
        self.until(&format!("the page shows `{words}`"), async || self.text().await.contains(words)).await;
    }

    /// Waits until these words are gone.
    pub(super) async fn shows_no(&self, words: &str) {
        self.until(&format!("the page shows no `{words}`"), async || !self.text().await.contains(words))
            .await;
    }

    /// Waits until the page's path begins so.
    pub(super) async fn is_at(&self, path: &str) {
        let what = format!("the page is at {path}");
        self.until(&what, async || {
            self.run("return location.pathname + location.search").await.as_str().unwrap().starts_with(path)
        })
        .await;
    }

    /// Waits for something, and tells what the page shows when it waits in vain.
    pub(super) async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !condition().await {
            if Instant::now() > end {
                panic!("waited in vain until {what}; the page shows:\n{}", self.text().await);
            }
            sleep(POLL).await;
        }
    }

    /// What can be read.
    pub(super) async fn text(&self) -> String {
        let text = self.try_run("return document.body.innerText", vec![]).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Goes to a page as a link does; no click is counted.
    pub(super) async fn go(&self, path: &str) {
        let script = "const link = document.createElement('a');
            link.href = arguments[0];
            document.body.append(link);
            link.click();
            link.remove();";
        self.run_with(script, vec![path.into()]).await;
    }

    /// Runs a script, which may `return` something.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.run_with(script, vec![]).await
    }

    /// The same with `arguments`.
    pub(super) async fn run_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.try_run(script, arguments).await.unwrap_or_else(|error| panic!("{error}\nin {script}"))
    }

    async fn try_run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, String> {
        let run = self.client.execute(script, arguments);
        in_time("a script", run).await.map_err(|error| error.to_string())
    }

    /// Runs the body of an async function and answers what it returns.
    pub(super) async fn work(&self, body: &str, arguments: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async (...arguments) => {{ {body} }})(...arguments).then(
                 (value) => done({{ value: value ?? null }}),
                 (reason) => done({{ reason: String(reason) }}),
             )"
        );
        let answer = in_time("a script", self.client.execute_async(&script, arguments)).await.unwrap();
        assert!(answer.get("reason").is_none(), "{answer}\nin {body}");
        answer["value"].clone()
    }

    /// What is on the page now, as PNG.
    pub(super) async fn picture(&self) -> Vec<u8> {
        // A picture may be of an earlier frame.
        let frames = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.work(frames, vec![]).await;
        in_time("a picture", self.client.screenshot()).await.unwrap()
    }

    /// A window that was opened after the first is another one to WebDriver.
    pub(super) async fn turn_to_open_window(&self) {
        let windows = wait_for("a window can be driven", async || {
            self.client.windows().await.ok().filter(|windows| !windows.is_empty())
        })
        .await;
        self.client.switch_to_window(windows.last().unwrap().clone()).await.unwrap();
    }

    /// How large the window's inside is.
    pub(super) async fn resize(&self, width: u32, height: u32) {
        in_time("the window is resized", self.client.set_window_size(width, height)).await.unwrap();
        self.until("the page has its size", async || self.run("return innerWidth").await == width).await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The app that it started is ended by the stage.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
