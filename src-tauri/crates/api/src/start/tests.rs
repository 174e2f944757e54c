//! What can be told of a start without one.

use super::*;

#[test]
fn the_reason_is_the_last_error() {
    let check = |log: &str, expected: Option<&str>| assert_eq!(reason(log).as_deref(), expected, "{log}");
    check("", None);
    check("\n\n", None);
    check("INFO here\nerror: port 1 is taken\n", Some("port 1 is taken"));
    check("error: old\nerror: open x\n  caused by: disk full\n", Some("open x\n  caused by: disk full"));
    check("1\n2\n3\n4\n5\n\n6\n", Some("2\n3\n4\n5\n6"));
}

#[test]
fn a_large_log_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("daemon.log");
    rotate(&log).unwrap();
    fs::write(&log, "small").unwrap();
    rotate(&log).unwrap();
    assert!(log.exists());
    fs::write(folder.path().join("daemon.log.1"), "older").unwrap();
    fs::File::options().write(true).open(&log).unwrap().set_len(MAX_LOG_BYTES + 1).unwrap();
    rotate(&log).unwrap();
    assert!(!log.exists());
    assert_eq!(fs::metadata(folder.path().join("daemon.log.1")).unwrap().len(), MAX_LOG_BYTES + 1);
}
