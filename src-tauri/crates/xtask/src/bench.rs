//! Builds what is measured as it is released, and what measures it, and runs the latter.

use std::{env, path::Path, process::Command};

use anyhow::Result;

use crate::shell;

/// Runs all measurements, or those that the options name.
pub(crate) fn bench(quick: bool, json: Option<&Path>, filter: Option<&str>) -> Result<()> {
    shell::step("build", || {
        // By itself: what else is built with a program may switch on more of its libraries.
        build(&["--package", "headgate-cli"])?;
        build(&["--package", "e2e", "--bin", "bench", "--bin", "bench-upstream"])
    })?;
    shell::step("measure", || {
        let name = format!("bench{}", env::consts::EXE_SUFFIX);
        let mut bench = Command::new(shell::target_folder()?.join("release").join(name));
        bench.args(quick.then_some("--quick"));
        for (option, value) in [("--json", json.map(Path::as_os_str)), ("--filter", filter.map(str::as_ref))]
        {
            bench.args(value.map(|value| [option.as_ref(), value]).into_iter().flatten());
        }
        shell::run(&mut bench)
    })
}

fn build(what: &[&str]) -> Result<()> {
    shell::run(shell::cargo().args(["build", "--release"]).args(what))
}
