//! Windows: whoever starts the daemon says all of this when it makes the process.

pub(super) fn detach() {}
