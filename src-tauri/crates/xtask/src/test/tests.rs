//! What the test runners print at the end, as it was seen.

use expect_test::{Expect, expect};

use super::Counts;

fn check(line: &str, expected: Expect) {
    let seen = match Counts::read(line) {
        Some(counts) => format!("{} passed, {} failed", counts.passed, counts.failed),
        None => "no summary".to_owned(),
    };
    expected.assert_eq(&seen);
}

#[test]
fn nextest_summaries_are_read() {
    check("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped\n", expect!["3 passed, 0 failed"]);
    check(
        "     Summary [  12.5s] 9 tests run: 5 passed (1 slow, 1 flaky), 2 failed, 1 timed out, 1 exec failed, 0 skipped",
        expect!["5 passed, 4 failed"],
    );
    check(
        "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped",
        expect!["1 passed, 0 failed"],
    );
}

#[test]
fn cargo_test_summaries_are_read() {
    check(
        "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
        expect!["5 passed, 0 failed"],
    );
    check(
        "test result: \u{1b}[31mFAILED\u{1b}[m. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        expect!["5 passed, 2 failed"],
    );
}

#[test]
fn other_lines_are_no_summaries() {
    check("test the_3_passed_tests ... ok", expect!["no summary"]);
    check("", expect!["no summary"]);
}
