//! Windows: no console, a group of its own, and out of the job of whoever starts it, since many clients
//! end their job with everything in it.

use std::{
    io::{self, stderr, stdin, stdout},
    os::windows::{
        io::{AsRawHandle, RawHandle},
        process::CommandExt,
    },
    process::{Child, Command},
};

use windows::Win32::{
    Foundation::{HANDLE, HANDLE_FLAG_INHERIT, HANDLE_FLAGS, SetHandleInformation},
    System::Threading::{CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS},
};

pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    // A child inherits every handle that can be: a client would wait for the end of its pipe.
    for handle in [stdin().as_raw_handle(), stdout().as_raw_handle(), stderr().as_raw_handle()] {
        keep(handle);
    }
    let alone = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
    command.creation_flags((alone | CREATE_BREAKAWAY_FROM_JOB).0);
    command.spawn().or_else(|_| {
        // A job may refuse to let go of its processes.
        command.creation_flags(alone.0);
        command.spawn()
    })
}

/// Takes a handle of ours out of what children inherit.
fn keep(handle: RawHandle) {
    // SAFETY: the handle is one of our standard handles, which stay open for as long as we live; a value
    // that is none makes the call fail, and nothing else.
    #[expect(unsafe_code, reason = "the standard library cannot change this flag")]
    let _ = unsafe { SetHandleInformation(HANDLE(handle), HANDLE_FLAG_INHERIT.0, HANDLE_FLAGS(0)) };
}
