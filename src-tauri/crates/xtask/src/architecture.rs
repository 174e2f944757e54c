//! Keeps the arrows of the tree (docs/architecture.md): who may depend on whom, and who alone may
//! use the libraries that carry a responsibility. Reads what cargo says, so that nothing drifts.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use serde::Deserialize;

use crate::shell;

/// From a package's folder to the folders of ours that it may depend on.
const ARROWS: [(&str, &[&str]); 9] = [
    ("desktop", &["api", "model"]),
    ("cli", &["daemon", "api", "clients", "protocol", "model"]),
    ("daemon", &["gateway", "store", "clients", "api", "protocol", "model"]),
    ("gateway", &["protocol", "model"]),
    ("store", &["model"]),
    ("clients", &["model"]),
    ("api", &["model"]),
    ("protocol", &[]),
    ("model", &[]),
];

/// Libraries with one user: the HTTP server, the SQL, the keychain.
const OWNED: [(&str, &str); 3] = [("axum", "daemon"), ("rusqlite", "store"), ("keyring-core", "store")];

/// They test and build the tree from outside.
const OUTSIDE: [&str; 2] = ["e2e", "xtask"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Absent for a normal one; `dev` and `build` do not count.
    kind: Option<String>,
}

#[test]
fn the_workspace_keeps_its_arrows() {
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = shell::output(shell::cargo().args(arguments)).expect("run cargo metadata");
    let metadata: Metadata = serde_json::from_str(&metadata).expect("read cargo metadata");
    assert_eq!(violations(&metadata.packages), Vec::<String>::new());
}

#[test]
fn an_arrow_that_points_up_is_named() {
    check(
        "headgate-gateway",
        "crates/gateway",
        &["headgate-protocol", "headgate-store", "tokio"],
        expect!["gateway must not depend on store"],
    );
    check("headgate-model", "crates/model", &["serde"], expect![""]);
    check("e2e", "tests", &["headgate-daemon", "axum"], expect![""]);
}

#[test]
fn a_library_has_one_owner() {
    check("headgate-daemon", "crates/daemon", &["axum"], expect![""]);
    check(
        "headgate-cli",
        "crates/cli",
        &["axum", "rusqlite"],
        expect![[r#"
            cli must not depend on axum: it belongs to daemon
            cli must not depend on rusqlite: it belongs to store"#]],
    );
}

#[test]
fn a_package_has_the_name_of_its_folder() {
    check("headgate-protocol", "crates/wire", &[], expect!["protocol lies in folder wire"]);
    check("headgate-utils", "crates/utils", &[], expect!["utils has no place among the arrows"]);
    check("desktop", "src-tauri", &["headgate-api", "tauri"], expect![""]);
}

#[track_caller]
fn check(name: &str, folder: &str, dependencies: &[&str], expected: Expect) {
    let dependency = |name: &&str| Dependency { name: (*name).to_owned(), kind: None };
    let package = Package {
        name: name.to_owned(),
        manifest_path: Path::new(folder).join("Cargo.toml"),
        dependencies: dependencies.iter().map(dependency).collect(),
    };
    expected.assert_eq(&violations(&[package]).join("\n"));
}

fn violations(packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .filter(|package| !OUTSIDE.contains(&package.name.as_str()))
        .flat_map(|package| [misplaced(package), arrows_broken(package), owned_used(package)])
        .flatten()
        .collect()
}

fn misplaced(package: &Package) -> Vec<String> {
    let name = short(&package.name);
    let folder = package.manifest_path.parent().and_then(Path::file_name).unwrap_or_default();
    // The desktop shell lies where its toolchain looks for it.
    let expected = if name == "desktop" { "src-tauri" } else { name };
    let misplaced = folder != expected;
    misplaced.then(|| format!("{name} lies in folder {}", folder.display())).into_iter().collect()
}

fn arrows_broken(package: &Package) -> Vec<String> {
    let name = short(&package.name);
    let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
        return vec![format!("{name} has no place among the arrows")];
    };
    ours(package)
        .filter(|to| !allowed.contains(to))
        .map(|to| format!("{name} must not depend on {to}"))
        .collect()
}

fn owned_used(package: &Package) -> Vec<String> {
    let name = short(&package.name);
    normal(package)
        .filter_map(|dependency| OWNED.iter().find(|(library, _)| *library == dependency))
        .filter(|(_, owner)| *owner != name)
        .map(|(library, owner)| format!("{name} must not depend on {library}: it belongs to {owner}"))
        .collect()
}

/// The direct dependencies that are packages of this workspace, by folder.
fn ours(package: &Package) -> impl Iterator<Item = &str> {
    normal(package).filter(|name| name.starts_with("headgate-") || OUTSIDE.contains(name)).map(short)
}

fn normal(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
    normal.map(|dependency| dependency.name.as_str())
}

fn short(name: &str) -> &str {
    name.strip_prefix("headgate-").unwrap_or(name)
}
