//! The official conformance suite against its fixture, directly and through the gateway: no check
//! that passes directly may fail through the gateway.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Output,
    time::Duration,
};

use e2e::{HttpUpstream, Sandbox, UpstreamOptions, programs};
use serde::Deserialize;
use tokio::{process::Command, time::timeout};

use crate::peers;

const REVISION: &str = "2025-11-25";

/// The scenarios that this revision requires; the suite runs a few more.
const REQUIRED: usize = 30;

/// Two checks look at a liberty that servers have, and only inform when it is not taken: the gateway
/// answers `tools/list` as plain JSON where the fixture opens streams, and does not hang up in the
/// middle of a call as the fixture does.
const NOT_APPLICABLE: [(&str, &str); 2] = [
    ("server-sse-multiple-streams", "server-sse-streams-functional"),
    ("server-sse-polling", "server-sse-disconnect-resume"),
];

/// The whole suite takes seconds; a scenario that hangs takes 30 s.
const SUITE_DEADLINE: Duration = Duration::from_secs(180);

/// The time at the end of a folder's name, as in `-2026-11-20T06-06-05-510Z`.
const TIME_LENGTH: usize = 25;

#[tokio::test]
async fn nothing_is_lost_over_stdio_when_all_share_one_child() {
    check_stdio(UpstreamOptions::shared()).await;
}

#[tokio::test]
async fn nothing_is_lost_over_stdio_when_each_session_has_its_own_child() {
    check_stdio(UpstreamOptions::per_session()).await;
}

#[tokio::test]
async fn nothing_is_lost_over_http() {
    let sandbox = Sandbox::start().await;
    let fixture = HttpUpstream::start(&programs::conformance_fixture(), &["--port", "0"]).await;
    sandbox.add_http("fixture", fixture.url(), UpstreamOptions::default()).await;
    check(&sandbox, fixture.url()).await;
}

async fn check_stdio(options: UpstreamOptions) {
    let sandbox = Sandbox::start().await;
    let fixture = HttpUpstream::start(&programs::conformance_fixture(), &["--port", "0"]).await;
    sandbox.add_stdio("fixture", programs::conformance_fixture(), &["--stdio"], options).await;
    check(&sandbox, fixture.url()).await;
}

/// Compares a direct run at `direct_url` with one through the gateway, check by check.
async fn check(sandbox: &Sandbox, direct_url: &str) {
    let key = sandbox.client_key("conformance").await;
    let direct = Run::of(direct_url).await;
    let through = Run::of(&sandbox.at(&format!("/k/{key}/mcp/fixture"))).await;
    println!("directly {}, through the gateway {}", direct.figures(), through.figures());

    assert_eq!(direct.required, REQUIRED, "the suite requires another number of scenarios");
    assert_eq!(direct.failures(), [""; 0], "the fixture itself fails");
    let lost: Vec<String> = direct.passed().filter_map(|check| through.loss(check)).collect();
    assert!(lost.is_empty(), "lost through the gateway: {lost:#?}\n{}", through.output);
    assert_eq!(through.failures(), [""; 0], "checks that the direct run did not make failed");
    assert!(through.all_required_passed, "a required scenario failed:\n{}", through.output);
}

/// Which check it is: a scenario can make one several times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Check {
    scenario: String,
    id: String,
    nth: usize,
}

/// What one run of the suite found.
struct Run {
    /// How each check went.
    checks: BTreeMap<Check, Report>,
    scenarios: BTreeSet<String>,
    required: usize,
    all_required_passed: bool,
    output: String,
}

#[derive(Debug, Deserialize)]
struct Report {
    id: String,
    status: String,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
}

impl Run {
    async fn of(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("make a folder for the results");
        let output = run_suite(url, folder.path()).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut run = Self {
            checks: BTreeMap::new(),
            scenarios: BTreeSet::new(),
            required: 0,
            all_required_passed: output.status.success(),
            output: text + &String::from_utf8_lossy(&output.stderr),
        };
        for entry in fs::read_dir(folder.path()).expect("read the results") {
            run.read_scenario(&entry.expect("read the results").path());
        }
        assert!(!run.scenarios.is_empty(), "the suite did not run:\n{}", run.output);
        run.required = run.scenarios.len().saturating_sub(run.unscored());
        run
    }

    fn read_scenario(&mut self, folder: &Path) {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a folder has a name");
        let scenario = name.strip_prefix("server-").expect("the folder of a server scenario");
        let scenario = scenario[..scenario.len() - TIME_LENGTH].to_owned();
        let text = fs::read(folder.join("checks.json")).expect("read the checks of a scenario");
        let reports: Vec<Report> = serde_json::from_slice(&text).expect("checks have ids and statuses");
        let mut seen = BTreeMap::<String, usize>::new();
        for report in reports {
            let nth = seen.entry(report.id.clone()).or_default();
            let check = Check { scenario: scenario.clone(), id: report.id.clone(), nth: *nth };
            *nth += 1;
            self.checks.insert(check, report);
        }
        self.scenarios.insert(scenario);
    }

    /// How many scenarios were run that do not count, by the suite's own words.
    fn unscored(&self) -> usize {
        let head = format!("Not scored for {REVISION}: ");
        let count = self.output.lines().find_map(|line| line.strip_prefix(&head)?.split(' ').next());
        count.map_or(0, |count| count.parse().expect("a number of scenarios"))
    }

    fn passed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|(_, report)| report.status == "SUCCESS").map(|(check, _)| check)
    }

    fn failures(&self) -> Vec<String> {
        let bad = self.checks.iter().filter(|(_, report)| report.failed());
        bad.map(|(check, report)| format!("{}: {}", check.scenario, report.words())).collect()
    }

    /// Why a check that passed elsewhere did not pass here.
    fn loss(&self, check: &Check) -> Option<String> {
        let Check { scenario, id, nth } = check;
        let why = match self.checks.get(check) {
            Some(report) if report.status == "SUCCESS" => return None,
            Some(report) if report.status == "INFO" && NOT_APPLICABLE.contains(&(scenario, id)) => {
                return None;
            }
            Some(report) => report.words(),
            None if self.scenarios.contains(scenario) => "was not made".to_owned(),
            None => "its scenario did not run".to_owned(),
        };
        Some(format!("{scenario}: {id} ({nth}): {why}"))
    }

    fn figures(&self) -> String {
        let (passed, failed) = (self.passed().count(), self.failures().len());
        let required = if self.all_required_passed { "all" } else { "not all" };
        format!("{passed} passed, {failed} failed, {required} {} required scenarios", self.required)
    }
}

impl Report {
    /// A warning is something that a server should do and does not.
    fn failed(&self) -> bool {
        matches!(self.status.as_str(), "FAILURE" | "WARNING")
    }

    fn words(&self) -> String {
        format!("{} {} {}", self.id, self.status, self.error_message.as_deref().unwrap_or_default())
    }
}

async fn run_suite(url: &str, results: &Path) -> Output {
    let mut suite = Command::new(peers::node());
    suite.arg(peers::npm_file("@modelcontextprotocol/conformance/dist/index.js"));
    suite.args(["server", "--url", url, "--requirements", REVISION, "-o"]).arg(results);
    suite.kill_on_drop(true).stdin(std::process::Stdio::null());
    let output = timeout(SUITE_DEADLINE, suite.output()).await.expect("the suite hangs");
    output.expect("run the conformance suite, which needs Node.js 22 or newer")
}
