//! A scripted MCP server for the end-to-end tests. It behaves well until a tool or a flag tells it
//! not to, and it carries parameters and results as raw text, so that a test sees every byte.
//!
//! `main` reads the flags and misbehaves before the first message; `session` is the protocol,
//! `tools` what a test asks for by name, `stdio` and `http` the transports.

mod http;
mod memory;
mod offer;
mod session;
mod stdio;
mod tools;
mod wire;

use std::{
    collections::BTreeSet,
    io::{Write, stderr, stdout},
    process::{Command, Stdio, exit},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64},
    },
    thread,
    time::Duration,
};

use clap::Parser;

use offer::Offered;
use session::{Gates, Process};

/// What the server is told at its start.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Speak on the standard streams.
    #[arg(long, required_unless_present = "port")]
    stdio: bool,
    /// Serve `/mcp` at this port of 127.0.0.1; 0 takes a free one. Prints the URL.
    #[arg(long, conflicts_with = "stdio")]
    port: Option<u16>,
    /// The name it gives itself.
    #[arg(long, default_value = "fake")]
    name: String,
    /// Instructions for clients.
    #[arg(long)]
    instructions: Option<String>,
    /// The revision it answers with, whatever was asked for.
    #[arg(long)]
    revision: Option<String>,
    /// Offer nothing but what the next flags say.
    #[arg(long)]
    bare: bool,
    /// One more tool, which answers with its name and the server's.
    #[arg(long)]
    tool: Vec<String>,
    /// One more prompt.
    #[arg(long)]
    prompt: Vec<String>,
    /// One more resource.
    #[arg(long)]
    resource: Vec<String>,
    /// One more tool for each line of this file, as it is at the start.
    #[arg(long)]
    tools_file: Option<std::path::PathBuf>,
    /// As many tools `many_N`.
    #[arg(long, default_value_t = 0)]
    many: usize,
    /// Entries of one list page; 0 gives all at once.
    #[arg(long, default_value_t = 0)]
    page: usize,

    /// Stay when the input ends.
    #[arg(long)]
    ignore_eof: bool,
    /// Stay when told to terminate.
    #[arg(long)]
    ignore_term: bool,
    /// Start a process of its own that holds as many MiB of memory, and ends with it.
    #[arg(long, value_name = "MIB")]
    spawn_child: Option<usize>,
    /// Keep as many MiB more with each tool call.
    #[arg(long, value_name = "MIB", default_value_t = 0)]
    leak_mib_per_call: usize,
    /// Serve nothing; hold as many MiB of memory until the input ends. For `--spawn-child`.
    #[arg(long, value_name = "MIB")]
    hold_mib: Option<usize>,
    /// Start a process of its own that outlives it.
    #[arg(long)]
    grandchild: bool,
    /// Never answer `initialize`, as long as the file of `--unless` is missing.
    #[arg(long)]
    silent: bool,
    /// Say that it can work on tasks, and begin one for each call that asks for that.
    #[arg(long)]
    tasks: bool,
    /// As many lines on stderr, one every 100 ms, before the first message is read.
    #[arg(long, default_value_t = 0)]
    download: u32,
    /// End with this code before the first message, as long as this file is missing (always, when
    /// no file is named).
    #[arg(long)]
    crash: Option<i32>,
    /// See `--crash` and `--silent`.
    #[arg(long)]
    unless: Option<std::path::PathBuf>,
    /// As many lines of plain text on stdout before the first message.
    #[arg(long, default_value_t = 0)]
    noise: u32,
    /// As many KiB on stderr before the first message.
    #[arg(long, default_value_t = 0)]
    stderr_kib: usize,
    /// Send `tools/list_changed` right after `initialize`.
    #[arg(long)]
    eager: bool,

    /// HTTP: refuse with 401 whoever does not send this header, as `Name: value`.
    #[arg(long)]
    require_header: Option<String>,
    /// HTTP: answer everything as an event stream.
    #[arg(long)]
    sse: bool,
    /// HTTP: leave the event stream open after the answer.
    #[arg(long, requires = "sse")]
    linger: bool,
    /// HTTP: give no session ids.
    #[arg(long)]
    stateless: bool,
    /// HTTP: `/away` redirects to this URL.
    #[arg(long)]
    redirect: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(mib) = args.hold_mib {
        return memory::hold_until_the_input_ends(mib);
    }
    misbehave_at_start(&args)?;
    let process = Arc::new(Process {
        offered: Mutex::new(Offered::new(&args)),
        args,
        gates: Gates::default(),
        sessions: Mutex::default(),
        opened: Mutex::new(0),
        lists: AtomicBool::new(true),
        later_pages: AtomicI64::new(0),
    });
    match process.args.port {
        Some(port) => http::serve(process, port).await,
        None => stdio::serve(process).await,
    }
}

fn misbehave_at_start(args: &Args) -> anyhow::Result<()> {
    if let Some(code) = args.crash.filter(|_| !is_forgiven(args)) {
        writeln!(stderr(), "fake: cannot open the database\nfake: giving up")?;
        exit(code);
    }
    for line in 0..args.noise {
        writeln!(stdout(), "Welcome to the fake server, line {line}!")?;
    }
    let line = format!("{}\n", "e".repeat(1023));
    for _ in 0..args.stderr_kib {
        stderr().write_all(line.as_bytes())?;
    }
    for part in 0..args.download {
        writeln!(stderr(), "downloading part {part}")?;
        thread::sleep(Duration::from_millis(100));
    }
    if args.grandchild {
        start_grandchild()?;
    }
    if let Some(mib) = args.spawn_child {
        memory::start_holder(mib)?;
    }
    Ok(())
}

/// True when the file is there that makes it behave.
pub(crate) fn is_forgiven(args: &Args) -> bool {
    args.unless.as_ref().is_some_and(|file| file.exists())
}

/// A process that holds this one's output open and would live for long.
pub(crate) fn start_grandchild() -> anyhow::Result<u32> {
    let child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn()?;
    Ok(child.id())
}

/// Names that were given away.
pub(crate) type Names = BTreeSet<String>;
