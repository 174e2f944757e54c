//! What tauri needs at compile time. The commands are named here, so that the window may call those that
//! its capability lists and no others.

const COMMANDS: &[&str] = &[
    "app_info",
    "cancel",
    "copy",
    "first_path",
    "gateway_start",
    "gateway_state",
    "gateway_stop",
    "open_link",
    "preferences",
    "quit",
    "request",
    "save_file",
    "set_preferences",
];

/// Where the page is built to. It is not kept in the repository.
const PAGE: &str = "../ui/dist";

/// Stands in until it is built, so that the app compiles on a fresh checkout. By its `meta` the gateway, which
/// serves the same folder, knows that this is no page of its own (`daemon::ui`).
const NO_PAGE: &str = "<!doctype html><meta name=\"headgate-not-built\"><title>Headgate</title>\
                       <p>The page was not built: <code>cargo xtask desktop</code> does both.";

fn main() {
    // What the page is made of is part of the program.
    println!("cargo:rerun-if-changed={PAGE}");
    println!("cargo:rerun-if-changed=../icons");
    if let Err(error) = provide_page() {
        eprintln!("cannot write {PAGE}/index.html: {error}");
        std::process::exit(1);
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        // Cargo shows what a build script that fails has written to standard error.
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}

fn provide_page() -> std::io::Result<()> {
    let index = std::path::Path::new(PAGE).join("index.html");
    if index.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(PAGE)?;
    std::fs::write(index, NO_PAGE)
}
