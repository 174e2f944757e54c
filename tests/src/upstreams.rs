//! Servers that run beside the gateway, not below it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::programs;

/// An HTTP server that prints its URL as its first line.
pub struct HttpUpstream {
    child: Child,
    url: String,
}

impl HttpUpstream {
    /// The fake upstream on a free port.
    pub async fn fake(flags: &[&str]) -> Self {
        Self::fake_on(0, flags).await
    }

    /// The fake upstream on a port that is known to be free.
    pub async fn fake_on(port: u16, flags: &[&str]) -> Self {
        let port = port.to_string();
        let flags: Vec<&str> = ["--port", &port].into_iter().chain(flags.iter().copied()).collect();
        Self::start(&programs::fake_upstream(), &flags).await
    }

    /// Any program that prints its URL first.
    pub async fn start(program: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).map(|_| (line, stdout))
        });
        let line = crate::in_time("the first line of an HTTP server", read).await;
        let (line, _) = line.expect("read in a thread").expect("read the URL of an HTTP server");
        Self { child, url: line.trim().to_owned() }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its MCP endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        let address = self.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
        port.unwrap_or_else(|| panic!("there is no port in `{}`", self.url))
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for HttpUpstream {
    fn drop(&mut self) {
        self.kill();
    }
}
