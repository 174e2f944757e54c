//! From exec to an answer: what a person waits for when nothing runs.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use e2e::{DEADLINE, processes, wait_until};
use serde_json::Value;

use crate::{
    figures::{Start, median},
    payload::Calls,
    plan::{Plan, SMALL},
    session::Session,
    stage::{Gateway, TOOL},
};

/// Between two looks whether a gateway has written where it listens. It is part of what is measured.
const POLL: Duration = Duration::from_micros(100);

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Serve,
    Up,
}

/// Each program with one upstream.
pub(crate) async fn measure(plan: &Plan) -> Result<Vec<Start>> {
    if !plan.wants("start") {
        return Ok(Vec::new());
    }
    let mut gateway = Gateway::start(false).await;
    gateway.add_stdio("bench", &[]).await;
    let [mut serve, mut up, mut cold, mut warm] = [(); 4].map(|()| Vec::new());
    for _ in 0..plan.times() {
        for (program, times) in [(Program::Serve, &mut serve), (Program::Up, &mut up)] {
            end(&mut gateway).await;
            let started = Instant::now();
            let mut session = start(&mut gateway, program).await?;
            first_call(&mut session).await?;
            times.push(started.elapsed());
            gateway.sandbox.follow().await;
        }
        end(&mut gateway).await;
        cold.push(bridge(&gateway).await?);
        gateway.sandbox.follow().await;
        warm.push(bridge(&gateway).await?);
    }
    gateway.end()?;
    Ok(vec![
        figure("serve > first call", 1, &serve),
        figure("up > first call", 1, &up),
        figure("connect > first call", 1, &cold),
        figure("connect to a running gateway > first call", 1, &warm),
    ])
}

/// What was measured several times.
pub(crate) fn figure(what: &'static str, upstreams: usize, times: &[Duration]) -> Start {
    let ms = || times.iter().map(|time| time.as_secs_f64() * 1e3);
    Start { what, upstreams, median_ms: median(ms()), best_ms: ms().fold(f64::INFINITY, f64::min) }
}

/// Ends a gateway, its children and its warden, but not for good: whoever needs one may start it.
pub(crate) async fn end(gateway: &mut Gateway) {
    processes::terminate(gateway.pid());
    let home = gateway.sandbox.home().to_owned();
    wait_until("nothing is left of a gateway", async || processes::of_home(&home).is_empty()).await;
}

/// Starts a gateway that was ended, and opens a session as soon as it can. The caller makes it
/// `follow` afterwards.
pub(crate) async fn start(gateway: &mut Gateway, program: Program) -> Result<Session> {
    let mut command = gateway.sandbox.command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match program {
        Program::Serve => command.args(["serve", "--port", "0", "--secret-store", "file"]),
        Program::Up => command.arg("up"),
    };
    // What is dropped without being waited for is reaped all the same.
    let mut child = tokio::process::Command::from(command).spawn().context("start a gateway")?;
    if program == Program::Up {
        let status = child.wait().await?;
        ensure!(status.success(), "`headgate up` ended with {status}");
    }
    let url = listening(gateway)?;
    Session::connect(&gateway.door(&url)).await
}

/// Where the gateway listens. It blocks: a timer of the runtime would be too coarse.
fn listening(gateway: &Gateway) -> Result<String> {
    let path = gateway.sandbox.home().join("manifest.json");
    let started = Instant::now();
    loop {
        let manifest = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        if let Some(url) = manifest.as_ref().and_then(|manifest| manifest["url"].as_str()) {
            return Ok(url.to_owned());
        }
        ensure!(started.elapsed() < DEADLINE, "no gateway came up");
        thread::sleep(POLL);
    }
}

async fn bridge(gateway: &Gateway) -> Result<Duration> {
    let started = Instant::now();
    let mut session = Session::spawn(gateway.bridge()).await?;
    first_call(&mut session).await?;
    let took = started.elapsed();
    session.close().await?;
    Ok(took)
}

async fn first_call(session: &mut Session) -> Result<()> {
    session.call(&mut Calls::new(TOOL, SMALL)).await
}
