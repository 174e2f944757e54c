//! Who put a program where it lies: a version manager, a package manager or the system. Pure.

use std::path::Path;

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// As people call it.
    pub name: &'static str,
    /// The folder belongs to one shell and goes away with it.
    pub is_passing: bool,
}

/// Parts of paths, and whose they are. The first one that fits counts.
const PARTS: [(&str, &str); 46] = [
    ("/.nvm/", "nvm"),
    ("/nvm/versions/", "nvm"),
    ("/appdata/roaming/nvm/", "nvm-windows"),
    ("/appdata/local/nvm/", "nvm-windows"),
    ("/nvm4w/", "nvm-windows"),
    ("/fnm_multishells/", "fnm"),
    ("/fnm/", "fnm"),
    ("/.fnm/", "fnm"),
    ("/.volta/", "Volta"),
    ("/volta/", "Volta"),
    ("/mise/", "mise"),
    ("/.asdf/", "asdf"),
    ("/asdf/shims/", "asdf"),
    ("/asdf/installs/", "asdf"),
    ("/.pyenv/", "pyenv"),
    ("/pyenv-win/", "pyenv"),
    ("/.rbenv/", "rbenv"),
    ("/.nodenv/", "nodenv"),
    ("/.nodebrew/", "nodebrew"),
    ("/miniconda3/", "Conda"),
    ("/anaconda3/", "Conda"),
    ("/miniforge3/", "Conda"),
    ("/mambaforge/", "Conda"),
    ("/micromamba/", "Conda"),
    ("/.conda/", "Conda"),
    ("/opt/homebrew/", "Homebrew"),
    ("/usr/local/cellar/", "Homebrew"),
    ("/usr/local/opt/", "Homebrew"),
    ("/.linuxbrew/", "Homebrew"),
    ("/opt/local/", "MacPorts"),
    ("/nix/store/", "Nix"),
    ("/.nix-profile/", "Nix"),
    ("/run/current-system/sw/", "Nix"),
    ("/etc/profiles/per-user/", "Nix"),
    ("/snap/", "Snap"),
    ("/flatpak/exports/", "Flatpak"),
    ("/.cargo/bin/", "Cargo"),
    ("/.bun/", "Bun's installer"),
    ("/.deno/", "Deno's installer"),
    ("/share/uv/", "uv"),
    ("/share/pnpm/", "pnpm"),
    ("/pipx/venvs/", "pipx"),
    ("/scoop/", "Scoop"),
    ("/chocolatey/", "Chocolatey"),
    ("/microsoft/winget/", "winget"),
    ("/microsoft/windowsapps/", "the Microsoft Store"),
];

/// Folders that fnm makes for each shell.
const PASSING: &str = "/fnm_multishells/";

/// Where the system keeps its own.
const SYSTEM: [&str; 5] = ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "c:/windows/"];

/// Who keeps the program at `path`, which is a link to `target`. A link says less than what it links to, but
/// both may say it.
pub(super) fn of(path: &Path, target: Option<&Path>) -> Option<Origin> {
    let path = written(path);
    let manager = manager(&path).or_else(|| manager(&written(target?)));
    let system = || SYSTEM.iter().any(|folder| path.starts_with(folder)).then_some("the system");
    let name = manager.or_else(system)?;
    Some(Origin { name, is_passing: path.contains(PASSING) })
}

/// As the tables write paths.
fn written(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/").to_lowercase()
}

fn manager(path: &str) -> Option<&'static str> {
    PARTS.iter().find(|(part, _)| path.contains(part)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managers_are_known_by_their_folders() {
        for (path, expected) in [
            ("/home/me/.nvm/versions/node/v22.1.0/bin/node", Some("nvm")),
            ("/run/user/1000/fnm_multishells/12_34/bin/node", Some("fnm")),
            ("/home/me/.local/share/fnm/node-versions/v20/installation/bin/node", Some("fnm")),
            ("/Users/me/.volta/bin/npx", Some("Volta")),
            ("/home/me/.local/share/mise/shims/node", Some("mise")),
            ("/home/me/.asdf/shims/python3", Some("asdf")),
            ("/root/.pyenv/shims/python3", Some("pyenv")),
            ("/root/.rbenv/shims/ruby", Some("rbenv")),
            ("/opt/homebrew/bin/uv", Some("Homebrew")),
            ("/usr/local/Cellar/node/22.1.0/bin/node", Some("Homebrew")),
            ("/home/linuxbrew/.linuxbrew/bin/node", Some("Homebrew")),
            ("/opt/local/bin/python3", Some("MacPorts")),
            ("/run/current-system/sw/bin/node", Some("Nix")),
            ("/snap/bin/node", Some("Snap")),
            ("/var/lib/flatpak/exports/bin/org.x.Y", Some("Flatpak")),
            ("/home/me/miniforge3/bin/python", Some("Conda")),
            ("/home/me/.cargo/bin/my-server", Some("Cargo")),
            (r"C:\Users\me\AppData\Roaming\nvm\v20\node.exe", Some("nvm-windows")),
            (r"C:\Users\me\scoop\shims\uvx.exe", Some("Scoop")),
            (r"C:\ProgramData\chocolatey\bin\node.exe", Some("Chocolatey")),
            (r"C:\Users\me\AppData\Local\Microsoft\WinGet\Links\uv.exe", Some("winget")),
            (r"C:\Windows\py.exe", Some("the system")),
            ("/usr/bin/node", Some("the system")),
            ("/usr/local/bin/node", None),
            ("/home/me/.local/bin/uv", None),
        ] {
            assert_eq!(of(Path::new(path), None).map(|origin| origin.name), expected, "{path}");
        }
    }

    #[test]
    fn a_link_may_tell_or_what_it_links_to() {
        for (path, target, expected) in [
            ("/usr/local/bin/node", "/usr/local/Cellar/node/22/bin/node", "Homebrew"),
            ("/home/me/.local/bin/black", "/home/me/.local/share/uv/tools/black/bin/black", "uv"),
            ("/usr/bin/node", "/home/me/.nvm/versions/node/v22/bin/node", "nvm"),
            ("/home/me/.volta/bin/npx", "/home/me/.volta/bin/volta-shim", "Volta"),
        ] {
            let origin = of(Path::new(path), Some(Path::new(target)));
            assert_eq!(origin.map(|origin| origin.name), Some(expected), "{path}");
        }
        assert!(of(Path::new("/run/user/1/fnm_multishells/1_2/bin/node"), None).unwrap().is_passing);
    }
}
