//! The PATH that a login shell has: a desktop starts programs without it, and then `npx`, `uvx` and
//! everything from a version manager would be missing.

use std::{ffi::OsString, time::Duration};

/// A shell whose start-up files take longer than this is not waited for.
#[cfg(unix)]
const SHELL_LIMIT: Duration = Duration::from_secs(5);

/// Stands around the value, since start-up files may print anything.
#[cfg(unix)]
const MARK: &str = "__HEADGATE_PATH__";

/// The login shell's PATH, or our own when the shell does not tell.
pub(crate) async fn login_path() -> OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    match ask_shell().await {
        Some(path) if !path.is_empty() => path,
        _ => own,
    }
}

#[cfg(unix)]
async fn ask_shell() -> Option<OsString> {
    use std::process::Stdio;

    let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty())?;
    let script = format!("printf '%s' \"{MARK}$PATH{MARK}\"");
    let mut command = tokio::process::Command::new(shell);
    command.args(["-l", "-i", "-c", &script]);
    // An interactive shell must not take our terminal.
    command.stdin(Stdio::null()).stderr(Stdio::null()).process_group(0).kill_on_drop(true);
    match tokio::time::timeout(SHELL_LIMIT, command.output()).await {
        Ok(Ok(output)) => marked(&String::from_utf8_lossy(&output.stdout)).map(OsString::from),
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot run the login shell; using the PATH of this process");
            None
        }
        Err(_) => {
            tracing::warn!("the login shell did not tell its PATH in time; using the PATH of this process");
            None
        }
    }
}

/// Windows gives every program the person's PATH.
#[cfg(windows)]
async fn ask_shell() -> Option<OsString> {
    None
}

#[cfg(unix)]
fn marked(output: &str) -> Option<&str> {
    let (_, rest) = output.split_once(MARK)?;
    rest.split_once(MARK).map(|(path, _)| path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_found_among_noise() {
        assert_eq!(marked("hi\n__HEADGATE_PATH__/a:/b__HEADGATE_PATH__bye"), Some("/a:/b"));
        assert_eq!(marked("nothing"), None);
    }
}
