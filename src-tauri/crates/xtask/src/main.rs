//! The project's own tasks: `cargo xtask run` and `cargo xtask test` work on a fresh machine.
//!
//! Each task is a module and reads as a list of steps; `shell` announces and times them. Nothing
//! of the product is linked here, so that a task starts within seconds.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

#[cfg(test)]
mod architecture;
mod bench;
mod bundle;
mod cross;
mod debian;
mod desktop;
mod icons;
mod page;
mod run;
mod setup;
mod shell;
mod test;

/// Builds, runs and tests Headgate.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Starts a gateway with the demo upstream and makes a first call.
    Run {
        /// Builds with optimisations.
        #[arg(long)]
        release: bool,
        /// Options for `headgate serve`.
        #[arg(last = true)]
        serve_options: Vec<String>,
    },
    /// Builds the desktop app with its page, and runs it.
    Desktop {
        /// Builds with optimisations.
        #[arg(long)]
        release: bool,
    },
    /// Puts the program `headgate` where bundles of the desktop app take it from.
    Sidecar {
        /// Builds with optimisations.
        #[arg(long)]
        release: bool,
    },
    /// Makes what people install: packages with the app and the program `headgate`.
    Bundle {
        /// All that this system can make, unless named. What is named has to succeed.
        kinds: Vec<bundle::Kind>,
        /// Installs, tries and removes the .deb on a clean Debian 12, which it makes. Wants root.
        #[arg(long)]
        prove: bool,
    },
    /// Makes the icon files from the drawings in `icons`.
    Icons,
    /// Runs everything that CI runs.
    Test {
        /// Leaves out what takes long: real peers, other operating systems.
        #[arg(long)]
        quick: bool,
    },
    /// Measures calls through the gateway and the bridge beside direct calls, in a release build.
    Bench {
        /// Measures so briefly that the figures say little.
        #[arg(long)]
        quick: bool,
        /// Writes the figures to this file.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Measures only what has this in its name, as in `calls/64 B/8`, `recording`, `start`,
        /// `lists/100` or `memory`.
        #[arg(long, value_name = "NAME")]
        filter: Option<String>,
    },
    /// Installs the MCP servers and clients that the tests talk to.
    Setup,
    /// What `run` does beside the gateway that it became.
    #[command(hide = true)]
    FirstCall { headgate: PathBuf, gateway_pid: u32 },
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Run { release, serve_options } => run::run(release, &serve_options),
        Task::Desktop { release } => desktop::desktop(release),
        Task::Sidecar { release } => desktop::sidecar(release),
        Task::Bundle { kinds, prove } => bundle::bundle(&kinds, prove),
        Task::Icons => icons::icons(),
        Task::Test { quick } => test::test(quick),
        Task::Bench { quick, json, filter } => bench::bench(quick, json.as_deref(), filter.as_deref()),
        Task::Setup => setup::setup(),
        Task::FirstCall { headgate, gateway_pid } => run::first_call(&headgate, gateway_pid),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
