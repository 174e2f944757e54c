//! Secrets as their callers see them: in a file, in no keychain and in a real one.

use std::{fs, path::PathBuf, sync::mpsc, time::Duration};

use headgate_model::{SecretRef, SecretStoreKind};
use keyring_core::Error;
use tempfile::TempDir;

use super::{Backend, SecretError, SecretStore};

const VALUE: &str = "s3cret välue";

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("secrets.json")
    }

    fn file_store(&self) -> SecretStore {
        SecretStore::new(SecretStoreKind::File, self.file())
    }
}

fn secret(name: &str) -> SecretRef {
    SecretRef(name.to_owned())
}

fn assert_keeps_quiet(error: &SecretError) {
    let said = format!("{error} {error:?}");
    assert!(!said.contains("s3cret") && !said.contains("115, 51"), "{said}");
}

/// The same for every kind.
async fn check_round_trip(store: &SecretStore) {
    let (token, other) = (secret("upstream/github/TOKEN"), secret("oauth/linear"));
    store.set(&token, "first").await.unwrap();
    store.set(&token, VALUE).await.unwrap();
    store.set(&other, "other").await.unwrap();
    assert_eq!(store.get(&token).await.unwrap(), VALUE);
    assert_eq!(store.get(&other).await.unwrap(), "other");
    store.delete(&token).await.unwrap();
    store.delete(&token).await.unwrap();
    let error = store.get(&token).await.unwrap_err();
    assert_eq!(error.to_string(), "secret `upstream/github/TOKEN` is not in the secret store");
    assert_eq!(store.get(&other).await.unwrap(), "other");
    store.delete(&other).await.unwrap();
}

#[tokio::test]
async fn a_file_keeps_secrets() {
    let home = Home::new();
    check_round_trip(&home.file_store()).await;
    home.file_store().set(&secret("a"), VALUE).await.unwrap();
    assert_eq!(home.file_store().get(&secret("a")).await.unwrap(), VALUE);
    assert_eq!(fs::read_dir(home.0.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn reading_makes_no_file() {
    let home = Home::new();
    let store = home.file_store();
    assert!(matches!(store.get(&secret("a")).await, Err(SecretError::Missing(_))));
    store.delete(&secret("a")).await.unwrap();
    assert!(!home.file().exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let store = home.file_store();
    store.set(&secret("a"), VALUE).await.unwrap();
    let mode = |bits| fs::set_permissions(home.file(), fs::Permissions::from_mode(bits)).unwrap();
    assert_eq!(home.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);

    for loose in [0o640, 0o604, 0o620] {
        mode(loose);
        let before = fs::read(home.file()).unwrap();
        let error = store.get(&secret("a")).await.unwrap_err();
        assert!(error.to_string().contains(&format!("has mode {loose:04o}, so others")), "{error}");
        assert_keeps_quiet(&error);
        let error = store.set(&secret("b"), VALUE).await.unwrap_err();
        assert!(matches!(error, SecretError::OpenToOthers { .. }), "{error:?}");
        assert_keeps_quiet(&error);
        assert_eq!(fs::read(home.file()).unwrap(), before);
    }
    mode(0o400);
    assert_eq!(store.get(&secret("a")).await.unwrap(), VALUE);
}

#[tokio::test]
async fn a_damaged_file_is_refused_without_a_quote() {
    let home = Home::new();
    let store = home.file_store();
    store.set(&secret("a"), VALUE).await.unwrap();
    for damaged in [r#"{"a": "s3cret"#, r#""s3cret""#, r#"{"a": ["s3cret"]}"#] {
        fs::write(home.file(), damaged).unwrap();
        let error = store.get(&secret("a")).await.unwrap_err();
        assert!(matches!(error, SecretError::Damaged { .. }), "{error:?}");
        assert_keeps_quiet(&error);
        assert!(store.set(&secret("b"), VALUE).await.is_err());
        assert_eq!(fs::read_to_string(home.file()).unwrap(), damaged);
    }
}

#[tokio::test]
async fn a_missing_folder_is_an_error_without_the_value() {
    let home = Home::new();
    let store = SecretStore::new(SecretStoreKind::File, home.0.path().join("none/secrets.json"));
    let error = store.set(&secret("a"), VALUE).await.unwrap_err();
    assert!(matches!(error, SecretError::File { .. }), "{error:?}");
    assert_keeps_quiet(&error);
}

#[tokio::test]
async fn a_store_that_waits_for_a_person_is_given_up() {
    let home = Home::new();
    let backend = Backend::new(SecretStoreKind::File, home.file());
    let store = SecretStore::with_answer_timeout(backend, Duration::from_millis(20));
    let (unlock, locked) = mpsc::channel::<()>();
    let waiting = store.clone();
    let waiting = tokio::spawn(async move {
        let job = waiting.run(move |_| Ok(locked.recv().is_err()));
        waiting.in_time(job).await
    });
    assert!(matches!(waiting.await.unwrap(), Err(SecretError::TimedOut { .. })));
    let error = store.set(&secret("a"), VALUE).await.unwrap_err();
    assert!(matches!(error, SecretError::TimedOut { .. }), "{error:?}");

    drop(unlock);
    // Runs after everything that was queued.
    store.run(|_| Ok(())).await.unwrap();
    assert!(!home.file().exists(), "a set that was reported as failed is not done later");
}

#[test]
fn an_error_never_holds_the_value() {
    let bytes = VALUE.as_bytes().to_vec();
    for error in [Error::BadEncoding(bytes.clone()), Error::BadDataFormat(bytes, VALUE.into())] {
        assert_keeps_quiet(&super::keychain::refused(&secret("a"), error));
    }
}

/// The Secret Service of Linux. Each case runs in a process of its own, because the environment and
/// the connection belong to the whole process.
#[cfg(target_os = "linux")]
mod secret_service {
    use std::{
        io::Write,
        path::Path,
        process::{Child, Command, Output, Stdio},
    };

    use super::*;

    /// A bus that starts nothing by itself: a Secret Service that a call brings up would compete
    /// with the one that a test unlocks.
    const BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
        <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
        <allow own="*"/></policy></busconfig>"#;

    /// The daemon may go to the background before its name is on the bus, hence the waits.
    const FUNCTIONS: &str = r#"
        wait_for() { for _ in $(seq 500); do "$@" && return; sleep 0.02; done; return 1; }
        pid() {
            dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus \
                org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>&1 |
                sed -n 's/^ *uint32 //p'
        }
        is_up() { [ -n "$(pid)" ]; }
        is_down() { [ -z "$(pid)" ]; }
        start() { gnome-keyring-daemon --start --components=secrets && wait_for is_up; }
        unlock() { printf test | gnome-keyring-daemon --unlock --components=secrets && wait_for is_up; }
        restart() { kill -KILL "$(pid)" && wait_for is_down && unlock; }
    "#;

    fn shell(script: &str) {
        let functions_and_script = format!("{FUNCTIONS}{script}");
        let status =
            Command::new("bash").args(["-c", &functions_and_script]).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{script}");
    }

    fn run_in(home: &Home, mut program: Command, case: &str) -> Output {
        let case = format!("secrets::tests::secret_service::{case}");
        program
            .args(["--exact", &case, "--ignored", "--nocapture"])
            .env("HOME", home.0.path())
            .env("XDG_RUNTIME_DIR", home.0.path())
            .env("HEADGATE_TEST_CASE", case)
            .env_remove("XDG_DATA_HOME")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        program.output().unwrap()
    }

    fn assert_passed(output: Output) {
        let (out, err) = (output.stdout, output.stderr);
        let said = format!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    fn is_installed(program: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    }

    /// Whether the programs for a Secret Service are here. Says so, loudly, where they are not.
    fn has_secret_service() -> bool {
        let programs = ["dbus-run-session", "dbus-daemon", "dbus-send", "gnome-keyring-daemon"];
        let missing = programs.into_iter().find(|program| !is_installed(program));
        if let Some(missing) = missing {
            // Past the capture of the test runner.
            writeln!(std::io::stderr(), "SKIPPED: no `{missing}` to test a Secret Service with").unwrap();
        }
        missing.is_none()
    }

    /// This program inside a session bus of its own, after `start` was run there; `None` where the
    /// programs for that are missing.
    fn in_session(home: &Home, start: &str) -> Option<Command> {
        let mut session = Command::new("dbus-run-session");
        session.arg(bus_config(home.0.path()));
        session.args(["--", "bash", "-c", &format!(r#"{FUNCTIONS}{start} && exec "$0" "$@""#)]);
        session.arg(std::env::current_exe().unwrap());
        has_secret_service().then_some(session)
    }

    fn bus_config(folder: &Path) -> String {
        let file = folder.join("bus.conf");
        fs::write(&file, BUS).unwrap();
        format!("--config-file={}", file.display())
    }

    /// This program with a session bus at this place, whether or not there is one.
    fn with_bus(bus: &Path) -> Command {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", bus.display()));
        program
    }

    fn keychain() -> SecretStore {
        SecretStore::new(SecretStoreKind::Keychain, Path::new("/unused").to_owned())
    }

    async fn check_unavailable() {
        let error = keychain().set(&secret("a"), VALUE).await.unwrap_err();
        println!("{error}");
        let said = error.to_string();
        assert!(said.starts_with("no keychain is available on this machine ("), "{said}");
        assert!(said.contains("nothing was stored"), "{said}");
        assert!(error.advice().unwrap().contains("`headgate serve --secret-store file`"), "{error:?}");
        assert_keeps_quiet(&error);
    }

    async fn check_restarts() {
        let (store, token) = (keychain(), secret("oauth/linear"));
        let restart = || shell("restart");
        assert!(matches!(store.get(&token).await, Err(SecretError::Missing(_))));
        restart();
        store.set(&token, "first").await.unwrap();
        restart();
        store.set(&token, VALUE).await.unwrap();
        restart();
        assert_eq!(store.get(&token).await.unwrap(), VALUE);
        restart();
        store.delete(&token).await.unwrap();
        assert!(matches!(store.get(&token).await, Err(SecretError::Missing(_))));
    }

    async fn check_logins(bus: &Path) {
        let (store, token) = (keychain(), secret("oauth/linear"));
        assert_gone(store.get(&token).await.unwrap_err(), "nothing was read");

        let login = Login::new(bus);
        store.set(&token, VALUE).await.unwrap();
        drop(login);
        assert_gone(store.get(&token).await.unwrap_err(), "nothing was read");
        assert_gone(store.set(&token, VALUE).await.unwrap_err(), "nothing was stored");
        assert_gone(store.delete(&token).await.unwrap_err(), "nothing was removed");

        let _login = Login::new(bus);
        assert_eq!(store.get(&token).await.unwrap(), VALUE);
    }

    fn assert_gone(error: SecretError, consequence: &str) {
        assert!(matches!(error, SecretError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains(&format!("), so {consequence}; a file")), "{error}");
        assert_keeps_quiet(&error);
    }

    /// A session bus with a Secret Service, from a login to its end.
    struct Login(Child);

    impl Login {
        fn new(bus: &Path) -> Self {
            // Left behind by the login before it.
            let _ = fs::remove_file(bus);
            let config = bus_config(bus.parent().unwrap());
            let address = format!("--address=unix:path={}", bus.display());
            let daemon = Command::new("dbus-daemon").args([&config, "--nofork", &address]).spawn();
            let login = Self(daemon.unwrap());
            shell(&format!("wait_for test -S {} && unlock", bus.display()));
            login
        }
    }

    impl Drop for Login {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    #[test]
    fn without_a_bus_the_sentence_says_what_to_do() {
        let home = Home::new();
        assert_passed(run_in(&home, with_bus(Path::new("/nonexistent/bus")), "case_unavailable"));
    }

    #[test]
    fn a_service_without_a_collection_is_no_keychain() {
        let home = Home::new();
        if let Some(session) = in_session(&home, "start") {
            assert_passed(run_in(&home, session, "case_unavailable"));
        }
    }

    #[test]
    fn a_secret_service_keeps_secrets() {
        let home = Home::new();
        if let Some(session) = in_session(&home, "unlock") {
            assert_passed(run_in(&home, session, "case_round_trip"));
        }
    }

    #[test]
    fn a_secret_service_that_restarts_is_found_again() {
        let home = Home::new();
        if let Some(session) = in_session(&home, "unlock") {
            assert_passed(run_in(&home, session, "case_restart"));
        }
    }

    #[test]
    fn a_login_that_ends_and_begins_again_is_noticed() {
        let home = Home::new();
        if has_secret_service() {
            assert_passed(run_in(&home, with_bus(&home.0.path().join("bus")), "case_logins"));
        }
    }

    #[tokio::test]
    #[ignore = "run by the tests above in a process of its own"]
    async fn case_unavailable() {
        if std::env::var_os("HEADGATE_TEST_CASE").is_some() {
            check_unavailable().await;
            let error = keychain().get(&secret("a")).await.unwrap_err();
            println!("{error}");
        }
    }

    #[tokio::test]
    #[ignore = "run by the tests above in a process of its own"]
    async fn case_round_trip() {
        if std::env::var_os("HEADGATE_TEST_CASE").is_some() {
            check_round_trip(&keychain()).await;
        }
    }

    #[tokio::test]
    #[ignore = "run by the tests above in a process of its own"]
    async fn case_restart() {
        if std::env::var_os("HEADGATE_TEST_CASE").is_some() {
            check_restarts().await;
        }
    }

    #[tokio::test]
    #[ignore = "run by the tests above in a process of its own"]
    async fn case_logins() {
        if std::env::var_os("HEADGATE_TEST_CASE").is_some() {
            let folder = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").unwrap());
            check_logins(&folder.join("bus")).await;
        }
    }
}
