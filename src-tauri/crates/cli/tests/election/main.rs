//! The election with the real binary in fresh homes: who starts the daemon, who attaches, who learns why
//! nobody could, and what the daemon keeps of whoever started it.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod home;
mod lifecycle;
mod races;
mod strangers;
mod versions;
