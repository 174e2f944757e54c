use expect_test::{Expect, expect};

use super::{Kind, chosen, megabytes};

fn check(wanted: &[Kind], system: &str, expected: Expect) {
    let said = match chosen(wanted, system) {
        Ok(kinds) => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("refused: {error}"),
    };
    expected.assert_eq(&said);
}

#[test]
fn each_system_makes_its_own() {
    check(&[], "linux", expect!["deb rpm appimage"]);
    check(&[], "macos", expect!["dmg"]);
    check(&[], "windows", expect!["msi nsis"]);
    check(&[Kind::Deb], "linux", expect!["deb"]);
    check(&[Kind::Deb, Kind::Dmg], "linux", expect!["refused: `dmg` is made on macos only; this is linux"]);
}

#[test]
fn sizes_are_rounded() {
    expect!["0.0 MB 1.0 MB 12.3 MB"].assert_eq(&[0, 999_999, 12_345_678].map(megabytes).join(" "));
}
