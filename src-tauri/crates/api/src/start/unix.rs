//! Unix: the daemon makes itself the leader of a session and closes what it inherited, as its first act.

use std::{
    io,
    process::{Child, Command},
};

pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}
