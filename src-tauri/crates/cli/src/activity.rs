//! `headgate activity`: the calls that ended, one of them with what was said, and how to forget them.

#[cfg(test)]
mod tests;

use std::time::{Duration, UNIX_EPOCH};

use clap::builder::styling::AnsiColor;
use headgate_api::{ActivityPage, CallDetail, CallView, Client, Home};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    args::{Activity, Recorded},
    failure::Failure,
    output::{self, plain},
    table::{Table, cell, coloured},
};

/// How often new calls are looked for; the gateway writes them down as often.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Calls of one look while following; what is more than that between two looks is left out.
const FOLLOW_PAGE: usize = 1000;
/// What counts as an error: everything that nobody wanted.
const ERRORS: &str = "tool_error,error,timed_out,lost";

/// Shows what was asked for.
pub(crate) async fn run(args: &Activity) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    match args.what {
        Some(Recorded::All) => clear(&client, args).await,
        Some(Recorded::Call(id)) => show(&client, id, args).await,
        None if args.follow => follow(&client, args).await,
        None => list(&client, args).await,
    }
}

async fn list(client: &Client, args: &Activity) -> Result<(), Failure> {
    let page = client.activity(&query(args, args.lines)).await?;
    if args.json {
        return output::print_json(&page);
    }
    if let Some(news) = beside(&page) {
        output::tell(&news);
    }
    match page.calls.is_empty() {
        true => Ok(()),
        false => output::print(&table_text(&page.calls)),
    }
}

/// New calls come after those that are there, so the newest stand last.
async fn follow(client: &Client, args: &Activity) -> Result<(), Failure> {
    let mut page = client.activity(&query(args, args.lines)).await?;
    let mut last = 0;
    let mut told = None;
    loop {
        let now = missing(&page);
        if let Some(news) = news(told.as_deref(), now.as_deref()) {
            output::tell(news);
        }
        told = now;
        page.calls.retain(|call| call.id > last);
        output::print(&lines_text(&page.calls))?;
        last = page.calls.first().map_or(last, |call| call.id);
        sleep(FOLLOW_EVERY).await;
        page = client.activity(&query(args, FOLLOW_PAGE)).await?;
    }
}

/// What is said of missing calls while somebody follows: once, and again when it changes.
fn news<'a>(told: Option<&str>, now: Option<&'a str>) -> Option<&'a str> {
    match (told, now) {
        (told, now) if told == now => None,
        (_, now) => Some(now.unwrap_or("calls are recorded again")),
    }
}

async fn show(client: &Client, id: i64, args: &Activity) -> Result<(), Failure> {
    let call = client.recorded_call(id).await?;
    match args.json {
        true => output::print_json(&call),
        false => output::print_foreign(&detail_text(&call)),
    }
}

async fn clear(client: &Client, args: &Activity) -> Result<(), Failure> {
    client.clear_activity().await?;
    match args.json {
        true => output::print_json(&json!({ "cleared": true })),
        false => output::print("forgot every recorded call"),
    }
}

fn query(args: &Activity, limit: usize) -> Vec<(&'static str, String)> {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(args.upstream.as_ref().map(|name| ("upstream", name.to_string())));
    query.extend(args.client.as_ref().map(|name| ("client", name.clone())));
    query.extend(args.errors.then(|| ("outcome", ERRORS.to_owned())));
    query
}

/// What a person should know besides the calls.
fn beside(page: &ActivityPage) -> Option<String> {
    let none = page.calls.is_empty().then(|| "no calls to show".to_owned());
    joined([missing(page), none])
}

/// Why there were more calls than are shown.
fn missing(page: &ActivityPage) -> Option<String> {
    let off = (!page.recording).then(|| "calls are not recorded now (setting `recording`)".to_owned());
    let lost = (page.dropped > 0)
        .then(|| format!("{} calls came too fast to be recorded since the gateway started", page.dropped));
    joined([off, lost])
}

fn joined(sentences: [Option<String>; 2]) -> Option<String> {
    let said: Vec<String> = sentences.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn table_text(calls: &[CallView]) -> String {
    let mut table = Table::new(["ID", "TIME", "CLIENT", "UPSTREAM", "WHAT", "TOOK", "SIZE", "OUTCOME"]);
    for call in calls.iter().rev() {
        let outcome = outcome(call);
        table.row([
            cell(call.id),
            cell(time(call)),
            cell(&call.client),
            cell(call.upstream.as_deref().unwrap_or("-")),
            cell(what(call)),
            cell(took(call.duration_us)),
            cell(size(call.answer_bytes)),
            match call.outcome.as_str() {
                "ok" => cell(outcome),
                "cancelled" => coloured(outcome, AnsiColor::Yellow),
                _ => coloured(outcome, AnsiColor::Red),
            },
        ]);
    }
    table.to_string()
}

/// The same without a head, for calls that come one by one.
fn lines_text(calls: &[CallView]) -> String {
    let line = |call: &CallView| {
        let upstream = call.upstream.as_deref().unwrap_or("-");
        let (took, size) = (took(call.duration_us), size(call.answer_bytes));
        plain(&format!(
            "{:<6} {} {:<12} {upstream:<12} {:<28} {took:>8} {size:>8} {}",
            call.id,
            time(call),
            call.client,
            what(call),
            outcome(call)
        )) + "\n"
    };
    calls.iter().rev().map(line).collect()
}

fn detail_text(detail: &CallDetail) -> String {
    let call = &detail.call;
    let gone = "not kept, or not any more (setting `record_bodies`)";
    format!(
        "id        {}\ntime      {}\nclient    {} (session {})\nupstream  {}\nwhat      {}\ntook      {}\noutcome   {}\n\
         asked     {}: {}\nanswered  {}: {}\n",
        call.id,
        time(call),
        plain(&call.client),
        call.session,
        call.upstream.as_deref().unwrap_or("-"),
        plain(&format!("{} {}", call.method, call.target.as_deref().unwrap_or_default())),
        took(call.duration_us),
        outcome(call),
        size(call.request_bytes),
        detail.request.as_deref().unwrap_or(gone),
        size(call.answer_bytes),
        detail.answer.as_deref().unwrap_or(gone),
    )
}

fn time(call: &CallView) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(call.at_ms)).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(at).to_string()
}

/// A tool by its name alone; of everything else, also what was done with it.
fn what(call: &CallView) -> String {
    match (call.method.as_str(), &call.target) {
        ("tools/call", Some(tool)) => tool.clone(),
        (method, Some(target)) => format!("{method} {target}"),
        (method, None) => method.to_owned(),
    }
}

fn outcome(call: &CallView) -> String {
    let code = call.code.map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{code}", call.outcome.replace('_', " "))
}

fn took(us: u64) -> String {
    match us {
        0..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1000),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
