//! `headgate logs`: what the gateway itself wrote, from its file, so that it can be read when nothing
//! runs; or what an upstream said lately, from the gateway.

#[cfg(test)]
mod tests;

use std::{
    fmt::Write,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use headgate_api::{Client, Home, LogLine};
use headgate_model::UpstreamName;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    args::Logs,
    failure::Failure,
    output::{self, plain},
};

/// Lines of the gateway's log that are shown when no number is given.
const LINES: usize = 200;

/// How often a log that is followed is looked at.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// Shows a log.
pub(crate) async fn run(args: &Logs) -> Result<(), Failure> {
    match &args.name {
        Some(name) => of_upstream(name, args).await,
        None => of_gateway(&Home::locate()?.daemon_log(), args).await,
    }
}

async fn of_gateway(path: &Path, args: &Logs) -> Result<(), Failure> {
    let (text, mut position) = match read_from(path, 0) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), 0),
        Err(error) => {
            return Err(anyhow::Error::new(error).context(format!("cannot read {}", path.display())).into());
        }
    };
    let text = last_lines(&text, args.lines.unwrap_or(LINES));
    if args.json {
        return output::print_json(&json!({ "path": path, "lines": text.lines().collect::<Vec<_>>() }));
    }
    if text.is_empty() && !args.follow {
        output::tell(&format!(
            "nothing in {}; a gateway that runs in a terminal (`headgate serve`) writes there instead",
            path.display()
        ));
        return Ok(());
    }
    output::print_foreign(text)?;
    if !args.follow {
        return Ok(());
    }
    loop {
        sleep(FOLLOW_EVERY).await;
        // A log that is shorter than before made room: it begins anew. One that is gone will come.
        let Ok((news, end)) = read_from(path, position) else { continue };
        output::print_foreign(&news)?;
        position = end;
    }
}

/// What stands behind `position`, and where the next look begins; from the start of a shorter file.
/// A line that is not finished waits.
fn read_from(path: &Path, position: u64) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let start = if file.metadata()?.len() < position { 0 } else { position };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok((String::from_utf8_lossy(&bytes[..whole]).into_owned(), start + whole as u64))
}

fn last_lines(text: &str, number: usize) -> &str {
    let ends = text.trim_end_matches('\n').rmatch_indices('\n');
    match number.checked_sub(1).map(|before| ends.into_iter().nth(before)) {
        Some(Some((at, _))) => &text[at + 1..],
        Some(None) => text,
        None => "",
    }
}

async fn of_upstream(name: &UpstreamName, args: &Logs) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    let mut logs = client.logs(name).await?;
    let surplus = args.lines.map_or(0, |number| logs.lines.len().saturating_sub(number));
    if args.json {
        logs.lines.drain(..surplus);
        return output::print_json(&logs);
    }
    output::print(&lines_text(&logs.lines[surplus..]))?;
    if !args.follow {
        return Ok(());
    }
    loop {
        sleep(FOLLOW_EVERY).await;
        let now = client.logs(name).await?;
        output::print(&lines_text(news(&logs.lines, &now.lines)))?;
        logs = now;
    }
}

fn lines_text(lines: &[LogLine]) -> String {
    let mut text = String::new();
    for line in lines {
        let at = UNIX_EPOCH.checked_add(Duration::from_millis(line.at_ms)).unwrap_or(UNIX_EPOCH);
        let at = humantime::format_rfc3339_millis(at);
        let _ = writeln!(text, "{at} {:<6} {}", line.source, plain(&line.text));
    }
    text
}

/// What came after `before`. The gateway keeps the newest lines and forgets the oldest, so the longest
/// end of what was there that begins what is there now was seen.
fn news<'a>(before: &[LogLine], now: &'a [LogLine]) -> &'a [LogLine] {
    let seen = (0..=before.len().min(now.len())).rev().find(|&length| {
        let end = &before[before.len() - length..];
        end.iter().zip(now).all(|(one, other)| same(one, other))
    });
    &now[seen.unwrap_or(0)..]
}

fn same(one: &LogLine, other: &LogLine) -> bool {
    (one.at_ms, &one.source, &one.text) == (other.at_ms, &other.source, &other.text)
}
