//! Everything that CI runs, in the order in which a mistake shows soonest. The last line counts
//! the tests as the test runner counted them.

use std::{
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, anyhow, ensure};

use crate::{cross, debian, desktop, page, setup, shell};

/// Tests below a module of this name need what `cargo xtask setup` installs.
const NEEDS_PEERS: [&str; 2] = ["peers::", "conformance::"];

/// Runs all steps; the first that fails is the last.
pub(crate) fn test(quick: bool) -> Result<()> {
    let started = Instant::now();
    shell::step("format", || {
        provide_components()?;
        shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
    })?;
    shell::step("libraries of the desktop", || {
        desktop::provide_libraries()?;
        desktop::provide_stage()
    })?;
    if quick {
        shell::skipped("tests against real peers and in a browser, type-checks for other systems", "--quick");
    } else {
        setup::setup()?;
    }
    shell::step("page", || {
        page::build()?;
        page::check()
    })?;
    shell::step("lints", || {
        let mut clippy = shell::cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        shell::run(&mut clippy)
    })?;
    shell::step("programs", build_programs)?;
    let headgate = desktop::program("headgate", false)?;
    shell::step("types of the page", || page::check_types(&headgate))?;
    let counts = shell::step("tests", || run_tests(quick))?;
    if !quick {
        let fake_upstream = desktop::program("fake-upstream", false)?;
        shell::step("page in a browser", || page::try_in_browser(&headgate, &fake_upstream))?;
        cross::check()?;
    }
    let seconds = started.elapsed().as_secs();
    println!("\nall steps done in {seconds} s\n{} passed, {} failed", counts.passed, counts.failed);
    Ok(())
}

/// A minimal Rust has neither.
fn provide_components() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if !shell::succeeds(shell::cargo().args([subcommand, "--version"])) {
            shell::run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// The end-to-end tests start the real programs, which `cargo test` does not build for other
/// packages. This program itself stays as it is: Windows cannot replace one that runs.
fn build_programs() -> Result<()> {
    let mut build = shell::cargo();
    build.args(["build", "--workspace", "--bins", "--exclude", "xtask"]);
    shell::run(&mut build)
}

fn run_tests(quick: bool) -> Result<Counts> {
    let mut runner = shell::cargo();
    if debian::has("cargo-nextest") {
        runner.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        runner.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    if io::stderr().is_terminal() {
        runner.args(["--color", "always"]);
    }
    if quick {
        runner.arg("--").args(NEEDS_PEERS.iter().flat_map(|module| ["--skip", module]));
    }
    let counts = run_and_count(&mut runner)?;
    ensure!(counts.passed > 0, "no test was run");
    Ok(counts)
}

fn run_and_count(runner: &mut Command) -> Result<Counts> {
    shell::announce(runner);
    let mut child =
        runner.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("start the test runner")?;
    let pipes = child.stdout.take().zip(child.stderr.take());
    let (stdout, stderr) = pipes.ok_or_else(|| anyhow!("the test runner has no output"))?;
    let (on_stdout, on_stderr) = thread::scope(|scope| {
        let on_stdout = scope.spawn(|| forward_and_count(stdout, io::stdout()));
        let on_stderr = forward_and_count(stderr, io::stderr());
        (on_stdout.join(), on_stderr)
    });
    let on_stdout = on_stdout.map_err(|_| anyhow!("reading the test runner's output panicked"))?;
    let counts = on_stdout?.plus(on_stderr?);
    let status = child.wait().context("wait for the test runner")?;
    shell::succeeded(runner, status)
        .with_context(|| format!("{} passed, {} failed", counts.passed, counts.failed))?;
    Ok(counts)
}

fn forward_and_count(from: impl Read, mut to: impl Write) -> Result<Counts> {
    let mut from = BufReader::new(from);
    let mut total = Counts::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        total = total.plus(Counts::read(&String::from_utf8_lossy(&line)).unwrap_or_default());
        line.clear();
    }
    Ok(total)
}

/// How the tests ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
}

impl Counts {
    /// Reads a summary line of nextest, or one of the many that `cargo test` prints.
    fn read(line: &str) -> Option<Self> {
        let line = without_colours(line);
        let line = line.trim_start();
        if !line.starts_with("Summary [") && !line.starts_with("test result:") {
            return None;
        }
        let words: Vec<&str> = line.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        let count = |outcome: &[&str]| {
            words
                .windows(1 + outcome.len())
                .filter(|window| window[1..] == *outcome)
                .find_map(|window| window[0].parse::<u32>().ok())
                .unwrap_or(0)
        };
        let failed = count(&["failed"]) + count(&["timed", "out"]) + count(&["exec", "failed"]);
        Some(Self { passed: count(&["passed"]), failed })
    }

    fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Takes out the terminal's colour codes (ESC [ ... m).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests;
