//! New files for nobody but their owner.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt};

/// A file that is created can be read by its owner only: plain values and arguments may be delicate, too.
pub(super) fn for_its_owner(options: &mut OpenOptions) {
    options.mode(0o600);
}
