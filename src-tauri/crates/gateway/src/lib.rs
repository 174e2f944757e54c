//! The data plane: sessions in front, upstreams behind, the catalog and the router between them.
//!
//! A request goes one way: session, router, slot, connection, link; its answer comes back the same
//! way. This crate knows neither HTTP servers nor databases.

mod activity;
mod begin;
mod board;
mod catalog;
mod environment;
mod gateway;
mod machine;
mod naming;
mod process;
pub mod programs;
mod project;
mod router;
mod session;
mod slot;
pub mod suggestion;
mod supervisor;
mod tokens;
mod trial;
mod unready;
mod upstream;

pub use activity::{Bodies, CallOutcome, CallRecord, Recorder};
pub use begin::begin;
pub use board::{Fault, Posted, Shows, Stage, Unanswered, Verdict, Wanted};
pub use catalog::{Catalog, HeldBack, Item, Kind, Part};
pub use environment::Environment;
pub use gateway::{Change, Gateway, Known, Probed, Running, Sharers, TooManySessions, UpstreamReport};
pub use machine::{Machine, SecretReader};
pub use process::{ChildPath, Teller, Warden, missing as missing_folders};
pub use project::project_folder;
pub use router::Scope;
pub use session::{
    Client, Next, Progress, Reader, Serving, Session, SessionChange, SessionHash, SessionRecord,
    SessionReport, Stream, UnderwayReport,
};
pub use trial::{Step, StepTeller, Trial};
pub use unready::Unready;
pub use upstream::{
    Upstream,
    fingerprint::{Fingerprint, fingerprint},
    listing::Offer,
    log::{Line, Log, Source},
    mask::Mask,
};
