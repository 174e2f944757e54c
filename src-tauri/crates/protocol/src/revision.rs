//! Revisions of the protocol and how one is agreed on (lifecycle, "Version Negotiation").

/// Revisions of the legacy era, oldest first.
pub const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// The newest revision of the legacy era.
pub const NEWEST_LEGACY: &str = LEGACY[LEGACY.len() - 1];

/// The one revision that knows batches.
pub const BATCHES: &str = "2025-03-26";

/// The first revision whose event streams may begin with an empty priming event; older clients try
/// to parse its empty data.
pub const PRIMING: &str = "2025-11-25";

/// The revision to answer a client with: its own when it is known, else the newest legacy one.
pub fn negotiate(requested: &str) -> &'static str {
    LEGACY.into_iter().find(|known| *known == requested).unwrap_or(NEWEST_LEGACY)
}
