//! What `headgate doctor` asks of this machine, told by the code that the daemon itself goes by.

use std::{ffi::OsString, ops::RangeInclusive};

use headgate_api::Home;
use headgate_gateway::Environment;

use crate::port;

/// The ports of which a first start takes a free one.
pub const PORTS: RangeInclusive<u16> = port::RANGE;

/// The PATH with which upstreams would be started.
pub async fn upstreams_path(home: &Home) -> OsString {
    Environment::read(&[], &home.path_cache()).path().await
}

/// The program and process id of whoever listens on `port`, where this person may know.
pub fn port_holder(port: u16) -> Option<String> {
    port::holder::name(port)
}
