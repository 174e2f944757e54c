//! The election with the real binary in fresh homes: who starts the daemon, who attaches, who learns why
//! nobody could, and what the daemon keeps of whoever started it.
#![allow(clippy::unwrap_used)]

mod home;
mod lifecycle;
#[cfg(target_os = "linux")]
mod linux;
mod races;
mod strangers;
#[cfg(unix)]
mod unix;
mod versions;
