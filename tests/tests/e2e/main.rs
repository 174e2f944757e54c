//! The real programs, end to end: what a person or a client would notice.
#![allow(clippy::unwrap_used)]

mod activity;
mod admin;
mod auth;
mod batches;
mod board;
mod bridge;
mod calls;
mod catalog;
mod command_line;
mod conformance;
#[cfg(target_os = "linux")]
mod desktop;
mod hostile_clients;
mod hostile_servers;
mod hostile_sites;
mod lifecycle;
mod orphans;
mod peers;
mod programs;
mod projects;
mod proxy;
mod questions;
mod reports;
mod resources;
mod reviewed;
mod sessions;
mod sizes;
mod sleep;
mod strangers;
mod streams;
mod tools;
mod trials;
mod truth;
mod upstream_tests;
mod usage;
mod ways;
mod web;
