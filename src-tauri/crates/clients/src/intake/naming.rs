//! Names for servers that came without one: the word of the package, image, file or host that tells them
//! from others.

use std::{collections::BTreeSet, path::Path};

use headgate_model::UpstreamName;
use url::{Host, Url};

use super::{found::Reach, launch};

/// As many as the name of an upstream may have.
const MAX_CHARS: usize = 64;

/// Words that every other server has in its name.
const EVERYBODYS: &[&str] = &["mcp", "server", "servers", "modelcontextprotocol"];

/// Files and folders whose name says nothing of what they hold.
const GENERIC: &[&str] = &[
    "index", "main", "__main__", "server", "dist", "build", "src", "lib", "bin", "app", "cli", "start",
    "run", "mcp", "out",
];

/// Sites on which everybody has a name of their own in front.
const HOSTERS: &[&str] = &[
    "workers.dev",
    "pages.dev",
    "vercel.app",
    "netlify.app",
    "fly.dev",
    "onrender.com",
    "herokuapp.com",
    "run.app",
    "azurewebsites.net",
    "railway.app",
    "replit.app",
    "ngrok.app",
    "ngrok-free.app",
];

/// What stands in every name of a site.
const TOP: &[&str] = &["co", "com", "org", "net", "ac", "gov"];

/// A name for what is reached in this way.
pub(super) fn derived(reach: &Reach) -> String {
    match reach {
        Reach::Demo => "demo".to_owned(),
        Reach::Site(url) => of_site(url),
        Reach::Command { program, args, cwd } => of_command(program, args, cwd.as_deref()),
    }
}

/// A valid name like the wanted one that nobody has.
pub(super) fn free(wanted: &str, taken: &BTreeSet<UpstreamName>) -> UpstreamName {
    let mut number = 1_usize;
    // There are more numbers than names that are taken.
    loop {
        let end = if number == 1 { String::new() } else { format!("-{number}") };
        let name = format!("{}{end}", valid(wanted, MAX_CHARS - end.len()));
        match name.parse::<UpstreamName>() {
            Ok(name) if !taken.contains(&name) => return name,
            _ => number += 1,
        }
    }
}

/// The letters that a name may have.
fn valid(wanted: &str, most: usize) -> String {
    let mut name = String::new();
    for c in wanted.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches('-');
    let name: String = name.chars().take(most).collect();
    if name.is_empty() { "server".to_owned() } else { name }
}

fn of_command(program: &str, args: &[String], cwd: Option<&str>) -> String {
    match launch::subject(program, args) {
        launch::Subject::Package(name) | launch::Subject::Image(name) => of_package(&name),
        launch::Subject::File(path) => of_file(&format!("{}/{path}", cwd.unwrap_or_default())),
    }
}

/// `@modelcontextprotocol/server-filesystem` is `filesystem`, `@playwright/mcp@latest` is `playwright`.
fn of_package(package: &str) -> String {
    let package = package.trim_start_matches("git+").trim_end_matches(".git");
    let mut parts: Vec<&str> = package.split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.pop().unwrap_or_default();
    let last = last.split(['@', ':', '[', '=']).next().unwrap_or_default();
    let scope = parts.pop().unwrap_or_default().trim_start_matches('@');
    let found = [last, scope].into_iter().map(distinct).find(|name| !name.is_empty());
    found.unwrap_or_else(|| if last.is_empty() { scope } else { last }.to_owned())
}

/// The name without the words at its ends that everybody's name has.
fn distinct(name: &str) -> String {
    let mut words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    let is_common = |word: &&str| EVERYBODYS.contains(&word.to_ascii_lowercase().as_str());
    while words.last().is_some_and(is_common) {
        words.pop();
    }
    while words.first().is_some_and(is_common) {
        words.remove(0);
    }
    words.join("-")
}

fn of_file(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = Path::new(&path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folders =
        path.ancestors().skip(1).filter_map(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let is_telling = |name: &String| !GENERIC.contains(&name.to_ascii_lowercase().as_str());
    let names = [stem.clone()].into_iter().chain(folders).filter(is_telling).map(|name| distinct(&name));
    names.into_iter().find(|name| !name.is_empty()).unwrap_or(stem)
}

/// `https://api.githubcopilot.com/mcp` is `githubcopilot`.
fn of_site(url: &Url) -> String {
    let Some(Host::Domain(host)) = url.host() else { return "local".to_owned() };
    let labels: Vec<&str> = host.split('.').collect();
    let is_hosted = HOSTERS.iter().any(|site| host.ends_with(&format!(".{site}")));
    let label = match labels.as_slice() {
        [only] => only,
        [first, ..] if is_hosted => first,
        [.., name, second, top] if top.len() == 2 && TOP.contains(second) => name,
        [.., name, _] => name,
        [] => "",
    };
    let name = distinct(label);
    if name.is_empty() { label.to_owned() } else { name }
}
