//! Steps and the programs that they run: each is announced, timed, and fails with its own name.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// How often a program with a time limit is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Does one step of a task.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    eprintln!("\n==> {name}");
    let result = work();
    let seconds = started.elapsed().as_secs_f32();
    match &result {
        Ok(_) => eprintln!("    {name}: {seconds:.1} s"),
        Err(_) => eprintln!("    {name}: failed after {seconds:.1} s"),
    }
    result.with_context(|| format!("step `{name}` failed"))
}

/// Says that a step was left out. Whoever reads the log must not take it for done.
pub(crate) fn skipped(what: &str, why: &str) {
    eprintln!("    skipped: {what}: {why}");
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("start {}", line(command)))?;
    succeeded(command, status)
}

/// Runs a program to its end, or kills it when that takes longer than `limit`.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result<()> {
    announce(command);
    let deadline = Instant::now() + limit;
    let mut child = command.spawn().with_context(|| format!("start {}", line(command)))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return succeeded(command, status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("`{}` took longer than {} s", line(command), limit.as_secs());
        }
        thread::sleep(POLL);
    }
}

/// Whether a program can be started and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a program prints, without the line's end.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("start {}", line(command)))?;
    succeeded(command, output.status)?;
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// Shows the command line, as one would type it.
pub(crate) fn announce(command: &Command) {
    eprintln!("    $ {}", line(command));
}

/// An error unless the program succeeded.
pub(crate) fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "`{}` ended with {status}", line(command));
    Ok(())
}

/// The cargo that runs this task, in the workspace's folder. What cargo told this package about
/// itself is taken away: build scripts that watch these variables would run again.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.current_dir(root());
    command
}

/// The workspace's folder. Cargo's word at run time comes first: a shared target folder may hold
/// a binary that another checkout compiled.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.ancestors().nth(3).unwrap_or(Path::new(".")).to_owned()
}

/// The folder that cargo builds into. Cargo put this very program into a profile's folder there.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let program = env::current_exe().context("find this program")?;
    let folder = program.ancestors().nth(2).context("find the target folder")?;
    Ok(folder.to_owned())
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word as a shell needs it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+@,%\\".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
