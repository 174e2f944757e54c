//! The registered servers, as the daemon sees them: who is dead and why, and whose names are held back.

use headgate_api::UpstreamView;
use headgate_model::{Transport, UpstreamState};

use super::Check;
use crate::{output::count, upstreams::READY_TO_BE_CALLED};

/// More names do not help a person who reads.
const SHOWN: usize = 3;

/// One check for each server with a fault; one for all without.
pub(super) fn checks(upstreams: &[UpstreamView]) -> Vec<Check> {
    let on: Vec<_> = upstreams.iter().filter(|upstream| upstream.spec.enabled).collect();
    let mut checks: Vec<_> = on
        .iter()
        .flat_map(|upstream| [dead(upstream), misses_program(upstream), held_back(upstream)])
        .flatten()
        .collect();
    if checks.is_empty() {
        checks.push(Check::ok("servers", sum(&on)));
    }
    checks
}

fn sum(on: &[&UpstreamView]) -> String {
    if on.is_empty() {
        return "none is registered and on; add one with `headgate add NAME -- COMMAND`".to_owned();
    }
    let ready = on.iter().filter(|upstream| upstream.state.is_well()).count();
    format!("{}, {ready} {READY_TO_BE_CALLED}, none failed", count(on.len(), "server"))
}

fn dead(upstream: &UpstreamView) -> Option<Check> {
    let name = &upstream.spec.name;
    let reason = upstream.reason.as_deref().unwrap_or("it does not say why");
    let label = format!("`{name}`");
    match upstream.state {
        UpstreamState::Failed => Some(Check::problem(
            &label,
            format!("failed: {reason}"),
            format!("see what it said by `headgate logs {name}`, then `headgate start {name}`"),
        )),
        UpstreamState::BackingOff => Some(Check::warning(
            &label,
            format!("fails and is tried again: {reason}"),
            format!("see what it said by `headgate logs {name}`"),
        )),
        UpstreamState::Stopped
        | UpstreamState::Configured
        | UpstreamState::Known
        | UpstreamState::Starting
        | UpstreamState::Ready
        | UpstreamState::Asleep => None,
    }
}

/// The others are among the programs.
fn misses_program(upstream: &UpstreamView) -> Option<Check> {
    let Transport::Stdio { env, .. } = &upstream.spec.transport else { return None };
    let program = upstream.program.as_ref().filter(|_| env.contains_key("PATH"))?;
    let advice = program.advice.as_ref()?;
    Some(Check::problem(&format!("`{}`", upstream.spec.name), program.origin_sentence.clone(), advice))
}

fn held_back(upstream: &UpstreamView) -> Option<Check> {
    let (name, held) = (&upstream.spec.name, &upstream.held_back);
    let named = held
        .iter()
        .take(SHOWN)
        .map(|clash| format!("{} `{}` (`{}` has it)", clash.kind, clash.name, clash.owner));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if held.len() > SHOWN { ", ..." } else { "" };
    (!held.is_empty()).then(|| {
        Check::warning(
            &format!("`{name}`"),
            format!("{} held back by a clash: {named}{more}", count(held.len(), "name")),
            format!(
                "`headgate remove {name}`, then add it again with `--prefix {name}` or `--off` for its tools"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::tests::check;

    fn upstream(name: &str, fields: Value) -> UpstreamView {
        let mut view = json!({
            "name": name, "transport": { "type": "demo" }, "isolation": "shared", "enabled": true,
            "state": "ready", "pids": [], "tools": 1, "resources": 0, "resource_templates": 0,
            "prompts": 0, "held_back": [], "noise_lines": 0, "restarts": 0,
        });
        for (key, value) in fields.as_object().unwrap() {
            view[key] = value.clone();
        }
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn the_healthy_are_one_line() {
        check(
            &checks(&[]),
            expect!["ok servers: none is registered and on; add one with `headgate add NAME -- COMMAND`"],
        );
        let off = upstream("off", json!({ "enabled": false, "state": "failed" }));
        check(
            &checks(&[upstream("a", json!({})), upstream("b", json!({ "state": "stopped" })), off]),
            expect!["ok servers: 2 servers, 1 ready to be called, none failed"],
        );
    }

    #[test]
    fn the_dead_and_the_clashing_are_named() {
        let clash = |name: &str| json!({ "kind": "tool", "name": name, "own_name": name, "owner": "github" });
        let upstreams = [
            upstream("fine", json!({})),
            upstream("dead", json!({ "state": "failed", "reason": "it exited with code 1" })),
            upstream(
                "lost",
                json!({
                    "transport": { "type": "stdio", "command": "npx", "env": { "PATH": "/none" } },
                    "program": { "command": "npx", "origin_sentence": "there is no `npx`", "advice": "install it" },
                }),
            ),
            upstream("weak", json!({ "state": "backing_off" })),
            upstream("docs", json!({ "held_back": [clash("a"), clash("b"), clash("c"), clash("d")] })),
        ];
        check(
            &checks(&upstreams),
            expect![[r#"
            problem `dead`: failed: it exited with code 1 -> see what it said by `headgate logs dead`, then `headgate start dead`
            problem `lost`: there is no `npx` -> install it
            warning `weak`: fails and is tried again: it does not say why -> see what it said by `headgate logs weak`
            warning `docs`: 4 names held back by a clash: tool `a` (`github` has it), tool `b` (`github` has it), tool `c` (`github` has it), ... -> `headgate remove docs`, then add it again with `--prefix docs` or `--off` for its tools"#]],
        );
    }
}
