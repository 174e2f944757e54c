//! `headgate serve`: takes the lock, opens the store, starts the gateway, listens, tells where, and
//! undoes all of it in the opposite order.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use headgate_api::{Home, Manifest};
use headgate_gateway::{Environment, Gateway, Machine, SecretReader, Warden};
use headgate_model::{SecretStoreKind, Settings};
use headgate_store::{SecretStore, Store};
use tokio::time::{sleep, timeout};

use crate::{
    activity::Activity,
    admin::{Admin, Parts},
    drain::Drain,
    guard::Names,
    journal,
    keys::{self, Keys},
    lock::Lock,
    mcp::{Access, Door},
    port::{self, Listeners, Wanted},
    server::{self, App, Identity},
    settings::{self, Tuning},
    signal,
    ui::page,
    usage::Usage,
};

/// The setting that keeps the port.
pub(crate) const PORT: &str = "port";
/// What helps who cannot listen. The first start with another port is for one time only.
const PORT_ADVICE: &str = "end that program, or use another port: `HEADGATE_PORT=N headgate up` or `headgate serve \
                           --port N`, and then `headgate settings set port N`, which keeps it";
/// Children get their time to end, and then the warden does it; all within the ten seconds that
/// service managers usually give; calls in flight had two of them.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(6);

/// The last changes of sessions, and the last calls, get this long each to be written.
const JOURNAL_LIMIT: Duration = Duration::from_millis(500);

/// What `headgate serve` was told.
pub struct ServeOptions {
    /// Where everything is kept.
    pub home: Home,
    /// Another port than the kept one; 0 takes any free one.
    pub port: Option<u16>,
    /// Another address than loopback.
    pub host: Option<IpAddr>,
    /// Where secrets go, from now on; by default as the last time, and to the keychain at first.
    pub secret_store: Option<SecretStoreKind>,
    /// A person started it, which ends a stop; it holds for faces and logins.
    pub by_person: bool,
}

/// Serves until a signal comes or a face asks it to end.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let stop = signal::stop().context("listen for signals")?;
    let home = options.home;
    home.create()?;
    let lock = Lock::take(&home).await?;
    Manifest::remove_stale(&home)?;
    page::remove_stale(&home.pages());
    match options.by_person {
        true => headgate_api::allow_starts(&home)
            .with_context(|| format!("remove {}", home.stopped_mark().display()))?,
        // The face that started it may have died since, and a stop found nobody to end.
        false if headgate_api::is_stopped(&home) => {
            bail!("Headgate was stopped while this gateway was starting")
        }
        false => {}
    }
    let store = Store::open(&home.database()).await?;
    let secrets =
        SecretStore::new(settings::secret_store(&store, options.secret_store).await?, home.secrets());
    let listeners = listen(&store, options.host, options.port).await?;
    let tuning = Tuning::read(&store).await?;
    let instance = keys::generate("hgi")?;
    let manifest = Manifest {
        url: format!("http://{}", SocketAddr::from((listeners.address, listeners.port))),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        instance: instance.clone(),
        admin_token: keys::generate("hga")?,
    };
    let machine = machine(&home, &instance, tuning.settings(), secrets.clone()).await?;
    let (journal, changes) = journal::channel();
    let gateway = Gateway::new(machine, false, Some(journal));
    gateway.remember(journal::read(&store).await?);
    let writing = tokio::spawn(journal::write(store.clone(), changes));
    let activity = Activity::new(gateway.recorder().clone(), store.clone(), &tuning.settings());
    let recording = tokio::spawn(activity.clone().write_forever());
    gateway.restore(store.upstreams().await?, journal::read_catalogs(&store).await?);
    let known = Arc::new(Keys::new(store.clients().await?));
    let drain = Drain::default();
    let app = App {
        names: Names::new(listeners.address, &[], listeners.port),
        identity: Some(Identity { admin_token: manifest.admin_token.clone(), port: listeners.port }),
        mcp: Door {
            gateway: gateway.clone(),
            drain: drain.clone(),
            access: Access::Keys { keys: known.clone(), admin_token: keys::hash(&manifest.admin_token) },
        },
        admin: Some(Admin::new(Parts {
            gateway: gateway.clone(),
            store: store.clone(),
            secrets,
            secret_times: store.secret_times().await?,
            keys: known,
            activity: activity.clone(),
            drain: drain.clone(),
            usage: Usage::watch_over(&gateway),
            tuning,
            manifest: manifest.clone(),
            pages: home.pages(),
            program: home.program(),
        })),
    };
    manifest.write(&home)?;
    tracing::info!("Headgate {} serves MCP at {}/mcp", manifest.version, manifest.url);
    tidy_forever(&gateway);
    journal::note_use_forever(&gateway);
    let close = async {
        if timeout(STOP_LIMIT, gateway.shut_down()).await.is_err() {
            tracing::warn!("some upstreams did not end in time; they are killed");
        }
    };
    server::run(listeners, Arc::new(app), drain.until_stopped(stop), close).await;
    Manifest::remove(&home, &instance)?;
    drop(gateway);
    // The writer ends with the last holder of the gateway; what it has not written by then is lost.
    let _ = timeout(JOURNAL_LIMIT, writing).await;
    // What the writer is just writing is waited for; then it has nothing left to do.
    let _ = timeout(JOURNAL_LIMIT, activity.flush()).await;
    recording.abort();
    store.close().await?;
    drop(lock);
    Ok(())
}

/// The first start takes a free port of the range and keeps it for good.
async fn listen(store: &Store, host: Option<IpAddr>, port: Option<u16>) -> anyhow::Result<Listeners> {
    if let Some(port) = port {
        return port::listen(host, Wanted::This(port), PORT_ADVICE).await;
    }
    let kept = store.setting(PORT).await?.and_then(|text| text.parse().ok());
    let listeners = port::listen(host, kept.map_or(Wanted::First, Wanted::This), PORT_ADVICE).await?;
    if kept.is_none() {
        store.set_setting(PORT, &listeners.port.to_string()).await?;
    }
    Ok(listeners)
}

async fn machine(
    home: &Home,
    instance: &str,
    settings: Settings,
    secrets: SecretStore,
) -> anyhow::Result<Machine> {
    let program = std::env::current_exe().context("find this program")?;
    let marks =
        [("HEADGATE_HOME", home.folder().as_os_str().to_owned()), ("HEADGATE_INSTANCE", instance.into())];
    let warden =
        Warden::start(&program, &warden_environment(home.folder(), instance)).context("start the warden")?;
    let environment = Environment::read(&marks, &home.path_cache());
    let secrets: SecretReader = Arc::new(move |secret| {
        let secrets = secrets.clone();
        Box::pin(async move {
            secrets.get(&secret).await.map_err(|error| format!("{:#}", anyhow::Error::new(error)))
        })
    });
    let (settings, changes) = (Arc::new(Arc::new(settings).into()), Default::default());
    Ok(Machine { environment, warden, secrets, program, settings, changes })
}

fn warden_environment(home: &Path, instance: &str) -> Vec<(String, String)> {
    vec![
        ("HEADGATE_HOME".to_owned(), home.to_string_lossy().into_owned()),
        ("HEADGATE_INSTANCE".to_owned(), instance.to_owned()),
    ]
}

/// Looks after sessions for as long as the gateway lives; often enough that a session ends no more
/// than a tenth of its time too late.
pub(crate) fn tidy_forever(gateway: &Arc<Gateway>) {
    let gateway = Arc::downgrade(gateway);
    tokio::spawn(async move {
        while let Some(every) = gateway.upgrade().map(|gateway| {
            gateway.tidy();
            tidy_every(gateway.settings().session_sleep)
        }) {
            sleep(every).await;
        }
    });
}

fn tidy_every(session_sleep: Duration) -> Duration {
    (session_sleep / 10).clamp(Duration::from_millis(50), Duration::from_secs(10))
}
