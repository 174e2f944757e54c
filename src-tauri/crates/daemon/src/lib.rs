//! The daemon: composes store, gateway and HTTP server, and lives as long as it holds its lock.
//!
//! It decides who may speak (guard, keys) and hands on; what is said is the gateway's, what is kept is
//! the store's.

mod activity;
mod admin;
pub mod diagnosis;
mod drain;
mod guard;
mod journal;
mod keys;
mod lock;
mod mcp;
mod port;
mod proxy;
mod serve;
mod server;
mod settings;
mod signal;
mod ui;
mod usage;

pub use admin::openapi;
pub use proxy::{ProxyOptions, proxy};
pub use serve::{ServeOptions, serve};
pub use signal::stop as stop_signal;
