//! `headgate count-tokens`: counts the tokens of texts for the gateway, which has no room for a tokenizer's
//! vocabulary. Each line of standard input is a text as a JSON string; each line of the answer is its
//! count by `o200k_base`, or `-` when it has none. It ends with its input.

use std::{
    io::{self, BufRead, Write},
    panic,
};

use tiktoken_rs::{CoreBPE, o200k_base};

/// Counts until standard input ends.
pub(crate) fn run() -> anyhow::Result<()> {
    // A text that the tokenizer gives up on is answered for; its report would go nowhere.
    panic::set_hook(Box::new(|_| {}));
    answer(io::stdin().lock(), io::stdout().lock())
}

fn answer(input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let vocabulary = o200k_base()?;
    for line in input.lines() {
        match serde_json::from_str(&line?).ok().and_then(|text: String| count(&vocabulary, &text)) {
            Some(count) => writeln!(output, "{count}")?,
            None => writeln!(output, "-")?,
        }
    }
    Ok(output.flush()?)
}

/// The tokenizer panics when a text needs more backtracking than its regular expressions allow.
fn count(vocabulary: &CoreBPE, text: &str) -> Option<usize> {
    panic::catch_unwind(|| vocabulary.count_ordinary(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let mut output = Vec::new();
        answer(input.as_bytes(), &mut output).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), expected, "{input:.60}");
    }

    #[test]
    fn each_line_gets_its_count() {
        // As the reference implementation counts them.
        check("\"hello world\"\n\"\"\n\"tiktoken is great!\"\n", "2\n0\n6\n");
        check("no JSON\n\"hello\"\n", "-\n1\n");
        check("\"<|endoftext|>\"\n", "7\n");
        check("", "");
    }

    #[test]
    fn a_text_that_is_too_much_for_the_tokenizer_harms_no_other() {
        check(&format!("\"{}x\"\n\"hello\"\n", " ".repeat(1_000_000)), "-\n1\n");
    }
}
