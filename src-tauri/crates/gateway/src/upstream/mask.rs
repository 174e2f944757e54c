//! Keeps secrets out of what people and programs are told: a server that was given one may say it.

/// A secret as short as this is found in every other word, so that to mask it would hide nothing but sense.
const MIN_BYTES: usize = 4;

/// The secrets of one definition, and the names that are shown in their place.
#[derive(Debug, Clone, Default)]
pub struct Mask(Vec<(String, String)>);

impl Mask {
    /// For secrets by name. Of one with several lines each line is a secret, and so is what follows the scheme
    /// of a credential, as in `Bearer TOKEN`.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut parts = Vec::new();
        for (name, value) in values {
            let lines = value.lines().map(str::trim);
            let credentials =
                lines.clone().filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest.trim());
            let long = lines.chain(credentials).filter(|part| part.len() >= MIN_BYTES);
            parts.extend(long.map(|part| (name.clone(), part.to_owned())));
        }
        // One secret may be a part of another one.
        parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.len()));
        Self(parts)
    }

    /// The text with `${NAME}` where a secret stood.
    pub fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| match text.contains(value) {
            true => text.replace(value, &format!("${{{name}}}")),
            false => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[(&str, &str)], text: &str, expected: &str) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(Mask::new(values).apply(text), expected);
    }

    #[test]
    fn secrets_are_masked_the_longest_first() {
        let values = [("A", "secret"), ("B", "secret-and-more"), ("C", "abc")];
        check(&values, "secret secret-and-more abc", "${A} ${B} abc");
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        check(&[("KEY", "-----BEGIN\nMIIEvQIBADAN\n-----END")], "read MIIEvQIBADAN", "read ${KEY}");
        check(&[("Authorization", "Bearer abc123")], "no abc123 here", "no ${Authorization} here");
    }
}
