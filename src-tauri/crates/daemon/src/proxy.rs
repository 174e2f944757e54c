//! `headgate proxy`: one stdio server over HTTP at `/mcp`, a child for each session, nothing registered
//! and nothing kept.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use headgate_gateway::{Environment, Gateway, Machine, Scope, Warden};
use headgate_model::{Isolation, Settings, Transport, UpstreamName, UpstreamSpec};

use tokio::time::timeout;

use crate::{
    drain::Drain,
    guard::Names,
    keys,
    mcp::{Access, Door},
    port::{self, Wanted},
    serve::{STOP_LIMIT, tidy_forever},
    server::{self, App},
    signal,
};

/// What helps who cannot listen.
const PORT_ADVICE: &str = "end that program, or use another port with `--port`";

/// What `headgate proxy` was told.
pub struct ProxyOptions {
    /// Where to listen.
    pub host: IpAddr,
    /// 0 takes any free one.
    pub port: u16,
    /// Without activity until a session and its child end.
    pub timeout: Duration,
    /// Silence until a call fails.
    pub request_timeout: Duration,
    /// Sessions, and so children, at once.
    pub max_sessions: usize,
    /// What clients must show.
    pub key: Option<String>,
    /// Nothing is asked, even beyond loopback.
    pub no_auth: bool,
    /// Names the server may be called by, besides loopback and its address.
    pub allow_hosts: Vec<String>,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// Serves until a signal comes.
pub async fn proxy(options: ProxyOptions) -> anyhow::Result<()> {
    if !options.host.is_loopback() && options.key.is_none() && !options.no_auth {
        bail!(
            "{} can be reached from other machines: name a key with `--key`, or say `--no-auth` if nobody else can reach it",
            options.host
        );
    }
    let stop = signal::stop().context("listen for signals")?;
    let name: UpstreamName = "proxy".parse()?;
    let instance = keys::generate("hgi")?;
    let spec = UpstreamSpec {
        name: name.clone(),
        transport: Transport::Stdio {
            command: options.command,
            args: options.args,
            env: BTreeMap::new(),
            cwd: std::env::current_dir().ok(),
        },
        isolation: Isolation::Session,
        prefix: None,
        tool_choices: Default::default(),
        enabled: true,
        keep_warm: false,
        memory_limit_mib: None,
        start_timeout_s: None,
        call_timeout_s: None,
    };
    let settings = Settings {
        call_timeout: options.request_timeout,
        // A child ends with its session, and not before.
        upstream_sleep: Duration::ZERO,
        session_sleep: options.timeout,
        session_life: options.timeout,
        max_sessions: options.max_sessions,
        ..Settings::default()
    };
    let machine = machine(settings, &instance).await?;
    let gateway = Gateway::new(machine, true, None);
    gateway.host(spec);
    let listeners = port::listen(Some(options.host), Wanted::This(options.port), PORT_ADVICE).await?;
    let address = SocketAddr::from((listeners.address, listeners.port));
    let drain = Drain::default();
    let app = App {
        names: Names::new(listeners.address, &options.allow_hosts, listeners.port),
        identity: None,
        mcp: Door {
            gateway: gateway.clone(),
            drain: drain.clone(),
            access: Access::One { key: options.key.as_deref().map(keys::hash), scope: Scope::One(name) },
        },
        admin: None,
    };
    tracing::info!("serving MCP at http://{address}/mcp");
    tidy_forever(&gateway);
    let close = async {
        // What does not end in time is ended by the warden.
        let _ = timeout(STOP_LIMIT, gateway.shut_down()).await;
    };
    server::run(listeners, Arc::new(app), drain.until_stopped(stop), close).await;
    Ok(())
}

/// The surroundings of a gateway without a home: its children carry ours, if we have one.
async fn machine(settings: Settings, instance: &str) -> anyhow::Result<Machine> {
    let program = std::env::current_exe().context("find this program")?;
    let mut marks = vec![("HEADGATE_INSTANCE", instance.into())];
    if let Some(home) = std::env::var_os("HEADGATE_HOME") {
        marks.push(("HEADGATE_HOME", home));
    }
    let warden = Warden::start(&program, &[("HEADGATE_INSTANCE".to_owned(), instance.to_owned())])
        .context("start the warden")?;
    Ok(Machine {
        // What a person started by hand runs with that person's environment, as with any other runner.
        environment: Environment::inherited(&marks),
        warden,
        secrets: Arc::new(|_| Box::pin(async { Err("a proxied server has no secrets".to_owned()) })),
        program,
        settings: Arc::new(Arc::new(settings).into()),
        changes: Default::default(),
    })
}
