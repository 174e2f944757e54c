//! Secrets in definitions that travel: a document names them and holds none.

use std::collections::BTreeMap;

use headgate_model::{ConfigValue, SecretRef, Transport, UpstreamSpec};

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
            Transport::Stdio { command: old, args: old_args, .. },
            Transport::Stdio { command: new, args: new_args, .. },
        ) => old == new && old_args == new_args,
        (Transport::Http { url: old, .. }, Transport::Http { url: new, .. }) => old.origin() == new.origin(),
        _ => false,
    }
}
