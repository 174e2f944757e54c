//! Many upstreams behind one gateway: how long lists take, and what it has in memory.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    figures::{List, Memory, Start, median},
    load::{self, Caller, Until},
    payload::Calls,
    plan::{Plan, SMALL, UPSTREAMS},
    session::Session,
    stage::{self, Gateway},
    starts::{self, Program},
    usage,
};

/// Tools of each upstream.
const TOOLS: usize = 20;

/// Sessions that call at once while memory is looked at.
const CALLERS: usize = 8;

/// A gateway with so many upstreams, each with tools of its own names.
async fn gateway(upstreams: usize) -> Gateway {
    let gateway = Gateway::start(false).await;
    for number in 0..upstreams {
        let (name, prefix) = (format!("bench-{number}"), prefix(number));
        gateway.add_stdio(&name, &["--tools", &TOOLS.to_string(), "--prefix", &prefix]).await;
    }
    gateway
}

fn prefix(number: usize) -> String {
    format!("server_{number:03}_tool_")
}

/// Lists of all tools, and how long the largest takes after a restart.
pub(crate) async fn lists(plan: &Plan) -> Result<(Vec<List>, Vec<Start>)> {
    let (mut lists, mut starts) = (Vec::new(), Vec::new());
    for upstreams in UPSTREAMS {
        if !plan.wants(&format!("lists/{upstreams}")) {
            continue;
        }
        let mut gateway = gateway(upstreams).await;
        lists.push(list(plan, &gateway, upstreams).await?);
        if upstreams == UPSTREAMS[UPSTREAMS.len() - 1] {
            starts.push(restart(plan, &mut gateway, upstreams).await?);
        }
        gateway.end()?;
    }
    Ok((lists, starts))
}

/// Asks the gateway and one server with as many tools in turn.
async fn list(plan: &Plan, gateway: &Gateway, upstreams: usize) -> Result<List> {
    let tools = upstreams * TOOLS;
    let upstream = stage::http_upstream(&["--tools", &tools.to_string(), "--prefix", &prefix(0)]).await;
    let mut direct = Session::connect(&stage::direct(&upstream)).await?;
    let mut through = gateway.session().await?;
    let [mut read, mut parsed, mut direct_read, mut direct_parsed] = [(); 4].map(|()| Vec::new());
    let mut bytes = 0;
    for _ in 0..plan.times() {
        let one = timed(&mut direct, tools).await?;
        direct_read.push(one.read_ms);
        direct_parsed.push(one.parsed_ms);
        let one = timed(&mut through, tools).await?;
        read.push(one.read_ms);
        parsed.push(one.parsed_ms);
        bytes = one.bytes;
    }
    through.close().await?;
    Ok(List {
        upstreams,
        tools,
        bytes,
        read_ms: median(read),
        parsed_ms: median(parsed),
        direct_read_ms: median(direct_read),
        direct_parsed_ms: median(direct_parsed),
    })
}

struct Timed {
    bytes: usize,
    read_ms: f64,
    parsed_ms: f64,
}

/// One list, which must have all tools.
async fn timed(session: &mut Session, tools: usize) -> Result<Timed> {
    let started = Instant::now();
    let ms = || started.elapsed().as_secs_f64() * 1e3;
    let answer = session.request("tools/list", "{}").await?;
    let read_ms = ms();
    let list: Value = serde_json::from_slice(&answer)?;
    let parsed_ms = ms();
    let listed = list["result"]["tools"].as_array().map_or(0, Vec::len);
    ensure!(listed == tools, "{listed} of {tools} tools were listed");
    Ok(Timed { bytes: answer.len(), read_ms, parsed_ms })
}

/// From exec of a gateway that knows its upstreams to the first list of all their tools.
async fn restart(plan: &Plan, gateway: &mut Gateway, upstreams: usize) -> Result<Start> {
    let mut times = Vec::new();
    for _ in 0..plan.times().min(5) {
        starts::end(gateway).await;
        let started = Instant::now();
        let mut session = starts::start(gateway, Program::Serve).await?;
        timed(&mut session, upstreams * TOOLS).await.context("the first list after a restart")?;
        times.push(started.elapsed());
        gateway.sandbox.follow().await;
    }
    Ok(starts::figure("serve > first list", upstreams, &times))
}

/// What a gateway has in memory, and whether it stays so.
pub(crate) async fn memory(plan: &Plan) -> Result<Vec<Memory>> {
    let mut figures = Vec::new();
    for upstreams in [UPSTREAMS[0], UPSTREAMS[UPSTREAMS.len() - 1]] {
        if plan.wants(&format!("memory/{upstreams}")) {
            let gateway = gateway(upstreams).await;
            figures.push(used(&gateway, upstreams).await?);
            gateway.end()?;
        }
    }
    Ok(figures)
}

async fn used(gateway: &Gateway, upstreams: usize) -> Result<Memory> {
    let resident = || usage::resident_mib(gateway.pid());
    let idle = resident()?;
    let mut callers = Vec::new();
    for number in 0..CALLERS {
        callers.push(caller(gateway, number % upstreams).await?);
    }
    timed(&mut callers[0].session, upstreams * TOOLS).await?;
    load::round(&mut callers, Until::Made(1000 / CALLERS)).await?;
    let after_1000_calls = resident()?;
    load::round(&mut callers, Until::Made(10_000 / CALLERS)).await?;
    let after_10000_more = resident()?;
    for caller in callers {
        caller.session.close().await?;
    }
    for number in 0..1000 {
        let mut caller = caller(gateway, number % upstreams).await?;
        caller.session.call(&mut caller.calls).await?;
        caller.session.close().await?;
    }
    Ok(Memory { upstreams, idle, after_1000_calls, after_10000_more, after_1000_sessions: resident()? })
}

/// Somebody who calls the first tool of an upstream.
async fn caller(gateway: &Gateway, upstream: usize) -> Result<Caller> {
    let calls = Calls::new(&format!("{}0", prefix(upstream)), SMALL);
    Ok(Caller { session: gateway.session().await?, calls })
}
