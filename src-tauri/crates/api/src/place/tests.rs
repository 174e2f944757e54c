//! The place on a real file system.

use super::*;

fn fresh_home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("home"));
    home.create().unwrap();
    (folder, home)
}

fn program(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("program");
    // A new file, as a linker makes one: what is linked to the old one stays as it was.
    remove_if_there(&path).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn linked(home: &Home) -> String {
    fs::read_to_string(home.program()).unwrap()
}

#[test]
fn a_program_gets_its_place_and_the_name_that_stays() {
    let (folder, home) = fresh_home();
    let place = install_as(&home, &program(&folder, "one"), "0.1.0").unwrap();
    assert_eq!(place, home.program_of("0.1.0"));
    assert_eq!((fs::read_to_string(&place).unwrap().as_str(), linked(&home).as_str()), ("one", "one"));
    // From its own place, as the link runs it.
    assert_eq!(install_as(&home, &place, "0.1.0").unwrap(), place);
}

#[test]
fn another_build_of_one_version_replaces_it() {
    let (folder, home) = fresh_home();
    install_as(&home, &program(&folder, "one"), "0.1.0").unwrap();
    let place = install_as(&home, &program(&folder, "two"), "0.1.0").unwrap();
    assert_eq!((fs::read_to_string(place).unwrap().as_str(), linked(&home).as_str()), ("two", "two"));
    let left: Vec<_> = fs::read_dir(home.program_of("0.1.0").parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "no draft stays: {left:?}");
}

#[test]
fn the_name_that_stays_never_goes_back() {
    let (folder, home) = fresh_home();
    install_as(&home, &program(&folder, "ten"), "0.10.0").unwrap();
    install_as(&home, &program(&folder, "nine"), "0.9.0").unwrap();
    assert_eq!(linked(&home), "ten");
    install_as(&home, &program(&folder, "eleven"), "0.11.0").unwrap();
    assert_eq!(linked(&home), "eleven");
}

#[test]
fn a_program_that_vanished_is_replaced_by_what_is_there() {
    let (folder, home) = fresh_home();
    let gone = folder.path().join("gone");
    assert!(install_as(&home, &gone, "0.1.0").unwrap_err().to_string().contains("is not there any more"));
    install_as(&home, &program(&folder, "two"), "0.2.0").unwrap();
    assert_eq!(install_as(&home, &gone, "0.1.0").unwrap(), home.program());
    let place = install_as(&home, &program(&folder, "one"), "0.1.0").unwrap();
    assert_eq!(install_as(&home, &gone, "0.1.0").unwrap(), place);
}

#[test]
fn a_name_that_cannot_be_moved_stops_no_start() {
    let (folder, home) = fresh_home();
    // Nothing is renamed over a folder.
    fs::create_dir_all(home.program()).unwrap();
    let place = install_as(&home, &program(&folder, "one"), "0.1.0").unwrap();
    assert_eq!(fs::read_to_string(place).unwrap(), "one");
}

#[test]
fn contents_are_compared_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let long = vec![7; 200_000];
    let mut other = long.clone();
    other[199_999] = 8;
    let (a, b, c) = (file("a", &long), file("b", &long), file("c", &other));
    assert!(same_content(&a, &b).unwrap());
    assert!(!same_content(&a, &c).unwrap());
    assert!(!same_content(&a, &folder.path().join("none")).unwrap());
    assert!(same_content(&folder.path().join("none"), &a).is_err());
}
