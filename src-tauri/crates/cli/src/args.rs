//! The command line: commands, flags, help texts, and what can be checked by looking at one value.
//! What needs two values to decide lies with the command.

#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, ToSocketAddrs},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};
use headgate_model::{ClientName, Isolation, SecretStoreKind, UpstreamName};

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    the command line is wrong
  3    no gateway is running, or Headgate was stopped
  4    the gateway refused: a clash, a name that is taken or unknown, a value that is not valid
  130  interrupted with Ctrl-C

Everything Headgate keeps is in one folder; HEADGATE_HOME names another one.";

const TOP_EXAMPLES: &str = "\
Examples:
  headgate up
  headgate add time -- uvx mcp-server-time
  headgate client add claude
  headgate call get_current_time '{\"timezone\":\"UTC\"}'
";

const UP_NOTES: &str = "\
It goes on when this terminal is closed. Any number of `headgate up` at once start one gateway.

With --json: url, pid, version, and whether this call started it.";

const DOWN_NOTES: &str = "\
Calls in flight may finish for 10 seconds. When this returns, the process is gone and the port is free.
A gateway that does not end is ended by force.

With --json: pid (null when none ran) and whether force was needed.";

const UI_NOTES: &str = "\
The link lets one browser in: it works once, and for 60 seconds. Whoever follows it may do what you may do
here, so do not pass it on.

With --json: url, valid_s, and whether a browser was opened or why not.";

const STATUS_NOTES: &str = "\
Exit codes:
  0    it runs
  3    it does not";

const TOP_COMMAND_EXAMPLES: &str = "\
Examples:
  headgate top
  headgate top -i 0.5
  headgate top --json

Where the output is no terminal, it looks once.";

const LOGS_EXAMPLES: &str = "\
Examples:
  headgate logs -f
  headgate logs time -n 20";

const ADD_EXAMPLES: &str = "\
Examples:
  headgate add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  headgate add code -- npx -y @modelcontextprotocol/server-filesystem '${PROJECT_ROOT}'
  headgate add github --secret-env GITHUB_TOKEN --prefix github -- npx -y some-github-server
  headgate add docs https://example.com/mcp --header 'X-Team: core' --secret-header Authorization
  printf '%s\\n' \"$TOKEN\" | headgate add docs https://example.com/mcp --secret-header X-Api-Key
  headgate add --demo

${PROJECT_ROOT} in arguments, --env and --cwd stands for the folder of the project that a client works
in; each project gets a copy of its own.

Secrets are asked for, or read from standard input when that is no terminal: one line for each
--secret-env or --secret-header, in their order. They are never taken from arguments.";

const SET_EXAMPLES: &str = "\
Examples:
  headgate set files --isolation project
  headgate set browser --keep-warm true
  headgate set indexer --memory-limit 800";

const TEST_NOTES: &str = "\
Nothing of the copy stays running. Exit code 1 when the upstream does not work.";

const ACTIVITY_EXAMPLES: &str = "\
Examples:
  headgate activity -f
  headgate activity --upstream time --errors
  headgate activity 17
  headgate activity clear

Times are UTC. What was said is kept while it fits the gateway's memory, with *** for what looks secret.";

const QUESTIONS_EXAMPLES: &str = "\
Examples:
  headgate questions -f
  headgate questions answer 3 --accept name=Ann tags=a tags=b
  headgate questions answer 3 --accept - < values.txt
  headgate questions answer 3 --decline

A question is kept while the window or `headgate questions -f` shows it; otherwise it is refused.";

const CALL_EXAMPLES: &str = "\
Examples:
  headgate call echo '{\"message\":\"hello\"}'
  headgate call add '{\"a\":1,\"b\":2}' --json

Text goes to standard output, progress to standard error. With --json the result is printed as the
tool gave it. Exit code 1 when the tool reports an error.";

const PROXY_EXAMPLES: &str = "\
Examples:
  headgate proxy npx -y @modelcontextprotocol/server-everything
  headgate proxy --port 3001 -- uvx mcp-server-time --local-timezone UTC
  headgate proxy --host 0.0.0.0 --key \"$KEY\" --allow-host box.lan npx -y some-server

Options come before COMMAND; everything after it is passed on untouched.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  headgate completions bash > ~/.local/share/bash-completion/completions/headgate
  headgate completions fish > ~/.config/fish/completions/headgate.fish";

/// One local gate for every MCP server.
///
/// Headgate runs each MCP server once and offers all of them to every AI client on this machine at
/// one loopback URL.
#[derive(Debug, Parser)]
#[command(
    name = "headgate",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = format!("{TOP_EXAMPLES}\n{EXIT_CODES}")
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the gateway in the background, unless it runs, and print where it is
    #[command(after_help = UP_NOTES)]
    Up(Output),
    /// Stop the gateway; nothing starts it again until `headgate up`
    #[command(after_help = DOWN_NOTES)]
    Down(Output),
    /// Stop the gateway and start it again
    Restart(Output),
    /// Show whether the gateway runs and how it does; starts nothing
    #[command(after_help = STATUS_NOTES)]
    Status(Output),
    /// Watch what runs and what memory and processor it takes, until `q`
    #[command(after_help = TOP_COMMAND_EXAMPLES)]
    Top(Top),
    /// Open the web UI in the browser; the gateway is started if need be
    #[command(after_help = UI_NOTES)]
    Ui(Ui),
    /// Run the gateway in the foreground until Ctrl-C or SIGTERM
    Serve(Serve),
    /// Register an MCP server: a command, a URL, or the built-in demo
    #[command(after_help = ADD_EXAMPLES)]
    Add(Box<Add>),
    /// List the upstreams and how they do
    List(Output),
    /// Show one upstream: its definition, its state, why it is not ready
    Show(OneUpstream),
    /// Change how an upstream is run
    #[command(after_help = SET_EXAMPLES)]
    Set(Set),
    /// Try a fresh copy of an upstream, step by step; what runs of it is left alone
    #[command(after_help = TEST_NOTES)]
    Test(OneUpstream),
    /// Switch an upstream on
    Enable(OneUpstream),
    /// Switch an upstream off; its definition stays
    Disable(OneUpstream),
    /// Start an upstream now
    Start(OneUpstream),
    /// Stop an upstream until it is started again
    Stop(OneUpstream),
    /// Remove an upstream and its definition
    Remove(OneUpstream),
    /// Show the gateway's log, or what an upstream said lately
    #[command(after_help = LOGS_EXAMPLES)]
    Logs(Logs),
    /// List the tools of all upstreams and what they cost; switch them off, rename or describe them
    #[command(after_help = TOOLS_EXAMPLES)]
    Tools(Tools),
    /// List the client sessions, or end one
    Sessions(Sessions),
    /// Show the calls that ended, one of them in full, or forget them
    #[command(after_help = ACTIVITY_EXAMPLES)]
    Activity(Activity),
    /// Show what upstreams ask of people whose clients cannot show it, and answer it
    #[command(after_help = QUESTIONS_EXAMPLES)]
    Questions(Questions),
    /// Call a tool through the gateway, which is started if need be
    #[command(after_help = CALL_EXAMPLES)]
    Call(Call),
    /// Connect a stdio-only client to the gateway; the client runs this
    #[command(after_help = CONNECT_EXAMPLES)]
    Connect(Connect),
    /// Give AI clients their keys, and take them back
    #[command(subcommand)]
    Client(ClientCommand),
    /// List the settings, or change one
    #[command(after_help = SETTINGS_EXAMPLES)]
    Settings(SettingsArgs),
    /// Write the whole setup, without secrets, as one JSON document
    #[command(after_help = BACKUP_NOTES)]
    Backup(FileTo),
    /// Put a backup back, after showing what that changes
    #[command(after_help = RESTORE_NOTES)]
    Restore(RestoreArgs),
    /// Write upstreams and settings as a TOML file to keep and edit
    Export(FileTo),
    /// Make upstreams and settings be as a file says, after showing what that changes
    #[command(after_help = APPLY_NOTES)]
    Apply(Apply),
    /// Give an upstream the values of its secrets
    Secret(Secret),
    /// Start the gateway with your login, or no longer; alone: tell whether it does
    #[command(after_help = AUTOSTART_EXAMPLES)]
    Autostart(Autostart),
    /// Look for what is wrong here, and tell the fix for each; starts nothing
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Output),
    /// Serve one stdio MCP server over HTTP, without registration
    #[command(after_help = PROXY_EXAMPLES)]
    Proxy(Proxy),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the OpenAPI document of the admin API; for programs that are made from it
    #[command(hide = true)]
    Openapi,
    /// Writes the manual's pages into a folder; for packages
    #[command(hide = true)]
    Manual {
        /// The folder, which has to be there
        folder: PathBuf,
    },
    /// Counts the tokens of what it reads; started by the gateway
    #[command(hide = true)]
    CountTokens,
    /// The built-in demo server, over stdio
    #[command(hide = true)]
    Demo,
    /// Ends process groups when the gateway is gone; started by the gateway
    #[command(hide = true)]
    Warden,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ui {
    /// Only print the link
    #[arg(long)]
    pub(crate) print: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The port; 0 takes any free one [default: the one that this home folder was given]
    #[arg(long, env = "HEADGATE_PORT")]
    pub(crate) port: Option<u16>,
    /// Listen at this address [default: loopback only]
    #[arg(long, value_parser = address)]
    pub(crate) host: Option<IpAddr>,
    /// Where secrets are kept from now on; in a file, every program of yours can read them [default: as
    /// the last time, at first in the keychain]
    #[arg(long, value_enum, value_name = "STORE", env = "HEADGATE_SECRET_STORE")]
    pub(crate) secret_store: Option<SecretStore>,
    /// What to log
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Info)]
    pub(crate) log_level: Level,
    /// Append the log to this file instead of standard error
    #[arg(long, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// Outlive whoever starts it; for faces that start the gateway
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    /// The login starts it: a stop by a person holds, and the log goes to the log folder
    #[arg(long, hide = true)]
    pub(crate) at_login: bool,
    /// The home folder, where no environment can name it
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Debug,
    Info,
    #[value(alias = "warn")]
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SecretStore {
    Keychain,
    File,
}

impl From<SecretStore> for SecretStoreKind {
    fn from(store: SecretStore) -> Self {
        match store {
            SecretStore::Keychain => Self::Keychain,
            SecretStore::File => Self::File,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "headgate add [OPTIONS] NAME -- COMMAND [ARG]...\n       \
    headgate add [OPTIONS] NAME URL\n       headgate add [OPTIONS] --demo [NAME]\n       \
    headgate add [OPTIONS] --paste [NAME]\n       headgate add [OPTIONS] --from FILE [NAME]")]
pub(crate) struct Add {
    /// The upstream's name: 1 to 64 letters, digits, `.`, `-`, `_`
    #[arg(required_unless_present_any = ["demo", "paste", "from"])]
    pub(crate) name: Option<UpstreamName>,
    /// The endpoint of a server that speaks Streamable HTTP
    pub(crate) url: Option<String>,
    /// A program that speaks MCP on its standard streams, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// The built-in demo server
    #[arg(long, conflicts_with_all = ["url", "command"])]
    pub(crate) demo: bool,
    /// Read standard input: a command line, a URL, a piece of any client's settings, a `claude mcp add` line
    #[arg(long, conflicts_with_all = ["url", "command", "demo", "from", "env", "secret_env", "cwd", "header",
        "secret_header", "off"])]
    pub(crate) paste: bool,
    /// The same from a file, such as a client's settings
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "command", "demo", "env", "secret_env", "cwd",
        "header", "secret_header", "off"])]
    pub(crate) from: Option<PathBuf>,
    /// Agree to what `--paste` or `--from` read without being asked
    #[arg(long)]
    pub(crate) yes: bool,
    /// A variable in the command's environment
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// A variable whose value is a secret
    #[arg(long, value_name = "K", value_parser = variable_name)]
    pub(crate) secret_env: Vec<String>,
    /// The command's working directory [default: your home folder, or the project's with `--isolation project`]
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// A header that is sent with every request
    #[arg(long, value_name = "K: V", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,
    /// A header whose value is a secret
    #[arg(long, value_name = "K", value_parser = header_name)]
    pub(crate) secret_header: Vec<String>,
    /// Who shares one running copy [default: shared for commands, project if ${PROJECT_ROOT} is named,
    /// session for URLs]
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) isolation: Option<IsolationArg>,
    /// Put before its names: `github` turns `search` into `github_search`
    #[arg(long, value_name = "P")]
    pub(crate) prefix: Option<String>,
    /// Leave one of its tools out, by its own name; may be given again
    #[arg(long, value_name = "TOOL")]
    pub(crate) off: Vec<String>,
    /// Start it with the gateway and never put it to sleep
    #[arg(long)]
    pub(crate) keep_warm: bool,
    /// Keep it switched off, without trying it
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Restart it when it uses more memory than that; 0 is no limit [default: the setting `memory_limit`]
    #[arg(long, value_name = "MIB")]
    pub(crate) memory_limit: Option<u64>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate set`.
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// The upstream's name
    pub(crate) name: UpstreamName,
    /// Who shares one running copy
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) isolation: Option<IsolationArg>,
    /// Put before its names; an empty one takes it away
    #[arg(long, value_name = "P")]
    pub(crate) prefix: Option<String>,
    /// Start it with the gateway and never put it to sleep
    #[arg(long, value_name = "BOOL")]
    pub(crate) keep_warm: Option<bool>,
    /// Restart it when it uses more memory than that; 0 is no limit, `default` the setting `memory_limit`
    #[arg(long, value_name = "MIB")]
    pub(crate) memory_limit: Option<MemoryLimit>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A limit of its own, or that of the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryLimit(pub(crate) Option<u64>);

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Self(None)),
            mib => {
                mib.parse().map(|mib| Self(Some(mib))).map_err(|_| "use a number of MiB, or `default`".into())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum IsolationArg {
    /// One copy for everybody
    Shared,
    /// One copy for each project folder
    Project,
    /// An own copy for each client session
    Session,
}

impl From<IsolationArg> for Isolation {
    fn from(isolation: IsolationArg) -> Self {
        match isolation {
            IsolationArg::Shared => Self::Shared,
            IsolationArg::Project => Self::Project,
            IsolationArg::Session => Self::Session,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct OneUpstream {
    /// The upstream's name
    pub(crate) name: UpstreamName,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate connect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Connect {
    /// The name under which the gateway knows the client
    #[arg(long, value_name = "NAME", default_value = "stdio")]
    pub(crate) client: ClientName,
    /// The folder of the project that the client works in [default: the repository around the current
    /// folder, or that folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// What to log, on standard error and in the log folder
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Warning)]
    pub(crate) log_level: Level,
}

const CONNECT_EXAMPLES: &str = "\
Examples:
  headgate connect --client claude

In a client's settings: {\"command\": \"headgate\", \"args\": [\"connect\", \"--client\", \"claude\"]}";

const AUTOSTART_EXAMPLES: &str = "\
Examples:
  headgate autostart on
  headgate autostart --json

It begins with the next login. A Headgate that you stopped stays stopped.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  headgate doctor
  headgate doctor --json

Exit code 0 when there is no problem, 1 otherwise; warnings do not count.";

const SETTINGS_EXAMPLES: &str = "\
Examples:
  headgate settings
  headgate settings set call_timeout 600
  headgate settings unset call_timeout

Durations are seconds. A variable of the gateway's environment, as HEADGATE_CALL_TIMEOUT, wins over what is
set here.";

/// `headgate settings`.
#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SettingCommand>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingCommand {
    /// Change a setting; it holds at once, or says that it needs a restart
    Set {
        /// The setting, as `headgate settings` names it
        key: String,
        /// Its new value
        value: String,
        #[command(flatten)]
        output: Output,
    },
    /// Go back to the default
    Unset {
        /// The setting, as `headgate settings` names it
        key: String,
        #[command(flatten)]
        output: Output,
    },
}

const BACKUP_NOTES: &str = "\
It holds settings, upstreams and the names of clients. Secrets and keys are not in it: secrets are asked for
when it is put back, keys are made anew.";

const RESTORE_NOTES: &str = "\
Every command that would run is shown in full before anything is done; `--yes` is your word that you know them.
Secrets come from variables of their names, from standard input (one line each, in the order shown) or from a
prompt. An upstream without its secrets is kept disabled.";

const APPLY_NOTES: &str = "\
Example:
  [settings]
  call_timeout = 600

  [upstreams.files]
  command = [\"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\", \"/home/me/notes\"]

  [upstreams.github]
  command = [\"npx\", \"-y\", \"some-github-server\"]
  secret_env = [\"GITHUB_TOKEN\"]
  prefix = \"github\"

  [upstreams.docs]
  url = \"https://example.com/mcp\"
  secret_headers = [\"Authorization\"]

Applying it twice changes nothing the second time. Secrets that are there stay; those that lack come from
variables of their names, from standard input or from a prompt. JSON of the same shape is read as well.";

/// `headgate backup` and `headgate export`.
#[derive(Debug, clap::Args)]
pub(crate) struct FileTo {
    /// A new file [default: standard output]
    pub(crate) file: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long, short)]
    pub(crate) force: bool,
}

/// `headgate restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// What `headgate backup` wrote; `-` is standard input
    pub(crate) file: PathBuf,
    /// Remove what the backup does not name
    #[arg(long)]
    pub(crate) replace: bool,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// A TOML or JSON file, as `headgate export` writes; `-` is standard input
    pub(crate) file: PathBuf,
    /// Remove upstreams and settings that the file does not name
    #[arg(long)]
    pub(crate) prune: bool,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate secret`.
#[derive(Debug, clap::Args)]
pub(crate) struct Secret {
    /// The upstream's name
    pub(crate) upstream: UpstreamName,
    /// Variables or headers; their values are asked for, or read from standard input, one line each
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate autostart`.
#[derive(Debug, clap::Args)]
pub(crate) struct Autostart {
    /// Whether it starts
    #[arg(value_enum, value_name = "on|off")]
    pub(crate) switch: Option<Switch>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The upstream's name [default: the gateway itself]
    pub(crate) name: Option<UpstreamName>,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// How many of the last lines [default: 200 of the gateway, all that are kept of an upstream]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) lines: Option<usize>,
    /// Print JSON
    #[arg(long, conflicts_with = "follow")]
    pub(crate) json: bool,
}

/// `headgate activity`.
#[derive(Debug, clap::Args)]
pub(crate) struct Activity {
    /// The number of a call to show in full, or `clear` to forget all of them
    #[arg(value_name = "ID|clear", value_parser = recorded)]
    pub(crate) what: Option<Recorded>,
    /// Calls that this upstream answered
    #[arg(long, value_name = "NAME", conflicts_with = "what")]
    pub(crate) upstream: Option<UpstreamName>,
    /// Calls that this client made
    #[arg(long, value_name = "NAME", conflicts_with = "what")]
    pub(crate) client: Option<String>,
    /// Calls that failed
    #[arg(long, conflicts_with = "what")]
    pub(crate) errors: bool,
    /// How many of the last calls
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, conflicts_with = "what")]
    pub(crate) lines: usize,
    /// Go on with what comes, until Ctrl-C
    #[arg(long, short, conflicts_with = "what")]
    pub(crate) follow: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "follow")]
    pub(crate) json: bool,
}

/// Which recorded calls are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// This one.
    Call(i64),
    /// All of them.
    All,
}

/// `headgate questions`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Questions {
    #[command(subcommand)]
    pub(crate) command: Option<QuestionCommand>,
    /// Show each one as it comes; while this runs they are kept for you
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuestionCommand {
    /// Answer one of them
    Answer(AnswerArgs),
}

/// What a form is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// A name and its value.
    Value(String, String),
    /// What standard input says.
    Input,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// The number of the question
    #[arg(value_name = "ID")]
    pub(crate) id: u64,
    /// Say yes, with the values of its form; a list takes the same name again. `-` reads lines of K=V from standard
    /// input, where no other program sees them
    #[arg(long, num_args = 0.., value_name = "K=V|-", value_parser = accepted,
          required_unless_present_any = ["decline", "cancel"], conflicts_with_all = ["decline", "cancel"])]
    pub(crate) accept: Option<Vec<Accepted>>,
    /// Say no
    #[arg(long, conflicts_with = "cancel")]
    pub(crate) decline: bool,
    /// Say neither
    #[arg(long)]
    pub(crate) cancel: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Top {
    /// Look once and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Look once and print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Seconds between two looks
    #[arg(long, short, value_name = "SECONDS", default_value = "2", value_parser = interval)]
    pub(crate) interval: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The tool, as `headgate tools` names it
    pub(crate) tool: String,
    /// Its arguments: a JSON object
    #[arg(value_name = "JSON", default_value = "{}", hide_default_value = true)]
    pub(crate) arguments: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `headgate tools`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Tools {
    #[command(subcommand)]
    pub(crate) change: Option<ToolsCommand>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// Switch tools off, for every client
    Off(SomeTools),
    /// Switch tools on again
    On(SomeTools),
    /// Give a tool another name at /mcp; no prefix is put before it
    Rename {
        #[command(flatten)]
        tool: OneTool,
        /// The new name: 1 to 128 letters, digits, `_`, `-`, `.`
        #[arg(value_name = "NEW")]
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Give a tool another description
    Describe {
        #[command(flatten)]
        tool: OneTool,
        /// What clients read of it from now on
        #[arg(value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        output: Output,
    },
    /// Bring tools back to how the upstream has them: on, under their own name and description
    Reset {
        /// The upstream's name
        upstream: UpstreamName,
        /// Tools by their own names [default: all]
        #[arg(value_name = "TOOL")]
        tools: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct SomeTools {
    /// The upstream's name
    pub(crate) upstream: UpstreamName,
    /// Tools by their own names
    #[arg(required = true, value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OneTool {
    /// The upstream's name
    pub(crate) upstream: UpstreamName,
    /// The tool's own name
    pub(crate) tool: String,
}

const TOOLS_EXAMPLES: &str = "\
Examples:
  headgate tools
  headgate tools off github delete_repository delete_file
  headgate tools rename github search_code find_code
  headgate tools describe github search_code 'Search the code of our repositories'
  headgate tools reset github search_code

TOOL is the name a tool has at its upstream. What is chosen is kept by that name, also while the upstream
does not list it. Tokens are those of name, description and input schema, counted with the vocabulary
o200k_base; models that use another one count differently.";

/// `headgate sessions`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    pub(crate) change: Option<SessionsCommand>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// End a session: its calls are cancelled, its own children end; a client that goes on opens another one
    End {
        /// The session, as `headgate sessions` shows it
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a key for a client, and print how it connects
    Add(OneClient),
    /// List the clients that have a key
    List(Output),
    /// Take a client's key back; its sessions end
    Revoke(OneClient),
}

#[derive(Debug, clap::Args)]
pub(crate) struct OneClient {
    /// The client's name: 1 to 64 letters, digits, `.`, `-`, `_`
    pub(crate) name: ClientName,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "headgate proxy [OPTIONS] [--] COMMAND [ARG]...")]
pub(crate) struct Proxy {
    /// Listen at this address
    #[arg(long, env = "MCP_BIND_HOST", default_value = "127.0.0.1", value_parser = address)]
    pub(crate) host: IpAddr,
    /// The port; 0 takes any free one
    #[arg(long, env = "MCP_PORT", default_value_t = 3000)]
    pub(crate) port: u16,
    /// Seconds without activity until a session and its child end
    #[arg(long, value_name = "S", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
    /// Seconds of silence until a call fails
    #[arg(long, value_name = "S", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) request_timeout: u64,
    /// Sessions, and so children, at once
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) max_sessions: usize,
    /// The key that clients must send; needed beyond loopback. Arguments can be seen by others: set the variable instead
    #[arg(long, env = "HEADGATE_PROXY_KEY", hide_env_values = true, conflicts_with = "no_auth")]
    pub(crate) key: Option<String>,
    /// Let anybody in who can reach the address
    #[arg(long)]
    pub(crate) no_auth: bool,
    /// A host name by which it may be called, besides its address; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// What to log
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Info)]
    pub(crate) log_level: Level,
    /// Append the log to this file instead of standard error
    #[arg(long, value_name = "FILE", env = "LOG_FILE")]
    pub(crate) log_file: Option<PathBuf>,
    /// A program that speaks MCP on its standard streams, and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Seconds between two looks; the gateway looks no more often than once a second.
fn interval(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    match (0.1..=3600.0).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("expected 0.1 to 3600 seconds".to_owned()),
    }
}

/// Reads an address, or a name that stands for one, such as `localhost`.
fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Ok(address);
    }
    let found = (bare, 0).to_socket_addrs().map_err(|e| format!("no address is known for it: {e}"))?;
    let addresses: Vec<IpAddr> = found.map(|found| found.ip()).collect();
    let first_v4 = addresses.iter().find(|address| address.is_ipv4());
    first_v4.or(addresses.first()).copied().ok_or_else(|| "no address is known for it".to_owned())
}

fn recorded(text: &str) -> Result<Recorded, String> {
    match text {
        "clear" => Ok(Recorded::All),
        id => {
            id.parse().map(Recorded::Call).map_err(|_| "expected the number of a call, or `clear`".to_owned())
        }
    }
}

fn accepted(text: &str) -> Result<Accepted, String> {
    if text == "-" {
        return Ok(Accepted::Input);
    }
    field(text).map(|(name, value)| Accepted::Value(name, value))
}

/// A field of a form and its value.
pub(crate) fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("expected K=V")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected K=V")?;
    Ok((variable_name(name)?, value.to_owned()))
}

fn variable_name(name: &str) -> Result<String, String> {
    match name.is_empty() || name.contains(['=', '\0']) {
        true => Err("expected the name of a variable, without a value".to_owned()),
        false => Ok(name.to_owned()),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'K: V'")?;
    let value = value.trim();
    reqwest::header::HeaderValue::from_str(value).map_err(|e| e.to_string())?;
    Ok((header_name(name)?, value.to_owned()))
}

fn header_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    match reqwest::header::HeaderName::from_bytes(name.as_bytes()) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err("expected the name of a header, without a value".to_owned()),
    }
}
