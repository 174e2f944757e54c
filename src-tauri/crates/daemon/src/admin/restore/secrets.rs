//! Secrets in definitions that travel: a document names them and holds none.

use std::{collections::BTreeMap, path::Path};

use headgate_model::{ConfigValue, SecretRef, Transport, UpstreamSpec, secrecy};

/// The values of a definition that may be secrets.
pub(in crate::admin) fn values(transport: &Transport) -> Option<&BTreeMap<String, ConfigValue>> {
    match transport {
        Transport::Stdio { env, .. } => Some(env),
        Transport::Http { headers, .. } => Some(headers),
        Transport::Demo => None,
    }
}

/// The same, to be changed.
pub(in crate::admin) fn values_mut(transport: &mut Transport) -> Option<&mut BTreeMap<String, ConfigValue>> {
    match transport {
        Transport::Stdio { env, .. } => Some(env),
        Transport::Http { headers, .. } => Some(headers),
        Transport::Demo => None,
    }
}

/// The definition with a name in the place of each secret.
pub(super) fn hidden(spec: &UpstreamSpec) -> UpstreamSpec {
    let mut spec = spec.clone();
    for (name, value) in values_mut(&mut spec.transport).into_iter().flatten() {
        if let ConfigValue::Secret { .. } = value {
            *value = ConfigValue::Needed { secret_needed: name.clone() };
        }
    }
    spec
}

/// The names of secrets without a value.
pub(super) fn needed(spec: &UpstreamSpec) -> Vec<String> {
    let values = values(&spec.transport).into_iter().flatten();
    let needed = values.filter(|(_, value)| matches!(value, ConfigValue::Needed { .. }));
    needed.map(|(name, _)| name.clone()).collect()
}

/// Stands for a secret that a dry run was given.
pub(super) fn stand_in() -> SecretRef {
    SecretRef("given".to_owned())
}

/// True when a secret of the one may go where the other sends it. A document could otherwise hand what is
/// kept for one site, or one program, to another one, and a person looks at the rest of the plan.
pub(in crate::admin) fn may_inherit(old: &Transport, new: &Transport) -> bool {
    match (old, new) {
        (
            Transport::Stdio { command: old, args: old_args, env: old_env, cwd: old_cwd },
            Transport::Stdio { command: new, args: new_args, env: new_env, cwd: new_cwd },
        ) => {
            old == new
                && old_args == new_args
                && steering(old_env).eq(steering(new_env))
                && (old_cwd == new_cwd || !depends_on_folder(old, old_args))
        }
        (Transport::Http { url: old, .. }, Transport::Http { url: new, .. }) => old.origin() == new.origin(),
        _ => false,
    }
}

/// What of an environment decides which program runs. Secrets of one name are the same: the new one is what
/// would be inherited.
fn steering(env: &BTreeMap<String, ConfigValue>) -> impl Iterator<Item = (&String, Option<&String>)> {
    env.iter().filter(|(name, _)| secrecy::steers(name)).map(|(name, value)| match value {
        ConfigValue::Plain(text) => (name, Some(text)),
        ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => (name, None),
    })
}

/// True for a command whose words lead on from the folder that it runs in.
fn depends_on_folder(command: &str, args: &[String]) -> bool {
    let is_relative = |word: &String| word.starts_with("./") || word.starts_with("../");
    (command.contains(['/', '\\']) && !Path::new(command).is_absolute()) || args.iter().any(is_relative)
}
