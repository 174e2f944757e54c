//! Puts the app together, and ends it.

use headgate_api::Home;
use tauri::{AppHandle, Emitter, Manager, RunEvent, WindowEvent, async_runtime};
use tauri_plugin_deep_link::DeepLinkExt;
use tauri_plugin_notification::NotificationExt;
use tauri_plugin_window_state::StateFlags;

use crate::{
    commands,
    failure::Failure,
    gateway::{Gateway, Goal, Known},
    links,
    notices::{Notice, Notices},
    preferences::Preferences,
    requests::Requests,
    tray, window,
};

/// Tells the page where the gateway stands.
const GATEWAY_EVENT: &str = "gateway";
/// Under this name a notification keeps the page that a click on it opens.
const PAGE: &str = "page";

/// Runs until the person quits.
pub(crate) fn run() -> tauri::Result<()> {
    let window_state = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let app = tauri::Builder::default()
        // The first of all, so that a second start ends before it has done anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| started_again(app)))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(window_state).build())
        .invoke_handler(tauri::generate_handler![
            commands::app_info,
            commands::cancel,
            commands::copy,
            commands::first_path,
            commands::gateway_start,
            commands::gateway_state,
            commands::gateway_stop,
            commands::open_link,
            commands::preferences,
            commands::quit,
            commands::request,
            commands::save_file,
            commands::set_preferences,
        ])
        .setup(|app| Ok(set_up(app.handle())?))
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        // The last window was closed. Who asks for the end itself names a code.
        RunEvent::ExitRequested { code: None, api, .. } => {
            api.prevent_exit();
            leave_unless_reachable(app);
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::open_soon(app, None),
        RunEvent::WindowEvent { event: WindowEvent::Destroyed, .. } => window::is_gone(app),
        _ => {}
    });
    Ok(())
}

fn set_up(app: &AppHandle) -> tauri::Result<()> {
    app.manage(Requests::default());
    app.manage(Preferences::read(app)?);
    app.manage(Gateway::begin(app, Home::locate()));
    // The window comes first: a person waits for it, and for nothing else.
    window::open_first(app, linked_page(app))?;
    app.manage(tray::Tray::build(app)?);
    let opener = app.clone();
    app.deep_link().on_open_url(move |event| {
        window::open_soon(&opener, event.urls().iter().find_map(links::page));
    });
    let opener = app.clone();
    // It can fail on phones only.
    let _ = app.notification().on_action(move |clicked| {
        let page =
            clicked.notification().and_then(|notice| notice.extra().get(PAGE)?.as_str().map(str::to_owned));
        window::open_soon(&opener, page);
    });
    async_runtime::spawn(follow(app.clone()));
    let app = app.clone();
    async_runtime::spawn(async move { app.state::<Preferences>().look_at_login(&app).await });
    Ok(())
}

/// Somebody started the app while it runs, perhaps since it was updated.
fn started_again(app: &AppHandle) {
    window::open_soon(app, None);
    // One that is just being put together looks at everything anyway.
    let Some(gateway) = app.try_state::<Gateway>().map(|gateway| gateway.inner().clone()) else { return };
    let app = app.clone();
    async_runtime::spawn(async move { gateway.look_for_update(&app).await });
}

/// The page of the link that the app was started by.
fn linked_page(app: &AppHandle) -> Option<String> {
    let links = app.deep_link().get_current().ok().flatten()?;
    links.iter().find_map(links::page)
}

/// Shows what changes: in the tray, to the page, and in notices.
async fn follow(app: AppHandle) {
    let mut known = app.state::<Gateway>().watch();
    let mut preferences = app.state::<Preferences>().watch();
    let mut notices = Notices::default();
    let mut before = Known::default();
    loop {
        let (now, wishes) = (known.borrow_and_update().clone(), *preferences.borrow_and_update());
        tray::show(&app, &now, &wishes);
        if !now.looks_like(&before) {
            // Without a page nobody misses it.
            let _ = app.emit(GATEWAY_EVENT, &now);
        }
        for notice in notices.of(&before, &now, window::is_open(&app), wishes.language) {
            if wishes.notifications {
                notify(&app, notice);
            }
        }
        before = now;
        tokio::select! {
            changed = known.changed() => if changed.is_err() { return },
            changed = preferences.changed() => if changed.is_err() { return },
        }
    }
}

fn notify(app: &AppHandle, Notice { title, body, page }: Notice) {
    let notification = app.notification().builder().title(title).body(body).extra(PAGE, page);
    // A desktop without notifications has none; the window and the tray say the same.
    let _ = notification.show();
}

/// Without a tray nothing of the app would be left to click at. The gateway goes on either way.
fn leave_unless_reachable(app: &AppHandle) {
    let app = app.clone();
    async_runtime::spawn(async move {
        if !tray::is_shown().await && !window::is_open(&app) {
            app.exit(0);
        }
    });
}

/// Ends the app, and with `stop` the gateway before it.
pub(crate) async fn quit(app: &AppHandle, stop: bool) -> Result<(), Failure> {
    if stop {
        app.state::<Gateway>().inner().clone().become_so(Goal::Stop).await?;
    }
    app.exit(0);
    Ok(())
}
