//! The secrets that a plan lacks: from variables of their names, from standard input, or from a prompt.
//! One that nobody gives leaves its upstream disabled, which is told.

use std::{
    collections::BTreeMap,
    env,
    io::{self, BufRead, IsTerminal},
};

use anyhow::Context;
use headgate_api::{RestoreReport, SecretValues};
use headgate_model::UpstreamName;

use crate::{failure::Failure, output};

/// Secrets by upstream.
type Found = BTreeMap<UpstreamName, SecretValues>;

/// Finds a value for whatever is lacking.
pub(super) fn find(plan: &RestoreReport, input_is_taken: bool) -> Result<Found, Failure> {
    let mut found = Found::new();
    let mut lacking = Vec::new();
    for (upstream, name) in wanted(plan) {
        match env::var(variable(&name)).ok().filter(|value| !value.is_empty()) {
            Some(value) => {
                output::tell(&format!("{name} of `{upstream}` comes from the variable {}", variable(&name)));
                found.entry(upstream).or_default().0.insert(name, value);
            }
            None => lacking.push((upstream, name)),
        }
    }
    if input_is_taken || lacking.is_empty() {
        return Ok(found);
    }
    let asks = io::stdin().is_terminal();
    let mut lines = io::stdin().lock().lines();
    for (upstream, name) in lacking {
        let value = match asks {
            true => rpassword::prompt_password(format!("{name} of `{upstream}` (empty: later): ")).map(Some),
            false => lines.next().transpose(),
        };
        let value = value.with_context(|| format!("cannot ask for {name} of `{upstream}`"))?;
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            found.entry(upstream).or_default().0.insert(name, value);
        }
    }
    Ok(found)
}

fn wanted(plan: &RestoreReport) -> Vec<(UpstreamName, String)> {
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
}
