//! What the page may ask of the app. Each command takes its arguments apart, makes one call and answers.

use serde::Serialize;
use tauri::{AppHandle, State, async_runtime, ipc::Channel};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;
use url::Url;

use crate::{
    app,
    failure::{self, Failure},
    gateway::{Gateway, Goal, Known},
    preferences::{Patch, Preferences, Wishes},
    requests::{Part, Request, Requests},
    window::Pages,
    words::Language,
};

/// What this program is.
#[derive(Serialize)]
pub(crate) struct AppInfo {
    version: String,
    tauri: &'static str,
    webview: String,
    os: String,
}

#[tauri::command]
pub(crate) fn app_info(app: AppHandle) -> AppInfo {
    AppInfo {
        version: app.package_info().version.to_string(),
        tauri: tauri::VERSION,
        webview: tauri::webview_version().unwrap_or_default(),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

#[tauri::command]
pub(crate) async fn request(
    request: Request,
    channel: Channel<Part>,
    gateway: State<'_, Gateway>,
    requests: State<'_, Requests>,
) -> Result<(), Failure> {
    requests.pass(&gateway, request, &channel).await;
    Ok(())
}

#[tauri::command]
pub(crate) fn cancel(id: u64, requests: State<'_, Requests>) {
    requests.cancel(id);
}

#[tauri::command]
pub(crate) fn gateway_state(gateway: State<'_, Gateway>) -> Known {
    gateway.known()
}

#[tauri::command]
pub(crate) async fn gateway_start(gateway: State<'_, Gateway>) -> Result<(), Failure> {
    gateway.become_so(Goal::Run).await
}

#[tauri::command]
pub(crate) async fn gateway_stop(gateway: State<'_, Gateway>) -> Result<(), Failure> {
    gateway.become_so(Goal::Stop).await
}

#[tauri::command]
pub(crate) async fn preferences(
    app: AppHandle,
    preferences: State<'_, Preferences>,
) -> Result<Wishes, Failure> {
    preferences.look_at_login(&app).await;
    Ok(preferences.wishes())
}

#[tauri::command]
pub(crate) async fn set_preferences(
    app: AppHandle,
    patch: Patch,
    preferences: State<'_, Preferences>,
) -> Result<Wishes, Failure> {
    preferences.change(&app, patch).await
}

#[tauri::command]
pub(crate) fn first_path(pages: State<'_, Pages>) -> Option<String> {
    pages.is_ready()
}

#[tauri::command]
pub(crate) fn open_link(app: AppHandle, url: &str) -> Result<(), Failure> {
    let outside = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let outside =
        outside.ok_or_else(|| Failure::new(failure::REFUSED, Language::spoken().no_web_link(url)))?;
    let opened = app.opener().open_url(outside, None::<&str>);
    opened.map_err(|e| Failure::new(failure::SYSTEM, Language::spoken().cannot_open(url, &e.to_string())))
}

#[tauri::command]
pub(crate) fn copy(app: AppHandle, text: String) -> Result<(), Failure> {
    let copied = app.clipboard().write_text(text);
    copied.map_err(|e| Failure::new(failure::SYSTEM, Language::spoken().cannot_copy(&e.to_string())))
}

#[tauri::command]
pub(crate) async fn save_file(app: AppHandle, name: String, text: String) -> Result<bool, Failure> {
    let save = move || {
        let Some(chosen) = app.dialog().file().set_file_name(name).blocking_save_file() else {
            return Ok(false);
        };
        let language = Language::spoken();
        let fail =
            |why: String| Failure::new(failure::SYSTEM, language.cannot_write(&chosen.to_string(), &why));
        let path = chosen.as_path().ok_or_else(|| fail(language.no_file()))?;
        std::fs::write(path, text).map_err(|e| fail(e.to_string()))?;
        Ok(true)
    };
    let saved = async_runtime::spawn_blocking(save).await;
    saved.map_err(|e| Failure::new(failure::SYSTEM, Language::spoken().dialog_broke_off(&e.to_string())))?
}

#[tauri::command]
pub(crate) async fn quit(app: AppHandle, stop: bool) -> Result<(), Failure> {
    app::quit(&app, stop).await
}
