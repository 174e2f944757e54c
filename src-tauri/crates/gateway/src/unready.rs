//! Why an upstream cannot be called, for each of those who are told: people at this machine may know all of it,
//! and clients only what helps them.

/// Why an upstream cannot be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unready {
    /// What happened, with the command and its last words: for faces and the log.
    pub reason: String,
    /// What to type about it, for those who have a command line.
    pub advice: Option<String>,
    /// What happened in short. A command may hold keys, folders tell of the person, and whoever has a key for MCP
    /// reads this.
    brief: String,
}

impl Unready {
    /// A sentence that everybody may read.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { brief: reason.clone(), reason, advice: None }
    }

    /// The whole sentence for people at this machine; clients still read the one that was given first.
    pub(crate) fn in_full(self, reason: String) -> Self {
        Self { reason, ..self }
    }

    /// Says what to type, unless something better is known already.
    pub(crate) fn advise(mut self, advice: impl FnOnce() -> String) -> Self {
        self.advice.get_or_insert_with(advice);
        self
    }

    /// Says something else to type.
    pub(crate) fn but(self, advice: String) -> Self {
        Self { advice: Some(advice), ..self }
    }

    /// The same sentences after a change of each.
    pub(crate) fn map(self, change: impl Fn(&str) -> String) -> Self {
        Self { reason: change(&self.reason), brief: change(&self.brief), ..self }
    }

    /// What a client is told. A model or a person reads it there, and nothing but the sentence reaches them.
    pub(crate) fn for_clients(self) -> String {
        let advice = self.advice.map(|advice| format!("; {advice}"));
        format!("{}{}", self.brief, advice.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_the_short_sentence_and_the_advice() {
        let unready = Unready::new("`a` could not be started: it crashed")
            .in_full("`a` could not be started: it crashed; the command was `a --key k`".to_owned())
            .advise(|| "see `headgate logs a`".to_owned())
            .advise(|| "never said".to_owned());
        assert!(unready.reason.ends_with("--key k`"));
        let told = unready.for_clients();
        assert_eq!(told, "`a` could not be started: it crashed; see `headgate logs a`");
    }
}
