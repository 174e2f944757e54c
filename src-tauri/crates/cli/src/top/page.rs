//! One page of `headgate top`: a function of what was seen and of the room there is.

use std::fmt::Write;

use super::Seen;
use crate::{
    output::{age, count},
    usage::{self, Row},
};

/// The page in at most `height` lines; everything when there is no limit.
pub(super) fn page(seen: &Seen, height: Option<usize>) -> String {
    let mut text = head(seen);
    let rows = usage::rows(&seen.upstreams, &seen.report.upstreams);
    if rows.is_empty() {
        return text + "no upstreams yet; add one with `headgate add NAME -- COMMAND`\n";
    }
    // The head of the table is a line, too.
    let room = height.map(|height| height.saturating_sub(text.lines().count() + 1));
    let (shown, with_processes) = fitting(&rows, room);
    text += &usage::table(&rows[..shown], with_processes);
    let more = rows.len() - shown;
    if more > 0 {
        let _ = writeln!(text, "… {more} more");
    }
    text
}

fn head(seen: &Seen) -> String {
    let mut text = String::new();
    let status = &seen.status;
    let calls = count(status.calls, "call");
    let _ = writeln!(text, "{}, up for {}, {calls} in flight", status.url, age(status.uptime_ms));
    let _ = writeln!(text, "gateway  {}", usage::text(&seen.report.gateway));
    let _ = writeln!(text, "{}\n", seen.report.saving.sentence);
    text
}

/// How many upstreams fit, and whether their processes fit, too: all upstreams before any process, and the
/// first ones with a line for how many are missing before nothing.
fn fitting(rows: &[Row], room: Option<usize>) -> (usize, bool) {
    let Some(room) = room else { return (rows.len(), true) };
    let processes: usize = rows.iter().map(Row::processes).sum();
    match rows.len() {
        upstreams if upstreams + processes <= room => (upstreams, true),
        upstreams if upstreams <= room => (upstreams, false),
        _ => (room.saturating_sub(1), false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::usage::tests::upstreams;

    fn seen(number: usize) -> Seen {
        let names: Vec<String> = (0..number).map(|number| format!("u{number}")).collect();
        let all: Vec<(&str, &[(usize, u64)])> =
            names.iter().map(|name| (name.as_str(), &[(0, 5), (1, 5)][..])).collect();
        let (upstreams, mut report) = upstreams(&all);
        report.saving.sentence = "1 client uses it".to_owned();
        let status = serde_json::from_value(json!({
            "version": "0.1.0", "pid": 7, "instance": "i", "url": "http://127.0.0.1:4283",
            "uptime_ms": 180_000, "calls": 1, "stopping": false,
        }));
        Seen { status: status.unwrap(), upstreams, report }
    }

    /// The lines below the head of the table.
    fn body(upstreams: usize, height: Option<usize>) -> Vec<String> {
        let page = page(&seen(upstreams), height);
        let page = anstream::adapter::strip_str(&page).to_string();
        if let Some(height) = height {
            assert!(page.lines().count() <= height, "{height}: {page}");
        }
        let words = page.lines().skip(5).map(|line| line.split("  ").next().unwrap().to_owned());
        words.collect()
    }

    #[test]
    fn everything_is_shown_where_there_is_room() {
        assert_eq!(body(1, None), ["u0", "└ node 40", "└─ node 41"]);
        assert_eq!(body(1, Some(8)), ["u0", "└ node 40", "└─ node 41"]);
    }

    #[test]
    fn upstreams_come_before_processes() {
        assert_eq!(body(2, Some(7)), ["u0", "u1"]);
        assert_eq!(body(3, Some(7)), ["u0", "… 2 more"]);
    }

    #[test]
    fn a_hundred_fit_any_window() {
        assert_eq!(body(100, Some(24)).last().unwrap(), "… 82 more");
        assert_eq!(body(100, None).len(), 300);
        assert_eq!(body(100, Some(6)), ["… 100 more"]);
    }

    #[test]
    fn the_head_tells_the_gateway_and_the_saving() {
        let page = page(&seen(0), None);
        for part in [
            "http://127.0.0.1:4283, up for 3m, 1 call in flight",
            "gateway  ",
            "1 client uses it",
            "no upstreams",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
