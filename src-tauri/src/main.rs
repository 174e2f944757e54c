//! The desktop app: a window, a tray icon, and the wires between them and the gateway. The gateway runs
//! without it, and every rule of the product is the gateway's.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod commands;
mod failure;
mod gateway;
mod links;
mod notices;
mod preferences;
mod requests;
mod sidecar;
mod tray;
mod window;
mod words;

use std::process::ExitCode;

/// With it, whoever starts the app may steer its page.
const AUTOMATION: &str = "TAURI_WEBVIEW_AUTOMATION";

fn main() -> ExitCode {
    // Tests need it; a person's app has the power to run commands, which no other program may borrow.
    if !cfg!(debug_assertions) && std::env::var_os(AUTOMATION).is_some() {
        eprintln!("error: this app is not to be steered by other programs; start it without {AUTOMATION}");
        return ExitCode::from(2);
    }
    match app::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the window system gives Headgate no place: {error}");
            ExitCode::FAILURE
        }
    }
}
