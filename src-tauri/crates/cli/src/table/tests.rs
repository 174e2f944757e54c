//! Columns, with and without colour.

use expect_test::expect;

use super::*;

#[test]
fn columns_are_aligned_by_what_is_seen() {
    let mut table = Table::new(["NAME", "STATE", "NOTE"]);
    table.row([cell("日本"), coloured("ready", AnsiColor::Green), cell("")]);
    table.row([cell("longer"), cell("x"), cell("two\nlines \u{1b}[2J")]);
    let text = table.to_string();
    assert!(text.contains("\u{1b}[32mready\u{1b}[0m"), "{text:?}");
    let seen = anstream::adapter::strip_str(&text).to_string();
    expect![[r#"
        NAME    STATE  NOTE
        日本    ready
        longer  x      two lines
    "#]]
    .assert_eq(&seen);
}
