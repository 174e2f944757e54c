//! Why a command failed: the sentence that people read on standard error, and the exit code that
//! scripts read. The codes are documented in the help text.

use std::{fmt::Write, io, process::ExitCode};

use headgate_api::{ClientError, HomeError, ManifestError, Problem, with_advice};

use crate::{
    output::{self, plain},
    table::{Table, cell},
};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong in a way that one value alone does not show.
    Usage(String),
    /// The gateway is not there, refused, or failed.
    Gateway(ClientError),
    /// The gateway refused, and this command knows what to do.
    Refused {
        /// What the gateway said.
        problem: Box<Problem>,
        /// The ways out, as whole lines.
        ways_out: String,
    },
    /// Anything else.
    Failed(anyhow::Error),
    /// The person pressed Ctrl-C.
    Interrupted,
    /// What was to be said was printed; the script gets this code.
    Told(u8),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Gateway(error)
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Failure {
    /// Tells the person.
    pub(crate) fn report(&self) {
        if !matches!(self, Self::Told(_)) {
            output::tell(&self.to_text());
        }
    }

    /// Tells the script.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused { .. } => 4,
            Self::Interrupted => 130,
            Self::Told(code) => *code,
            Self::Gateway(error) => match error {
                ClientError::Manifest(ManifestError::NotRunning { .. })
                | ClientError::Unreachable { .. }
                | ClientError::Impostor { .. }
                | ClientError::Stopped => 3,
                ClientError::Problem(problem) if problem.status < 500 => 4,
                _ => 1,
            },
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Usage(sentence) => {
                format!("error: {sentence}\n\nFor more information, try '--help'.")
            }
            Self::Gateway(ClientError::Problem(problem)) => refusal(problem),
            Self::Gateway(error) => chain(error),
            Self::Refused { problem, ways_out } => format!("{}\n{ways_out}", refusal(problem)),
            Self::Failed(error) => chain(error.as_ref()),
            Self::Interrupted => "interrupted".to_owned(),
            Self::Told(_) => String::new(),
        }
    }
}

/// The sentence, and every name that clashes.
fn refusal(problem: &Problem) -> String {
    let mut text = format!("error: {}", plain(&with_advice(&problem.detail, problem.advice.as_deref())));
    if problem.clashes.is_empty() {
        return text;
    }
    let mut table = Table::new(["KIND", "NAME", "OFFERED BY"]);
    for clash in &problem.clashes {
        table.row([&clash.kind, &clash.name, clash.owner.as_str()].map(cell));
    }
    for line in table.to_string().lines() {
        let _ = write!(text, "\n  {line}");
    }
    text
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, "\n  caused by: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
