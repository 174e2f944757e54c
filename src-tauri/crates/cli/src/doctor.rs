//! `headgate doctor`: what is wrong here, and the fix for each. It starts nothing and changes nothing.
//!
//! Each subject has a file: it collects facts, and decides about them in a plain function.

mod daemon;
mod folder;
mod keychain;
mod leftovers;
mod programs;
#[cfg(test)]
mod tests;
mod upstreams;

use std::fmt::Write;

use anyhow::anyhow;
use clap::builder::styling::AnsiColor;
use headgate_api::Home;
use serde::Serialize;
use tokio::join;
use unicode_width::UnicodeWidthStr;

use crate::{
    args::Output,
    failure::Failure,
    output::{self, count, plain},
};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: String,
    level: Level,
    /// What was found, in a sentence.
    found: String,
    /// What to do: a command, or a sentence with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    /// Works, or does not matter yet.
    Warning,
    /// Something that a person wants does not work.
    Problem,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    problems: usize,
    warnings: usize,
    checks: &'a [Check],
}

/// `headgate doctor`
pub(crate) async fn run(output: &Output) -> Result<(), Failure> {
    let checks = look(&Home::locate()?).await;
    let problems = number(&checks, Level::Problem);
    let warnings = number(&checks, Level::Warning);
    match output.json {
        true => output::print_json(&Report { problems, warnings, checks: &checks })?,
        false => output::print(&to_text(&checks))?,
    }
    match problems {
        0 => Ok(()),
        _ => Err(anyhow!("{} found", count(problems, "problem")).into()),
    }
}

/// In the order in which things depend on each other: what stands below may come from what stands above.
async fn look(home: &Home) -> Vec<Check> {
    let folder = folder::Facts::collect(home);
    let (daemon, paths, bus) =
        join!(daemon::Facts::collect(home), programs::Paths::collect(home), keychain::Bus::collect());
    let leftovers = leftovers::find(home, daemon.instance());
    let upstreams = daemon.upstreams();
    let programs = programs::collect(&paths, upstreams).await;
    let keychain = keychain::Facts::collect(home, bus, daemon.keeps_secrets_in_file(), upstreams);

    let mut checks = folder::checks(&folder);
    checks.extend(daemon::checks(&daemon));
    checks.extend(leftovers::check(&leftovers));
    checks.push(programs::path_check(&paths));
    checks.extend(programs.iter().map(|program| programs::check(program, upstreams.is_some())));
    checks.push(keychain::check(&keychain));
    checks.extend(upstreams.map(upstreams::checks).unwrap_or_default());
    checks
}

impl Check {
    fn new(name: &str, level: Level, found: impl Into<String>, fix: Option<String>) -> Self {
        Self { name: name.to_owned(), level, found: found.into(), fix }
    }

    fn ok(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, Level::Ok, found, None)
    }

    fn warning(name: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Level::Warning, found, Some(fix.into()))
    }

    fn problem(name: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Level::Problem, found, Some(fix.into()))
    }
}

impl Level {
    /// A mark, a word and a colour, so that nobody depends on seeing one of them.
    fn shown(self) -> (&'static str, AnsiColor) {
        match self {
            Self::Ok => ("✓ ok     ", AnsiColor::Green),
            Self::Warning => ("! warning", AnsiColor::Yellow),
            Self::Problem => ("✗ problem", AnsiColor::Red),
        }
    }
}

fn number(checks: &[Check], level: Level) -> usize {
    checks.iter().filter(|check| check.level == level).count()
}

fn to_text(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.name.width()).max().unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let (word, colour) = check.level.shown();
        let style = colour.on_default();
        let gap = width - check.name.width();
        let _ = writeln!(text, "{style}{word}{style:#}  {}{:gap$}  {}", check.name, "", plain(&check.found));
        if let Some(fix) = &check.fix {
            let _ = writeln!(text, "{:11}{:width$}  fix: {}", "", "", plain(fix));
        }
    }
    let (problems, warnings) = (number(checks, Level::Problem), number(checks, Level::Warning));
    let _ = writeln!(text, "\n{}, {}", count(problems, "problem"), count(warnings, "warning"));
    text
}
