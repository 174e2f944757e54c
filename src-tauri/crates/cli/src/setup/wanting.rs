//! The secrets that a plan lacks: from variables of their names, which are looked for before a person agrees,
//! from standard input, or from a prompt. One that nobody gives leaves its upstream disabled, which is told.

use std::{
    collections::BTreeMap,
    env,
    io::{self, BufRead, IsTerminal},
};

use anyhow::Context;
use headgate_api::{RestoreReport, SecretValues};
use headgate_model::UpstreamName;

use crate::{
    failure::Failure,
    output::{self, plain},
};

/// Secrets by upstream.
type Found = BTreeMap<UpstreamName, SecretValues>;

/// A secret of an upstream.
type Wanted = (UpstreamName, String);

/// Where the secrets come from that a plan lacks.
pub(super) struct Sources {
    found: Found,
    /// Those that no variable has.
    lacking: Vec<Wanted>,
}

impl Sources {
    /// Looks into the environment for whatever is lacking.
    pub(super) fn of(plan: &RestoreReport) -> Self {
        Self::among(wanted(plan), |variable| env::var(variable).ok())
    }

    fn among(wanted: Vec<Wanted>, variable_of: impl Fn(&str) -> Option<String>) -> Self {
        let mut sources = Self { found: Found::new(), lacking: Vec::new() };
        for (upstream, name) in wanted {
            match variable_of(&variable(&name)).filter(|value| !value.is_empty()) {
                Some(value) => drop(sources.found.entry(upstream).or_default().0.insert(name, value)),
                None => sources.lacking.push((upstream, name)),
            }
        }
        sources
    }

    /// What is taken from the environment, a line for each.
    pub(super) fn text(&self) -> String {
        let of = |(upstream, values): (&UpstreamName, &SecretValues)| {
            let line = |name: &String| {
                let (variable, name) = (variable(name), plain(name));
                format!("takes {name} of `{upstream}` from the environment variable {variable}\n")
            };
            values.0.keys().map(line).collect::<String>()
        };
        self.found.iter().map(of).collect()
    }

    /// Adds what standard input or a person gives, unless the document came from there.
    pub(super) fn complete(mut self, input_is_taken: bool) -> Result<Found, Failure> {
        if input_is_taken || self.lacking.is_empty() {
            return Ok(self.found);
        }
        let asks = io::stdin().is_terminal();
        if !asks {
            output::tell(&waiting(&self.lacking));
        }
        let mut lines = io::stdin().lock().lines();
        for (upstream, name) in self.lacking {
            let prompt = || rpassword::prompt_password(format!("{name} of `{upstream}` (empty: later): "));
            let value = if asks { prompt().map(Some) } else { lines.next().transpose() };
            let value = value.with_context(|| format!("cannot ask for {name} of `{upstream}`"))?;
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                self.found.entry(upstream).or_default().0.insert(name, value);
            }
        }
        Ok(self.found)
    }
}

/// What somebody should know who wonders why nothing happens.
fn waiting(lacking: &[Wanted]) -> String {
    let named: Vec<String> =
        lacking.iter().map(|(upstream, name)| format!("{} of `{upstream}`", plain(name))).collect();
    format!(
        "waiting for a line of standard input for each of: {}; an empty line, or the end of the input, leaves it \
         for later",
        named.join(", ")
    )
}

fn wanted(plan: &RestoreReport) -> Vec<Wanted> {
    let of_item = |item: &headgate_api::RestoreItem| {
        let upstream: Option<UpstreamName> = item.name.parse().ok();
        let pair = |name: &String| Some((upstream.clone()?, name.clone()));
        item.needs.iter().filter_map(pair).collect::<Vec<_>>()
    };
    plan.items.iter().flat_map(of_item).collect()
}

/// `X-Api-Key` is looked for in `X_API_KEY`.
fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_a_variable_too() {
        assert_eq!(variable("GITHUB_TOKEN"), "GITHUB_TOKEN");
        assert_eq!(variable("X-Api-Key"), "X_API_KEY");
    }

    #[test]
    fn what_comes_from_the_environment_is_told_and_the_rest_waited_for() {
        let wanted = ["X-Api-Key", "TOKEN", "EMPTY"];
        let wanted = wanted.map(|name| ("a".parse().unwrap(), name.to_owned())).to_vec();
        let sources = Sources::among(wanted, |variable| match variable {
            "X_API_KEY" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        });
        assert_eq!(sources.text(), "takes X-Api-Key of `a` from the environment variable X_API_KEY\n");
        assert!(waiting(&sources.lacking).contains("each of: TOKEN of `a`, EMPTY of `a`;"));
    }
}
