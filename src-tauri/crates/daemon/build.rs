//! Makes sure that there is a folder to embed the web UI from, and that a release embeds it anew when it
//! was built anew.

use std::{env, fs};

/// Where Vite puts what it builds.
const DIST: &str = "../../../ui/dist";

fn main() {
    // An empty one means that no UI was built. A folder that is not there could not be watched for changes,
    // and its path would stay relative, by which nothing is found in it later.
    if let Err(error) = fs::create_dir_all(DIST) {
        println!("cargo::warning=cannot make {DIST}, so the gateway will have no web UI: {error}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files when it is asked for them.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={DIST}");
    }
}
