//! From nothing to a first call that works: builds the gateway, starts it in the foreground with
//! the demo upstream, and calls one of its tools.
//!
//! This process becomes the gateway, so that Ctrl-C and every other signal reach it and nothing
//! else. What has to happen once it answers is done by a second process beside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    debian::{self, Need},
    shell,
};

#[cfg(unix)]
#[path = "run/unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "run/windows.rs"]
mod platform;

/// SQLite and the TLS library bring C code.
#[cfg(unix)]
const NEEDS: &[Need] =
    &[Need { name: "a C compiler", packages: &["build-essential"], is_there: || debian::has("cc") }];
#[cfg(windows)]
const NEEDS: &[Need] = &[];

/// A gateway listens within a second; a busy machine may take longer.
const START_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(200);

const DEMO: &str = "demo";
const TOOL: &str = "echo";
const ARGUMENTS: &str = r#"{"message":"hello"}"#;

/// Builds and starts the gateway; returns when it ends.
pub(crate) fn run(release: bool, serve_options: &[String]) -> Result<()> {
    let headgate = shell::step("build", || {
        debian::provide(NEEDS)?;
        build(release)
    })?;
    eprintln!("\n==> gateway (Ctrl-C ends it)");
    let mut serve = Command::new(&headgate);
    serve.arg("serve").args(serve_options);
    shell::announce(&serve);
    platform::become_gateway(serve, &env::current_exe()?, &headgate)
}

/// Waits for the gateway, then gives it the demo upstream and calls it.
pub(crate) fn first_call(headgate: &Path, gateway_pid: u32) -> Result<()> {
    wait_until_it_answers(headgate, gateway_pid)?;
    if !shell::succeeds(Command::new(headgate).args(["show", DEMO])) {
        shell::run(Command::new(headgate).args(["add", "--demo"]))?;
    }
    eprintln!("\n==> first call");
    shell::run(Command::new(headgate).args(["call", TOOL, ARGUMENTS]))?;
    let home = env::var("HEADGATE_HOME").ok();
    let program = platform::typed(headgate, home.as_deref());
    eprintln!("\nCall it yourself, in another terminal:\n\n    {program} call {TOOL} '{ARGUMENTS}'\n");
    Ok(())
}

fn build(release: bool) -> Result<PathBuf> {
    let mut build = shell::cargo();
    build.args(["build", "--package", "headgate-cli"]);
    if release {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let profile = if release { "release" } else { "debug" };
    let name = format!("headgate{}", env::consts::EXE_SUFFIX);
    Ok(shell::target_folder()?.join(profile).join(name))
}

fn wait_until_it_answers(headgate: &Path, gateway_pid: u32) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        thread::sleep(POLL);
        let answers = shell::succeeds(Command::new(headgate).arg("list"));
        // Another gateway may have answered, and ours have ended for that reason.
        if !platform::is_alive(gateway_pid) {
            bail!("the gateway ended before it answered; its reason stands above");
        }
        if answers {
            return Ok(());
        }
    }
    bail!("the gateway did not answer within {} s", START_LIMIT.as_secs())
}
