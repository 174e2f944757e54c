//! `headgate proxy` with the fake upstream behind it.

use std::path::Path;

use crate::{Mcp, Running, in_time, mcp::http_client, programs, wait_for};

/// A running proxy. Dropping it ends it and checks that no process is left.
pub struct Proxy {
    running: Running,
    url: String,
}

impl Proxy {
    /// Starts the proxy on a free port: `flags` before the command, `fake` are the fake upstream's.
    pub async fn start(flags: &[&str], fake: &[&str]) -> Self {
        let port = free_port().to_string();
        let mut running = Running::start(|command| {
            command.args(["proxy", "--port", &port]).args(flags).arg("--");
            command.arg(programs::fake_upstream()).arg("--stdio").args(fake);
        });
        let url = format!("http://127.0.0.1:{port}");
        let (http, health) = (http_client(), format!("{url}/health"));
        wait_for("the proxy answers /health", async || {
            if let Some(status) = running.exit_status() {
                panic!("`headgate proxy` ended at once: {status}");
            }
            http.get(&health).send().await.ok().filter(|response| response.status() == 200)
        })
        .await;
        Self { running, url }
    }

    /// Its MCP endpoint.
    pub fn url(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// Its home folder, by which its children are known.
    pub fn home(&self) -> &Path {
        self.running.home()
    }

    /// The running program itself.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// The processes it started, and theirs.
    pub fn children(&self) -> Vec<u32> {
        self.running.children()
    }

    /// A client without a key.
    pub async fn client(&self) -> Mcp {
        in_time("opening a session at the proxy", Mcp::open(&self.url(), "")).await
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("find a free port");
    listener.local_addr().expect("a listener has an address").port()
}
