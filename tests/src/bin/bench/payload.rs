//! One caller's calls as text: what is sent, and whether what came back answers it.

use anyhow::{Context, Result, ensure};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;

/// Ids have ten digits from the first to the last, so that the next call differs in place.
const FIRST_ID: u64 = 1_000_000_000;
const DIGITS: usize = 10;

/// How every result begins.
const RESULT: &[u8] = br#"{"content":[{"type":"text","text":""#;

/// The envelope of an answer is short; its result begins within so many bytes.
const ENVELOPE_BYTES: usize = 1024;

/// The calls of one caller, one after another. Each has its own id and its own text.
pub(crate) struct Calls {
    line: Bytes,
    /// Where the id stands in the line: as the id, and at the start of the text.
    ids_at: [usize; 2],
    /// The result that the last call must have.
    result: Vec<u8>,
    id: u64,
}

/// An answer without its result.
#[derive(Deserialize)]
struct Envelope {
    id: u64,
    #[serde(rename = "result")]
    _result: (),
}

impl Calls {
    /// Calls of a tool that gives back `text_bytes` bytes.
    pub(crate) fn new(tool: &str, text_bytes: usize) -> Self {
        let id = FIRST_ID.to_string();
        let filler: String = ('a'..='z').cycle().take(text_bytes.saturating_sub(DIGITS)).collect();
        let before = r#"{"jsonrpc":"2.0","id":"#;
        let between = format!(r#","method":"tools/call","params":{{"name":"{tool}","arguments":{{"text":""#);
        let line = format!("{before}{id}{between}{id}{filler}\"}}}}}}\n");
        let result = [RESULT, id.as_bytes(), filler.as_bytes(), br#""}]}"#].concat();
        let ids_at = [before.len(), before.len() + DIGITS + between.len()];
        Self { line: line.into(), ids_at, result, id: FIRST_ID }
    }

    /// The next call as a line, with its end.
    pub(crate) fn next_line(&mut self) -> Bytes {
        self.id += 1;
        let id = self.id.to_string();
        let line = std::mem::take(&mut self.line);
        // Whoever sent the last one has let go of it.
        let mut line = line.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        for at in self.ids_at {
            line[at..at + DIGITS].copy_from_slice(id.as_bytes());
        }
        self.result[RESULT.len()..RESULT.len() + DIGITS].copy_from_slice(id.as_bytes());
        self.line = line.freeze();
        self.line.clone()
    }

    /// Fails unless this is the answer to the last call, with the text that was sent.
    pub(crate) fn check(&self, answer: &[u8]) -> Result<()> {
        self.compare(answer).with_context(|| {
            let shown = String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
            format!("call {} got `{shown}`", self.id)
        })
    }

    fn compare(&self, answer: &[u8]) -> Result<()> {
        let start = &answer[..answer.len().min(ENVELOPE_BYTES)];
        let at = memchr::memmem::find(start, RESULT).context("there is no result")?;
        let (before, rest) = answer.split_at(at);
        let after = rest.strip_prefix(&self.result[..]).context("the text is another one")?;
        let envelope: Envelope = serde_json::from_slice(&[before, b"null", after].concat())?;
        ensure!(envelope.id == self.id, "the id is {}", envelope.id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an answer passes after two calls; `ID` and `TEXT` stand for what it must have.
    #[track_caller]
    fn check(answer: &str, expected: bool) {
        let mut calls = Calls::new("echo", 14);
        calls.next_line();
        let line = calls.next_line();
        assert!(line.starts_with(br#"{"jsonrpc":"2.0","id":1000000002,"#), "{line:?}");
        assert!(line.ends_with(b"\"text\":\"1000000002abcd\"}}}\n"), "{line:?}");
        let answer = answer.replace("ID", "1000000002").replace("TEXT", "1000000002abcd");
        assert_eq!(calls.check(answer.as_bytes()).is_ok(), expected, "{answer}");
    }

    #[test]
    fn an_answer_has_the_id_and_the_text_of_its_call() {
        check(r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"TEXT"}]}}"#, true);
        check(r#"{"result":{"content":[{"type":"text","text":"TEXT"}]}, "id":ID,"jsonrpc":"2.0"}"#, true);
        check(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"TEXT"}]}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"TEXT!"}]}}"#, false);
        check(
            r#"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"1000000001abcd"}]}}"#,
            false,
        );
        check(r#"{"jsonrpc":"2.0","id":ID,"error":{"code":1,"message":"TEXT"}}"#, false);
    }
}
