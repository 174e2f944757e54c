//! Request ids, kept as the exact text that came: `1`, `"1"`, `1.0` and 9007199254740993 are four ids.

use std::fmt;

use crate::Raw;

/// The id of a request or of the answer to it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Id(Raw);

impl Id {
    /// Takes a JSON string or number; anything else is no id.
    pub fn from_raw(raw: Raw) -> Option<Self> {
        matches!(raw.as_bytes().first()?, b'"' | b'-' | b'0'..=b'9').then_some(Self(raw))
    }

    /// An id of our own.
    pub fn number(n: u64) -> Self {
        Self(Raw::of(&n))
    }

    /// The number, when this is one that [`Id::number`] can have made.
    pub fn as_number(&self) -> Option<u64> {
        self.0.read().ok()
    }

    /// Its text.
    pub fn raw(&self) -> &Raw {
        &self.0
    }

    /// The same id in memory of its own.
    pub fn detached(&self) -> Self {
        Self(self.0.detached())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
