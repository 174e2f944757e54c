//! Which variables of an environment pass on: to the daemon from whoever starts it, and from the
//! daemon to upstreams. Neither may depend on who started it.

/// Variables that pass when they are set.
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

/// Our own variables, and those among them that belong to one process: the mark of one daemon's
/// children, by which they are found and ended, and the key of one `headgate proxy`.
const OWN_PREFIX: &str = "HEADGATE_";
const OWN_OF_ONE_PROCESS: &[&str] = &["HEADGATE_INSTANCE", "HEADGATE_PROXY_KEY"];

/// True for a variable that an upstream gets from the daemon's own environment. PATH is not among
/// them: it comes from the login shell.
pub fn passes_to_upstream(name: &str) -> bool {
    let known = PASSED.contains(&name) || PASSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    known || (cfg!(windows) && PASSED_ON_WINDOWS.iter().any(|other| name.eq_ignore_ascii_case(other)))
}

/// True for a variable that a detached daemon gets from the face that starts it. PATH is what the
/// daemon falls back to when the login shell does not tell.
pub fn passes_to_daemon(name: &str) -> bool {
    let own = name.starts_with(OWN_PREFIX) && !OWN_OF_ONE_PROCESS.contains(&name);
    let is_path = name == "PATH" || (cfg!(windows) && name.eq_ignore_ascii_case("PATH"));
    own || is_path || passes_to_upstream(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_passes() {
        for (name, upstream, daemon) in [
            ("HOME", true, true),
            ("LC_ALL", true, true),
            ("XDG_RUNTIME_DIR", true, true),
            ("HTTPS_PROXY", true, true),
            ("PATH", false, true),
            ("HEADGATE_PORT", false, true),
            ("HEADGATE_INSTANCE", false, false),
            ("HEADGATE_PROXY_KEY", false, false),
            ("AWS_SECRET_ACCESS_KEY", false, false),
            ("LD_PRELOAD", false, false),
            ("APPIMAGE", false, false),
            ("NODE_OPTIONS", false, false),
        ] {
            assert_eq!(passes_to_upstream(name), upstream, "{name}");
            assert_eq!(passes_to_daemon(name), daemon, "{name}");
        }
    }
}
