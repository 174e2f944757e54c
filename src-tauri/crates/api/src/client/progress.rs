//! The lines by which a registration or a test tells its progress and its outcome: one JSON object each.

use headgate_model::Program;
use serde::Deserialize;

use crate::{Problem, TestReport, TestStep, UpstreamView};

/// An outcome takes a few kilobytes; what is larger comes from somebody else.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// What is about to run.
    Program(Box<Program>),
    /// What the starting upstream said last.
    Progress(String),
    /// A step of a test that ended.
    Step(TestStep),
    /// It is registered.
    Upstream(Box<UpstreamView>),
    /// It is not.
    Problem(Box<Problem>),
    /// How the test went.
    Report(Box<TestReport>),
}

/// What a face hears before the outcome.
#[derive(Debug)]
pub enum Heard<'a> {
    /// What is about to run.
    Program(&'a Program),
    /// What the starting upstream says.
    Said(&'a str),
    /// A step of a test that ended.
    Step(&'a TestStep),
}

/// Cuts a body into lines, in whatever pieces it arrives.
#[derive(Default)]
pub(super) struct Events {
    buffer: Vec<u8>,
}

impl Events {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.buffer.extend_from_slice(bytes);
        match self.buffer.len() > MAX_LINE_BYTES {
            true => Err(format!("a line of more than {MAX_LINE_BYTES} bytes")),
            false => Ok(()),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Line>, String> {
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            if !line.trim_ascii().is_empty() {
                return serde_json::from_slice(&line).map(Some).map_err(|e| e.to_string());
            }
        }
        Ok(None)
    }
}
