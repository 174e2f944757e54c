//! Shims: small programs of version managers that look up a version when they run, and fail where none is
//! set. Told by the files that managers read, since to run a shim would take long.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use super::resolve::resolve;

/// Files larger than this are no settings of a version manager.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Managers that are built alike: the file that names the version of a folder, and how to set one for
/// everywhere.
const ALIKE: [(&str, &str); 3] =
    [("pyenv", ".python-version"), ("rbenv", ".ruby-version"), ("nodenv", ".node-version")];

/// Files in which mise is told versions, in a folder and those above it.
const MISE_FILES: [&str; 8] = [
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
    ".tool-versions",
    ".node-version",
    ".python-version",
];

/// Why the shim at `program` will fail in `cwd`, and what to do. `None` for what is no shim, or works.
pub(super) fn fault(program: &Path, path: &OsStr, cwd: &Path) -> Option<String> {
    let home = std::env::home_dir().unwrap_or_default();
    Shim { program, name: program.file_stem()?.to_str()?, path, cwd, home: &home }.fault()
}

struct Shim<'a> {
    program: &'a Path,
    name: &'a str,
    path: &'a OsStr,
    cwd: &'a Path,
    home: &'a Path,
}

impl Shim<'_> {
    fn fault(&self) -> Option<String> {
        let folder = self.program.parent()?;
        let root = folder.parent()?;
        let manager = root.file_name()?.to_str()?.trim_start_matches('.').to_lowercase();
        match (folder.file_name()?.to_str()?, manager.as_str()) {
            ("bin", "volta") => self.volta(root),
            ("shims", "asdf") => self.asdf(),
            ("shims", "mise") => self.mise(),
            ("shims", manager) => {
                let (name, file) = ALIKE.iter().find(|(name, _)| *name == manager)?;
                self.alike(name, file, folder, root)
            }
            _ => None,
        }
    }

    fn alike(&self, manager: &str, file: &str, shims: &Path, root: &Path) -> Option<String> {
        let set = self.above(&[file]).into_iter().chain([root.join("version")]).find_map(|file| text(&file));
        let set = set.unwrap_or_else(|| "system".to_owned());
        let mut versions = set.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        let works = versions.any(|version| match version {
            "system" => resolve(self.name, &without(self.path, shims), self.cwd).is_some(),
            version => self.is_in(root, version),
        });
        (!works).then(|| {
            let version = set.split_whitespace().next().unwrap_or("none");
            let problem = format!("the version {version}, which is set here, has no `{}`", self.name);
            sentence(manager, &problem, &format!("{manager} global VERSION"))
        })
    }

    /// `3.11` stands for the `3.11.7` that is installed.
    fn is_in(&self, root: &Path, version: &str) -> bool {
        let installed = fs::read_dir(root.join("versions")).into_iter().flatten().flatten();
        let mut fitting = installed.filter(|entry| {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(version));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        fitting.any(|entry| entry.path().join("bin").join(self.name).exists())
    }

    /// A shim of asdf names the plugin and the versions that have the program.
    fn asdf(&self) -> Option<String> {
        let shim = text(self.program)?;
        let has = shim.lines().filter_map(|line| line.strip_prefix("# asdf-plugin: ")?.split_once(' '));
        let has: Vec<(&str, &str)> = has.collect();
        let (plugin, _) = has.first()?;
        let files = self.above(&[".tool-versions"]).into_iter().chain([self.home.join(".tool-versions")]);
        let set = files.filter_map(|file| text(&file)).any(|text| {
            text.lines().any(|line| {
                let mut words = line.split_whitespace();
                let tool = words.next();
                words.any(|version| {
                    let known = has.iter().any(|known| Some(known.0) == tool && known.1.trim() == version);
                    known || (version == "system" && tool == Some(plugin))
                })
            })
        });
        (!set).then(|| unset("asdf", plugin, &format!("asdf set -u {plugin} latest")))
    }

    fn mise(&self) -> Option<String> {
        let (tool, names) = match self.name {
            "node" | "npm" | "npx" => ("node", ["node", "nodejs"]),
            "python" | "python3" | "pip" | "pip3" => ("python", ["python", "python3"]),
            _ => return None,
        };
        let config = [self.home.join(".config/mise/config.toml"), PathBuf::from("/etc/mise/config.toml")];
        let set = self.above(&MISE_FILES).into_iter().chain(config).any(|file| {
            let own = file.to_str().is_some_and(|file| file.ends_with(&format!(".{tool}-version")));
            let names_it = |text: String| {
                let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
                words.any(|word| names.contains(&word))
            };
            text(&file).is_some_and(|text| own || names_it(text))
        });
        (!set).then(|| unset("mise", tool, &format!("mise use -g {tool}")))
    }

    fn volta(&self, root: &Path) -> Option<String> {
        if !matches!(self.name, "node" | "npm" | "npx") {
            return None;
        }
        let by_default = text(&root.join("tools/user/platform.json"))
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .is_some_and(|platform| platform["node"]["runtime"].is_string());
        let mut pinned = self.above(&["package.json"]).into_iter().filter_map(|file| text(&file));
        let set = by_default || pinned.any(|text| text.contains("\"volta\""));
        (!set).then(|| unset("Volta", "Node.js", "volta install node"))
    }

    /// Files of these names in the folder and above it, the nearest first.
    fn above(&self, names: &[&str]) -> Vec<PathBuf> {
        let folders = self.cwd.ancestors();
        folders.flat_map(|folder| names.iter().map(|name| folder.join(name))).collect()
    }
}

fn unset(manager: &str, tool: &str, command: &str) -> String {
    sentence(manager, &format!("no installed version of {tool} is set here"), command)
}

fn sentence(manager: &str, problem: &str, command: &str) -> String {
    format!("it is a shim of {manager}, and {problem}: set one that works by `{command}`")
}

fn text(file: &Path) -> Option<String> {
    let is_small = fs::metadata(file).is_ok_and(|about| about.is_file() && about.len() <= MAX_FILE_BYTES);
    is_small.then(|| fs::read_to_string(file).ok()).flatten()
}

fn without(path: &OsStr, folder: &Path) -> OsString {
    let rest = std::env::split_paths(path).filter(|other| other != folder);
    std::env::join_paths(rest).unwrap_or_default()
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
