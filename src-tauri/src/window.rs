//! The window: there is one or none. Closing it frees all that the page took; the app lives on in the tray.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tauri::{
    AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent, async_runtime,
    webview::{NewWindowResponse, PageLoadEvent},
};
use url::Url;

use crate::requests::Requests;

const LABEL: &str = "main";
/// Tells the page to show another path.
const NAVIGATE_EVENT: &str = "navigate";

/// Large enough for a list and its detail side by side.
const SIZE: (f64, f64) = (1120.0, 760.0);
/// The layout holds down to this.
const MIN_SIZE: (f64, f64) = (760.0, 520.0);

/// Which page is wanted while there is none that could be told.
#[derive(Default)]
pub(crate) struct Pages {
    state: Mutex<Wanted>,
    /// Two clicks must not make two windows.
    opening: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Wanted {
    ready: bool,
    path: Option<String>,
    /// The window that is still there is on its way out.
    closing: bool,
    /// Somebody wants one nevertheless, which is made when that one is gone.
    again: bool,
}

impl Pages {
    /// The page listens from now on, and shows this first.
    pub(crate) fn is_ready(&self) -> Option<String> {
        let mut wanted = self.wanted();
        wanted.ready = true;
        wanted.path.take()
    }

    fn is_gone(&self) {
        self.wanted().ready = false;
    }

    fn window_closes(&self) {
        let mut wanted = self.wanted();
        (wanted.ready, wanted.closing) = (false, true);
    }

    /// True when the window that is there must be gone before another one is made, which then is.
    fn wants_another(&self) -> bool {
        let mut wanted = self.wanted();
        wanted.again |= wanted.closing;
        wanted.closing
    }

    /// True when another one is wanted.
    fn window_is_gone(&self) -> bool {
        let mut wanted = self.wanted();
        (wanted.ready, wanted.closing) = (false, false);
        wanted.again
    }

    fn is_wanted(&self) -> bool {
        self.wanted().again
    }

    fn is_made(&self) {
        self.wanted().again = false;
    }

    /// Answers the path when the page can be told it now; else it is kept.
    fn want(&self, path: String) -> Option<String> {
        let mut wanted = self.wanted();
        if wanted.ready {
            return Some(path);
        }
        wanted.path = Some(path);
        None
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the window to the front, and makes it where there is none. Not for event handlers: on Windows
/// the event loop must go on meanwhile.
pub(crate) fn open(app: &AppHandle, path: Option<String>) -> tauri::Result<()> {
    let pages = app.state::<Pages>();
    let told = path.and_then(|path| pages.want(path));
    match app.get_webview_window(LABEL) {
        Some(_) if pages.wants_another() => Ok(()),
        Some(window) => {
            window.unminimize()?;
            window.show()?;
            window.set_focus()?;
            told.map_or(Ok(()), |path| window.emit(NAVIGATE_EVENT, path))
        }
        None => {
            let built = build(app);
            pages.is_made();
            built.map(drop)
        }
    }
}

/// The same for the first one. Who wants it meanwhile finds no [`Pages`], or waits.
pub(crate) fn open_first(app: &AppHandle, path: Option<String>) -> tauri::Result<()> {
    let pages = Pages::default();
    let opening = pages.opening.clone();
    let _turn = opening.try_lock();
    app.manage(pages);
    open(app, path)
}

/// The same, from anywhere.
pub(crate) fn open_soon(app: &AppHandle, path: Option<String>) {
    let app = app.clone();
    async_runtime::spawn(async move {
        // The app is just beginning, with a window.
        let Some(pages) = app.try_state::<Pages>() else { return };
        let _turn = pages.opening.lock().await;
        if let Err(error) = open(&app, path) {
            eprintln!("error: the window cannot be opened: {error}");
        }
    });
}

/// True while there is one, or will be in a moment.
pub(crate) fn is_open(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some() || app.state::<Pages>().is_wanted()
}

/// The window is gone, with everything that the page took.
pub(crate) fn is_gone(app: &AppHandle) {
    page_is_gone(app);
    if app.state::<Pages>().window_is_gone() {
        open_soon(app, None);
    }
}

fn build(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Headgate")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(MIN_SIZE.0, MIN_SIZE.1)
        // Pages take dropped files themselves, such as a backup.
        .disable_drag_drop_handler()
        .prevent_overflow()
        .center()
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                page_is_gone(window.app_handle());
            }
        })
        .build()?;
    let app = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::CloseRequested { .. }) {
            app.state::<Pages>().window_closes();
        }
    });
    Ok(window)
}

fn page_is_gone(app: &AppHandle) {
    app.state::<Pages>().is_gone();
    app.state::<Requests>().cancel_all();
}

/// The window shows what is built into this program and nothing from elsewhere.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What Windows calls the same.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_nowhere_else() {
        for (url, ours) in [
            ("tauri://localhost/index.html", true),
            ("tauri://localhost/upstreams/github", true),
            ("http://tauri.localhost/", true),
            ("tauri://elsewhere/", false),
            ("http://localhost/", false),
            ("http://127.0.0.1:4283/", false),
            ("https://example.com/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("about:blank", false),
        ] {
            assert_eq!(is_ours(&Url::parse(url).unwrap()), ours, "{url}");
        }
    }

    #[test]
    fn a_page_is_told_when_it_listens_and_no_sooner() {
        let pages = Pages::default();
        assert_eq!(pages.want("/a".to_owned()), None);
        assert_eq!(pages.is_ready().as_deref(), Some("/a"));
        assert_eq!(pages.is_ready(), None);
        assert_eq!(pages.want("/b".to_owned()).as_deref(), Some("/b"));
        pages.is_gone();
        assert_eq!(pages.want("/c".to_owned()), None);
        assert_eq!(pages.is_ready().as_deref(), Some("/c"));
    }

    #[test]
    fn a_window_that_is_wanted_while_it_closes_comes_again() {
        let pages = Pages::default();
        pages.is_ready();
        assert!(!pages.wants_another());
        pages.window_closes();
        assert_eq!(pages.want("/a".to_owned()), None, "nobody could be told any more");
        assert!(pages.wants_another());
        assert!(pages.window_is_gone() && pages.is_wanted());
        pages.is_made();
        assert!(!pages.is_wanted());
        assert_eq!(pages.is_ready().as_deref(), Some("/a"));
        pages.window_closes();
        assert!(!pages.window_is_gone());
    }
}
