//! The binary `headgate`: every command, the demo server and the warden. Here a command line is
//! read and handed to its file, and what came of it becomes an exit code.

mod activity;
mod add;
mod args;
mod ask;
mod autostart;
mod call;
mod clients;
mod completions;
mod connect;
mod count_tokens;
mod demo;
mod detach;
mod doctor;
mod failure;
mod gateway;
mod logging;
mod logs;
mod manual;
mod mcp;
mod output;
mod progress;
mod project;
mod proxy;
mod questions;
mod secrets;
mod serve;
mod settings;
mod setup;
mod table;
mod test_upstream;
mod tools;
mod top;
mod ui;
mod upstreams;
mod usage;
mod warden;

use std::{env, ffi::OsString, process::ExitCode};

use clap::Parser;
use tokio::runtime;

use args::{Args, ClientCommand, Command};
use failure::Failure;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    if detach::is_asked(words.iter().map(OsString::as_os_str)) {
        detach::detach();
    }
    // The warden lives as long as the gateway and must stay small: no parser, no runtime.
    if words.first().is_some_and(|command| command == "warden") {
        warden::run();
        return ExitCode::SUCCESS;
    }
    match run(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(output) => here(gateway::up(&output)),
        Command::Down(output) => here(gateway::down(&output)),
        Command::Restart(output) => here(gateway::restart(&output)),
        Command::Status(output) => here(gateway::status(&output)),
        Command::Top(args) => here(top::run(&args)),
        Command::Ui(args) => here(ui::run(&args)),
        Command::Serve(args) => here_and_away(serve::run(args)),
        Command::Add(args) => here(add::run(*args)),
        Command::List(output) => here(upstreams::list(&output)),
        Command::Show(args) => here(upstreams::show(&args)),
        Command::Test(args) => here(test_upstream::run(&args)),
        Command::Enable(args) => here(upstreams::switch(&args, true)),
        Command::Disable(args) => here(upstreams::switch(&args, false)),
        Command::Start(args) => here(upstreams::start(&args)),
        Command::Stop(args) => here(upstreams::stop(&args)),
        Command::Set(args) => here(upstreams::set(&args)),
        Command::Remove(args) => here(upstreams::remove(&args)),
        Command::Logs(args) => here(logs::run(&args)),
        Command::Tools(args) => here(tools::run(args)),
        Command::Sessions(args) => here(clients::sessions(args)),
        Command::Activity(args) => here(activity::run(&args)),
        Command::Questions(args) => here(questions::run(args)),
        Command::Call(args) => here(call::run(args)),
        Command::Connect(args) => here_and_away(connect::run(args)),
        Command::Client(ClientCommand::Add(args)) => here(clients::add(&args)),
        Command::Client(ClientCommand::List(output)) => here(clients::list(&output)),
        Command::Client(ClientCommand::Revoke(args)) => here(clients::revoke(&args)),
        Command::Settings(args) => here(settings::run(args)),
        Command::Backup(args) => here(setup::backup(&args)),
        Command::Restore(args) => here(setup::restore(&args)),
        Command::Export(args) => here(setup::export(&args)),
        Command::Apply(args) => here(setup::apply(&args)),
        Command::Secret(args) => here(setup::secret(&args)),
        Command::Autostart(args) => here(autostart::run(args)),
        Command::Doctor(output) => here(doctor::run(&output)),
        Command::Proxy(args) => here_and_away(proxy::run(args)),
        Command::Completions { shell } => Ok(completions::run(shell)?),
        Command::Demo => Ok(demo::run()?),
        Command::Openapi => output::print(&headgate_daemon::openapi().map_err(anyhow::Error::from)?),
        Command::Manual { folder } => Ok(manual::run(&folder)?),
        Command::CountTokens => Ok(count_tokens::run()?),
        Command::Warden => {
            warden::run();
            Ok(())
        }
    }
}

/// For a command that may leave while something of no use any more still blocks a thread: a read of standard input,
/// a look into a network folder that hangs.
fn here_and_away(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// On this thread alone. One carries more calls than all clients of a person make, and a call that wakes other
/// threads on its way takes half as long again. What blocks has threads of its own.
fn here(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
