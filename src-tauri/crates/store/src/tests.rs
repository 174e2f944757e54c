//! The database as its callers see it, on real files.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use headgate_model::{ConfigValue, Isolation, SecretRef, Transport, UpstreamSpec, switched_off};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{ClientRecord, Restoration, SessionRecord, SessionWrite, Store, StoreError};

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("headgate.db")
    }

    async fn open(&self) -> Store {
        Store::open(&self.database()).await.unwrap()
    }

    async fn refusal(&self) -> StoreError {
        Store::open(&self.database()).await.err().expect("it opened")
    }
}

fn upstream(name: &str, command: &str) -> UpstreamSpec {
    let secret = ConfigValue::Secret { secret: SecretRef(format!("upstream/{name}/TOKEN")) };
    UpstreamSpec {
        name: name.parse().unwrap(),
        transport: Transport::Stdio {
            command: command.to_owned(),
            args: vec!["--flag".to_owned(), "ünï code".to_owned()],
            env: [("TOKEN".to_owned(), secret)].into(),
            cwd: Some("/srv".into()),
        },
        isolation: Isolation::Session,
        prefix: Some("p".to_owned()),
        tool_choices: switched_off(["delete_all".to_owned()]),
        enabled: true,
        keep_warm: false,
        memory_limit_mib: None,
        start_timeout_s: None,
        call_timeout_s: Some(7),
    }
}

fn client(name: &str, created_ms: u64) -> ClientRecord {
    ClientRecord { name: name.parse().unwrap(), key_sha256: [7; 32], created_ms }
}

#[tokio::test]
async fn upstreams_keep_their_order_and_their_place() {
    let home = Home::new();
    let store = home.open().await;
    for name in ["zeta", "alpha", "mid"] {
        store.put_upstream(upstream(name, "first")).await.unwrap();
    }
    store.put_upstream(upstream("zeta", "second")).await.unwrap();
    let expected = [upstream("zeta", "second"), upstream("alpha", "first"), upstream("mid", "first")];
    assert_eq!(store.upstreams().await.unwrap(), expected);

    assert!(store.remove_upstream(&"zeta".parse().unwrap()).await.unwrap());
    assert!(!store.remove_upstream(&"zeta".parse().unwrap()).await.unwrap());
    store.put_upstream(upstream("zeta", "third")).await.unwrap();
    let expected = [upstream("alpha", "first"), upstream("mid", "first"), upstream("zeta", "third")];
    assert_eq!(store.upstreams().await.unwrap(), expected);
}

#[tokio::test]
async fn a_definition_that_lists_tools_as_off_is_still_read() {
    let home = Home::new();
    let store = home.open().await;
    store.put_upstream(upstream("a", "x")).await.unwrap();
    store.close().await.unwrap();
    let now = serde_json::to_string(&upstream("a", "x")).unwrap();
    let before = now.replace(r#""tool_choices":{"delete_all":{"off":true}}"#, r#""off":["delete_all"]"#);
    assert_ne!(now, before);
    let connection = Connection::open(home.database()).unwrap();
    assert_eq!(connection.execute("UPDATE upstreams SET spec = ?1", [before]).unwrap(), 1);
    drop(connection);
    assert_eq!(home.open().await.upstreams().await.unwrap(), [upstream("a", "x")]);
}

#[tokio::test]
async fn a_client_name_is_taken_once() {
    let store = Home::new();
    let store = store.open().await;
    store.add_client(client("cursor", 5)).await.unwrap();
    store.add_client(client("Claude", u64::MAX)).await.unwrap();
    let error = store.add_client(client("cursor", 6)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Exists(name) if name.as_str() == "cursor"), "{error:?}");
    assert_eq!(error.to_string(), "client `cursor` already exists");
    let expected = [client("cursor", 5), client("Claude", u64::MAX)];
    assert_eq!(store.clients().await.unwrap(), expected);
    assert!(store.remove_client(&"cursor".parse().unwrap()).await.unwrap());
    assert!(!store.remove_client(&"cursor".parse().unwrap()).await.unwrap());
}

#[tokio::test]
async fn sessions_are_kept_touched_and_forgotten() {
    let home = Home::new();
    let session = |id: u8, record: &str, last_used_ms| SessionRecord {
        id_sha256: [id; 32],
        record: record.to_owned(),
        last_used_ms,
    };
    let store = home.open().await;
    let keep = |id, record, at| SessionWrite::Keep(session(id, record, at));
    store.write_sessions(vec![keep(1, "a", 10), keep(2, "b", 20), keep(3, "c", 30)]).await.unwrap();
    store
        .write_sessions(vec![
            SessionWrite::Touch([1; 32], 40),
            SessionWrite::Forget([3; 32]),
            keep(2, "b2", 21),
        ])
        .await
        .unwrap();
    store.close().await.unwrap();
    let store = home.open().await;
    assert_eq!(store.sessions(9).await.unwrap(), [session(1, "a", 40), session(2, "b2", 21)]);
    assert_eq!(store.sessions(1).await.unwrap(), [session(1, "a", 40)]);
    assert_eq!(store.sessions(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn everything_survives_a_close() {
    let home = Home::new();
    let store = home.open().await;
    store.put_upstream(upstream("github", "gh")).await.unwrap();
    store.add_client(client("cursor", 5)).await.unwrap();
    store.set_setting("page_size", "10").await.unwrap();
    store.set_setting("page_size", "20").await.unwrap();
    let other = store.clone();
    store.close().await.unwrap();
    assert!(matches!(other.upstreams().await, Err(StoreError::Closed)));
    assert!(matches!(other.close().await, Err(StoreError::Closed)));
    let files = fs::read_dir(home.0.path()).unwrap().count();
    assert_eq!(files, 1, "the log was written into the file");

    let store = home.open().await;
    assert_eq!(store.upstreams().await.unwrap(), [upstream("github", "gh")]);
    assert_eq!(store.clients().await.unwrap(), [client("cursor", 5)]);
    assert_eq!(store.setting("page_size").await.unwrap().as_deref(), Some("20"));
    assert_eq!(store.setting("unknown").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_queued_before_a_close_is_written() {
    let home = Home::new();
    let store = home.open().await;
    let writes = (0..200).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.set_setting(&format!("key {n}"), "set").await })
    });
    let writes: Vec<_> = writes.collect();
    tokio::task::yield_now().await;
    store.close().await.unwrap();
    let store = home.open().await;
    for (n, write) in writes.into_iter().enumerate() {
        let written = store.setting(&format!("key {n}")).await.unwrap().is_some();
        assert_eq!(written, write.await.unwrap().is_ok(), "key {n}");
    }
}

/// Names the database to the other process in `an_acknowledged_write_survives_a_kill`.
const KILLED_DATABASE: &str = "HEADGATE_TEST_KILLED_DATABASE";

#[tokio::test]
async fn an_acknowledged_write_survives_a_kill() {
    let home = Home::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::write_and_wait_for_the_kill", "--ignored", "--nocapture"])
        .env(KILLED_DATABASE, home.database())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "acknowledged"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(home.database().with_extension("db-wal").metadata().unwrap().len() > 0);
    let store = home.open().await;
    assert_eq!(store.upstreams().await.unwrap(), [upstream("github", "gh")]);
}

#[tokio::test]
#[ignore = "run by an_acknowledged_write_survives_a_kill in a process of its own"]
async fn write_and_wait_for_the_kill() {
    let Some(path) = std::env::var_os(KILLED_DATABASE) else { return };
    let store = Store::open(Path::new(&path)).await.unwrap();
    store.put_upstream(upstream("github", "gh")).await.unwrap();
    println!("\nacknowledged");
    // Ends as well when the other test does, should that one fail.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
async fn an_open_database_can_be_opened_again() {
    let home = Home::new();
    let first = home.open().await;
    first.set_setting("key", "value").await.unwrap();
    let second = home.open().await;
    assert_eq!(second.setting("key").await.unwrap().as_deref(), Some("value"));
    second.set_setting("key", "other").await.unwrap();
    assert_eq!(first.setting("key").await.unwrap().as_deref(), Some("other"));
}

#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let home = Home::new();
    let connection = Connection::open(home.database()).unwrap();
    connection.execute_batch("CREATE TABLE later (x); PRAGMA user_version = 99;").unwrap();
    drop(connection);
    let before = fs::read(home.database()).unwrap();
    let error = home.refusal().await;
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("written by a newer headgate"), "{error}");
    assert_eq!(fs::read(home.database()).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_untouched() {
    let home = Home::new();
    let text = "my notes, not a database ".repeat(100);
    fs::write(home.database(), &text).unwrap();
    let error = home.refusal().await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(fs::read_to_string(home.database()).unwrap(), text);
}

#[tokio::test]
async fn a_database_with_a_torn_page_is_refused_untouched() {
    let home = Home::new();
    let store = home.open().await;
    store.put_upstream(upstream("github", "gh")).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = fs::read(home.database()).unwrap();
    bytes[4096..8192].fill(0xAA);
    fs::write(home.database(), &bytes).unwrap();
    let error = home.refusal().await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(fs::read(home.database()).unwrap(), bytes);
}

#[tokio::test]
async fn a_definition_that_makes_no_sense_is_named() {
    let home = Home::new();
    home.open().await.close().await.unwrap();
    let connection = Connection::open(home.database()).unwrap();
    connection.execute("INSERT INTO upstreams (name, spec) VALUES ('old', '{}')", []).unwrap();
    let error = home.open().await.upstreams().await.unwrap_err();
    assert_eq!(error.to_string(), "read upstream `old` from the database");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let home = Home::new();
    let error = Store::open(&home.0.path().join("none/headgate.db")).await.err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    fs::write(home.database(), "").unwrap();
    fs::set_permissions(home.database(), fs::Permissions::from_mode(0o644)).unwrap();
    let store = home.open().await;
    store.set_setting("key", "value").await.unwrap();
    let files: Vec<_> = fs::read_dir(home.0.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3, "database, log and index: {files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_setup_is_put_back_wholly_or_not_at_all() {
    let home = Home::new();
    let store = home.open().await;
    store.put_upstream(upstream("old", "npx")).await.unwrap();
    store.add_client(client("there", 1)).await.unwrap();
    let restoration = |new_client: &str| Restoration {
        put_upstreams: vec![upstream("new", "uvx")],
        remove_upstreams: vec!["old".parse().unwrap()],
        settings: [("page_size".to_owned(), Some("5".to_owned())), ("other".to_owned(), None)].into(),
        add_clients: vec![client(new_client, 2)],
        remove_clients: Vec::new(),
    };
    let error = store.restore(restoration("there")).await.unwrap_err();
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
    assert_eq!(store.upstreams().await.unwrap(), [upstream("old", "npx")]);
    assert!(store.settings().await.unwrap().is_empty());

    store.restore(restoration("fresh")).await.unwrap();
    assert_eq!(store.upstreams().await.unwrap(), [upstream("new", "uvx")]);
    assert_eq!(store.settings().await.unwrap(), [("page_size".to_owned(), "5".to_owned())].into());
    assert_eq!(store.clients().await.unwrap().len(), 2);
}

#[tokio::test]
async fn times_of_secrets_are_kept_until_they_are_forgotten() {
    let home = Home::new();
    let store = home.open().await;
    let secret = SecretRef("a/TOKEN/1".to_owned());
    store.note_secret(&secret, 1).await.unwrap();
    store.note_secret(&secret, 2).await.unwrap();
    assert_eq!(store.secret_times().await.unwrap(), [(secret.clone(), 2)].into());
    store.forget_secret(&secret).await.unwrap();
    assert!(store.secret_times().await.unwrap().is_empty());
}
