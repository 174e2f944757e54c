//! The local admin API: its types, its error codes, the manifest that tells where it is, a typed client,
//! and the election by which any number of faces get one daemon. The daemon serves it, every face calls
//! it.

mod activity;
mod backup;
mod client;
mod election;
mod event;
mod health;
mod intake;
mod lock;
mod manifest;
mod marks;
mod place;
mod problem;
pub mod proof;
mod questions;
mod settings;
mod shutdown;
mod start;
mod test_report;
mod tools;
mod types;
mod ui;
mod usage;
mod version;

pub use activity::*;
pub use backup::{
    Backup, Restore, RestoreAction, RestoreItem, RestoreKind, RestoreMode, RestoreReport, read_strictly,
};
pub use client::{Client, ClientError, Heard, Watch};
pub use election::{Up, restart, up};
pub use event::{CatalogCounts, Event, Figures, State};
pub use intake::*;
pub use lock::{daemon_lives, open_lock};
pub use manifest::{Home, HomeError, Manifest, ManifestError};
pub use marks::{StartFailure, allow_starts, is_stopped};
pub use problem::{Problem, code, with_advice};
pub use questions::*;
pub use settings::{SettingList, SettingSource, SettingView, SettingsPatch};
pub use shutdown::{Down, down};
pub use test_report::{Counts, TestReport, TestStep};
pub use tools::{TokenTotals, ToolItem, ToolPatch, Tools, patched_choices};
pub use types::*;
pub use ui::{NewUiCode, NewUiToken, UiCode, UiToken};
pub use usage::*;
pub use version::is_newer;
