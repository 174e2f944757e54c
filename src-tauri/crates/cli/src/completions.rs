//! `headgate completions`: a script that teaches a shell our commands and flags.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::args::Args;

/// Prints the script for `shell`.
pub(crate) fn run(shell: clap_complete::Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "headgate", &mut script);
    io::stdout().write_all(&script)
}
