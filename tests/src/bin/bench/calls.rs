//! Calls by each way, compared with direct ones in the same cycle.

use std::iter::zip;

use anyhow::{Context, Result};

use crate::{
    cell::{self, Turns},
    figures::{Calls, Recording, Way, Worse},
    plan::{PAYLOADS, Plan, SESSIONS, SMALL, size},
    stage::Stage,
};

/// The ways on which a gateway could record.
const RECORDED: [Way; 2] = [Way::GatewayStdio, Way::GatewayHttp];

/// Every way, payload and number of sessions.
pub(crate) async fn by_each_way(plan: &Plan) -> Result<Vec<Calls>> {
    let mut stage = None;
    let mut figures = Vec::new();
    for bytes in PAYLOADS {
        for sessions in SESSIONS {
            let scenario = format!("calls/{}/{sessions}", size(bytes));
            if !plan.wants(&scenario) {
                continue;
            }
            if stage.is_none() {
                stage = Some(Stage::set(false).await);
            }
            if let Some(stage) = &stage {
                figures.extend(one(plan, stage, sessions, bytes).await.context(scenario)?);
            }
        }
    }
    Ok(figures)
}

async fn one(plan: &Plan, stage: &Stage, sessions: usize, bytes: usize) -> Result<Vec<Calls>> {
    let mut parties = Vec::new();
    for way in Way::ALL {
        parties.push(stage.party(way, sessions, bytes).await.with_context(|| way.to_string())?);
    }
    let turns = cell::compare(parties, plan.pace(bytes)).await?;
    let of = |way| zip(Way::ALL, &turns).find(|(other, _)| *other == way).map(|(_, turns)| turns);
    let (direct, pipe) = of(Way::Direct).zip(of(Way::Pipe)).context("direct calls are always measured")?;
    let best = direct.speed().best_calls_per_s;
    let figures = zip(Way::ALL, &turns).map(|(way, turns)| {
        let speed = turns.speed();
        let percent_of_direct_at_best = speed.best_calls_per_s / best * 100.0;
        let (percent_of_direct, percent_of_pipe) = (turns.percent_of(direct), turns.percent_of(pipe));
        Calls { bytes, sessions, way, speed, percent_of_direct, percent_of_direct_at_best, percent_of_pipe }
    });
    Ok(figures.collect())
}

/// Small calls without and with recording.
pub(crate) async fn recorded(plan: &Plan) -> Result<Vec<Recording>> {
    let mut stages = None;
    let mut figures = Vec::new();
    for sessions in SESSIONS {
        let scenario = format!("recording/{sessions}");
        if !plan.wants(&scenario) {
            continue;
        }
        if stages.is_none() {
            stages = Some((Stage::set(false).await, Stage::set(true).await));
        }
        if let Some((off, on)) = &stages {
            for way in RECORDED {
                figures.push(off_and_on(plan, off, on, way, sessions).await.context(scenario.clone())?);
            }
        }
    }
    Ok(figures)
}

async fn off_and_on(plan: &Plan, off: &Stage, on: &Stage, way: Way, sessions: usize) -> Result<Recording> {
    let parties = vec![off.party(way, sessions, SMALL).await?, on.party(way, sessions, SMALL).await?];
    let turns = cell::compare(parties, plan.pace(SMALL)).await?;
    let [off, on] = &turns[..] else { unreachable!("two parties have two kinds of turns") };
    Ok(Recording { sessions, way, off: off.speed(), on: on.speed(), worse_percent: worse(off, on) })
}

fn worse(off: &Turns, on: &Turns) -> Worse {
    let gateway = |turns: &Turns| turns.speed().gateway_us.unwrap_or(f64::NAN);
    Worse {
        calls_per_s: on.percent_above(off, |round| 1.0 / round.rate()),
        p50: on.percent_above(off, |round| round.quantile(0.5)),
        p99: on.percent_above(off, |round| round.quantile(0.99)),
        gateway: (gateway(on) / gateway(off) - 1.0) * 100.0,
    }
}
