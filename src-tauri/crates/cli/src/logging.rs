//! Where the log goes and how much of it there is. What is logged, and what is masked in it, is
//! decided where it is logged.

use std::{
    fs::OpenOptions,
    io,
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context;
use headgate_api::Home;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    prelude::*,
};

use crate::args::Level;

/// Sends the log to `file`, else to standard error.
pub(crate) fn start(level: Level, file: Option<&Path>) -> anyhow::Result<()> {
    let layer = match file {
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.with_context(|| format!("cannot open the log file {}", path.display()))?;
            fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).boxed()
        }
        None => fmt::layer().with_ansi(colours()).with_writer(io::stderr).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter(level))).init();
    Ok(())
}

/// Where a daemon that nobody watches logs.
pub(crate) fn daemon_log(home: &Home) -> anyhow::Result<PathBuf> {
    let folder = home.logs();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(home.daemon_log())
}

/// The log of the stdio bridge: standard error, where its client may show it, and the log folder, where
/// a person finds it. Without a folder to write to, the first has to do.
pub(crate) fn start_bridge(level: Level, home: &Home) {
    let folder = home.logs();
    let file = std::fs::create_dir_all(&folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(folder.join("connect.log")));
    let file = file
        .ok()
        .map(|file| fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(filter(level)));
    let stderr = fmt::layer().with_ansi(false).with_writer(io::stderr).with_filter(filter(level));
    tracing_subscriber::registry().with(file).with(stderr).init();
}

fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Libraries speak only of what is wrong: their detail would bury ours, and may hold what must not
/// be logged, such as paths with keys.
fn filter(level: Level) -> Targets {
    let level = match level {
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warning => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("headgate", level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_heard_only_when_something_is_wrong() {
        let check = |level, target: &str, message, heard| {
            assert_eq!(filter(level).would_enable(target, &message), heard, "{target} {message}");
        };
        check(Level::Debug, "headgate_daemon::server", tracing::Level::DEBUG, true);
        check(Level::Debug, "hyper::proto", tracing::Level::DEBUG, false);
        check(Level::Debug, "hyper::proto", tracing::Level::WARN, true);
        check(Level::Warning, "headgate_gateway", tracing::Level::INFO, false);
        check(Level::Error, "hyper", tracing::Level::WARN, false);
    }
}
