//! Reads whatever a person pastes to add a server: command lines, URLs, pieces of any client's settings,
//! lines of `claude mcp add`. Nothing is run, looked up or kept; what comes out is proposals for a person to
//! look at, and sentences about what could not be read.

mod add_line;
mod command;
mod document;
mod entry;
mod found;
mod launch;
mod naming;
mod shell;
mod site;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use headgate_model::{Isolation, Transport, UpstreamName};

use found::Found;

/// Far more than anybody's settings have.
pub const MAX_INTAKE_BYTES: usize = 1024 * 1024;

/// Who pastes more servers at once has pasted something else.
const MAX_PROPOSALS: usize = 500;

/// What is known around the text.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// Names that upstreams have already.
    pub taken: BTreeSet<UpstreamName>,
}

/// What a text says.
#[derive(Default)]
pub struct Intake {
    /// Servers, ready to be looked at.
    pub proposals: Vec<Proposal>,
    /// What could not be read, or is no server; whole sentences.
    pub problems: Vec<String>,
}

/// A server that may be registered. It has no `Debug`, so that no secret is ever logged.
pub struct Proposal {
    /// A name that is valid and free.
    pub name: UpstreamName,
    /// What the text calls it, or what was made of how it is reached.
    pub wanted: String,
    /// How it is reached; the place of each secret is marked as needed.
    pub transport: Transport,
    /// Secrets by the names of variables or headers; `None` for those that the text does not tell.
    pub secrets: BTreeMap<String, Option<String>>,
    /// Who shares it, where the text says so.
    pub isolation: Option<Isolation>,
    /// Put before its names, where the text says so.
    pub prefix: Option<String>,
    /// It is never put to sleep, where the text says so.
    pub keep_warm: bool,
    /// False where the text has it switched off.
    pub enabled: bool,
    /// Tools to leave out, where the text says so.
    pub off: Vec<String>,
    /// What was changed, and what could not be carried over; whole sentences.
    pub notes: Vec<String>,
}

/// What the parts of the reader found, before names are given.
#[derive(Default)]
struct Findings {
    found: Vec<Found>,
    problems: Vec<String>,
}

impl Findings {
    fn problem(sentence: impl Into<String>) -> Self {
        Self { found: Vec::new(), problems: vec![sentence.into()] }
    }

    fn one(found: Found) -> Self {
        Self { found: vec![found], problems: Vec::new() }
    }

    fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.problems.extend(other.problems);
    }
}

/// Reads a text.
pub fn read(text: &str, surroundings: &Surroundings) -> Intake {
    if text.len() > MAX_INTAKE_BYTES {
        let problem =
            format!("the text is larger than {} KiB; paste only the servers", MAX_INTAKE_BYTES / 1024);
        return Intake { problems: vec![problem], ..Intake::default() };
    }
    let (text, remarks) = cleaned(text);
    let mut findings = read_cleaned(text.trim(), surroundings);
    if findings.found.len() > MAX_PROPOSALS {
        findings.found.truncate(MAX_PROPOSALS);
        findings.problems.push(format!("only the first {MAX_PROPOSALS} servers were read"));
    }
    let mut taken = surroundings.taken.clone();
    let propose = |mut found: Found| {
        found.notes.splice(0..0, remarks.iter().cloned());
        found.propose(surroundings, &mut taken)
    };
    Intake { proposals: findings.found.into_iter().map(propose).collect(), problems: findings.problems }
}

fn read_cleaned(text: &str, surroundings: &Surroundings) -> Findings {
    if text.is_empty() {
        return Findings::problem("there is nothing to read; paste a command, a URL or a client's settings");
    }
    if text.eq_ignore_ascii_case("demo") {
        return Findings::one(Found::default());
    }
    if let Some(findings) = document::read(text) {
        return findings;
    }
    if let Some(findings) = site::read(text) {
        return findings;
    }
    command::read(text, surroundings)
}

/// The text without what came along unseen when it was copied, and what is to be said of that.
fn cleaned(text: &str) -> (String, Vec<String>) {
    let mut remarks = Vec::new();
    let mut clean = String::with_capacity(text.len());
    let mut unseen = BTreeSet::new();
    for c in text.chars() {
        match c {
            '\r' => {}
            // Blanks of other widths, which shells and parsers take for letters.
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => clean.push(' '),
            c if is_unseen(c) => _ = unseen.insert(c),
            c => clean.push(c),
        }
    }
    // A mark of the encoding at the very beginning is nobody's doing.
    if text.matches('\u{feff}').count() == 1 && text.starts_with('\u{feff}') {
        unseen.remove(&'\u{feff}');
    }
    if !unseen.is_empty() {
        let points: Vec<String> = unseen.iter().map(|c| format!("U+{:04X}", *c as u32)).collect();
        remarks.push(format!(
            "the text had invisible characters ({}), which were taken out; look closely at where it comes from",
            points.join(", ")
        ));
    }
    if clean.contains(['\u{201c}', '\u{201d}']) && !clean.contains('"') {
        clean = clean.replace(['\u{201c}', '\u{201d}'], "\"");
        remarks.push("typographic quotes were read as plain ones".to_owned());
    }
    (unfenced(&clean).to_owned(), remarks)
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The text without the fence that Markdown puts around it.
fn unfenced(text: &str) -> &str {
    let inner = text.trim();
    let Some(inner) = inner.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else {
        return inner.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(inner);
    };
    // The first line names the language.
    inner.split_once('\n').map_or(inner, |(_, body)| body)
}
