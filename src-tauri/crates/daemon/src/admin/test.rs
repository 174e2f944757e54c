//! Tests of upstreams, registered or not: a fresh copy is tried and ended, nothing is kept, and whatever is
//! wrong with it is an answer. A face that goes away ends its test.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
};

use headgate_api::{Counts, DefinitionToTest, NewUpstream, Problem, TestReport, TestStep, UpstreamPatch};
use headgate_gateway::{Log, Mask, SecretReader, Step, Trial};
use headgate_model::{SecretRef, UpstreamName, UpstreamSpec, command_line};
use hyper::{Request, body::Incoming};
use serde_json::json;

use super::{
    Admin, Answer, body, not_found, ok, patch,
    progress::{NDJSON, Teller, Work, followed, line},
    register::{definition, project, unkept},
    upstreams::{clash_view, named_secrets},
    wants,
};

/// Copies that are tried at once; a face may ask for all upstreams, and the others wait for their turn.
pub(super) const MAX_TESTS: usize = 4;
/// Lines of standard error that are told.
const STDERR_LINES: usize = 50;
/// What is tested.
struct Test {
    spec: UpstreamSpec,
    /// The folder of the project that it runs in.
    project: Option<PathBuf>,
    /// Secret values by the names that stand for them; told to nobody.
    mask: Mask,
    /// Reads secrets that are not kept.
    secrets: Option<SecretReader>,
}

impl Admin {
    /// A registered upstream; what runs of it is left alone.
    pub(super) async fn test_upstream(&self, name: &UpstreamName, request: Request<Incoming>) -> Answer {
        let spec = self.registered(name)?;
        self.test_with_kept_secrets(wants(&request, NDJSON), spec).await
    }

    /// Another definition of a registered upstream, which gets the secrets that a change would leave to it.
    pub(super) async fn test_change(&self, name: &UpstreamName, request: Request<Incoming>) -> Answer {
        let old = self.registered(name)?;
        let follow = wants(&request, NDJSON);
        let DefinitionToTest { transport } = body(request).await?;
        let change = UpstreamPatch { transport: Some(transport), ..UpstreamPatch::default() };
        let spec = patch::patched(&old, change, BTreeMap::new())?;
        self.test_with_kept_secrets(follow, spec).await
    }

    fn registered(&self, name: &UpstreamName) -> Result<UpstreamSpec, Problem> {
        let upstream = self.gateway.upstream(name).ok_or_else(|| not_found(name))?;
        Ok(UpstreamSpec::clone(&upstream.spec))
    }

    async fn test_with_kept_secrets(&self, follow: bool, spec: UpstreamSpec) -> Answer {
        let mut values = Vec::new();
        for (name, secret) in named_secrets(&spec) {
            // One that cannot be read is told by the start that needs it.
            values.extend(self.secrets.get(&secret).await.ok().map(|value| (name, value)));
        }
        self.test(follow, Test { spec, project: None, mask: Mask::new(values), secrets: None }).await
    }

    /// A definition that is kept nowhere, nor are its secrets.
    pub(super) async fn test_definition(&self, request: Request<Incoming>) -> Answer {
        let follow = wants(&request, NDJSON);
        let new: NewUpstream = body(request).await?;
        let spec = definition(&new, unkept(&new.secrets))?;
        let project = project(&spec, new.project.as_deref())?;
        let test =
            Test { spec, project, mask: Mask::new(new.secrets.clone()), secrets: Some(reader(new.secrets)) };
        self.test(follow, test).await
    }

    async fn test(&self, follow: bool, test: Test) -> Answer {
        let log = Arc::new(Log::default());
        let mask = test.mask.clone();
        let admin = self.clone();
        if !follow {
            return ok(&admin.carry_out_test(test, log, |_| {}).await);
        }
        let heard = log.clone();
        let work = |teller: Arc<Teller>| -> Work {
            let tell = move |step| teller.tell(line(&json!({ "step": step })));
            Box::pin(async move { json!({ "report": admin.carry_out_test(test, heard, tell).await }) })
        };
        Ok(followed(None, work, log, move |line| mask.apply(&line)))
    }

    async fn carry_out_test(
        self,
        test: Test,
        log: Arc<Log>,
        tell: impl Fn(TestStep) + Send + Sync,
    ) -> TestReport {
        let Test { spec, project, mask, secrets } = test;
        // The semaphore is never closed.
        let _turn = self.tests.acquire().await;
        let ended = |ended: &Step| {
            let step = step(ended);
            tell(TestStep { detail: mask.apply(&step.detail), ..step });
        };
        let trial = self.gateway.try_out(&spec, project.as_deref(), secrets, log.clone(), &ended).await;
        let clashes =
            trial.offer.as_ref().map(|offer| self.gateway.clashes(&spec, offer)).unwrap_or_default();
        let report = TestReport {
            clashes: clashes.into_iter().map(clash_view).collect(),
            stderr: log.last_words(STDERR_LINES),
            noise_lines: log.noise(),
            ..report(&spec, trial)
        };
        masked(&mask, report)
    }
}

fn report(spec: &UpstreamSpec, trial: Trial) -> TestReport {
    let offer = trial.offer.as_deref();
    TestReport {
        ok: trial.failure.is_none(),
        reason: trial.failure.map(|why| format!("`{}` does not work: {why}", spec.name)),
        advice: trial.advice,
        steps: trial.steps.iter().map(step).collect(),
        program: trial.program,
        command_line: command_line(&spec.transport),
        server: offer.and_then(|offer| offer.server()),
        protocol_version: offer.and_then(|offer| offer.revision()),
        counts: offer.map(|offer| Counts {
            tools: offer.tools.len(),
            resources: offer.resources.len(),
            resource_templates: offer.templates.len(),
            prompts: offer.prompts.len(),
        }),
        clashes: Vec::new(),
        suggestion: trial.suggestion,
        stderr: Vec::new(),
        noise_lines: 0,
    }
}

fn step(ended: &Step) -> TestStep {
    TestStep { step: ended.name.to_owned(), ok: ended.ok, ms: ended.ms, detail: ended.detail.clone() }
}

fn reader(secrets: BTreeMap<String, String>) -> SecretReader {
    let values: HashMap<SecretRef, String> =
        secrets.into_iter().map(|(name, value)| (SecretRef(name), value)).collect();
    Arc::new(move |secret| {
        let value = values.get(&secret).cloned();
        Box::pin(async move { value.ok_or_else(|| "it was not sent with the test".to_owned()) })
    })
}

/// The report without the secrets that the server was given.
fn masked(mask: &Mask, mut report: TestReport) -> TestReport {
    let named = report.clashes.iter_mut().map(|clash| &mut clash.name);
    let steps = report.steps.iter_mut().map(|step| &mut step.detail);
    let suggestion = report.suggestion.as_mut().map(|suggestion| &mut suggestion.reason);
    let told = [&mut report.reason, &mut report.server, &mut report.protocol_version];
    let told = told.into_iter().flatten().chain(suggestion);
    for text in told.chain(named).chain(steps).chain(&mut report.stderr) {
        *text = mask.apply(text);
    }
    report
}
