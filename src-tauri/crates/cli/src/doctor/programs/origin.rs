//! Which version manager a program comes from, told by where it lies. Pure.

use std::path::Path;

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// As people call it.
    pub(super) name: &'static str,
    /// The folder belongs to one shell and goes away with it.
    pub(super) is_passing: bool,
}

/// Parts of paths, and whose they are. The first one that fits counts.
const PARTS: [(&str, &str); 25] = [
    ("/.nvm/", "nvm"),
    ("/nvm/versions/", "nvm"),
    ("/appdata/roaming/nvm/", "nvm"),
    ("/nvm4w/", "nvm"),
    ("/fnm_multishells/", "fnm"),
    ("/fnm/", "fnm"),
    ("/.fnm/", "fnm"),
    ("/.volta/", "Volta"),
    ("/volta/", "Volta"),
    ("/mise/", "mise"),
    ("/.asdf/", "asdf"),
    ("/.pyenv/", "pyenv"),
    ("/pyenv-win/", "pyenv"),
    ("/.nodenv/", "nodenv"),
    ("/.nodebrew/", "nodebrew"),
    ("/miniconda3/", "Conda"),
    ("/anaconda3/", "Conda"),
    ("/opt/homebrew/", "Homebrew"),
    ("/usr/local/cellar/", "Homebrew"),
    ("/.linuxbrew/", "Homebrew"),
    ("/nix/store/", "Nix"),
    ("/.nix-profile/", "Nix"),
    ("/snap/", "Snap"),
    ("/scoop/", "Scoop"),
    ("/chocolatey/", "Chocolatey"),
];

/// Folders that fnm makes for each shell.
const PASSING: &str = "/fnm_multishells/";

/// The manager that keeps this program, if its path names one that is known.
pub(super) fn of(program: &Path) -> Option<Origin> {
    let path = program.to_string_lossy().replace('\\', "/").to_lowercase();
    let (_, name) = PARTS.iter().find(|(part, _)| path.contains(part))?;
    Some(Origin { name, is_passing: path.contains(PASSING) })
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
            ("/opt/homebrew/bin/uv", Some("Homebrew")),
            ("/usr/local/Cellar/node/22.1.0/bin/node", Some("Homebrew")),
            ("/home/linuxbrew/.linuxbrew/bin/node", Some("Homebrew")),
            (r"C:\Users\me\AppData\Roaming\nvm\v20\node.exe", Some("nvm")),
            ("/usr/bin/node", None),
            ("/home/me/.local/bin/uv", None),
        ] {
            assert_eq!(of(Path::new(path)).map(|origin| origin.name), expected, "{path}");
        }
        assert!(of(Path::new("/run/user/1/fnm_multishells/1_2/bin/node")).unwrap().is_passing);
    }
}
