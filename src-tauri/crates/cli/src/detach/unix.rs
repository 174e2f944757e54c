//! Unix: a session of its own, and nothing inherited but the standard streams.

use std::{fs, os::fd::RawFd};

/// The first descriptor that is no standard stream.
const FIRST: RawFd = 3;

/// Where descriptors cannot be listed, this many are closed unseen.
const UNSEEN: RawFd = 1024;

pub(super) fn detach() {
    // Fails when this process leads a group, which a face does not give it; a shell may.
    let _ = rustix::process::setsid();
    for descriptor in inherited() {
        close(descriptor);
    }
}

fn inherited() -> Vec<RawFd> {
    let Ok(listed) = fs::read_dir("/dev/fd") else { return (FIRST..UNSEEN).collect() };
    let numbers = listed.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number >= FIRST).collect()
}

/// A descriptor that is not open, such as the one that listed them, is left alone by the system.
fn close(descriptor: RawFd) {
    // SAFETY: this runs first in `main`, with one thread, before this process opened anything that still
    // lives; so nobody owns the descriptor and nobody opens another one under its number meanwhile.
    #[expect(unsafe_code, reason = "nobody owns what was inherited")]
    unsafe {
        libc::close(descriptor);
    }
}
