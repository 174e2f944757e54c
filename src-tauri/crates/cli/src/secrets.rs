//! Secret values, from a prompt or from standard input; never from arguments, which every program
//! on the machine can read.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, IsTerminal},
};

use anyhow::Context;

use crate::failure::Failure;

/// Reads a value for each name, in this order.
pub(crate) fn read(names: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    if names.is_empty() {
        Ok(BTreeMap::new())
    } else if io::stdin().is_terminal() {
        names.iter().map(prompt).collect()
    } else {
        from_lines(names, io::stdin().lock())
    }
}

fn prompt(name: &String) -> Result<(String, String), Failure> {
    let value = rpassword::prompt_password(format!("value of {name}: "));
    let value = value.with_context(|| format!("cannot ask for the value of {name}"))?;
    given(name, Some(value))
}

fn from_lines(names: &[String], input: impl BufRead) -> Result<BTreeMap<String, String>, Failure> {
    let mut lines = input.lines();
    let mut value = |name: &String| {
        let line = lines.next().transpose().context("cannot read secrets from standard input")?;
        given(name, line)
    };
    names.iter().map(&mut value).collect()
}

/// An empty value is a slip of the hand, not a secret.
fn given(name: &str, value: Option<String>) -> Result<(String, String), Failure> {
    match value.filter(|value| !value.is_empty()) {
        Some(value) => Ok((name.to_owned(), value)),
        None => Err(Failure::Usage(format!(
            "no value for {name}; give one line of standard input for each secret, in the order \
             of the options"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<[(&str, &str); 2]>) {
        let names = ["B".to_owned(), "A".to_owned()];
        let values = from_lines(&names, input.as_bytes()).ok();
        let expected = expected.map(|pairs| {
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        });
        assert_eq!(values, expected, "{input:?}");
    }

    #[test]
    fn each_secret_is_a_line_in_the_order_of_the_options() {
        check("first\nsecond\n", Some([("B", "first"), ("A", "second")]));
        check("first\r\n with spaces ", Some([("B", "first"), ("A", " with spaces ")]));
        check("first\n", None);
        check("first\n\n", None);
        check("", None);
    }
}
