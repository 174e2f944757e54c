//! The vocabulary of Headgate: names, upstream definitions, states and settings.
//!
//! Plain values without I/O. Every other crate speaks in these words; how they are kept, run or
//! shown is theirs.

mod command_line;
pub mod environment;
mod names;
mod program;
pub mod secrecy;
mod settings;
mod suggestion;
mod tools;
mod upstream;

pub use command_line::{command_line, is_unseen, quoted};
pub use names::{ClientName, InvalidName, UpstreamName};
pub use program::Program;
pub use settings::{
    InvalidSetting, RecordBodies, SETTINGS, SecretStoreKind, Setting, Settings, Unit, setting,
};
pub use suggestion::Suggestion;
pub use tools::{
    InvalidChoice, MAX_DESCRIPTION_BYTES, ToolChoice, ToolChoices, checked_choices, switched_off,
};
pub use upstream::{ConfigValue, Isolation, PROJECT_ROOT, SecretRef, Transport, UpstreamSpec, UpstreamState};
