//! The query of a URL, read at the door: each name at most once, no empty values.

use headgate_api::{Problem, code};

/// Names and values as they were meant.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = axum::extract::Query::try_from_uri(&uri(text)?)
            .map(|axum::extract::Query(pairs)| pairs)
            .map_err(|error| Problem::new(400, code::INVALID, format!("the query is not valid: {error}")))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|(other, _)| other == name) {
                return Err(Problem::new(400, code::INVALID, format!("`{name}` stands twice in the query")));
            }
        }
        Ok(Self(pairs))
    }

    /// A value, if there is one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }

    /// A value that must be `true` or `false`, which it is when it is absent.
    pub(super) fn switch(&self, name: &str) -> Result<bool, Problem> {
        match self.text(name).as_deref() {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(text) => {
                let detail = format!("`{name}={text}` is neither `true` nor `false`");
                Err(Problem::new(400, code::INVALID, detail))
            }
        }
    }

    /// A value that must be a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let read = |text: String| {
            text.parse()
                .map_err(|_| Problem::new(400, code::INVALID, format!("`{name}={text}` is no whole number")))
        };
        self.text(name).map(read).transpose()
    }
}

fn uri(text: &str) -> Result<hyper::Uri, Problem> {
    let wrong = |error| Problem::new(400, code::INVALID, format!("the query is not valid: {error}"));
    format!("/?{text}").parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expected: &str) {
        let found = match Query::read(text) {
            Ok(query) => {
                format!("{:?} {:?}", query.text(name), query.number(name).map_err(|problem| problem.detail))
            }
            Err(problem) => problem.detail,
        };
        assert_eq!(found, expected, "{name} in {text}");
    }

    #[test]
    fn a_query_is_read() {
        check("", "a", "None Ok(None)");
        check("a=1&b=2", "a", r#"Some("1") Ok(Some(1))"#);
        check("a=&b=2", "a", "None Ok(None)");
        check("a=x%20y%26", "a", r#"Some("x y&") Err("`a=x y&` is no whole number")"#);
        check("a=-1", "a", r#"Some("-1") Err("`a=-1` is no whole number")"#);
        let flag =
            |text| Query::read(text).and_then(|query| query.switch("a")).map_err(|problem| problem.detail);
        assert_eq!((flag(""), flag("a=true"), flag("a=false")), (Ok(false), Ok(true), Ok(false)));
        assert_eq!(flag("a=1"), Err("`a=1` is neither `true` nor `false`".to_owned()));
        check("a=1&a=2", "a", "`a` stands twice in the query");
    }
}
