//! `headgate serve`: flags into options; everything else is the daemon's.

use std::env;

use anyhow::Context;
use headgate_api::{Client, Home};
use headgate_daemon::ServeOptions;

use crate::{args::Serve, autostart, failure::Failure, logging};

/// Runs the gateway until it is told to stop.
pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    let home = args.home.map_or_else(Home::locate, |folder| Ok(Home::at(folder)))?;
    if args.at_login && !autostart::may_start(&home) {
        return Ok(());
    }
    if args.at_login && autostart::OPENS_CONSOLE {
        // Who closes the console that the login opened would end the gateway with it.
        let program = env::current_exe().context("find this program")?;
        Client::ensure(&home, &program).await?;
        return Ok(());
    }
    home.create()?;
    let log_file = match args.at_login {
        true => args.log_file.or(Some(logging::daemon_log(&home)?)),
        false => args.log_file,
    };
    logging::start(args.log_level, log_file.as_deref())?;
    let options = ServeOptions {
        home,
        port: args.port,
        host: args.host,
        secret_store: args.secret_store.map(Into::into),
        by_person: !(args.detached || args.at_login),
    };
    Ok(headgate_daemon::serve(options).await?)
}
