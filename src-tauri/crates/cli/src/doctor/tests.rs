//! What people read. What is decided is tested with each subject.

use expect_test::{Expect, expect};

use super::*;

/// The checks of one subject as lines: level, name, what was found, the fix.
#[track_caller]
pub(super) fn check(checks: &[Check], expected: Expect) {
    let line = |check: &Check| {
        let level = format!("{:?}", check.level).to_lowercase();
        let fix = check.fix.as_ref().map(|fix| format!(" -> {fix}")).unwrap_or_default();
        // Windows joins folders in its own way.
        format!("{level} {}: {}{fix}", check.name, check.found).replace('\\', "/")
    };
    expected.assert_eq(&checks.iter().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_report_is_aligned_and_calm() {
    let checks = [
        Check::ok("home", "/home/me/.local/share/headgate"),
        Check::warning("keychain", "there is none", "`headgate serve --secret-store file`"),
        Check::problem("`docs`", "failed: \u{1b}[31mno such\nfile", "headgate logs docs"),
    ];
    let text = anstream::adapter::strip_str(&to_text(&checks)).to_string();
    expect![[r#"
        ✓ ok       home      /home/me/.local/share/headgate
        ! warning  keychain  there is none
                             fix: `headgate serve --secret-store file`
        ✗ problem  `docs`    failed: no such file
                             fix: headgate logs docs

        1 problem, 1 warning
    "#]]
    .assert_eq(&text);
    let report = Report { problems: 1, warnings: 1, checks: &checks[..2] };
    expect![[r#"
        {
          "problems": 1,
          "warnings": 1,
          "checks": [
            {
              "name": "home",
              "level": "ok",
              "found": "/home/me/.local/share/headgate"
            },
            {
              "name": "keychain",
              "level": "warning",
              "found": "there is none",
              "fix": "`headgate serve --secret-store file`"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&report).unwrap());
}
