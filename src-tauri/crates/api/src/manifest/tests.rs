//! The home folder and the manifest on a real file system.

use super::*;

fn manifest(instance: &str) -> Manifest {
    Manifest {
        url: "http://127.0.0.1:4283".to_owned(),
        pid: 7,
        version: "0.1.0".to_owned(),
        instance: instance.to_owned(),
        admin_token: "s3cret".to_owned(),
    }
}

fn fresh_home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("deep/home"));
    home.create().unwrap();
    (folder, home)
}

#[test]
fn the_variable_wins_over_the_usual_folder() {
    let check = |named: Option<&str>, usual: Option<&str>, expected: Option<PathBuf>| {
        let home = choose(named.map(OsString::from), usual.map(PathBuf::from));
        assert_eq!(home.map(|home| home.0), expected, "{named:?} {usual:?}");
    };
    let here = env::current_dir().unwrap();
    let (named, usual) = (here.join("named"), here.join("usual"));
    check(named.to_str(), usual.to_str(), Some(named.clone()));
    check(Some("relative"), None, Some(here.join("relative")));
    check(Some(""), usual.to_str(), Some(usual.clone()));
    check(None, usual.to_str(), Some(usual.clone()));
    check(None, None, None);
}

#[test]
fn what_is_written_is_read_and_replaced() {
    let (_folder, home) = fresh_home();
    manifest("one").write(&home).unwrap();
    fs::write(home.folder().join("manifest.json.new"), "left over from a crash").unwrap();
    manifest("two").write(&home).unwrap();
    let read = Manifest::read(&home).unwrap();
    assert_eq!((read.instance.as_str(), read.admin_token.as_str()), ("two", "s3cret"));
    let files: Vec<_> = fs::read_dir(home.folder()).unwrap().collect();
    assert_eq!(files.len(), 1, "no draft stays: {files:?}");
}

#[cfg(unix)]
#[test]
fn only_this_person_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_folder, home) = fresh_home();
    manifest("one").write(&home).unwrap();
    assert_eq!(mode(home.folder()), 0o700);
    assert_eq!(mode(&home.manifest()), 0o600);
}

#[test]
fn only_the_own_manifest_is_removed() {
    let (_folder, home) = fresh_home();
    Manifest::remove(&home, "one").unwrap();
    manifest("two").write(&home).unwrap();
    Manifest::remove(&home, "one").unwrap();
    assert!(Manifest::read(&home).is_ok(), "a successor's manifest stays");
    Manifest::remove(&home, "two").unwrap();
    assert!(matches!(Manifest::read(&home), Err(ManifestError::NotRunning { .. })));
}

#[test]
fn a_broken_manifest_is_named() {
    let (_folder, home) = fresh_home();
    fs::write(home.manifest(), "{").unwrap();
    let error = Manifest::read(&home).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {}", home.manifest().display()));
}

#[test]
fn the_token_is_not_in_debug_output() {
    let text = format!("{:?}", manifest("one"));
    assert!(text.contains("127.0.0.1") && !text.contains("s3cret"), "{text}");
}
