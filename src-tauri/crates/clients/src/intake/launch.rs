//! Programs that start other programs: what of their arguments names the server.

use std::path::Path;

/// What a command is about.
pub(super) enum Subject {
    /// A package of some registry, as it is written.
    Package(String),
    /// An image of a container.
    Image(String),
    /// A script or program.
    File(String),
}

/// Options of `docker run` that take the word after them.
const DOCKER_VALUES: &[&str] = &[
    "-e",
    "--env",
    "--env-file",
    "-v",
    "--volume",
    "--mount",
    "--name",
    "-p",
    "--publish",
    "--network",
    "--net",
    "-w",
    "--workdir",
    "-u",
    "--user",
    "--entrypoint",
    "--platform",
    "-h",
    "--hostname",
    "--add-host",
    "-l",
    "--label",
    "-m",
    "--memory",
    "--cpus",
    "--pull",
    "--tmpfs",
    "--dns",
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--device",
    "--gpus",
    "-a",
    "--attach",
    "--annotation",
    "--blkio-weight",
    "--blkio-weight-device",
    "--cgroup-parent",
    "--cgroupns",
    "--cidfile",
    "-c",
    "--cpu-shares",
    "--cpu-period",
    "--cpu-quota",
    "--cpuset-cpus",
    "--cpuset-mems",
    "--detach-keys",
    "--device-cgroup-rule",
    "--device-read-bps",
    "--device-write-bps",
    "--dns-option",
    "--dns-search",
    "--domainname",
    "--expose",
    "--group-add",
    "--health-cmd",
    "--health-interval",
    "--health-retries",
    "--health-timeout",
    "--ip",
    "--ip6",
    "--ipc",
    "--isolation",
    "--label-file",
    "--link",
    "--log-driver",
    "--log-opt",
    "--mac-address",
    "--memory-reservation",
    "--memory-swap",
    "--memory-swappiness",
    "--network-alias",
    "--oom-score-adj",
    "--pid",
    "--pids-limit",
    "--pod",
    "--restart",
    "--runtime",
    "--secret",
    "--shm-size",
    "--stop-signal",
    "--stop-timeout",
    "--storage-opt",
    "--sysctl",
    "--ulimit",
    "--userns",
    "--uts",
    "--volume-driver",
    "--volumes-from",
];

/// Options of package runners and interpreters that take the word after them.
const RUNNER_VALUES: &[&str] = &[
    "-p",
    "--package",
    "--python",
    "--with",
    "--with-requirements",
    "--directory",
    "--project",
    "--index-url",
    "--index",
    "-r",
    "--require",
    "--import",
    "--loader",
    "--registry",
    "--cache",
    "-c",
    "--env-file",
    "--extra",
    "--group",
];

/// The name of a program without its folder and what Windows puts behind it.
pub(super) fn base(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let end = [".exe", ".cmd", ".bat", ".ps1"].iter().find_map(|end| name.strip_suffix(end));
    end.unwrap_or(&name).to_owned()
}

/// True for programs that are only there to start others.
pub(super) fn is_runner(program: &str) -> bool {
    let known = [
        "npx", "bunx", "pnpx", "pnpm", "yarn", "npm", "uvx", "uv", "pipx", "docker", "podman", "node", "bun",
        "deno", "tsx", "python", "python3", "cmd", "sh", "bash", "java", "dotnet",
    ];
    known.contains(&base(program).as_str())
}

/// What a command is about.
pub(super) fn subject(program: &str, args: &[String]) -> Subject {
    let whole = || Subject::File(program.to_owned());
    let rest = |from: usize| args.get(from..).unwrap_or_default();
    let word = |at: usize| args.get(at).map(String::as_str).unwrap_or_default();
    let package =
        |args: &[String]| positional(args, RUNNER_VALUES).map(|at| Subject::Package(args[at].clone()));
    let file = |args: &[String]| positional(args, RUNNER_VALUES).map(|at| Subject::File(args[at].clone()));
    let found = match (base(program).as_str(), word(0)) {
        ("npx" | "bunx" | "pnpx" | "uvx", _) => package(args),
        ("pnpm" | "yarn", "dlx" | "exec") | ("npm", "exec" | "x") | ("bun", "x") | ("pipx", "run") => {
            package(rest(1))
        }
        ("uv", "tool") => package(rest(2)),
        ("uv", "run") => match (file(rest(1)), value_of(args, "--directory")) {
            // The script is in there, and has often a name that tells nothing.
            (Some(Subject::File(script)), Some(folder)) => Some(Subject::File(format!("{folder}/{script}"))),
            (script, _) => script,
        },
        ("docker" | "podman", _) => {
            let run = args.iter().position(|arg| arg == "run").map_or(0, |at| at + 1);
            match docker_options(program, args) {
                Some(options) => args.get(options.end).map(|image| Subject::Image(image.clone())),
                None => positional(rest(run), DOCKER_VALUES).map(|at| Subject::Image(args[run + at].clone())),
            }
        }
        ("env", _) => {
            let at = args.iter().position(|arg| !arg.starts_with('-') && !arg.contains('='));
            at.map(|at| subject(&args[at], rest(at + 1)))
        }
        ("cmd", flag) if flag.eq_ignore_ascii_case("/c") && args.len() > 1 => Some(subject(word(1), rest(2))),
        ("python" | "python3" | "py", _) => match value_of(args, "-m") {
            Some(module) => Some(Subject::Package(module.to_owned())),
            None => file(args),
        },
        ("bun" | "deno", "run") => file(rest(1)),
        ("java", _) => value_of(args, "-jar").map(|jar| Subject::File(jar.to_owned())),
        ("node" | "bun" | "deno" | "tsx" | "ts-node" | "ruby" | "php" | "perl" | "dotnet", _) => file(args),
        ("npm", "run" | "start") | ("sh" | "bash" | "zsh", _) => None,
        _ => None,
    };
    found.unwrap_or_else(whole)
}

/// Where the first word is that is neither an option nor the value of one.
pub(super) fn positional(args: &[String], with_value: &[&str]) -> Option<usize> {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += match arg.as_str() {
            "--" => 1,
            option if with_value.contains(&option) => 2,
            "--from" => 2,
            option if option.starts_with('-') => 1,
            _ => return Some(at),
        };
    }
    None
}

fn value_of<'a>(args: &'a [String], option: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg == option)?;
    args.get(at + 1).map(String::as_str)
}

/// Where the options of `docker run` are, if that is what is run.
pub(super) fn docker_options(program: &str, args: &[String]) -> Option<std::ops::Range<usize>> {
    let is_docker = matches!(base(program).as_str(), "docker" | "podman");
    let run = args.iter().position(|arg| arg == "run").filter(|_| is_docker)? + 1;
    let mut at = run;
    while args.get(at)?.starts_with('-') {
        at += if takes_next(&args[at]) { 2 } else { 1 };
    }
    args.get(at).map(|_| run..at)
}

/// True for an option of `docker run` whose value is the next word.
pub(super) fn takes_next(option: &str) -> bool {
    let last = option.chars().last().unwrap_or_default();
    DOCKER_VALUES.contains(&option)
        || is_cluster(option, last) && DOCKER_VALUES.contains(&&*format!("-{last}"))
}

/// True for `-ite`: switches of `docker run`, and behind them an option with a value, which may follow at once.
pub(super) fn is_cluster(word: &str, option: char) -> bool {
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
        return false;
    };
    letters.split_once(option).is_some_and(|(before, _)| before.chars().all(|c| "ditPq".contains(c)))
}

/// True for a path or command that is this program's own.
pub(super) fn is_ours(program: &str, args: &[String]) -> bool {
    let name = Path::new(program).file_stem().map(|stem| stem.to_ascii_lowercase());
    name.is_some_and(|name| name == "headgate") && args.first().is_some_and(|arg| arg == "connect")
}
