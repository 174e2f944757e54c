//! What `headgate doctor` asks of this machine, told by the code that the daemon itself goes by.

use std::ops::RangeInclusive;

use headgate_api::Home;
use headgate_gateway::Environment;
pub use headgate_gateway::{ChildPath, Teller, missing_folders, programs};

use crate::port;

/// The ports of which a first start takes a free one.
pub const PORTS: RangeInclusive<u16> = port::RANGE;

/// The PATH with which upstreams would be started, and who told it.
pub async fn upstreams_path(home: &Home) -> Option<ChildPath> {
    Environment::read(&[], &home.path_cache()).told_path().await
}

/// The program and process id of whoever listens on `port`, where this person may know.
pub fn port_holder(port: u16) -> Option<String> {
    port::holder::name(port)
}
