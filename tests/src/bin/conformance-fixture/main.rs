//! The server that the MCP conformance suite expects: tools, resources and prompts under
//! the suite's fixed names, in both eras of the protocol.
//! This file owns the command line and the two transports; `server.rs` owns what is served.

// The suite still asks for sampling, roots and logging, which the newest revision retires.
#![allow(deprecated)]

mod completion;
mod forms;
mod polling;
mod prompts;
mod resources;
mod samples;
mod server;
mod tools;

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context;
use clap::Parser;
use polling::PollingSessions;
use rmcp::{
    ServiceExt,
    transport::{StreamableHttpServerConfig, StreamableHttpService, stdio},
};
use server::{Fixture, Shared};
use tokio::net::TcpListener;

/// An MCP server that offers everything the conformance suite looks for.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    transport: Transport,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Transport {
    /// Serve Streamable HTTP at http://127.0.0.1:PORT/mcp; 0 takes a free port.
    #[arg(long)]
    port: Option<u16>,
    /// Serve standard input and output.
    #[arg(long)]
    stdio: bool,
}

/// Pages on this machine may call the server, pages from elsewhere may not.
const ALLOWED_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shared = Arc::new(Shared::new()?);
    match Options::parse().transport.port {
        Some(port) => serve_http(shared, port).await,
        None => serve_stdio(shared).await,
    }
}

/// Serves until the process is ended. The first line on stdout is the address, so that a
/// test that asked for port 0 learns where to connect.
async fn serve_http(shared: Arc<Shared>, port: u16) -> anyhow::Result<()> {
    let service = StreamableHttpService::new(
        move || Ok(Fixture::new(shared.clone())),
        Arc::new(PollingSessions::default()),
        StreamableHttpServerConfig::default().with_allowed_origins(ALLOWED_ORIGINS),
    );
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("listen on port {port}"))?;
    let address = listener.local_addr().context("read the bound address")?;
    println!("http://{address}/mcp");

    let router = axum::Router::new().nest_service("/mcp", service);
    axum::serve(listener, router).await.context("serve http")
}

/// Serves one client until it closes standard input.
async fn serve_stdio(shared: Arc<Shared>) -> anyhow::Result<()> {
    let service = Fixture::new(shared).serve(stdio()).await.context("start serving on stdio")?;
    service.waiting().await.context("serve stdio")?;
    Ok(())
}
