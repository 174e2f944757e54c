//! Somebody who shows notifications (org.freedesktop.Notifications), and clicks at them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use e2e::in_time;
use tokio::sync::{Mutex, mpsc};
use zbus::{Connection, connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What was to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Notification {
    id: u32,
    pub(super) title: String,
    pub(super) body: String,
    actions: Vec<String>,
}

struct Server {
    shown: mpsc::UnboundedSender<Notification>,
    last: AtomicU32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        vec!["actions".to_owned(), "body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("tests".to_owned(), "tests".to_owned(), "1".to_owned(), "1.2".to_owned())
    }

    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    fn notify(
        &self,
        _app_name: String,
        _replaces_id: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let id = self.last.fetch_add(1, Relaxed) + 1;
        self.shown.send(Notification { id, title: summary, body, actions }).unwrap();
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;
}

pub(super) struct Notifications {
    bus: Connection,
    shown: Mutex<mpsc::UnboundedReceiver<Notification>>,
}

impl Notifications {
    pub(super) async fn put_up(address: &str) -> Self {
        let (sender, shown) = mpsc::unbounded_channel();
        let server = Server { shown: sender, last: AtomicU32::new(0) };
        let bus = connection::Builder::address(address).unwrap();
        let bus = bus.serve_at(PATH, server).unwrap().name(NAME).unwrap().build().await.unwrap();
        Self { bus, shown: Mutex::new(shown) }
    }

    /// The next one.
    pub(super) async fn next(&self) -> Notification {
        in_time("a notification", async { self.shown.lock().await.recv().await }).await.unwrap()
    }

    /// Those that nobody took yet.
    pub(super) async fn others(&self) -> Vec<Notification> {
        let mut shown = self.shown.lock().await;
        std::iter::from_fn(|| shown.try_recv().ok()).collect()
    }

    /// Clicks at it, which it must allow.
    pub(super) async fn click(&self, notification: &Notification) {
        assert!(notification.actions.iter().any(|action| action == "default"), "{notification:?}");
        let emitter = SignalEmitter::new(&self.bus, PATH).unwrap();
        Server::action_invoked(&emitter, notification.id, "default").await.unwrap();
    }
}
