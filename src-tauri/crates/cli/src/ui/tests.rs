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
