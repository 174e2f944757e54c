//! `/api/upstreams`: what is registered, how it does, and changes to it.

use std::sync::Arc;

use headgate_api::{Clash, LogLine, Logs, Problem, UpstreamPatch, UpstreamView, Upstreams, code};
use headgate_gateway::{HeldBack, Unready, Upstream, UpstreamReport};
use headgate_model::{
    ConfigValue, PROJECT_ROOT, SecretRef, Transport, UpstreamName, UpstreamSpec, is_unseen,
};

use super::{Admin, Answer, done, internal, not_found, ok, patch, register::KeptSecrets, restore};

impl Admin {
    pub(super) async fn upstreams(&self) -> Answer {
        self.look_up_programs().await;
        ok(&Upstreams { upstreams: self.upstream_views() })
    }

    /// Brings what views tell of programs up to date, though nobody waits long for it.
    pub(super) async fn look_up_programs(&self) {
        let upstreams = self.gateway.upstreams();
        let specs: Vec<_> = upstreams.iter().map(|upstream| upstream.spec.clone()).collect();
        self.gateway.look_up_programs(&specs).await;
    }

    pub(super) fn upstream_views(&self) -> Vec<UpstreamView> {
        self.gateway.reports().into_iter().map(|report| self.upstream_view(report)).collect()
    }

    pub(super) async fn upstream(&self, name: &UpstreamName) -> Answer {
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        self.gateway.look_up_programs(std::slice::from_ref(&upstream.spec)).await;
        ok(&self.view(&upstream))
    }

    pub(super) async fn patch_upstream(&self, name: &UpstreamName, patch: UpstreamPatch) -> Answer {
        self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        let mut kept = KeptSecrets::new(self);
        // Before the lock: a keychain may wait for its password.
        let secrets = kept.keep_all(name, &patch.secrets.0).await?;
        let _commit = self.committing.lock().await;
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        let spec = patch::patched(&upstream.spec, patch, secrets)?;
        // What another server offers is not known before it runs; what clashes then is held back and told.
        let is_same_server = spec.transport == upstream.spec.transport;
        if let Some(offer) = upstream.offer().filter(|_| spec.enabled && is_same_server) {
            let clashes = self.gateway.clashes(&spec, &offer);
            if !clashes.is_empty() {
                return Err(clash(name, clashes));
            }
        }
        self.store.put_upstream(spec.clone()).await.map_err(internal)?;
        let used = secret_refs(&spec);
        kept.release(|secret| used.contains(secret));
        self.gateway.redefine(spec);
        let before = secret_refs(&upstream.spec);
        self.forget(before.into_iter().filter(|secret| !used.contains(secret)).collect());
        self.upstream(name).await
    }

    pub(super) async fn delete_upstream(&self, name: &UpstreamName) -> Answer {
        let _commit = self.committing.lock().await;
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        self.store.remove_upstream(name).await.map_err(internal)?;
        self.gateway.remove(name);
        self.forget(secret_refs(&upstream.spec));
        done()
    }

    pub(super) async fn start(&self, name: &UpstreamName) -> Answer {
        let upstream = self.enabled(name)?;
        self.gateway.start(&upstream).await.map_err(failed)?;
        self.upstream(name).await
    }

    pub(super) async fn stop(&self, name: &UpstreamName) -> Answer {
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        self.gateway.stop(&upstream).await;
        self.upstream(name).await
    }

    pub(super) async fn restart(&self, name: &UpstreamName) -> Answer {
        let upstream = self.enabled(name)?;
        self.gateway.restart(&upstream).await.map_err(failed)?;
        self.upstream(name).await
    }

    /// An upstream that can be started.
    fn enabled(&self, name: &UpstreamName) -> Result<Arc<Upstream>, Problem> {
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        if !upstream.spec.enabled {
            let problem = Problem::new(409, code::DISABLED, format!("`{name}` is disabled"));
            return Err(problem.advise(format!("enable it with `headgate enable {name}`")));
        }
        Ok(upstream)
    }

    pub(super) fn logs(&self, name: &UpstreamName) -> Answer {
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        let line = |line: headgate_gateway::Line| LogLine {
            at_ms: line.at_ms,
            source: line.source.word().to_owned(),
            text: line.text,
        };
        ok(&Logs { lines: upstream.log().lines().into_iter().map(line).collect() })
    }

    pub(super) fn view(&self, upstream: &Upstream) -> UpstreamView {
        self.upstream_view(self.gateway.report(upstream))
    }

    fn upstream_view(&self, report: UpstreamReport) -> UpstreamView {
        let tokens = self.gateway.tokens_of(&report.spec.name);
        let view = view(report, tokens);
        let view = match restore::lacks(&view.spec).filter(|_| view.reason.is_none()) {
            Some((reason, advice)) => UpstreamView { reason: Some(reason), advice: Some(advice), ..view },
            None => view,
        };
        let (usage, secrets) =
            (self.usage_of(&view.spec.name), self.secret_times.facts(&view.spec.transport));
        UpstreamView { usage, secrets, ..view }
    }

    /// Deletes secrets that nobody refers to any more; nobody waits for it.
    pub(super) fn forget(&self, secrets: Vec<SecretRef>) {
        let (store, times) = (self.secrets.clone(), self.secret_times.clone());
        tokio::spawn(async move {
            for secret in secrets {
                times.forget(&secret).await;
                if let Err(error) = store.delete(&secret).await {
                    tracing::warn!("a secret that is not needed any more stays in the secret store: {error}");
                }
            }
        });
    }
}

/// A start that did not work.
pub(super) fn failed(unready: Unready) -> Problem {
    Problem::new(502, code::UPSTREAM, unready.reason).advise(unready.advice)
}

fn view(report: UpstreamReport, tokens: Option<u64>) -> UpstreamView {
    let [tools, resources, resource_templates, prompts] = report.counts;
    UpstreamView {
        spec: UpstreamSpec::clone(&report.spec),
        state: report.state,
        reason: report.reason,
        advice: report.advice,
        server: report.server,
        pids: report.pids,
        usage: None,
        tools,
        tokens,
        resources,
        resource_templates,
        prompts,
        held_back: report.held_back.into_iter().map(clash_view).collect(),
        noise_lines: report.noise,
        restarts: report.restarts,
        began_ms: report.began_ms,
        first_use_ms: report.start_ms,
        last_exit: report.last_exit,
        program: report.program,
        suggestion: report.suggestion,
        calls: report.calls,
        errors: report.errors,
        last_used_ms: report.last_used_ms,
        secrets: Vec::new(),
    }
}

pub(super) fn clash_view(held: HeldBack) -> Clash {
    Clash { kind: held.kind.words().to_owned(), name: held.name, own_name: held.own, owner: held.owner }
}

/// The refusal of a definition whose names are taken, with the whole list and the ways out.
pub(super) fn clash(name: &UpstreamName, clashes: Vec<HeldBack>) -> Problem {
    let list: Vec<String> = clashes
        .iter()
        .map(|held| format!("{} `{}` ({})", held.kind.words(), held.name, held.owner))
        .collect();
    let mut problem = Problem::new(
        409,
        code::CLASH,
        format!(
            "`{name}` offers names that are taken: {}; give it a prefix, switch single tools off, or give them other names",
            list.join(", ")
        ),
    )
    .advise(format!("`--prefix {name}` gives it one, `--off TOOL` switches a tool off"));
    problem.clashes = clashes.into_iter().map(clash_view).collect();
    problem
}

/// What can be told of a definition without talking to anybody.
pub(super) fn checked_transport(transport: &Transport) -> Result<(), Problem> {
    let invalid = |detail: String| Err(Problem::new(400, code::INVALID, detail));
    match transport {
        Transport::Http { url, .. } if !matches!(url.scheme(), "http" | "https") => {
            let advice = "it must begin with http:// or https://";
            invalid(format!("`{}` is no URL of an MCP server: {advice}", url.scheme()))
        }
        Transport::Stdio { command, .. } if command.trim().is_empty() => {
            invalid("the command is empty; name a program".to_owned())
        }
        Transport::Stdio { cwd: Some(cwd), .. } if !(cwd.is_absolute() || cwd.starts_with(PROJECT_ROOT)) => {
            let advice = format!("write it from the root on, or beginning with {PROJECT_ROOT}");
            invalid(format!(
                "the folder `{}` is not a whole path; {advice}",
                cwd.to_string_lossy().escape_debug()
            ))
        }
        Transport::Demo => Ok(()),
        Transport::Http { headers: values, .. } | Transport::Stdio { env: values, .. } => {
            values.keys().try_for_each(|name| checked_name(transport, name))
        }
    }
}

/// Refuses names of variables and headers that would read as something else where a person judges a command.
/// Names of secrets come beside a definition, and are held to the same.
pub(super) fn checked_name(transport: &Transport, name: &str) -> Result<(), Problem> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let (is_sound, sentence) = match transport {
        Transport::Http { .. } => (
            name.bytes().all(is_token),
            "is no name of a header: use letters, digits and `-`, as in `X-Api-Key`",
        ),
        Transport::Stdio { .. } => (
            !name.chars().any(|c| c == '=' || c.is_whitespace() || is_unseen(c)),
            "is no name of a variable: it may have no `=`, no blanks and nothing that cannot be seen",
        ),
        Transport::Demo => (true, ""),
    };
    match is_sound && !name.is_empty() {
        true => Ok(()),
        false => Err(Problem::new(400, code::INVALID, format!("`{}` {sentence}", name.escape_debug()))),
    }
}

/// A prefix becomes part of tool names and of URI schemes, so it is held to what both allow.
pub(super) fn checked_prefix(prefix: Option<String>) -> Result<Option<String>, Problem> {
    let valid = |prefix: &str| {
        prefix.len() <= 32
            && prefix.starts_with(|c: char| c.is_ascii_alphabetic())
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
    };
    match prefix {
        Some(prefix) if !valid(&prefix) => Err(Problem::new(
            400,
            code::INVALID,
            format!(
                "`{prefix}` is no prefix: use 1 to 32 letters, digits, `.`, `-` or `_`, the first a letter"
            ),
        )),
        prefix => Ok(prefix),
    }
}

/// Everything in a definition that lies in the secret store.
pub(super) fn secret_refs(spec: &UpstreamSpec) -> Vec<SecretRef> {
    named_secrets(spec).into_iter().map(|(_, secret)| secret).collect()
}

/// The same, with the names of the variables or headers.
pub(super) fn named_secrets(spec: &UpstreamSpec) -> Vec<(String, SecretRef)> {
    let values = match &spec.transport {
        Transport::Stdio { env, .. } => env,
        Transport::Http { headers, .. } => headers,
        Transport::Demo => return Vec::new(),
    };
    let secret = |(name, value): (&String, &ConfigValue)| match value {
        ConfigValue::Secret { secret } => Some((name.clone(), secret.clone())),
        ConfigValue::Plain(_) | ConfigValue::Needed { .. } => None,
    };
    values.iter().filter_map(secret).collect()
}
