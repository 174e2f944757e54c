//! What an upstream becomes by a change. Plain functions: the definition that is there and the change come in,
//! and the new definition comes out.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use headgate_api::{Problem, UpstreamPatch, code};
use headgate_model::{ConfigValue, SecretRef, Transport, UpstreamSpec};

use super::{
    register::checked_isolation,
    restore, tools,
    upstreams::{checked_name, checked_prefix, checked_transport},
};

/// A year: longer makes no sense, and far longer breaks clocks.
const MAX_TIMEOUT_S: u64 = 366 * 86400;

/// The changed definition; `secrets` are references to the values that came with the change.
pub(super) fn patched(
    old: &UpstreamSpec,
    patch: UpstreamPatch,
    secrets: BTreeMap<String, SecretRef>,
) -> Result<UpstreamSpec, Problem> {
    let mut spec = old.clone();
    if let Some(prefix) = patch.prefix {
        spec.prefix = checked_prefix(Some(prefix).filter(|prefix| !prefix.is_empty()))?;
    }
    spec.enabled = patch.enabled.unwrap_or(spec.enabled);
    spec.tool_choices = tools::changed(&spec.tool_choices, patch.tool_choices)?;
    spec.isolation = patch.isolation.unwrap_or(spec.isolation);
    spec.keep_warm = patch.keep_warm.unwrap_or(spec.keep_warm);
    spec.memory_limit_mib = patch.memory_limit_mib.unwrap_or(spec.memory_limit_mib);
    spec.start_timeout_s = patch.start_timeout_s.unwrap_or(spec.start_timeout_s);
    spec.call_timeout_s = patch.call_timeout_s.unwrap_or(spec.call_timeout_s);
    let moves = patch.transport.is_some();
    if let Some(transport) = patch.transport {
        spec.transport = inheriting(old, transport)?;
    }
    checked_isolation(&spec)?;
    checked_timeouts(&spec)?;
    put_secrets(&mut spec, secrets)?;
    let Some((why, advice)) = restore::lacks(&spec) else { return Ok(spec) };
    if moves && patch.enabled != Some(true) {
        // As when a setup is put back: it waits for its secrets.
        spec.enabled = false;
    }
    match spec.enabled {
        true => Err(Problem::new(409, code::SECRETS_NEEDED, why).advise(advice)),
        false => Ok(spec),
    }
}

/// The new transport with the secrets of the old one that may go where it sends them.
fn inheriting(old: &UpstreamSpec, mut transport: Transport) -> Result<Transport, Problem> {
    checked_transport(&transport)?;
    let old_values = restore::values(&old.transport);
    let may_inherit = restore::may_inherit(&old.transport, &transport);
    for (name, value) in restore::values_mut(&mut transport).into_iter().flatten() {
        let kept = old_values.and_then(|values| values.get(name));
        match value {
            ConfigValue::Plain(_) => continue,
            // Else a definition could take what was given to another upstream.
            ConfigValue::Secret { .. } if kept != Some(value) => {
                let advice = "send secret values under `secrets`; references are made here";
                let detail =
                    format!("`{name}` refers to a secret that `{}` does not have; {advice}", old.name);
                return Err(Problem::new(400, code::INVALID, detail));
            }
            ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => {}
        }
        *value = match kept {
            Some(secret @ ConfigValue::Secret { .. }) if may_inherit => secret.clone(),
            _ => ConfigValue::Needed { secret_needed: name.clone() },
        };
    }
    Ok(transport)
}

/// Refuses times that break clocks.
pub(super) fn checked_timeouts(spec: &UpstreamSpec) -> Result<(), Problem> {
    let timeouts = [spec.start_timeout_s, spec.call_timeout_s];
    match timeouts.into_iter().flatten().find(|seconds| !(1..=MAX_TIMEOUT_S).contains(seconds)) {
        Some(seconds) => {
            let detail = format!("`{}` has a timeout of {seconds} s; use 1 to {MAX_TIMEOUT_S}", spec.name);
            Err(Problem::new(400, code::INVALID, detail))
        }
        None => Ok(()),
    }
}

fn put_secrets(spec: &mut UpstreamSpec, secrets: BTreeMap<String, SecretRef>) -> Result<(), Problem> {
    for (name, secret) in secrets {
        checked_name(&spec.transport, &name)?;
        let Some(values) = restore::values_mut(&mut spec.transport) else {
            let detail = format!("`{}` is the demo, which takes no secrets", spec.name);
            return Err(Problem::new(400, code::INVALID, detail));
        };
        values.insert(name, ConfigValue::Secret { secret });
    }
    Ok(())
}
