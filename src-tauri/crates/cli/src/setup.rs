//! The setup as a file: `backup` and `restore`, `export` and `apply`. The gateway says what would change,
//! a person sees it with every command in full and agrees, and then it is done.

pub(crate) mod file;
mod plan;
#[cfg_attr(unix, path = "setup/unix.rs")]
#[cfg_attr(windows, path = "setup/windows.rs")]
mod platform;
mod wanting;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal, Read, Write},
    path::Path,
};

use anyhow::Context;
use headgate_api::{Client, Home, Restore, RestoreMode, RestoreReport, read_strictly};

use crate::{
    args::{Apply, FileTo, RestoreArgs, Secret},
    failure::Failure,
    output, secrets,
};
use wanting::Sources;

/// What stands for standard input or output in the place of a file.
const STANDARD: &str = "-";

/// How a document is put in place.
struct Wish<'a> {
    file: &'a Path,
    dry_run: bool,
    yes: bool,
    json: bool,
}

/// `headgate backup`
pub(crate) async fn backup(args: &FileTo) -> Result<(), Failure> {
    let backup = attach().await?.backup().await?;
    let text = serde_json::to_string_pretty(&backup).map_err(anyhow::Error::from)?;
    write(args, &format!("{text}\n"))
}

/// `headgate export`
pub(crate) async fn export(args: &FileTo) -> Result<(), Failure> {
    let backup = attach().await?.backup().await?;
    write(args, &file::text(&backup)?)
}

/// `headgate restore`
pub(crate) async fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let bytes = read(&args.file)?;
    let backup = read_strictly(&bytes).map_err(|why| no_backup(&args.file, &bytes, &why))?;
    let mode = if args.replace { RestoreMode::Replace } else { RestoreMode::Merge };
    let restore = Restore { backup, mode, dry_run: false, plan: None, secrets: BTreeMap::new() };
    let wish = Wish { file: &args.file, dry_run: args.dry_run, yes: args.yes, json: args.output.json };
    carry_out(restore, &wish).await
}

/// A file for `apply` is easily taken for a backup.
fn no_backup(path: &Path, bytes: &[u8], why: &str) -> Failure {
    let is_setup = str::from_utf8(bytes).is_ok_and(|text| file::backup(text).is_ok());
    let path = path.display();
    Failure::Usage(match is_setup {
        true => format!("{path} is no backup, but a setup; put it in place with `headgate apply {path}`"),
        false => format!("{path} is no backup: {why}"),
    })
}

/// `headgate apply`
pub(crate) async fn apply(args: &Apply) -> Result<(), Failure> {
    let text = String::from_utf8(read(&args.file)?)
        .map_err(|_| Failure::Usage(format!("{} is not text", args.file.display())))?;
    let backup = file::backup(&text)
        .map_err(|why| Failure::Usage(format!("{} cannot be applied: {why}", args.file.display())))?;
    let mode = if args.prune { RestoreMode::Replace } else { RestoreMode::Merge };
    let restore = Restore { backup, mode, dry_run: false, plan: None, secrets: BTreeMap::new() };
    let wish = Wish { file: &args.file, dry_run: args.dry_run, yes: args.yes, json: args.output.json };
    carry_out(restore, &wish).await
}

/// `headgate secret`
pub(crate) async fn secret(args: &Secret) -> Result<(), Failure> {
    let client = attach().await?;
    let values = secrets::read(&args.names)?;
    let patch = headgate_api::UpstreamPatch {
        secrets: headgate_api::SecretValues(values),
        ..headgate_api::UpstreamPatch::default()
    };
    let upstream = client.patch_upstream(&args.upstream, &patch).await?;
    match args.output.json {
        true => output::print_json(&upstream),
        false => output::print(&format!("`{}` has {}", args.upstream, args.names.join(", "))),
    }
}

async fn carry_out(mut restore: Restore, wish: &Wish<'_>) -> Result<(), Failure> {
    let client = attach().await?;
    restore.dry_run = true;
    let plan = client.restore(&restore).await?;
    let sources = Sources::of(&plan);
    if wish.dry_run || (plan.is_settled() && wish.json) {
        return tell(&plan, &sources, wish.json);
    }
    match wish.json && wish.yes {
        // Nobody looks at the plan, but no variable is taken in silence.
        true => sources.text().lines().for_each(output::tell),
        false => output::tell(&plan_text(&plan, &sources)),
    }
    if plan.is_settled() {
        return Ok(());
    }
    if !wish.yes {
        agree()?;
    }
    restore.secrets = sources.complete(wish.file == Path::new(STANDARD))?;
    restore.dry_run = false;
    restore.plan = Some(plan.digest).filter(|digest| !digest.is_empty());
    let report = client.restore(&restore).await?;
    match wish.json {
        true => output::print_json(&report),
        false => output::print(&plan::outcome(&report)),
    }
}

fn tell(plan: &RestoreReport, sources: &Sources, json: bool) -> Result<(), Failure> {
    match json {
        true => output::print_json(plan),
        false => output::print(&plan_text(plan, sources)),
    }
}

fn plan_text(plan: &RestoreReport, sources: &Sources) -> String {
    // Nothing is taken when there is nothing to do.
    let taken = if plan.is_settled() { String::new() } else { sources.text() };
    plan::text(plan) + &taken
}

/// Asks the person to agree to what was shown.
pub(crate) fn agree() -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let advice = "nobody is there to agree; look at the plan with `--dry-run`, and agree with `--yes`";
        return Err(Failure::Usage(advice.to_owned()));
    }
    eprint!("Do this? [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => {
            output::tell("nothing was changed");
            Err(Failure::Told(1))
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if file == Path::new(STANDARD) {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).context("read standard input")?;
        return Ok(bytes);
    }
    Ok(fs::read(file).with_context(|| format!("read {}", file.display()))?)
}

/// Writes a new file; what is there already stays, since it may be the only copy.
fn write(args: &FileTo, text: &str) -> Result<(), Failure> {
    let Some(path) = args.file.as_deref().filter(|path| *path != Path::new(STANDARD)) else {
        return output::print(text);
    };
    let mut options = fs::File::options();
    match args.force {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    platform::for_its_owner(&mut options);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::Usage(format!("{} is there already; `--force` overwrites it", path.display()))
        }
        _ => Failure::Failed(anyhow::Error::new(error).context(format!("write {}", path.display()))),
    })?;
    Ok(file.write_all(text.as_bytes()).with_context(|| format!("write {}", path.display()))?)
}

async fn attach() -> Result<Client, Failure> {
    Ok(Client::attach(&Home::locate()?).await?)
}
