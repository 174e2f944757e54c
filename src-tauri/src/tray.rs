//! The tray icon. Its menu is a function of what is known (`menu`); here it is drawn, and what a click
//! means is done. On Linux a tray has neither clicks nor a tooltip, so everything is in the menu.

mod menu;

use std::sync::{Mutex, PoisonError};

use tauri::{
    AppHandle, Manager, Wry, async_runtime,
    image::Image,
    include_image,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem},
    tray::{TrayIcon, TrayIconBuilder},
};
use tauri_plugin_clipboard_manager::ClipboardExt;

use crate::{
    app,
    failure::Failure,
    gateway::{Gateway, Goal, Known},
    preferences::{Preferences, Wishes},
    window,
};
use menu::{Action, Entry, Face, Kind};

/// The icon, and what it shows.
pub(crate) struct Tray {
    icon: TrayIcon,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    face: Option<Face>,
    entries: Vec<Entry>,
    items: Vec<Item>,
}

/// An entry as the system draws it.
enum Item {
    Line(PredefinedMenuItem<Wry>),
    Plain(MenuItem<Wry>),
    Check(CheckMenuItem<Wry>),
}

impl Tray {
    /// Puts it there. On a desktop without a tray nobody sees it.
    pub(crate) fn build(app: &AppHandle) -> tauri::Result<Self> {
        let icon = TrayIconBuilder::with_id("headgate")
            .tooltip("Headgate")
            .icon(image(Face::Stopped))
            .icon_as_template(cfg!(target_os = "macos"))
            .on_menu_event(|app, event| {
                if let Some(action) = Action::of(event.id().as_ref()) {
                    let app = app.clone();
                    async_runtime::spawn(async move { act(&app, action).await });
                }
            });
        Ok(Self { icon: icon.build(app)?, shown: Mutex::default() })
    }
}

/// Draws what is known.
pub(crate) fn show(app: &AppHandle, known: &Known, wishes: &Wishes) {
    let (face, entries) = (menu::face(known), menu::entries(known, wishes));
    let drawer = app.clone();
    let draw = move || {
        let Some(tray) = drawer.try_state::<Tray>() else { return };
        let mut shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = shown.become_so(&drawer, &tray.icon, face, entries) {
            eprintln!("error: the tray cannot be drawn: {error}");
        }
    };
    // An app that is about to end draws no more.
    let _ = app.run_on_main_thread(draw);
}

impl Shown {
    /// Changes what differs. A menu that is open stays open while only words change.
    fn become_so(
        &mut self,
        app: &AppHandle,
        icon: &TrayIcon,
        face: Face,
        entries: Vec<Entry>,
    ) -> tauri::Result<()> {
        if self.face != Some(face) {
            icon.set_icon_with_as_template(Some(image(face)), cfg!(target_os = "macos"))?;
            self.face = Some(face);
        }
        let same_shape = self.entries.len() == entries.len()
            && self.entries.iter().zip(&entries).all(|(old, new)| old.has_shape_of(new));
        if !same_shape {
            self.items = entries.iter().map(|entry| item(app, entry)).collect::<tauri::Result<_>>()?;
            let items: Vec<&dyn IsMenuItem<Wry>> = self.items.iter().map(Item::as_menu_item).collect();
            icon.set_menu(Some(Menu::with_items(app, &items)?))?;
        } else {
            for ((item, old), new) in self.items.iter().zip(&self.entries).zip(&entries) {
                item.change(old, new)?;
            }
        }
        self.entries = entries;
        Ok(())
    }
}

fn item(app: &AppHandle, entry: &Entry) -> tauri::Result<Item> {
    let (id, text, enabled) = (entry.action.id(), &entry.text, entry.enabled);
    Ok(match entry.kind {
        Kind::Line => Item::Line(PredefinedMenuItem::separator(app)?),
        Kind::Plain => Item::Plain(MenuItem::with_id(app, id, text, enabled, None::<&str>)?),
        Kind::Check(on) => Item::Check(CheckMenuItem::with_id(app, id, text, enabled, on, None::<&str>)?),
    })
}

impl Item {
    fn as_menu_item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Line(item) => item,
            Self::Plain(item) => item,
            Self::Check(item) => item,
        }
    }

    fn change(&self, old: &Entry, new: &Entry) -> tauri::Result<()> {
        match self {
            Self::Plain(item) if old != new => {
                item.set_text(&new.text)?;
                item.set_enabled(new.enabled)
            }
            // The system switches it with each click, whatever comes of that.
            Self::Check(item) => {
                item.set_enabled(new.enabled)?;
                item.set_checked(new.kind == Kind::Check(true))
            }
            _ => Ok(()),
        }
    }
}

async fn act(app: &AppHandle, action: Action) {
    if let Err(failure) = perform(app, action).await {
        // The window shows what is wrong.
        eprintln!("error: {failure}");
        window::open_soon(app, None);
    }
}

async fn perform(app: &AppHandle, action: Action) -> Result<(), Failure> {
    let gateway = app.state::<Gateway>().inner().clone();
    match action {
        Action::None => {}
        Action::Start => gateway.become_so(Goal::Run).await?,
        Action::Stop => gateway.become_so(Goal::Stop).await?,
        Action::Open | Action::Answer => window::open_soon(app, None),
        Action::OpenPage(path) => window::open_soon(app, Some(path)),
        Action::CopyUrl => {
            if let Some(url) = gateway.known().mcp_url() {
                // Nothing depends on it, and the window shows the URL too.
                let _ = app.clipboard().write_text(url);
            }
        }
        Action::StartAtLogin => {
            let preferences = app.state::<Preferences>();
            preferences.turn_login(app).await?;
        }
        Action::Quit { stop } => app::quit(app, stop).await?,
    }
    Ok(())
}

fn image(face: Face) -> Image<'static> {
    match (cfg!(target_os = "macos"), face) {
        (false, Face::Running) => include_image!("../icons/tray/running.png"),
        (false, Face::Stopped) => include_image!("../icons/tray/stopped.png"),
        (false, Face::Trouble) => include_image!("../icons/tray/trouble.png"),
        (true, Face::Running) => include_image!("../icons/tray/running-template.png"),
        (true, Face::Stopped) => include_image!("../icons/tray/stopped-template.png"),
        (true, Face::Trouble) => include_image!("../icons/tray/trouble-template.png"),
    }
}

/// True when somebody shows tray icons. On Linux that is a program of its own, which not every desktop has.
#[cfg(target_os = "linux")]
pub(crate) async fn is_shown() -> bool {
    let has_host = || -> zbus::Result<bool> {
        let bus = zbus::blocking::Connection::session()?;
        let name = "org.kde.StatusNotifierWatcher".try_into()?;
        Ok(zbus::blocking::fdo::DBusProxy::new(&bus)?.name_has_owner(name)?)
    };
    async_runtime::spawn_blocking(has_host).await.is_ok_and(|shown| shown.unwrap_or(false))
}

/// True when somebody shows tray icons.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn is_shown() -> bool {
    true
}
