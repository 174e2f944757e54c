//! What to install when a well-known program is missing: one sentence for each system. Pure.

use std::path::Path;

/// What the advice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    MacOs,
    Windows,
}

const HERE: System = match (cfg!(windows), cfg!(target_os = "macos")) {
    (true, _) => System::Windows,
    (_, true) => System::MacOs,
    _ => System::Linux,
};

/// One thing to install.
struct Package {
    programs: &'static [&'static str],
    /// What to do, in words.
    what: &'static str,
    linux: &'static str,
    macos: &'static str,
    windows: &'static str,
}

const PACKAGES: &[Package] = &[
    Package {
        programs: &["npx", "node", "npm", "corepack"],
        what: "install Node.js, which brings `npx`",
        linux: "`sudo apt install nodejs npm`, `sudo dnf install nodejs`, or https://nodejs.org/en/download",
        macos: "`brew install node`",
        windows: "`winget install OpenJS.NodeJS.LTS`",
    },
    Package {
        programs: &["uvx", "uv"],
        what: "install uv, which brings `uvx`",
        linux: "`curl -LsSf https://astral.sh/uv/install.sh | sh`",
        macos: "`brew install uv`",
        windows: "`winget install astral-sh.uv`",
    },
    Package {
        programs: &["pipx"],
        what: "install pipx",
        linux: "`sudo apt install pipx` or `sudo dnf install pipx`",
        macos: "`brew install pipx`",
        windows: "`py -m pip install --user pipx`",
    },
    Package {
        programs: &["python", "python3", "pip", "pip3", "py"],
        what: "install Python 3",
        linux: "`sudo apt install python3 python-is-python3` or `sudo dnf install python3`",
        macos: "`brew install python`",
        windows: "`winget install Python.Python.3.13`",
    },
    Package {
        programs: &["docker"],
        what: "install Docker and start it",
        linux: "`curl -fsSL https://get.docker.com | sh`",
        macos: "`brew install --cask docker-desktop`",
        windows: "`winget install Docker.DockerDesktop`",
    },
    Package {
        programs: &["podman"],
        what: "install Podman",
        linux: "`sudo apt install podman` or `sudo dnf install podman`",
        macos: "`brew install podman`, then `podman machine init --now`",
        windows: "`winget install RedHat.Podman`",
    },
    Package {
        programs: &["bun", "bunx"],
        what: "install Bun, which brings `bunx`",
        linux: "`curl -fsSL https://bun.sh/install | bash`",
        macos: "`brew install oven-sh/bun/bun`",
        windows: "`winget install Oven-sh.Bun`",
    },
    Package {
        programs: &["deno"],
        what: "install Deno",
        linux: "`curl -fsSL https://deno.land/install.sh | sh`",
        macos: "`brew install deno`",
        windows: "`winget install DenoLand.Deno`",
    },
    Package {
        programs: &["pnpm", "pnpx"],
        what: "install pnpm",
        linux: "`curl -fsSL https://get.pnpm.io/install.sh | sh -`",
        macos: "`brew install pnpm`",
        windows: "`winget install pnpm.pnpm`",
    },
    Package {
        programs: &["yarn", "yarnpkg"],
        what: "install Yarn",
        linux: "`npm install -g yarn`",
        macos: "`brew install yarn`",
        windows: "`winget install Yarn.Yarn`",
    },
    Package {
        programs: &["go"],
        what: "install Go",
        linux: "`sudo apt install golang-go`, `sudo dnf install golang`, or https://go.dev/doc/install",
        macos: "`brew install go`",
        windows: "`winget install GoLang.Go`",
    },
    Package {
        programs: &["cargo", "rustc"],
        what: "install Rust, which brings `cargo`",
        linux: "`curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`",
        macos: "`brew install rustup`, then `rustup default stable`",
        windows: "`winget install Rustlang.Rustup`",
    },
    Package {
        programs: &["ruby", "gem", "bundle"],
        what: "install Ruby",
        linux: "`sudo apt install ruby-full` or `sudo dnf install ruby`",
        macos: "`brew install ruby`",
        windows: "`winget install RubyInstallerTeam.Ruby.3.4`",
    },
    Package {
        programs: &["java"],
        what: "install Java",
        linux: "`sudo apt install default-jre` or `sudo dnf install java-latest-openjdk`",
        macos: "`brew install --cask temurin`",
        windows: "`winget install EclipseAdoptium.Temurin.21.JRE`",
    },
    Package {
        programs: &["dotnet", "dnx"],
        what: "install the .NET SDK",
        linux: "`sudo apt install dotnet-sdk-10.0`, `sudo dnf install dotnet-sdk-10.0`, or https://dot.net/download",
        macos: "`brew install --cask dotnet-sdk`",
        windows: "`winget install Microsoft.DotNet.SDK.10`",
    },
];

/// What to do about a program that is missing, in a sentence.
pub fn advice(command: &str) -> String {
    advice_on(HERE, command)
}

fn advice_on(system: System, command: &str) -> String {
    // A path of a Windows program may be read elsewhere, in a test or an exported definition.
    let is_path = command.contains(['/', '\\']);
    let stem = Path::new(command).file_stem().and_then(|stem| stem.to_str()).unwrap_or(command);
    let package = PACKAGES.iter().find(|package| package.programs.contains(&stem));
    match package {
        Some(package) if !is_path => {
            let how = match system {
                System::Linux => package.linux,
                System::MacOs => package.macos,
                System::Windows => package.windows,
            };
            format!("{}: {how}", package.what)
        }
        _ if is_path => {
            format!("put it there, or register the server again with the path at which `{stem}` lies now")
        }
        _ => "install it, or give the whole path of the program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(system: System, command: &str, expected: &str) {
        assert_eq!(advice_on(system, command), expected, "{system:?} {command}");
    }

    #[test]
    fn well_known_programs_are_told_as_each_system_installs_them() {
        use System::{Linux, MacOs, Windows};
        check(MacOs, "npx", "install Node.js, which brings `npx`: `brew install node`");
        check(Windows, "npx.cmd", "install Node.js, which brings `npx`: `winget install OpenJS.NodeJS.LTS`");
        check(
            Linux,
            "uvx",
            "install uv, which brings `uvx`: `curl -LsSf https://astral.sh/uv/install.sh | sh`",
        );
        check(MacOs, "python", "install Python 3: `brew install python`");
        check(Windows, "docker", "install Docker and start it: `winget install Docker.DockerDesktop`");
        check(Linux, "bunx", "install Bun, which brings `bunx`: `curl -fsSL https://bun.sh/install | bash`");
        check(Linux, "my-server", "install it, or give the whole path of the program");
        let moved = "put it there, or register the server again with the path at which `node` lies now";
        check(Linux, "/opt/node", moved);
    }

    #[test]
    fn every_program_has_one_sentence() {
        let mut programs: Vec<_> = PACKAGES.iter().flat_map(|package| package.programs).collect();
        let all = programs.len();
        programs.sort_unstable();
        programs.dedup();
        assert_eq!(programs.len(), all, "a program stands in two rows");
        for program in programs {
            for system in [System::Linux, System::MacOs, System::Windows] {
                let advice = advice_on(system, program);
                assert!(advice.starts_with("install ") && !advice.contains('\n'), "{advice}");
            }
        }
    }
}
