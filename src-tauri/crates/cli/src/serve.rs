//! `headgate serve`: flags into options; everything else is the daemon's.

use headgate_api::Home;
use headgate_daemon::ServeOptions;

use crate::{args::Serve, failure::Failure, logging};

/// Runs the gateway until it is told to stop.
pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    logging::start(args.log_level, args.log_file.as_deref())?;
    let home = Home::locate()?;
    home.create()?;
    let options = ServeOptions {
        home,
        port: args.port,
        host: args.host,
        secret_store: args.secret_store.map(Into::into),
        detached: args.detached,
    };
    Ok(headgate_daemon::serve(options).await?)
}
