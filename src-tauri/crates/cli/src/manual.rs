//! `headgate manual`: the manual's pages, one for each command, made from the same help texts that
//! `--help` shows. Packages carry them.

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;

use crate::args::Args;

/// Writes the pages into `folder`.
pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    // `help` would bring a page for each command it explains, which `man` does already.
    let command = Args::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("write the manual's pages to {}", folder.display()))
}
