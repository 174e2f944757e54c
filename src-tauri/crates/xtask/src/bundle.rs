//! Bundles: what people install. The page, the program `headgate` and the app are built for release, then
//! tauri packs them. Each system makes the kinds of its own; a kind whose tools tauri has to download first
//! may fail where there is no network, which is said and not taken for an error unless that kind was asked for.

mod papers;
mod proof;
#[cfg(test)]
mod tests;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{desktop, shell};

/// Packing takes a minute, a slow download several. Without a network some downloads wait for ever.
const PACK_LIMIT: Duration = Duration::from_secs(15 * 60);

/// What tauri can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// For Debian and its kin.
    Deb,
    /// For Fedora, openSUSE and their kin.
    Rpm,
    /// One file for any Linux.
    Appimage,
    /// For macOS.
    Dmg,
    /// For Windows, by its own installer.
    Msi,
    /// For Windows, as a program that installs.
    Nsis,
}

/// What became of a kind.
enum Outcome {
    Made(Vec<PathBuf>),
    NotMade(String),
}

/// Makes these kinds, or all that this system can make.
pub(crate) fn bundle(wanted: &[Kind], prove: bool) -> Result<()> {
    let kinds = chosen(wanted, env::consts::OS)?;
    desktop::build_for_bundles()?;
    if cfg!(target_os = "linux") {
        shell::step("manual and completions", || papers::write(&desktop::program("headgate", true)?))?;
    }
    let mut outcomes = Vec::new();
    for kind in kinds {
        let made = shell::step(kind.name(), || pack(kind));
        let outcome = match made {
            Ok(files) => Outcome::Made(files),
            Err(error) if wanted.is_empty() && kind.needs_download() => Outcome::NotMade(format!(
                "{error:#}; tauri downloads tools for it, which may be what failed above"
            )),
            Err(error) => return Err(error),
        };
        outcomes.push((kind, outcome));
    }
    list(&outcomes)?;
    if prove {
        let debs = outcomes.iter().find(|(kind, _)| *kind == Kind::Deb);
        let Some((_, Outcome::Made(files))) = debs else { bail!("there is no .deb to prove") };
        shell::step("proof", || proof::prove(files.first().context("no .deb was made")?))?;
    }
    Ok(())
}

/// The kinds to make on `system`, by its name in Rust.
fn chosen(wanted: &[Kind], system: &str) -> Result<Vec<Kind>> {
    if let Some(foreign) = wanted.iter().find(|kind| kind.system() != system) {
        bail!("`{}` is made on {} only; this is {system}", foreign.name(), foreign.system());
    }
    if !wanted.is_empty() {
        return Ok(wanted.to_vec());
    }
    Ok(Kind::value_variants().iter().copied().filter(|kind| kind.system() == system).collect())
}

impl Kind {
    /// As tauri calls it. It is also the name of its folder and the end of its files.
    fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Appimage => "appimage",
            Self::Dmg => "dmg",
            Self::Msi => "msi",
            Self::Nsis => "nsis",
        }
    }

    fn system(self) -> &'static str {
        match self {
            Self::Deb | Self::Rpm | Self::Appimage => "linux",
            Self::Dmg => "macos",
            Self::Msi | Self::Nsis => "windows",
        }
    }

    /// How its files end, in lower case.
    fn extension(self) -> &'static str {
        if self == Self::Nsis { "exe" } else { self.name() }
    }

    /// Tauri downloads linuxdeploy, WiX and NSIS when it first needs them.
    fn needs_download(self) -> bool {
        matches!(self, Self::Appimage | Self::Msi | Self::Nsis)
    }
}

/// Packs what was built, and answers the files.
fn pack(kind: Kind) -> Result<Vec<PathBuf>> {
    let target = shell::target_folder()?;
    let folder = target.join("release").join("bundle").join(kind.name());
    // What an earlier version left there must not pass for what was made now.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("empty {}", folder.display()));
        }
        _ => {}
    }
    let mut tauri = desktop::tauri();
    // Tauri would write into the program, for its updater, as what it was packed. There is no updater, and a
    // packing that fails would leave it so.
    tauri.args(["bundle", "--ci", "--no-binary-patching", "--config", "tauri.bundle.json"]);
    tauri.args(["--bundles", kind.name()]);
    tauri.current_dir(shell::root().join("src-tauri")).env("CARGO_TARGET_DIR", &target);
    shell::run_within(PACK_LIMIT, &mut tauri)?;
    if kind == Kind::Deb {
        papers::check(&folder)?;
    }
    let files = files_of(kind, &folder)?;
    if files.is_empty() {
        bail!("tauri left no .{} in {}", kind.extension(), folder.display());
    }
    Ok(files)
}

fn files_of(kind: Kind, folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case(kind.extension())) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Says what there is now, with sizes, and what there is not.
fn list(outcomes: &[(Kind, Outcome)]) -> Result<()> {
    eprintln!("\n==> bundles");
    for (kind, outcome) in outcomes {
        match outcome {
            Outcome::Made(files) => files.iter().try_for_each(|file| line(file))?,
            Outcome::NotMade(why) => eprintln!("    NOT MADE  {}: {why}", kind.name()),
        }
    }
    let elsewhere = Kind::value_variants().iter().filter(|kind| kind.system() != env::consts::OS);
    for kind in elsewhere {
        eprintln!(
            "    not here  {}: made on {}, see .github/workflows/bundle.yml",
            kind.name(),
            kind.system()
        );
    }
    eprintln!("\n==> what is in them");
    line(&desktop::program("headgate-desktop", true)?)?;
    line(&desktop::program("headgate", true)?)?;
    line(&shell::root().join("ui").join("dist"))
}

fn line(path: &Path) -> Result<()> {
    eprintln!("    {:>8}  {}", megabytes(size(path)?), path.display());
    Ok(())
}

/// Of a file, or of all files in a folder.
fn size(path: &Path) -> Result<u64> {
    let metadata = fs::symlink_metadata(path).with_context(|| format!("look at {}", path.display()))?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.try_fold(0, |sum, entry| Ok(sum + size(&entry?.path())?))
}

fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
