//! What people read and what scripts read when a command fails.

use expect_test::{Expect, expect};
use headgate_api::{Clash, code};

use super::*;

fn check(failure: impl Into<Failure>, exit_code: u8, expected: Expect) {
    let failure = failure.into();
    assert_eq!(failure.code(), exit_code);
    expected.assert_eq(&anstream::adapter::strip_str(&failure.to_text()).to_string());
}

#[test]
fn a_failure_is_a_sentence_and_a_code() {
    let nobody = ManifestError::NotRunning { home: "/home/me/.local/share/headgate".into() };
    check(
        ClientError::from(nobody),
        3,
        expect![
            "error: no gateway is running for /home/me/.local/share/headgate; start one with `headgate up`"
        ],
    );
    let missing = Problem::new(404, code::NOT_FOUND, "no upstream is called `x`");
    check(ClientError::Problem(Box::new(missing)), 4, expect!["error: no upstream is called `x`"]);
    let broken = Problem::new(502, code::UPSTREAM, "`x` exited with code 1: \u{1b}[31mno module");
    check(ClientError::Problem(Box::new(broken)), 1, expect!["error: `x` exited with code 1: no module"]);
    check(
        anyhow::anyhow!("disk full").context("cannot open log"),
        1,
        expect![[r#"
        error: cannot open log
          caused by: disk full"#]],
    );
    check(
        Failure::Usage("say what to add".to_owned()),
        2,
        expect![[r#"
        error: say what to add

        For more information, try '--help'."#]],
    );
    check(Failure::Interrupted, 130, expect!["interrupted"]);
}

#[test]
fn a_clash_is_a_list_with_ways_out() {
    let clash = |kind: &str, name: &str| Clash {
        kind: kind.to_owned(),
        name: name.to_owned(),
        own_name: name.to_owned(),
        owner: "github".parse().unwrap(),
    };
    let mut problem = Box::new(Problem::new(409, code::CLASH, "2 names of `docs` are taken"));
    problem.clashes = vec![clash("tool", "search"), clash("resource", "file:///a")];
    let ways_out = "Add it under a prefix:\n  --prefix docs".to_owned();
    check(
        Failure::Refused { problem, ways_out },
        4,
        expect![[r#"
        error: 2 names of `docs` are taken
          KIND      NAME       OFFERED BY
          tool      search     github
          resource  file:///a  github
        Add it under a prefix:
          --prefix docs"#]],
    );
}
