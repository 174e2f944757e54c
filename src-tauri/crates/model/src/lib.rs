//! The vocabulary of Headgate: names, upstream definitions, states and settings.
//!
//! Plain values without I/O. Every other crate speaks in these words; how they are kept, run or
//! shown is theirs.

pub mod environment;
mod names;
mod settings;
mod tools;
mod upstream;

pub use names::{ClientName, InvalidName, UpstreamName};
pub use settings::{SecretStoreKind, Settings};
pub use tools::{
    InvalidChoice, MAX_DESCRIPTION_BYTES, ToolChoice, ToolChoices, checked_choices, switched_off,
};
pub use upstream::{ConfigValue, Isolation, PROJECT_ROOT, SecretRef, Transport, UpstreamSpec, UpstreamState};
