//! The stdio transport: one system call reads what there is, one writes what there is to say to it.

use std::io::{self, Read, Write};

use crate::answer::{Kind, Server};

/// As much as a pipe holds when it was made large.
const READ_BYTES: usize = 256 * 1024;

/// Answers until the input ends.
pub(crate) fn serve(server: &Server) -> io::Result<()> {
    // With a buffer larger than its own, standard input hands reads on to the system.
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut buffer = vec![0; READ_BYTES];
    let (mut unread, mut out) = (Vec::new(), Vec::new());
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let searched = unread.len();
        unread.extend_from_slice(&buffer[..count]);
        if let Some(end) = memchr::memrchr(b'\n', &unread[searched..]) {
            let end = searched + end + 1;
            answer_lines(server, &unread[..end], &mut out)?;
            unread.drain(..end);
            output.write_all(&out)?;
            out.clear();
        }
    }
}

fn answer_lines(server: &Server, lines: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let mut rest = lines;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        if server.answer(&rest[..end], out)? != Kind::Notification {
            out.push(b'\n');
        }
        rest = &rest[end + 1..];
    }
    Ok(())
}
