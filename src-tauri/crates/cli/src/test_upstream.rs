//! `headgate test`: tries a fresh copy of an upstream and shows each step, what it found, and what to do.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use clap::builder::styling::AnsiColor;
use headgate_api::{Client, Heard, Home, TestReport, TestStep};

use crate::{
    add::program_text,
    args::OneUpstream,
    failure::Failure,
    output::{self, count, plain},
    progress::Progress,
    upstreams::suggestion_text,
};

/// Lines of standard error that help a person; `--json` has more.
const SHOWN_STDERR: usize = 10;
/// Clashes that are named.
const SHOWN_CLASHES: usize = 10;
/// What a script gets when the upstream does not work.
const DOES_NOT_WORK: u8 = 1;

/// Tries an upstream.
pub(crate) async fn run(args: &OneUpstream) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    let report = {
        let mut progress = Progress::new();
        let hear = |heard: Heard<'_>| match heard {
            Heard::Program(program) => progress.show(&program_text(program)),
            Heard::Said(line) => progress.show(line),
            Heard::Step(step) => progress.show(&format!("{}: {}", step.step, step.detail)),
        };
        client.test_upstream(&args.name, hear).await?
    };
    match args.output.json {
        true => output::print_json(&report)?,
        false => output::print(&to_text(&report))?,
    }
    if report.ok { Ok(()) } else { Err(Failure::Told(DOES_NOT_WORK)) }
}

fn to_text(report: &TestReport) -> String {
    let mut text = format!("runs {}\n\n", plain(&report.command_line));
    for step in &report.steps {
        text.push_str(&step_text(step));
    }
    text.push('\n');
    let mut line = |what: &str, value: &str| _ = writeln!(text, "{what}: {}", plain(value));
    match (&report.reason, &report.counts) {
        (Some(reason), _) => line("failed", reason),
        (None, Some(counts)) => {
            let (templates, prompts) = (counts.resource_templates, counts.prompts);
            let counts = [
                count(counts.tools, "tool"),
                count(counts.resources, "resource"),
                count(templates, "resource template"),
                count(prompts, "prompt"),
            ];
            line("works", &counts.join(", "));
        }
        (None, None) => line("works", "it offers nothing"),
    }
    if let Some(advice) = &report.advice {
        line("advice", advice);
    }
    for clash in report.clashes.iter().take(SHOWN_CLASHES) {
        line("clash", &format!("{} `{}` (`{}` has it)", clash.kind, clash.name, clash.owner));
    }
    if let Some(more) = report.clashes.len().checked_sub(SHOWN_CLASHES).filter(|more| *more > 0) {
        line("clash", &format!("and {more} more"));
    }
    if let Some(suggestion) = &report.suggestion {
        line("better", &suggestion_text(suggestion));
    }
    if report.noise_lines > 0 {
        line("noise", &format!("{} on stdout are no MCP", count(report.noise_lines as usize, "line")));
    }
    if !report.ok {
        let said = report.stderr.len().saturating_sub(SHOWN_STDERR);
        report.stderr[said..].iter().for_each(|words| line("stderr", words));
    }
    text
}

/// A mark and a word, so that nobody depends on the colour.
fn step_text(step: &TestStep) -> String {
    let (word, colour) = match step.ok {
        true => ("✓ ok    ", AnsiColor::Green),
        false => ("✗ failed", AnsiColor::Red),
    };
    let style = colour.on_default();
    format!("{style}{word}{style:#}  {:<10}  {:>6} ms  {}\n", step.step, step.ms, plain(&step.detail))
}
