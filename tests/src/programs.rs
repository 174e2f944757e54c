//! The programs under test. They are built beside the tests, in the folder above `deps`.

use std::{env, path::PathBuf};

/// The binary `headgate`; `HEADGATE_BIN` overrides.
pub fn headgate() -> PathBuf {
    match env::var_os("HEADGATE_BIN") {
        Some(program) => PathBuf::from(program),
        None => find("headgate", "cargo build -p headgate-cli"),
    }
}

/// The scripted upstream of these tests.
pub fn fake_upstream() -> PathBuf {
    find("fake-upstream", "cargo build -p e2e --bins")
}

/// The upstream of benchmarks.
pub fn bench_upstream() -> PathBuf {
    find("bench-upstream", "cargo build -p e2e --bins")
}

/// The fixture of the conformance suite.
pub fn conformance_fixture() -> PathBuf {
    find("conformance-fixture", "cargo build -p e2e --bins")
}

fn find(name: &str, build: &str) -> PathBuf {
    let test = env::current_exe().expect("a running test knows its own program");
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let found = test.ancestors().skip(1).map(|folder| folder.join(&file)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no program `{name}` beside {}; run `{build}`", test.display()))
}
