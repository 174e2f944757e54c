//! Registration: the upstream is talked to first, with no lock held; then the definition is checked
//! against the catalog, kept and published at once. Whatever fails leaves nothing behind.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use headgate_api::{NewUpstream, Problem, UpstreamView, code};
use headgate_gateway::{Log, Probed, project_folder};
use headgate_model::{
    ConfigValue, Isolation, PROJECT_ROOT, SecretRef, Transport, UpstreamName, UpstreamSpec,
};
use hyper::{Request, body::Incoming};
use serde_json::json;

use super::{
    Admin, Answer, body, created, internal,
    progress::{NDJSON, followed},
    restore,
    tools::allowed,
    upstreams::{checked_name, checked_prefix, checked_transport, clash, failed},
    wants,
};
use crate::keys;

impl Admin {
    pub(super) async fn post_upstream(&self, request: Request<Incoming>) -> Answer {
        let follow = wants(&request, NDJSON);
        let new: NewUpstream = body(request).await?;
        // Whoever looks on should know what is about to run.
        let program = if follow { self.gateway.program(&new.transport).await } else { None };
        let log = Arc::new(Log::default());
        let work = self.clone().register(new, log.clone());
        if follow {
            let program = program.map(|program| json!({ "program": program }));
            let work = Box::pin(async move {
                match work.await {
                    Ok(upstream) => json!({ "upstream": upstream }),
                    Err(problem) => json!({ "problem": problem }),
                }
            });
            return Ok(followed(program, |_| work, log, |line| line));
        }
        created(&work.await?)
    }

    /// Dropping this future before its end undoes everything.
    async fn register(self, new: NewUpstream, log: Arc<Log>) -> Result<UpstreamView, Problem> {
        if self.gateway.upstream(&new.name).is_some() {
            return Err(exists(&new));
        }
        definition(&new, unkept(&new.secrets))?;
        let mut kept = KeptSecrets::new(&self);
        let secrets = match new.transport {
            // The demo takes none.
            Transport::Demo => BTreeMap::new(),
            _ => kept.keep_all(&new.name, &new.secrets).await?,
        };
        let spec = definition(&new, secrets)?;
        let project = project(&spec, new.project.as_deref())?;
        let probed = match spec.enabled {
            true => Some(self.gateway.probe(&spec, project.as_deref(), log).await.map_err(failed)?),
            // Somebody may want to keep what does not work yet.
            false => None,
        };
        let admin = self.clone();
        // Once it is about to be kept, a caller who goes away must not leave it half done.
        let committed = tokio::spawn(async move {
            let view = admin.commit(new, spec, probed).await?;
            kept.release(|_| true);
            Ok(view)
        });
        committed
            .await
            .unwrap_or_else(|_| Err(Problem::new(500, code::INTERNAL, "the registration broke off")))
    }

    async fn commit(
        &self,
        new: NewUpstream,
        spec: UpstreamSpec,
        probed: Option<Probed>,
    ) -> Result<UpstreamView, Problem> {
        let _commit = self.committing.lock().await;
        let clashes = probed.as_ref().map(|probed| self.gateway.clashes(&spec, probed.offer()));
        let clashes = clashes.unwrap_or_default();
        let refusal = match self.gateway.upstream(&spec.name) {
            Some(_) => Some(exists(&new)),
            None if !clashes.is_empty() => Some(clash(&spec.name, clashes)),
            None => self.store.put_upstream(spec.clone()).await.map_err(internal).err(),
        };
        if let Some(problem) = refusal {
            if let Some(probed) = probed {
                probed.discard().await;
            }
            return Err(problem);
        }
        let name = spec.name.clone();
        match probed {
            Some(probed) => self.gateway.register(spec, probed),
            None => self.gateway.adopt(vec![spec]),
        }
        let upstream = self.gateway.upstream(&name);
        let upstream = upstream.ok_or_else(|| Problem::new(500, code::INTERNAL, "it was removed at once"))?;
        self.gateway.look_up_programs(std::slice::from_ref(&upstream.spec)).await;
        Ok(self.view(&upstream))
    }
}

/// The definition, with references for its secrets.
pub(super) fn definition(
    new: &NewUpstream,
    secrets: BTreeMap<String, SecretRef>,
) -> Result<UpstreamSpec, Problem> {
    let mut transport = new.transport.clone();
    checked_transport(&transport)?;
    new.secrets.keys().try_for_each(|name| checked_name(&transport, name))?;
    if let Some(values) = restore::values_mut(&mut transport) {
        if values.values().any(|value| matches!(value, ConfigValue::Secret { .. })) {
            let advice = "send secret values under `secrets`; references are made here";
            return Err(Problem::new(400, code::INVALID, advice));
        }
        values.extend(secrets.into_iter().map(|(name, secret)| (name, ConfigValue::Secret { secret })));
    }
    let spec = UpstreamSpec {
        name: new.name.clone(),
        isolation: new.isolation.unwrap_or(transport.default_isolation()),
        transport,
        prefix: checked_prefix(new.prefix.clone())?,
        tool_choices: allowed(new.tool_choices.clone())?,
        enabled: new.enabled,
        keep_warm: new.keep_warm,
        memory_limit_mib: new.memory_limit_mib,
        start_timeout_s: None,
        call_timeout_s: None,
    };
    checked_isolation(&spec)?;
    match restore::lacks(&spec).filter(|_| spec.enabled) {
        // How they are given to one that is kept is no way for one that is not.
        Some((why, _)) => Err(Problem::new(409, code::SECRETS_NEEDED, why)),
        None => Ok(spec),
    }
}

/// References to secrets that are not kept, or not yet.
pub(super) fn unkept(secrets: &BTreeMap<String, String>) -> BTreeMap<String, SecretRef> {
    secrets.keys().map(|name| (name.clone(), SecretRef(name.clone()))).collect()
}

/// The folder in which an upstream is tried that is to run in projects.
pub(super) fn project(spec: &UpstreamSpec, named: Option<&Path>) -> Result<Option<PathBuf>, Problem> {
    named_project(named.filter(|_| spec.isolation == Isolation::Project))
}

/// The folder of a project that somebody named.
pub(super) fn named_project(named: Option<&Path>) -> Result<Option<PathBuf>, Problem> {
    let Some(named) = named else { return Ok(None) };
    project_folder(named).map(Some).ok_or_else(|| {
        let detail = format!("`{}` is not the absolute path of a folder here", named.display());
        Problem::new(400, code::INVALID, detail)
    })
}

/// A definition that names the project cannot be run once for everybody.
pub(super) fn checked_isolation(spec: &UpstreamSpec) -> Result<(), Problem> {
    if !spec.transport.isolations().contains(&spec.isolation) {
        let detail = format!(
            "`{}` names {PROJECT_ROOT}, and one copy for everybody would have none; use the isolation `project` or `session`",
            spec.name
        );
        return Err(Problem::new(400, code::INVALID, detail));
    }
    Ok(())
}

fn exists(new: &NewUpstream) -> Problem {
    let name = &new.name;
    let detail = format!("there is an upstream `{name}` already; use another name, or remove that one");
    Problem::new(409, code::EXISTS, detail).advise(format!("`headgate remove {name}` removes it"))
}

/// Secrets of a definition that is not registered yet; they are deleted if it never is.
pub(super) struct KeptSecrets {
    admin: Admin,
    secrets: Vec<SecretRef>,
}

impl KeptSecrets {
    pub(super) fn new(admin: &Admin) -> Self {
        Self { admin: admin.clone(), secrets: Vec::new() }
    }

    /// Those that the kept definitions refer to stay.
    pub(super) fn release(mut self, is_used: impl Fn(&SecretRef) -> bool) {
        self.secrets.retain(|secret| !is_used(secret));
    }

    /// Keeps a value under a new reference.
    pub(super) async fn keep(
        &mut self,
        upstream: &UpstreamName,
        name: &str,
        value: &str,
    ) -> Result<SecretRef, Problem> {
        // A name of its own for each attempt, so that a refused one cannot harm what is registered.
        let random =
            keys::generate("s").map_err(|error| Problem::new(500, code::INTERNAL, format!("{error:#}")))?;
        let secret = SecretRef(format!("{upstream}/{name}/{}", &random[..10]));
        let set = self.admin.secrets.set(&secret, value).await;
        set.map_err(|error| {
            let advice = error.advice().map(str::to_owned);
            Problem::new(503, code::SECRETS, format!("{:#}", anyhow::Error::new(error))).advise(advice)
        })?;
        self.secrets.push(secret.clone());
        self.admin.secret_times.note(&secret).await;
        Ok(secret)
    }

    /// Keeps several values.
    pub(super) async fn keep_all(
        &mut self,
        upstream: &UpstreamName,
        values: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, SecretRef>, Problem> {
        let mut references = BTreeMap::new();
        for (name, value) in values {
            references.insert(name.clone(), self.keep(upstream, name, value).await?);
        }
        Ok(references)
    }
}

impl Drop for KeptSecrets {
    fn drop(&mut self) {
        if !self.secrets.is_empty() {
            self.admin.forget(std::mem::take(&mut self.secrets));
        }
    }
}
