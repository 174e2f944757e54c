//! `/api/upstreams/read`: what a person pasted becomes definitions to look at, as does a definition of which they
//! change a value. Nothing is run, kept or logged.

use headgate_api::{NewUpstream, Problem, Proposal, ProposedSecret, ReadReport, ReadText, code};
use headgate_clients::{Intake, MAX_INTAKE_BYTES, Surroundings};
use headgate_model::{ConfigValue, Transport, command_line, secrecy, switched_off};

use super::{
    Admin, Answer, internal_failure, ok, restore,
    upstreams::{checked_name, checked_prefix, checked_transport},
};

impl Admin {
    pub(super) async fn read_text(&self, read: ReadText) -> Answer {
        if read.text.len() > MAX_INTAKE_BYTES {
            let detail =
                format!("the text is larger than {} KiB; paste only the servers", MAX_INTAKE_BYTES / 1024);
            return Err(Problem::new(413, code::TOO_LARGE, detail));
        }
        if let Some(definition) = read.definition {
            return ok(&ReadReport { proposals: vec![looked_at(definition)?], problems: Vec::new() });
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
    let definition = NewUpstream {
        name,
        transport,
        isolation,
        prefix,
        keep_warm,
        enabled,
        memory_limit_mib: None,
        project: None,
        tool_choices: switched_off(off),
        secrets: secrets.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    };
    shown(definition, wanted, notes)
}

/// A definition in which a person moved a value to or from the secrets.
fn looked_at(mut definition: NewUpstream) -> Result<Proposal, Problem> {
    checked_transport(&definition.transport)?;
    definition.prefix = checked_prefix(definition.prefix)?;
    definition.secrets.keys().try_for_each(|name| checked_name(&definition.transport, name))?;
    let is_command = matches!(definition.transport, Transport::Stdio { .. });
    let mut notes = Vec::new();
    let secrets = std::mem::take(&mut definition.secrets);
    let (steering, secrets) = secrets.into_iter().partition(|(name, _)| is_command && secrecy::steers(name));
    definition.secrets = secrets;
    if let Some(values) = restore::values_mut(&mut definition.transport) {
        let needed = |name: &String| (name.clone(), ConfigValue::Needed { secret_needed: name.clone() });
        values.extend(definition.secrets.keys().map(needed));
        for (name, value) in steering {
            notes.push(format!("`{name}` stays readable: it steers what runs, which is never hidden"));
            values.insert(name, ConfigValue::Plain(value));
        }
    }
    let wanted = definition.name.to_string();
    Ok(shown(definition, wanted, notes))
}

/// A definition in whose transport the place of each secret is marked as needed.
fn shown(mut definition: NewUpstream, wanted: String, notes: Vec<String>) -> Proposal {
    let transport = definition.transport.clone();
    let isolations = transport.isolations();
    definition.isolation = definition.isolation.filter(|isolation| isolations.contains(isolation));
    let mut secrets = Vec::new();
    if let Some(values) = restore::values_mut(&mut definition.transport) {
        values.retain(|name, value| {
            let is_plain = matches!(value, ConfigValue::Plain(_));
            if !is_plain {
                let given = definition.secrets.contains_key(name);
                secrets.push(ProposedSecret { name: name.clone(), given });
            }
            is_plain
        });
    }
    Proposal {
        command_line: command_line(&transport),
        secrets,
        isolation: definition.isolation.unwrap_or(transport.default_isolation()),
        isolations: isolations.to_vec(),
        name: definition.name.clone(),
        definition,
        wanted,
        transport,
        notes,
    }
}
