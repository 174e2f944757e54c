//! The table of the admin API: every method and path, what it means, takes and answers. Requests find
//! their way by it, and the OpenAPI document is made from it, so that neither knows what the other does
//! not. How a route is carried out is the dispatcher's.

use std::borrow::Cow;

use super::progress::NDJSON;
use headgate_api::{
    ActivityPage, ActivitySummary, Backup, CallDetail, CallEnd, CatalogItems, ClientSnippets, Clients,
    CreatedClient, DefinitionToTest, Event, KnownClients, Logs, NewCall, NewClient, NewUiCode, NewUiToken,
    NewUpstream, QuestionAnswer, Questions, ReadReport, ReadText, Restore, RestoreReport, RunningCalls,
    Sessions, SettingList, SettingsPatch, ShutDown, Status, TestReport, Tools, UiCode, UiToken,
    UpstreamPatch, UpstreamView, Upstreams, UsageReport,
};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// Everything that a face may ask for. A route without a row in the table is never constructed, which
/// the compiler tells; one without an arm in the dispatcher does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    OpenApi,
    Events,
    Settings,
    PatchSettings,
    Backup,
    Restore,
    Status,
    Usage,
    ShutDown,
    Upstreams,
    NewUpstream,
    Upstream,
    PatchUpstream,
    DeleteUpstream,
    ReadText,
    TestDefinition,
    TestUpstream,
    TestChange,
    Start,
    Stop,
    Restart,
    Logs,
    Tools,
    Resources,
    Prompts,
    Sessions,
    DeleteSession,
    ActivityPage,
    ActivitySummary,
    ActivityCall,
    ClearActivity,
    Calls,
    NewCall,
    CancelCall,
    Questions,
    AnswerQuestion,
    Clients,
    KnownClients,
    NewClient,
    RenewKey,
    Snippets,
    DeleteClient,
    NewUiCode,
    NewUiToken,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) method: &'static str,
    /// Below `/api/`; at most one part is a parameter, as in `{upstream}`.
    pub(super) path: &'static str,
    pub(super) route: Route,
    pub(super) meaning: &'static str,
    pub(super) takes: Option<Shape>,
    pub(super) gives: &'static [Gives],
    /// Statuses of problems, besides those that every such route may answer.
    pub(super) refuses: &'static [u16],
    /// Parameters of the query, with their meaning. All of them may be left out.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// Nobody has to show a token.
    pub(super) is_open: bool,
}

/// A success: its status, and what its body is.
#[derive(Clone, Copy)]
pub(super) struct Gives {
    pub(super) status: u16,
    pub(super) media_type: &'static str,
    pub(super) shape: Option<Shape>,
}

/// The schema of a type, to be asked for later.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) name: fn() -> Cow<'static, str>,
    pub(super) schema: fn() -> RefOr<Schema>,
    /// Adds the schemas that this one refers to.
    pub(super) parts: fn(&mut Vec<(String, RefOr<Schema>)>),
}

pub(super) const fn shape<T: ToSchema>() -> Shape {
    Shape { name: T::name, schema: T::schema, parts: T::schemas }
}

const fn json<T: ToSchema>(status: u16) -> Gives {
    Gives { status, media_type: "application/json", shape: Some(shape::<T>()) }
}

const fn bare(status: u16) -> Gives {
    Gives { status, media_type: "", shape: None }
}

/// Text whose form the schema does not tell.
const fn text(status: u16, media_type: &'static str) -> Gives {
    Gives { status, media_type, shape: None }
}

impl Row {
    const fn new(
        method: &'static str,
        path: &'static str,
        route: Route,
        gives: &'static [Gives],
        meaning: &'static str,
    ) -> Self {
        Self { method, path, route, meaning, takes: None, gives, refuses: &[], query: &[], is_open: false }
    }

    const fn takes<T: ToSchema>(self) -> Self {
        Self { takes: Some(shape::<T>()), ..self }
    }

    const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    const fn query(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    const fn open(self) -> Self {
        Self { is_open: true, ..self }
    }
}

const CALLS: (&str, &str) = (
    "calls",
    "With `true`, `calls` are told as well: those that ended since the last such event, also while none are \
     recorded. When that were more than a hundred, or they came too fast to be recorded, `missed` tells before them how many are left out.",
);
const QUESTIONS: (&str, &str) = (
    "questions",
    "`true` for a face that shows `questions`: as long as it watches, they are kept for it instead of refused.",
);
const UPSTREAM: (&str, &str) = ("upstream", "Answered by this upstream.");
const CLIENT: (&str, &str) = ("client", "Made by this client.");
const SESSION: (&str, &str) = ("session", "In this session, by the id that is shown of it.");
const METHOD: (&str, &str) = ("method", "With this method, as in `tools/call`.");
const OUTCOME: (&str, &str) = (
    "outcome",
    "With one of these outcomes, divided by commas: ok, tool_error, error, cancelled, timed_out, lost.",
);
const TEXT: (&str, &str) = ("q", "With this text in the tool, prompt or URI.");

pub(super) const ROUTES: &[Row] = &[
    Row::new("GET", "openapi.json", Route::OpenApi, &[text(200, "application/json")], "This document."),
    Row::new(
        "GET",
        "events",
        Route::Events,
        &[Gives { status: 200, media_type: "text/event-stream", shape: Some(shape::<Event>()) }],
        "How everything is, and then what changes, as server-sent events without names or ids. Each has an \
         object with one member as its data: first `state`, then parts that replace what was told before.",
    )
    .query(&[QUESTIONS, CALLS])
    .refuses(&[429]),
    Row::new("GET", "settings", Route::Settings, &[json::<SettingList>(200)], "Every setting."),
    Row::new(
        "PATCH",
        "settings",
        Route::PatchSettings,
        &[json::<SettingList>(200)],
        "Changes settings, all or none; `null` goes back to the default. What can hold at once does, the \
         others have `needs_restart` then.",
    )
    .takes::<SettingsPatch>()
    .refuses(&[409]),
    Row::new("GET", "backup", Route::Backup, &[json::<Backup>(200)], "The whole setup, without secrets."),
    Row::new(
        "POST",
        "restore",
        Route::Restore,
        &[json::<RestoreReport>(200)],
        "Puts a setup back, all or nothing. With `dry_run` it only tells what would change, and which commands \
         would run: show them to a person first. An upstream that lacks secrets is registered disabled.",
    )
    .takes::<Restore>()
    .refuses(&[409, 503]),
    Row::new("GET", "status", Route::Status, &[json::<Status>(200)], "How the gateway itself does."),
    Row::new(
        "GET",
        "usage",
        Route::Usage,
        &[json::<UsageReport>(200)],
        "What the processes of upstreams take, one by one, and what sharing them saves.",
    ),
    Row::new(
        "POST",
        "shutdown",
        Route::ShutDown,
        &[bare(202)],
        "Lets calls in flight finish for a while, and ends the gateway.",
    )
    .takes::<ShutDown>()
    .refuses(&[409]),
    Row::new("GET", "upstreams", Route::Upstreams, &[json::<Upstreams>(200)], "Every upstream."),
    Row::new(
        "POST",
        "upstreams",
        Route::NewUpstream,
        &[json::<UpstreamView>(201), text(200, NDJSON)],
        "Starts an upstream, lists it, and registers it if that worked. Who accepts `application/x-ndjson` \
         hears what it says meanwhile: lines of `{\"progress\"}` and a last one of `{\"upstream\"}` or `{\"problem\"}`.",
    )
    .takes::<NewUpstream>()
    .refuses(&[409, 502, 503]),
    Row::new("GET", "upstreams/{upstream}", Route::Upstream, &[json::<UpstreamView>(200)], "One upstream."),
    Row::new(
        "PATCH",
        "upstreams/{upstream}",
        Route::PatchUpstream,
        &[json::<UpstreamView>(200)],
        "Changes an upstream.",
    )
    .takes::<UpstreamPatch>()
    .refuses(&[409]),
    Row::new(
        "DELETE",
        "upstreams/{upstream}",
        Route::DeleteUpstream,
        &[bare(204)],
        "Removes an upstream and its secrets.",
    ),
    Row::new(
        "POST",
        "upstreams/read",
        Route::ReadText,
        &[json::<ReadReport>(200)],
        "Reads what a person pasted, and proposes what could be registered. Nothing is run or kept.",
    )
    .takes::<ReadText>(),
    Row::new(
        "POST",
        "upstreams/test",
        Route::TestDefinition,
        &[json::<TestReport>(200), text(200, NDJSON)],
        "Tries a definition and keeps nothing of it. Lines of progress as with a registration, one of \
         `{\"step\"}` as each step ends, the last one of `{\"report\"}`.",
    )
    .takes::<NewUpstream>(),
    Row::new(
        "POST",
        "upstreams/{upstream}/test",
        Route::TestUpstream,
        &[json::<TestReport>(200), text(200, NDJSON)],
        "Tries a fresh copy of an upstream; what runs of it is left alone. Lines as with a definition that is tried.",
    ),
    Row::new(
        "POST",
        "upstreams/{upstream}/test-definition",
        Route::TestChange,
        &[json::<TestReport>(200), text(200, NDJSON)],
        "Tries another definition of an upstream with the secrets that it would keep; nothing is changed. Lines as \
         with a definition that is tried.",
    )
    .takes::<DefinitionToTest>(),
    Row::new(
        "POST",
        "upstreams/{upstream}/start",
        Route::Start,
        &[json::<UpstreamView>(200)],
        "Starts an upstream and waits until it is ready; past failures are forgiven.",
    )
    .refuses(&[409, 502]),
    Row::new(
        "POST",
        "upstreams/{upstream}/stop",
        Route::Stop,
        &[json::<UpstreamView>(200)],
        "Stops an upstream until it is started again.",
    ),
    Row::new(
        "POST",
        "upstreams/{upstream}/restart",
        Route::Restart,
        &[json::<UpstreamView>(200)],
        "Ends every copy of an upstream, starts it and waits until it is ready. Calls that come meanwhile wait too; \
         the start goes on when nobody waits for the answer any more.",
    )
    .refuses(&[409, 502]),
    Row::new(
        "GET",
        "upstreams/{upstream}/logs",
        Route::Logs,
        &[json::<Logs>(200)],
        "What an upstream said lately.",
    ),
    Row::new("GET", "tools", Route::Tools, &[json::<Tools>(200)], "Every tool, also those that are off."),
    Row::new(
        "GET",
        "resources",
        Route::Resources,
        &[json::<CatalogItems>(200)],
        "Every resource and resource template.",
    ),
    Row::new("GET", "prompts", Route::Prompts, &[json::<CatalogItems>(200)], "Every prompt."),
    Row::new("GET", "sessions", Route::Sessions, &[json::<Sessions>(200)], "Who is connected."),
    Row::new(
        "DELETE",
        "sessions/{session}",
        Route::DeleteSession,
        &[bare(204)],
        "Ends a session, by the id that is shown of it. Its calls are cancelled and its own children end; its \
         client opens another one when it goes on.",
    )
    .refuses(&[409]),
    Row::new(
        "GET",
        "activity",
        Route::ActivityPage,
        &[json::<ActivityPage>(200)],
        "The calls that ended, newest first.",
    )
    .query(&[
        ("limit", "At most so many calls; 100 when absent, 1000 at most."),
        ("before", "Only calls with a lower number; `next_before` of the page before."),
        UPSTREAM,
        CLIENT,
        SESSION,
        METHOD,
        OUTCOME,
        TEXT,
    ]),
    Row::new(
        "GET",
        "activity/summary",
        Route::ActivitySummary,
        &[json::<ActivitySummary>(200)],
        "How many calls there were, how many failed and how long they took, by stretches of time.",
    )
    .query(&[
        ("since_ms", "From here on, in milliseconds since 1970; an hour ago when absent."),
        ("bucket_ms", "How long each stretch is, in milliseconds; a minute when absent."),
        UPSTREAM,
        CLIENT,
        SESSION,
        METHOD,
        OUTCOME,
        TEXT,
    ]),
    Row::new(
        "GET",
        "activity/{call}",
        Route::ActivityCall,
        &[json::<CallDetail>(200)],
        "One call, with its parameters and its result while they are kept.",
    ),
    Row::new("DELETE", "activity", Route::ClearActivity, &[bare(204)], "Forgets every recorded call."),
    Row::new("GET", "calls", Route::Calls, &[json::<RunningCalls>(200)], "The tools that are being tried."),
    Row::new(
        "POST",
        "calls",
        Route::NewCall,
        &[json::<CallEnd>(200), text(200, NDJSON)],
        "Calls a tool as a client does. The answer is lines of JSON: `{\"call\"}` first, `{\"progress\"}` and \
         `{\"log\"}` meanwhile, and a last one like the plain answer, which is for who accepts \
         `application/json` alone. Who goes away cancels the call.",
    )
    .takes::<NewCall>()
    .refuses(&[404, 429, 502, 503]),
    Row::new(
        "DELETE",
        "calls/{call}",
        Route::CancelCall,
        &[bare(204)],
        "Cancels a tool that is being tried; its upstream is told.",
    ),
    Row::new(
        "GET",
        "questions",
        Route::Questions,
        &[json::<Questions>(200)],
        "What upstreams ask of people whose clients cannot show it; it is kept while a face watches that does.",
    ),
    Row::new(
        "POST",
        "questions/{question}",
        Route::AnswerQuestion,
        &[bare(204)],
        "Answers a question. Content that does not fit its form is refused, field by field, and the question \
         stays open. `cancel` also takes away one that was answered and is only shown.",
    )
    .takes::<QuestionAnswer>()
    .refuses(&[409, 422]),
    Row::new("GET", "clients", Route::Clients, &[json::<Clients>(200)], "Every client that has a key."),
    Row::new(
        "GET",
        "clients/known",
        Route::KnownClients,
        &[json::<KnownClients>(200)],
        "The AI clients that Headgate knows, and which of them are on this machine.",
    ),
    Row::new(
        "POST",
        "clients",
        Route::NewClient,
        &[json::<CreatedClient>(201)],
        "Makes a key for a client. It is told this once.",
    )
    .takes::<NewClient>()
    .refuses(&[409]),
    Row::new(
        "GET",
        "clients/{client}/snippets",
        Route::Snippets,
        &[json::<ClientSnippets>(200)],
        "What to paste into the settings of each known program, with a placeholder for the key.",
    ),
    Row::new(
        "POST",
        "clients/{client}/key",
        Route::RenewKey,
        &[json::<CreatedClient>(201)],
        "Makes a new key for a client. The old one stops, and its sessions end.",
    ),
    Row::new(
        "DELETE",
        "clients/{client}",
        Route::DeleteClient,
        &[bare(204)],
        "Takes a client's key back; its sessions end.",
    ),
    Row::new(
        "POST",
        "ui/codes",
        Route::NewUiCode,
        &[json::<UiCode>(201)],
        "Makes a link that lets one browser in, once and within a minute. It takes the admin token itself.",
    )
    .takes::<NewUiCode>(),
    Row::new(
        "POST",
        "ui/tokens",
        Route::NewUiToken,
        &[json::<UiToken>(201)],
        "Trades the code of such a link for a token, which opens everything here but `/api/ui/codes`. It takes \
         no token; who sends many wrong codes is told to wait.",
    )
    .takes::<NewUiToken>()
    .refuses(&[429])
    .open(),
];

/// Why a request has no route.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// There is nothing at the path.
    Nowhere,
    /// The path is there, for these methods.
    Method(Vec<&'static str>),
}

/// The route of a request, and what stands for the parameter in its path.
pub(super) fn find<'p>(method: &str, path: &'p str) -> Result<(Route, &'p str), Lost> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut allowed = Vec::new();
    for row in ROUTES {
        match parameter(row.path, path) {
            Some(parameter) if row.method == method => return Ok((row.route, parameter)),
            Some(_) => allowed.push(row.method),
            None => {}
        }
    }
    Err(if allowed.is_empty() { Lost::Nowhere } else { Lost::Method(allowed) })
}

/// True for the routes that need no token.
pub(super) fn is_open(method: &str, path: &str) -> bool {
    let route = find(method, path).map(|(route, _)| route);
    ROUTES.iter().any(|row| row.is_open && route == Ok(row.route))
}

/// What stands for the parameter of `template` in `path`, if that is such a path; empty without one.
fn parameter<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut found = "";
    for (expected, part) in template.split('/').zip(path.split('/')) {
        match expected.starts_with('{') {
            true => found = part,
            false if expected != part => return None,
            false => {}
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_path_alone() {
        for (at, row) in ROUTES.iter().enumerate() {
            assert_eq!(find(row.method, row.path).map(|(route, _)| route), Ok(row.route), "{}", row.path);
            let again = ROUTES[..at].iter().find(|other| other.route == row.route);
            assert!(again.is_none(), "{:?} stands in two rows", row.route);
        }
    }

    #[test]
    fn only_a_code_is_traded_without_a_token() {
        let open: Vec<_> = ROUTES.iter().filter(|row| is_open(row.method, row.path)).collect();
        assert_eq!(open.iter().map(|row| row.path).collect::<Vec<_>>(), ["ui/tokens"]);
        assert!(
            !is_open("GET", "ui/tokens") && !is_open("POST", "ui/tokens/x") && !is_open("POST", "ui/codes")
        );
    }

    #[test]
    fn paths_are_read() {
        let check = |method, path, expected| assert_eq!(find(method, path), expected, "{method} {path}");
        check("GET", "upstreams", Ok((Route::Upstreams, "")));
        check("GET", "upstreams/", Ok((Route::Upstreams, "")));
        check("GET", "upstreams/a", Ok((Route::Upstream, "a")));
        check("POST", "upstreams/a/stop", Ok((Route::Stop, "a")));
        check("POST", "upstreams/a", Err(Lost::Method(vec!["GET", "PATCH", "DELETE"])));
        check("GET", "upstreams/a/stop", Err(Lost::Method(vec!["POST"])));
        check("GET", "upstreams/a/b/stop", Err(Lost::Nowhere));
        check("GET", "", Err(Lost::Nowhere));
        check("GET", "upstreamsx", Err(Lost::Nowhere));
    }
}
