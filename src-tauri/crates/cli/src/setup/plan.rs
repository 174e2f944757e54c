//! A plan as people read it: a sign for each thing, what differs, and every command in full.

use std::fmt::Write;

use headgate_api::{RestoreAction, RestoreItem, RestoreKind, RestoreReport};

use crate::output::plain;

/// What would happen.
pub(super) fn text(plan: &RestoreReport) -> String {
    let mut text = String::new();
    for item in &plan.items {
        match item.action {
            RestoreAction::Unchanged => {}
            RestoreAction::Left if item.changes.is_empty() => {}
            _ => text.push_str(&lines(item)),
        }
    }
    let is_unnamed = |item: &&RestoreItem| item.action == RestoreAction::Left && item.changes.is_empty();
    let left = plan.items.iter().filter(is_unnamed).count();
    if plan.is_settled() {
        text.push_str("nothing to change\n");
    }
    if left > 0 {
        let _ = writeln!(text, "left alone, since the file does not name them: {left}");
    }
    text.push_str(&wanting(plan));
    text
}

/// What happened.
pub(super) fn outcome(report: &RestoreReport) -> String {
    let count = |action| report.items.iter().filter(|item| item.action == action).count();
    let mut text = format!(
        "{} added, {} changed, {} removed\n",
        count(RestoreAction::Added),
        count(RestoreAction::Changed),
        count(RestoreAction::Removed),
    );
    for item in &report.items {
        if let Some(key) = &item.key {
            let _ = writeln!(text, "the key of client `{}`, which is shown only now: {key}", item.name);
        }
    }
    text.push_str(&wanting(report));
    text
}

fn lines(item: &RestoreItem) -> String {
    let sign = match item.action {
        RestoreAction::Added => '+',
        RestoreAction::Changed => '~',
        RestoreAction::Removed => '-',
        RestoreAction::Unchanged | RestoreAction::Left => '=',
    };
    let mut text = format!("{sign} {} {}\n", item.kind.word(), plain(&item.name));
    for change in &item.changes {
        let _ = writeln!(text, "    {}", plain(change));
    }
    if let Some(command) = &item.command {
        let _ = writeln!(text, "    runs: {}", plain(command));
    }
    if item.kind == RestoreKind::Client && item.action == RestoreAction::Added {
        text.push_str("    gets a new key\n");
    }
    text
}

fn wanting(report: &RestoreReport) -> String {
    let mut text = String::new();
    for item in report.items.iter().filter(|item| !item.needs.is_empty()) {
        let _ = writeln!(
            text,
            "! upstream {} lacks {} and is disabled without; `headgate secret {0} {}` gives it",
            plain(&item.name),
            plain(&item.needs.join(", ")),
            plain(&item.needs.join(" ")),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn item(kind: RestoreKind, name: &str, action: RestoreAction) -> RestoreItem {
        let name = name.to_owned();
        RestoreItem { kind, name, action, changes: Vec::new(), command: None, needs: Vec::new(), key: None }
    }

    #[test]
    fn a_plan_shows_commands_in_full_with_nothing_hidden() {
        let command = "A=1 sh -c $'echo\\u{1b}[2K hi'".to_owned();
        let plan = RestoreReport {
            dry_run: true,
            digest: "d".to_owned(),
            items: vec![
                RestoreItem {
                    command: Some(command),
                    needs: vec!["TOKEN".to_owned()],
                    ..item(RestoreKind::Upstream, "a", RestoreAction::Added)
                },
                item(RestoreKind::Upstream, "b", RestoreAction::Left),
                RestoreItem {
                    changes: vec!["page_size: 5 -> 6".to_owned()],
                    ..item(RestoreKind::Setting, "page_size", RestoreAction::Changed)
                },
                RestoreItem {
                    changes: vec!["port: 1 -> 2 (later)".to_owned()],
                    ..item(RestoreKind::Setting, "port", RestoreAction::Left)
                },
                item(RestoreKind::Client, "c", RestoreAction::Removed),
            ],
        };
        expect![[r#"
            + upstream a
                runs: A=1 sh -c $'echo\u{1b}[2K hi'
            ~ setting page_size
                page_size: 5 -> 6
            = setting port
                port: 1 -> 2 (later)
            - client c
            left alone, since the file does not name them: 1
            ! upstream a lacks TOKEN and is disabled without; `headgate secret a TOKEN` gives it
        "#]]
        .assert_eq(&text(&plan));
        expect![[r#"
            1 added, 1 changed, 1 removed
            ! upstream a lacks TOKEN and is disabled without; `headgate secret a TOKEN` gives it
        "#]]
        .assert_eq(&outcome(&plan));
    }
}
