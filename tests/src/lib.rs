//! What the end-to-end tests stand on: the real programs in a fresh home folder ([`Sandbox`],
//! [`Proxy`]), a client that shows every byte ([`Mcp`]), and waiting for conditions.
//!
//! The tests themselves lie in `tests/tests/e2e`; the programs they meet are in `src/bin`.

mod mcp;
pub mod processes;
pub mod programs;
mod proxy;
mod running;
mod sandbox;
mod upstreams;
mod wait;

pub use mcp::{Answer, Event, Exchange, Mcp, Message, parameters, request_text};
pub use proxy::{Proxy, free_port};
pub use running::Running;
pub use sandbox::{Builder, Sandbox, UpstreamOptions};
pub use upstreams::HttpUpstream;
pub use wait::{DEADLINE, in_time, wait_for, wait_until, within};
