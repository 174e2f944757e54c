//! `/api/upstreams/read`: what a person pasted becomes definitions to look at. Nothing is run, kept or logged.

use std::collections::BTreeMap;

use headgate_api::{NewUpstream, Problem, Proposal, ProposedSecret, ReadReport, ReadText, code};
use headgate_clients::{Intake, MAX_INTAKE_BYTES, Surroundings};
use headgate_model::{ConfigValue, command_line, switched_off};

use super::{Admin, Answer, internal_failure, ok, restore};

impl Admin {
    pub(super) async fn read_text(&self, read: ReadText) -> Answer {
        if read.text.len() > MAX_INTAKE_BYTES {
            let detail =
                format!("the text is larger than {} KiB; paste only the servers", MAX_INTAKE_BYTES / 1024);
            return Err(Problem::new(413, code::TOO_LARGE, detail));
        }
        let text = if read.demo { "demo".to_owned() } else { read.text };
        let taken = self.gateway.upstreams().iter().map(|upstream| upstream.spec.name.clone()).collect();
        let surroundings = Surroundings { home: std::env::home_dir(), taken };
        // A large text takes longer than calls that are in flight should wait.
        let reading = tokio::task::spawn_blocking(move || headgate_clients::read(&text, &surroundings));
        let Intake { proposals, problems } =
            reading.await.map_err(|_| internal_failure("reading broke off"))?;
        ok(&ReadReport { proposals: proposals.into_iter().map(proposal).collect(), problems })
    }
}

fn proposal(proposal: headgate_clients::Proposal) -> Proposal {
    let headgate_clients::Proposal {
        name,
        wanted,
        transport,
        secrets,
        isolation,
        prefix,
        keep_warm,
        enabled,
        off,
        notes,
    } = proposal;
    let isolations = transport.isolations();
    let isolation = isolation.filter(|isolation| isolations.contains(isolation));
    let mut plain = transport.clone();
    if let Some(values) = restore::values_mut(&mut plain) {
        values.retain(|_, value| matches!(value, ConfigValue::Plain(_)));
    }
    let proposed = |(name, value): (&String, &Option<String>)| ProposedSecret {
        name: name.clone(),
        given: value.is_some(),
    };
    Proposal {
        command_line: command_line(&transport),
        secrets: secrets.iter().map(proposed).collect(),
        definition: NewUpstream {
            name: name.clone(),
            transport: plain,
            isolation,
            prefix,
            keep_warm,
            enabled,
            memory_limit_mib: None,
            project: None,
            tool_choices: switched_off(off),
            secrets: secrets
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect::<BTreeMap<_, _>>(),
        },
        isolation: isolation.unwrap_or(transport.default_isolation()),
        isolations: isolations.to_vec(),
        name,
        wanted,
        transport,
        notes,
    }
}
