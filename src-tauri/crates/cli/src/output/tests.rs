//! Words and cleaned text.

use super::*;

#[test]
fn strangers_cannot_steer_the_terminal() {
    assert_eq!(plain(" \u{1b}[31mred\u{1b}[0m\r\n two\u{7} "), "red   two");
    assert_eq!(plain("\u{9b}2Jé日"), " 2Jé日");
}

#[test]
fn numbers_read_well() {
    assert_eq!((count(0, "tool"), count(1, "tool")), ("0 tools".to_owned(), "1 tool".to_owned()));
    let ages = [999, 59_999, 60_000, 7_200_000, 90_000_000].map(age);
    assert_eq!(ages, ["0s", "59s", "1m", "2h", "1d"]);
}
