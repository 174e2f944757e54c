//! What upstreams get from us: an environment that never depends on who started the daemon.

use std::{ffi::OsString, path::PathBuf};

use crate::process;

/// Variables that pass when they are set; the rest of our own environment stays here.
const PASSED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TMPDIR",
    "TZ",
    "SSH_AUTH_SOCK",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
];

/// What Windows programs cannot start without.
const PASSED_ON_WINDOWS: &[&str] = &[
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMW6432",
    "COMMONPROGRAMFILES",
    "COMSPEC",
    "PATHEXT",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "WINDIR",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "USERNAME",
    "USERDOMAIN",
    "HOMEDRIVE",
    "HOMEPATH",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    "OS",
];

const PASSED_PREFIXES: &[&str] = &["LC_", "XDG_", "DBUS_"];

/// The key of `headgate proxy`, which is not its child's business.
const PROXY_KEY: &str = "HEADGATE_PROXY_KEY";

/// The variables every child starts with.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
    /// The PATH in it.
    pub path: OsString,
}

impl Environment {
    /// Filters our own environment, asks the login shell for its PATH, and adds `extra`, by which
    /// children can be told to be ours.
    pub async fn read(extra: &[(&str, OsString)]) -> Self {
        let path = process::login_path().await;
        let mut variables: Vec<_> =
            std::env::vars_os().filter(|(name, _)| passes(&name.to_string_lossy())).collect();
        variables.push(("PATH".into(), path.clone()));
        variables.extend(extra.iter().map(|(name, value)| (OsString::from(name), value.clone())));
        Self { variables, path }
    }

    /// Our own environment as it is, and `extra`.
    pub fn inherited(extra: &[(&str, OsString)]) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut variables: Vec<_> = std::env::vars_os().filter(|(name, _)| name != PROXY_KEY).collect();
        variables.extend(extra.iter().map(|(name, value)| (OsString::from(name), value.clone())));
        Self { variables, path }
    }

    /// The variables of a child whose definition adds `defined`.
    pub fn with(&self, defined: impl IntoIterator<Item = (String, String)>) -> Vec<(OsString, OsString)> {
        let mut variables = self.variables.clone();
        for (name, value) in defined {
            variables.retain(|(known, _)| *known != *name);
            variables.push((name.into(), value.into()));
        }
        variables
    }

    /// Where a child runs whose definition names no folder.
    pub fn home() -> PathBuf {
        std::env::home_dir().filter(|home| home.is_dir()).unwrap_or_else(std::env::temp_dir)
    }
}

fn passes(name: &str) -> bool {
    let known = PASSED.contains(&name) || PASSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    known || (cfg!(windows) && PASSED_ON_WINDOWS.iter().any(|other| name.eq_ignore_ascii_case(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_passes() {
        for (name, expected) in [
            ("HOME", true),
            ("LC_ALL", true),
            ("XDG_RUNTIME_DIR", true),
            ("HTTPS_PROXY", true),
            ("AWS_SECRET_ACCESS_KEY", false),
            ("LD_PRELOAD", false),
            ("APPIMAGE", false),
            ("PATH", false),
            ("NODE_OPTIONS", false),
        ] {
            assert_eq!(passes(name), expected, "{name}");
        }
    }
}
