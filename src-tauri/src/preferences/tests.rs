use super::*;

#[test]
fn what_was_changed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app").join(FILE);
    let preferences = Preferences::at(file.clone());
    let language = Language::of_system();
    let untouched = Wishes { autostart: None, quit_stops_gateway: false, notifications: true, language };
    assert_eq!(preferences.wishes(), untouched);
    preferences.keep(Patch { notifications: Some(false), ..Patch::default() }).unwrap();
    let changed = Wishes { notifications: false, ..untouched };
    assert_eq!((preferences.wishes(), Preferences::at(file).wishes()), (changed, changed));
}

#[test]
fn a_file_that_cannot_be_read_is_as_good_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    for (text, notifications) in [
        ("{", true),
        ("[]", true),
        (r#"{"notifications":3}"#, true),
        (r#"{"notifications":false,"later":1}"#, false),
    ] {
        fs::write(&file, text).unwrap();
        assert_eq!(Preferences::at(file.clone()).wishes().notifications, notifications, "{text}");
    }
}

#[test]
fn what_cannot_be_kept_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let preferences = Preferences::at(folder.path().join("file").join(FILE));
    let failure = preferences.keep(Patch { quit_stops_gateway: Some(true), ..Patch::default() }).unwrap_err();
    assert!(failure.detail.contains("nothing was changed"), "{failure}");
    assert!(!preferences.wishes().quit_stops_gateway);
}

#[test]
fn the_language_is_the_one_that_a_page_told_last() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    let preferences = Preferences::at(file.clone());
    preferences.keep(Patch { language: Some(Language::De), ..Patch::default() }).unwrap();
    preferences.keep(Patch { language: Some(Language::En), ..Patch::default() }).unwrap();
    assert_eq!(Preferences::at(file.clone()).wishes().language, Language::En);
    fs::write(&file, r#"{"language":"de"}"#).unwrap();
    assert_eq!(Preferences::at(file).wishes().language, Language::De);
}
