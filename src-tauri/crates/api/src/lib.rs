//! The local admin API: its types, its error codes, the manifest that tells where it is, and a
//! typed client. The daemon serves it, every face calls it.

mod client;
mod manifest;
mod problem;
mod types;

pub use client::{Client, ClientError};
pub use manifest::{Home, HomeError, Manifest, ManifestError};
pub use problem::{Problem, code};
pub use types::*;
