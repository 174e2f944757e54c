//! Measures the gateway and its bridge beside direct calls, in one run: `cargo xtask bench`.
//!
//! `calls`, `starts` and `crowd` are what is measured; a comparison is a `cell` in which parties take
//! turns. `load` makes the calls, `session` carries them, `stage` has what they run on. What came of
//! it is in `figures`, compared by `targets` and shown by `table`. Only Linux tells what processes use.

mod calls;
mod cell;
mod crowd;
mod figures;
mod load;
mod payload;
mod plan;
mod session;
mod stage;
mod starts;
mod table;
mod targets;
mod usage;

use std::{fs, path::PathBuf, thread};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use tokio::{runtime, signal};

use figures::Report;
use plan::Plan;

/// Measures the gateway beside direct calls.
#[derive(Parser)]
struct Args {
    /// Measure everything so briefly that the figures say little.
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Measure only what has this in its name, as in `calls/64 B/8`.
    #[arg(long)]
    filter: Option<String>,
}

fn main() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "only Linux tells what processes use");
    let args = Args::parse();
    let plan = Plan { quick: args.quick, filter: args.filter };
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = measure(&plan) => report,
            // Whatever was started ends with the future above.
            _ = signal::ctrl_c() => bail!("interrupted"),
        }
    })?;
    println!("{report}");
    if let Some(file) = args.json {
        let text = serde_json::to_string_pretty(&report)?;
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}

async fn measure(plan: &Plan) -> Result<Report> {
    let (processors, load_average) = (processors(), usage::load_average()?);
    let mut report = Report { quick: plan.quick, processors, load_average, ..Report::default() };
    report.calls = calls::by_each_way(plan).await.context("measure calls")?;
    report.recording = calls::recorded(plan).await.context("measure recording")?;
    report.starts = starts::measure(plan).await.context("measure starts")?;
    let (lists, restarts) = crowd::lists(plan).await.context("measure lists")?;
    report.lists = lists;
    report.starts.extend(restarts);
    report.memory = crowd::memory(plan).await.context("measure memory")?;
    report.targets = targets::judge(&report);
    Ok(report)
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}
