//! What `on` and `off` leave on the disk. How systemd itself is told is tested with the real program.

use super::*;

fn startup() -> Startup {
    Startup { program: "/opt/headgate".into(), home: None }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.file_name().into_string().unwrap()),
        }
    }
    found.sort();
    found
}

#[test]
fn the_way_is_what_the_system_has() {
    for (manager, systemd, expected) in [
        (true, true, Way::Manager),
        (true, false, Way::Manager),
        (false, true, Way::Link),
        (false, false, Way::Desktop),
    ] {
        assert_eq!(way(manager, systemd), expected, "{manager} {systemd}");
    }
}

#[tokio::test]
async fn without_a_manager_the_link_is_made_here() {
    let config = tempfile::tempdir().unwrap();
    let places = Places::below(config.path());
    for _ in 0..2 {
        let state = turn_on(&startup(), &places, Way::Link).await.unwrap();
        assert!(state.on && state.notes[0].contains("default.target.wants"), "{state:?}");
        assert!(places.links_to_unit());
        assert_eq!(files(config.path()), [UNIT, UNIT]);
    }
    for _ in 0..2 {
        assert!(!turn_off(&places, false).await.unwrap().on);
        assert!(files(config.path()).is_empty());
    }
}

#[tokio::test]
async fn there_is_one_way_at_a_time() {
    let config = tempfile::tempdir().unwrap();
    let places = Places::below(config.path());
    turn_on(&startup(), &places, Way::Desktop).await.unwrap();
    assert_eq!(files(config.path()), ["headgate.desktop"]);
    turn_on(&startup(), &places, Way::Link).await.unwrap();
    assert_eq!(files(config.path()), [UNIT, UNIT]);
    turn_on(&startup(), &places, Way::Desktop).await.unwrap();
    turn_off(&places, false).await.unwrap();
    assert!(fs::read_link(&places.link).is_err(), "the link went with its unit");
    assert!(files(config.path()).is_empty());
}

#[tokio::test]
async fn what_somebody_else_made_stays() {
    let config = tempfile::tempdir().unwrap();
    let places = Places::below(config.path());
    fs::create_dir_all(places.link.parent().unwrap()).unwrap();
    fs::write(&places.unit, "[Service]\n").unwrap();
    std::os::unix::fs::symlink(&places.unit, &places.link).unwrap();
    let on = turn_on(&startup(), &places, Way::Link).await.unwrap_err();
    let off = turn_off(&places, false).await.unwrap_err();
    for error in [on, off] {
        assert!(error.to_string().contains("was not made by"), "{error}");
    }
    assert_eq!(files(config.path()), [UNIT, UNIT]);
}
