//! What runs while calls are measured: the HTTP upstream and gateways in fresh homes. All of it ends
//! when it is dropped.

use std::process::Command;

use anyhow::{Result, ensure};
use e2e::{HttpUpstream, Sandbox, UpstreamOptions, programs};

use crate::{
    cell::Party,
    figures::Way,
    load::{self, Caller, Until},
    payload::Calls,
    session::{Door, Session},
};

/// The tool of a bench upstream without flags.
pub(crate) const TOOL: &str = "echo";

/// Tells a gateway whether to record calls.
const RECORDING: &str = "HEADGATE_RECORDING";

/// What calls are compared on. Each gateway has one upstream.
pub(crate) struct Stage {
    direct: HttpUpstream,
    stdio: Gateway,
    http: Gateway,
}

/// A gateway and a key to it.
pub(crate) struct Gateway {
    pub(crate) sandbox: Sandbox,
    key: String,
}

impl Stage {
    /// Without recording, or with it.
    pub(crate) async fn set(recording: bool) -> Self {
        let direct = http_upstream(&[]).await;
        let stdio = Gateway::start(recording).await;
        stdio.add_stdio("bench", &[]).await;
        let http = Gateway::start(recording).await;
        http.sandbox.add_http("bench", direct.url(), UpstreamOptions::default()).await;
        Self { direct, stdio, http }
    }

    /// Callers that go one way.
    pub(crate) async fn party(&self, way: Way, sessions: usize, bytes: usize) -> Result<Party> {
        let mut callers = Vec::new();
        for _ in 0..sessions {
            callers.push(Caller { session: self.session(way).await?, calls: Calls::new(TOOL, bytes) });
        }
        // An upstream may run only once it is called.
        load::round(&mut callers, Until::Made(1)).await?;
        let (gateway, mut processes) = match way {
            Way::Direct => (None, vec![self.direct.pid()]),
            Way::Pipe => (None, vec![]),
            Way::GatewayStdio | Way::Bridge => (Some(self.stdio.pid()), self.stdio.sandbox.children()),
            Way::GatewayHttp => (Some(self.http.pid()), vec![self.direct.pid()]),
        };
        // Bridges carry the mark of the gateway's children, too.
        processes.extend(callers.iter().filter_map(|caller| caller.session.pid()));
        processes.sort_unstable();
        processes.dedup();
        Ok(Party { callers, gateway, processes })
    }

    async fn session(&self, way: Way) -> Result<Session> {
        match way {
            Way::Direct => Session::connect(&direct(&self.direct)).await,
            Way::GatewayStdio => self.stdio.session().await,
            Way::GatewayHttp => self.http.session().await,
            Way::Pipe => {
                let mut command = Command::new(programs::bench_upstream());
                command.arg("stdio");
                Session::spawn(command).await
            }
            Way::Bridge => Session::spawn(self.stdio.bridge()).await,
        }
    }
}

impl Gateway {
    /// One without upstreams.
    pub(crate) async fn start(recording: bool) -> Self {
        let recording = if recording { "on" } else { "off" };
        let sandbox = Sandbox::builder().env(RECORDING, recording).start().await;
        let key = sandbox.client_key("bench").await;
        Self { sandbox, key }
    }

    /// Gives it the bench upstream as a child.
    pub(crate) async fn add_stdio(&self, name: &str, flags: &[&str]) {
        let flags: Vec<&str> = ["stdio"].into_iter().chain(flags.iter().copied()).collect();
        let options = UpstreamOptions::default();
        self.sandbox.add_stdio(name, programs::bench_upstream(), &flags, options).await;
    }

    pub(crate) fn pid(&self) -> u32 {
        self.sandbox.pid()
    }

    pub(crate) async fn session(&self) -> Result<Session> {
        Session::connect(&self.door(self.sandbox.url())).await
    }

    /// Where a gateway of this home lets clients in.
    pub(crate) fn door(&self, base: &str) -> Door {
        Door { url: format!("{base}/mcp"), key: Some(self.key.clone()) }
    }

    /// A bridge to it.
    pub(crate) fn bridge(&self) -> Command {
        let mut command = self.sandbox.command();
        command.args(["connect", "--client", "bench"]);
        command
    }

    /// Ends it at the end of a measurement, and fails when that leaves something behind.
    pub(crate) fn end(self) -> Result<()> {
        let home = self.sandbox.stop();
        ensure!(e2e::processes::of_home(home.path()).is_empty(), "a gateway left something behind");
        Ok(())
    }
}

/// The bench upstream as an HTTP server.
pub(crate) async fn http_upstream(flags: &[&str]) -> HttpUpstream {
    let flags: Vec<&str> = ["http", "0"].into_iter().chain(flags.iter().copied()).collect();
    HttpUpstream::start(&programs::bench_upstream(), &flags).await
}

/// Straight to a server.
pub(crate) fn direct(upstream: &HttpUpstream) -> Door {
    Door { url: upstream.url().to_owned(), key: None }
}
