//! Somebody who shows trays: the app registers with it over D-Bus, and its menu is read and clicked there.

use std::{collections::HashMap, path::Path};

use e2e::{in_time, wait_for, wait_until};
use tokio::sync::mpsc;
use zbus::{
    Connection, Proxy, connection, interface,
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Structure, Value},
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// What applications register with.
struct Watcher {
    registered: mpsc::UnboundedSender<(String, String)>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// A path is an object of the sender, and a name is a bus name.
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = match service.starts_with('/') {
            true => (sender, service.to_owned()),
            false => (service.to_owned(), "/StatusNotifierItem".to_owned()),
        };
        self.registered.send(item).unwrap();
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
}

pub(super) struct Tray {
    bus: Connection,
    registered: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, String)>>,
    item: tokio::sync::OnceCell<(String, String)>,
}

/// A menu as it was read.
#[derive(Debug)]
pub(super) struct Menu(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    id: i32,
    label: String,
    enabled: bool,
    checked: bool,
}

impl Tray {
    pub(super) async fn put_up(address: &str) -> Self {
        let (registered, items) = mpsc::unbounded_channel();
        let bus = connection::Builder::address(address).unwrap();
        let bus = bus.serve_at("/StatusNotifierWatcher", Watcher { registered }).unwrap();
        let bus = bus.name(WATCHER).unwrap().build().await.unwrap();
        Self { bus, registered: tokio::sync::Mutex::new(items), item: tokio::sync::OnceCell::new() }
    }

    /// The first line of the menu becomes this.
    pub(super) async fn shows(&self, state: &str) -> Menu {
        self.until(&format!("the tray says `{state}`"), |menu| menu.labels()[0] == format!("({state})")).await
    }

    /// The menu has an entry that begins so.
    pub(super) async fn shows_entry(&self, beginning: &str) -> Menu {
        let has = |menu: &Menu| menu.labels().iter().any(|label| label.starts_with(beginning));
        self.until(&format!("the tray has `{beginning}`"), has).await
    }

    /// The menu consists of these lines.
    pub(super) async fn shows_all(&self, lines: &[&str]) {
        self.until(&format!("the tray has just {lines:?}"), |menu| menu.labels() == lines).await;
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Menu) -> bool) -> Menu {
        wait_for(what, async || Some(self.menu().await).filter(|menu| !menu.0.is_empty() && is_so(menu)))
            .await
    }

    /// The menu as it is now.
    pub(super) async fn menu(&self) -> Menu {
        let proxy = self.menu_proxy().await;
        let no_names: [&str; 0] = [];
        type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let layout: zbus::Result<(u32, Node)> =
            in_time("the menu is read", proxy.call("GetLayout", &(0, -1, &no_names[..]))).await;
        // A menu that is just being replaced has no root.
        let Ok((_, (_, _, children))) = layout else { return Menu(Vec::new()) };
        Menu(children.into_iter().map(entry).collect())
    }

    /// Clicks an entry. A menu that is replaced after it was read does not know the entry; then its successor is read.
    pub(super) async fn click(&self, label: &str) {
        wait_until(&format!("`{label}` is clicked"), async || {
            let menu = self.menu().await;
            let Some(entry) = menu.0.into_iter().find(|entry| entry.enabled && entry.label == label) else {
                return false;
            };
            let click = (entry.id, "clicked", Value::from(""), 0_u32);
            let proxy = self.menu_proxy().await;
            let clicked: zbus::Result<()> = in_time("the click arrives", proxy.call("Event", &click)).await;
            clicked.is_ok()
        })
        .await;
    }

    /// The bytes of the icon.
    pub(super) async fn icon(&self) -> Vec<u8> {
        let proxy = self.item_proxy().await;
        wait_for("the icon can be read", async || {
            let name: String = proxy.get_property("IconName").await.ok()?;
            std::fs::read(Path::new(&name)).ok()
        })
        .await
    }

    async fn menu_proxy(&self) -> Proxy<'_> {
        let path: OwnedObjectPath = self.item_proxy().await.get_property("Menu").await.unwrap();
        let (owner, _) = self.item().await;
        self.proxy(owner.clone(), path.to_string(), MENU).await
    }

    async fn item_proxy(&self) -> Proxy<'_> {
        let (owner, path) = self.item().await;
        self.proxy(owner.clone(), path.clone(), ITEM).await
    }

    async fn proxy(&self, owner: String, path: String, interface: &'static str) -> Proxy<'_> {
        let proxy = zbus::proxy::Builder::<Proxy<'_>>::new(&self.bus).destination(owner).unwrap();
        let proxy = proxy.path(path).unwrap().interface(interface).unwrap();
        proxy.cache_properties(zbus::proxy::CacheProperties::No).build().await.unwrap()
    }

    /// The app's item, once it has registered.
    async fn item(&self) -> &(String, String) {
        let registers = async || {
            let mut registered = self.registered.lock().await;
            in_time("the app registers its tray", registered.recv()).await.expect("somebody registers")
        };
        self.item.get_or_init(registers).await
    }
}

impl Menu {
    /// Its lines: what cannot be clicked in parentheses.
    pub(super) fn labels(&self) -> Vec<String> {
        let label = |entry: &Entry| match entry.enabled || entry.label == "--" {
            true => entry.label.clone(),
            false => format!("({})", entry.label),
        };
        self.0.iter().map(label).collect()
    }

    /// True when this line is ticked.
    pub(super) fn is_checked(&self, label: &str) -> bool {
        self.0.iter().any(|entry| entry.label == label && entry.checked)
    }

    /// True when a line is this.
    pub(super) fn has(&self, label: &str) -> bool {
        self.labels().iter().any(|line| line == label)
    }
}

/// `(id, properties, children)`, of which the properties say only what is unusual.
fn entry(value: OwnedValue) -> Entry {
    let node = Structure::try_from(value).unwrap();
    let (id, properties, _): (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>) = node.try_into().unwrap();
    let text = |name: &str| properties.get(name).and_then(|value| <&str>::try_from(value).ok());
    let enabled = properties.get("enabled").is_none_or(|value| bool::try_from(value).unwrap());
    let checked = properties.get("toggle-state").is_some_and(|value| i32::try_from(value).unwrap() == 1);
    let label = match text("type") {
        Some("separator") => "--".to_owned(),
        // An underscore marks the key that chooses an entry; two are one.
        _ => text("label").unwrap_or_default().replace("__", "\0").replace('_', "").replace('\0', "_"),
    };
    Entry { id, label, enabled, checked }
}
