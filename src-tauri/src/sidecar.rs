//! Runs the program `headgate`, which lies beside this one, for a moment. The gateway that it starts is not
//! a child of this app and outlives it.

use std::time::Duration;

use tauri::AppHandle;
use tauri_plugin_shell::ShellExt;
use tokio::time::timeout;

use crate::{
    failure::{self, Failure},
    words::Language,
};

const PROGRAM: &str = "headgate";

/// Longer than its own longest wait: a minute for its turn, and half a minute for a start or a stop.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs `headgate` with these words and answers what it printed.
pub(crate) async fn run(app: &AppHandle, words: &[&str]) -> Result<Vec<u8>, Failure> {
    let line = format!("{PROGRAM} {}", words.join(" "));
    let fail = |sentence: String| Failure::new(failure::SIDECAR, sentence);
    let language = Language::spoken();
    let command = app.shell().sidecar(PROGRAM);
    let command = command.map_err(|e| fail(language.cannot_run(&line, &e.to_string())))?;
    let output = timeout(LIMIT, command.args(words).output()).await;
    let output = output
        .map_err(|_| fail(language.endless(&line, LIMIT.as_secs())))?
        .map_err(|e| fail(language.install_again(&line, &e.to_string())))?;
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        _ => Err(Failure::new(failure::SIDECAR, last_words(&output.stderr))),
    }
}

/// Its version. After an update that is another one than ours.
pub(crate) async fn version(app: &AppHandle) -> Result<String, Failure> {
    let output = run(app, &["--version"]).await?;
    let text = String::from_utf8_lossy(&output);
    Ok(text.split_whitespace().last().unwrap_or_default().to_owned())
}

/// What it said on standard error, which is a sentence for people.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = text.trim();
    let words = text.strip_prefix("error: ").unwrap_or(text);
    if words.is_empty() { Language::spoken().ended_without_a_reason(PROGRAM) } else { words.to_owned() }
}
