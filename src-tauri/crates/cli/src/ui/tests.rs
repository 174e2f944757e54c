use super::*;

fn check(is_linux: bool, variables: &[(&str, &str)], can_open: bool) {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    assert_eq!(obstacle(is_linux, find).is_none(), can_open, "{variables:?}");
}

#[test]
fn linux_needs_a_screen() {
    check(true, &[("DISPLAY", ":0")], true);
    check(true, &[("WAYLAND_DISPLAY", "wayland-0")], true);
    check(true, &[("DISPLAY", "")], false);
    check(true, &[("HOME", "/root")], false);
    check(false, &[], true);
}

#[test]
fn a_snap_is_known_by_its_desktop_entry() {
    let snaps = tempfile::tempdir().unwrap();
    std::fs::write(snaps.path().join("firefox_firefox.desktop"), "").unwrap();
    for (entry, expected) in [
        ("firefox_firefox.desktop", true),
        ("firefox.desktop", false),
        ("", false),
        ("../x", false),
        ("/", false),
    ] {
        assert_eq!(is_snap(entry, snaps.path()), expected, "{entry:?}");
    }
    assert!(walled("firefox_firefox.desktop").starts_with("`firefox` is a snap"));
}
