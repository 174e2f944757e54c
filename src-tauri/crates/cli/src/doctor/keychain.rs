//! Where secrets would go: the keychain of the system, or the file that a person chose. On Linux the
//! keychain is a service on the session bus; who is there is asked, and nothing of it is started.

use std::{
    env,
    path::{Path, PathBuf},
};

use headgate_api::{Home, UpstreamView};
use headgate_model::{ConfigValue, Transport};
use tokio::process::Command;

use super::Check;
use crate::ask;

/// The name under which every keychain of Linux is found.
const SERVICE: &str = "org.freedesktop.secrets";

/// What is known about the session bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bus {
    /// The keychain is a part of the system.
    NotNeeded,
    Absent,
    /// There, but neither `busctl` nor `dbus-send` could ask it.
    Mute,
    /// There, with or without the service, running or to be started on demand.
    Told {
        has_service: bool,
    },
}

pub(super) struct Facts {
    bus: Bus,
    /// The secret file, when it is there, and whether other people can read it.
    file: Option<(PathBuf, bool)>,
    /// The running daemon would make that file.
    file_is_chosen: bool,
    /// A registered server has a secret.
    needed: bool,
}

impl Bus {
    pub(super) async fn collect() -> Self {
        if cfg!(any(windows, target_os = "macos")) {
            return Self::NotNeeded;
        }
        let Some(address) = bus_address() else { return Self::Absent };
        match names_on(&address).await {
            None => Self::Mute,
            Some(text) => Self::Told { has_service: names_service(&text) },
        }
    }
}

impl Facts {
    pub(super) fn collect(
        home: &Home,
        bus: Bus,
        file_is_chosen: bool,
        upstreams: Option<&[UpstreamView]>,
    ) -> Self {
        let path = home.secrets();
        let file = path.exists().then(|| (is_open(&path), path)).map(|(open, path)| (path, open));
        let needed = upstreams.is_some_and(|all| all.iter().any(|one| has_secret(&one.spec.transport)));
        Self { bus, file, file_is_chosen, needed }
    }
}

pub(super) fn check(facts: &Facts) -> Check {
    let fix = "start a keychain, such as gnome-keyring or KWallet, or keep secrets in a file: \
               `headgate serve --secret-store file`";
    let missing = |found: &str| match facts.needed {
        true => Check::warning("keychain", format!("{found}, and a registered server has a secret"), fix),
        false => Check::warning("keychain", format!("{found}; storing a secret would fail"), fix),
    };
    match (&facts.file, facts.bus) {
        (Some((path, true)), _) => Check::problem(
            "keychain",
            format!("other people can read the secrets in {}", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        (Some((path, false)), _) => Check::ok("keychain", format!("secrets are kept in {}", path.display())),
        (None, _) if facts.file_is_chosen => {
            Check::ok("keychain", "secrets are to be kept in a file, and there are none yet")
        }
        (None, Bus::NotNeeded) => Check::ok("keychain", "that of the system"),
        (None, Bus::Told { has_service: true }) => Check::ok("keychain", "a service on the session bus"),
        (None, Bus::Told { has_service: false }) => missing("the session bus knows no keychain"),
        (None, Bus::Absent) => missing("there is no session bus, and so no keychain"),
        (None, Bus::Mute) => missing("the session bus does not answer, and so no keychain"),
    }
}

fn has_secret(transport: &Transport) -> bool {
    let values = match transport {
        Transport::Stdio { env, .. } => env,
        Transport::Http { headers, .. } => headers,
        Transport::Demo => return false,
    };
    values.values().any(|value| matches!(value, ConfigValue::Secret { .. }))
}

/// Named, or at its usual place.
fn bus_address() -> Option<String> {
    let named = env::var("DBUS_SESSION_BUS_ADDRESS").ok().filter(|address| !address.is_empty());
    named.or_else(|| {
        let socket = Path::new(&env::var_os("XDG_RUNTIME_DIR")?).join("bus");
        socket.exists().then(|| format!("unix:path={}", socket.display()))
    })
}

/// Every name on the bus, those that would be started on demand among them, as one of two tools prints
/// them.
async fn names_on(address: &str) -> Option<String> {
    if let Some(text) = told(address, "busctl", &["--user", "--no-pager", "--no-legend", "list"]).await {
        return Some(text);
    }
    let mut names = String::new();
    for list in ["ListNames", "ListActivatableNames"] {
        let method = format!("org.freedesktop.DBus.{list}");
        let words =
            ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", &method];
        names.push_str(&told(address, "dbus-send", &words).await?);
    }
    Some(names)
}

async fn told(address: &str, program: &str, words: &[&str]) -> Option<String> {
    let output =
        ask::output(Command::new(program).args(words).env("DBUS_SESSION_BUS_ADDRESS", address)).await?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `busctl` prints a table, `dbus-send` quoted strings.
fn names_service(text: &str) -> bool {
    text.split_whitespace().any(|word| word.trim_matches('"') == SERVICE)
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::doctor::tests;

    #[test]
    fn each_bus_has_its_sentence() {
        let of = |bus, needed| check(&Facts { bus, file: None, file_is_chosen: false, needed });
        let checks = [
            of(Bus::NotNeeded, true),
            of(Bus::Told { has_service: true }, true),
            of(Bus::Told { has_service: false }, true),
            of(Bus::Absent, false),
            of(Bus::Mute, false),
        ];
        tests::check(
            &checks,
            expect![[r#"
                ok keychain: that of the system
                ok keychain: a service on the session bus
                warning keychain: the session bus knows no keychain, and a registered server has a secret -> start a keychain, such as gnome-keyring or KWallet, or keep secrets in a file: `headgate serve --secret-store file`
                warning keychain: there is no session bus, and so no keychain; storing a secret would fail -> start a keychain, such as gnome-keyring or KWallet, or keep secrets in a file: `headgate serve --secret-store file`
                warning keychain: the session bus does not answer, and so no keychain; storing a secret would fail -> start a keychain, such as gnome-keyring or KWallet, or keep secrets in a file: `headgate serve --secret-store file`"#]],
        );
    }

    #[test]
    fn a_file_takes_the_place_of_the_keychain() {
        let of = |open| {
            let file = Some(("/h/secrets.json".into(), open));
            check(&Facts { bus: Bus::Absent, file, file_is_chosen: false, needed: true })
        };
        let chosen = Facts { bus: Bus::Absent, file: None, file_is_chosen: true, needed: false };
        tests::check(
            &[check(&chosen), of(false), of(true)],
            expect![[r#"
            ok keychain: secrets are to be kept in a file, and there are none yet
            ok keychain: secrets are kept in /h/secrets.json
            problem keychain: other people can read the secrets in /h/secrets.json -> chmod 600 /h/secrets.json"#]],
        );
    }

    #[test]
    fn the_service_is_found_in_what_tools_print() {
        for (text, expected) in [
            ("org.freedesktop.DBus 1 systemd\norg.freedesktop.secrets 812 gnome-keyring-d me :1.5\n", true),
            ("org.freedesktop.secrets - - - (activatable) -", true),
            (
                "   array [\n      string \"org.freedesktop.DBus\"\n      string \"org.freedesktop.secrets\"\n   ]",
                true,
            ),
            ("org.freedesktop.secrets.other 1", false),
            ("", false),
        ] {
            assert_eq!(names_service(text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_is_found_in_a_definition() {
        let of = |json| has_secret(&serde_json::from_str(json).unwrap());
        assert!(of(r#"{"type":"stdio","command":"x","env":{"A":"b","T":{"secret":"x/T"}}}"#));
        assert!(of(r#"{"type":"http","url":"http://e.com","headers":{"T":{"secret":"x/T"}}}"#));
        assert!(!of(r#"{"type":"stdio","command":"x","env":{"A":"b"}}"#));
        assert!(!of(r#"{"type":"demo"}"#));
    }
}
