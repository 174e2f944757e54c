//! The stdio transport: a child, one line for each message.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

/// Room for each read; more than a pipe holds by default.
const READ_BYTES: usize = 256 * 1024;

/// A client waits so long for its server to end by itself.
const END_LIMIT: Duration = Duration::from_secs(15);

pub(crate) struct PipeSession {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    unread: BytesMut,
}

/// Whatever has a method is no answer.
#[derive(Deserialize)]
struct Said {
    method: Option<serde::de::IgnoredAny>,
}

impl PipeSession {
    pub(crate) fn spawn(command: Command) -> Result<Self> {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
        let input = child.stdin.take().context("a child has an input")?;
        let output = child.stdout.take().context("a child has an output")?;
        Ok(Self { child, input, output, unread: BytesMut::new() })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends one message and reads its answer.
    pub(crate) async fn exchange(&mut self, line: &[u8]) -> Result<Bytes> {
        self.write(line).await?;
        loop {
            let line = self.line().await?;
            if !is_unasked(&line) {
                return Ok(line);
            }
        }
    }

    /// Sends one line, with its end.
    pub(crate) async fn write(&mut self, line: &[u8]) -> Result<()> {
        self.input.write_all(line).await.context("write to a pipe")
    }

    async fn line(&mut self) -> Result<Bytes> {
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.unread[searched..]) {
                let mut line = self.unread.split_to(searched + end + 1);
                line.truncate(searched + end);
                return Ok(line.freeze());
            }
            searched = self.unread.len();
            self.unread.reserve(READ_BYTES);
            let count = self.output.read_buf(&mut self.unread).await.context("read from a pipe")?;
            ensure!(count > 0, "the program at the pipe has ended");
        }
    }

    /// Closes its input, and kills it only if that does not help.
    pub(crate) async fn close(mut self) -> Result<()> {
        drop(self.input);
        let status = timeout(END_LIMIT, self.child.wait()).await.context("the end of a child")??;
        ensure!(status.success(), "a child ended with {status}");
        Ok(())
    }
}

/// Only short lines are looked at: long ones are answers.
fn is_unasked(line: &[u8]) -> bool {
    line.len() < 4096
        && memchr::memmem::find(line, b"\"method\"").is_some()
        && serde_json::from_slice::<Said>(line).is_ok_and(|said| said.method.is_some())
}
