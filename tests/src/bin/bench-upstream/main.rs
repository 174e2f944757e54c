//! The fastest MCP server that is still one, so that `bench` measures the gateway and not it: every
//! tool gives its argument `text` back, and nothing is kept or checked beyond what that needs.

mod answer;
mod http;
mod stdio;

use clap::{Parser, Subcommand};

use answer::Server;

/// An upstream for benchmarks.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    transport: Transport,
    /// As many tools, named PREFIX and a number; 0 stands for the single tool PREFIXecho.
    #[arg(long, default_value_t = 0, global = true)]
    tools: usize,
    /// Put before the names of the tools.
    #[arg(long, default_value = "", global = true)]
    prefix: String,
}

#[derive(Subcommand)]
enum Transport {
    /// Speak on the standard streams.
    Stdio,
    /// Serve `/mcp` at this port of 127.0.0.1; 0 takes a free one. Prints the URL.
    Http { port: u16 },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let server = Server::new(args.tools, &args.prefix);
    match args.transport {
        Transport::Stdio => Ok(stdio::serve(&server)?),
        Transport::Http { port } => http::serve(server, port),
    }
}
