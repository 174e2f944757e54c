//! `headgate add --paste` and `--from FILE`: what other programs' settings or instructions say, read by the
//! gateway, shown in full, and registered when the person agrees.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use headgate_api::{Client, Home, NewUpstream, Proposal};
use headgate_clients::MAX_INTAKE_BYTES;

use super::{register, summary};
use crate::{args::Add, failure::Failure, output, secrets, setup};

/// Registers what the text proposes.
pub(super) async fn run(args: &Add) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    let text = text(args.from.as_deref())?;
    let report = client.read_text(text).await?;
    report.problems.iter().for_each(|problem| output::tell(&output::plain(problem)));
    let proposals = named(report.proposals, args)?;
    for proposal in &proposals {
        output::tell(&shown(proposal));
    }
    if !args.yes {
        setup::agree()?;
    }
    // All of them first: a secret that is missing must not leave half of the text registered.
    let definitions =
        proposals.into_iter().map(|proposal| complete(proposal, args)).collect::<Result<Vec<_>, _>>()?;
    let mut added = Vec::new();
    for definition in &definitions {
        let upstream = register(&client, definition).await?;
        if !args.output.json {
            output::print(&summary(&upstream))?;
        }
        added.push(upstream);
    }
    if args.output.json { output::print_json(&added) } else { Ok(()) }
}

fn text(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else {
        if io::stdin().is_terminal() {
            output::tell(
                "paste a command, a URL or a client's settings, then press Ctrl-D on a line of its own",
            );
        }
        let mut text = String::new();
        // One byte more tells that there is too much, which the gateway then says.
        let limit = MAX_INTAKE_BYTES as u64 + 1;
        io::stdin().take(limit).read_to_string(&mut text).context("read standard input")?;
        return Ok(text);
    };
    Ok(fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?)
}

/// A name of the person's own fits one server only.
fn named(mut proposals: Vec<Proposal>, args: &Add) -> Result<Vec<Proposal>, Failure> {
    match (proposals.as_mut_slice(), &args.name) {
        ([], _) => Err(Failure::Usage("there is no server to add".to_owned())),
        ([only], Some(name)) => {
            only.name = name.clone();
            only.definition.name = name.clone();
            Ok(proposals)
        }
        (several, Some(_)) => {
            let count = several.len();
            Err(Failure::Usage(format!(
                "the text has {count} servers; leave the name out, or paste one of them"
            )))
        }
        (_, None) => Ok(proposals),
    }
}

fn shown(proposal: &Proposal) -> String {
    let notes = proposal.notes.iter().map(|note| format!("\n  {}", output::plain(note)));
    format!("`{}` runs {}{}", proposal.name, proposal.command_line, notes.collect::<String>())
}

/// The definition with the options of the command line, and with the secrets that the text did not tell.
fn complete(proposal: Proposal, args: &Add) -> Result<NewUpstream, Failure> {
    let missing: Vec<String> =
        proposal.secrets.iter().filter(|secret| !secret.given).map(|secret| secret.name.clone()).collect();
    // The text came by standard input, so that what follows it are not the secrets.
    let typed = match missing.is_empty() || io::stdin().is_terminal() || args.from.is_some() {
        true => secrets::read(&missing)?,
        false => {
            let list = missing.join(", ");
            return Err(Failure::Usage(format!(
                "`{}` needs {list}; put them into the text, or use `--from FILE`",
                proposal.name
            )));
        }
    };
    let mut definition = proposal.definition;
    definition.secrets.extend(BTreeMap::from_iter(typed));
    definition.isolation = args.isolation.map(Into::into).or(definition.isolation);
    definition.prefix = args.prefix.clone().or(definition.prefix);
    definition.keep_warm |= args.keep_warm;
    definition.enabled &= !args.disabled;
    definition.memory_limit_mib = args.memory_limit;
    Ok(definition)
}
