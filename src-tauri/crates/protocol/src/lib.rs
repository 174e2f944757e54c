//! JSON-RPC and MCP on the wire: bytes to messages and back. No I/O, no time, no state of sessions.
//!
//! Strangers' JSON stays whole: a message knows its envelope, everything inside is [`Raw`] text that
//! is carried on byte for byte.

mod envelope;
pub mod error;
mod id;
pub mod lines;
mod message;
pub mod method;
mod raw;
pub mod revision;
pub mod sse;

pub use id::Id;
pub use message::{Incoming, Message, Notification, Outcome, ParseError, Request, Response, parse};
pub use raw::{Edits, Raw};

/// The largest message that is read from anywhere: 64 MiB, four times the largest that real servers
/// were seen to send, and a bound to what one stranger can make us hold.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
