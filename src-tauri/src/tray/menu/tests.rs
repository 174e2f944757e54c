use std::fmt::Write;

use expect_test::{Expect, expect};
use headgate_model::UpstreamState;

use super::*;
use crate::gateway::Seen;

const WISHES: Wishes =
    Wishes { autostart: Some(false), quit_stops_gateway: false, notifications: true, language: Language::En };

fn seen(state: UpstreamState) -> Seen {
    Seen { state, is_on: true, clashes: false }
}

fn running(sessions: usize, upstreams: &[(&str, UpstreamState)]) -> Known {
    let seen = |(name, state): &(&str, UpstreamState)| (name.parse().unwrap(), seen(*state));
    Known {
        phase: Phase::Running,
        url: Some("http://127.0.0.1:4283".to_owned()),
        sessions,
        upstreams: upstreams.iter().map(seen).collect(),
        ..Known::default()
    }
}

/// The menu as text: what is off in parentheses, checks in brackets.
fn drawn(known: &Known, wishes: &Wishes) -> String {
    let mut text = String::new();
    for Entry { kind, text: words, enabled, .. } in entries(known, wishes) {
        let words = if enabled { words } else { format!("({words})") };
        let _ = match kind {
            Kind::Line => writeln!(text, "--"),
            Kind::Plain => writeln!(text, "{words}"),
            Kind::Check(on) => writeln!(text, "[{}] {words}", if on { "x" } else { " " }),
        };
    }
    text
}

#[track_caller]
fn check(known: &Known, wishes: &Wishes, face: Face, expected: Expect) {
    assert_eq!(super::face(known), face);
    expected.assert_eq(&drawn(known, wishes));
}

#[test]
fn a_gateway_that_runs() {
    check(
        &running(3, &[("github", UpstreamState::Ready), ("docs", UpstreamState::Asleep)]),
        &Wishes { autostart: Some(true), ..WISHES },
        Face::Running,
        expect![[r#"
            (Running, 3 sessions)
            --
            Stop the gateway
            Copy URL
            Open Headgate
            --
            [x] Start at login
            --
            Quit
            Quit and stop the gateway
        "#]],
    );
}

#[test]
fn a_gateway_that_does_not_run() {
    check(
        &Known { phase: Phase::Stopped, ..Known::default() },
        &Wishes { autostart: None, quit_stops_gateway: true, ..WISHES },
        Face::Stopped,
        expect![[r#"
            (Stopped)
            --
            Start the gateway
            (Copy URL)
            Open Headgate
            --
            [ ] (Start at login)
            --
            Quit and stop the gateway
            Quit, leave the gateway running
        "#]],
    );
}

#[test]
fn questions_that_wait() {
    let mut known = running(1, &[]);
    known.questions.insert("q1".to_owned(), "github".parse().unwrap());
    check(
        &known,
        &WISHES,
        Face::Trouble,
        expect![[r#"
            (Running, 1 session)
            --
            Stop the gateway
            Copy URL
            Open Headgate
            --
            1 question waits for you
            --
            [ ] Start at login
            --
            Quit
            Quit and stop the gateway
        "#]],
    );
}

#[test]
fn upstreams_in_trouble_up_to_five() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let failed: Vec<_> = names.iter().map(|name| (*name, UpstreamState::Failed)).collect();
    let mut known = running(1, &failed);
    known.upstreams.insert("b".parse().unwrap(), seen(UpstreamState::Ready));
    known.upstreams.insert("c".parse().unwrap(), seen(UpstreamState::BackingOff));
    check(
        &known,
        &WISHES,
        Face::Trouble,
        expect![[r#"
            (Running, 1 session)
            --
            Stop the gateway
            Copy URL
            Open Headgate
            --
            a: failed
            c: backing off
            d: failed
            e: failed
            f: failed
            1 more
            --
            [ ] Start at login
            --
            Quit
            Quit and stop the gateway
        "#]],
    );
}

#[test]
fn held_back_names_are_trouble_and_a_server_that_is_off_is_none() {
    let mut known = running(1, &[("off", UpstreamState::Failed)]);
    known.upstreams.values_mut().for_each(|seen| seen.is_on = false);
    assert_eq!(super::face(&known), Face::Running);
    let clashes = Seen { clashes: true, ..seen(UpstreamState::Ready) };
    known.upstreams.insert("docs".parse().unwrap(), clashes);
    assert_eq!(super::face(&known), Face::Trouble);
    assert!(drawn(&known, &WISHES).contains("\ndocs: names clash\n"));
}

#[test]
fn the_same_in_german() {
    let mut known = running(2, &[("github", UpstreamState::Failed)]);
    known.questions.insert("q1".to_owned(), "github".parse().unwrap());
    check(
        &known,
        &Wishes { language: Language::De, ..WISHES },
        Face::Trouble,
        expect![[r#"
            (Läuft, 2 Sitzungen)
            --
            Gateway anhalten
            URL kopieren
            Headgate öffnen
            --
            1 Frage wartet auf Sie
            github: fehlgeschlagen
            --
            [ ] Bei der Anmeldung starten
            --
            Beenden
            Beenden und Gateway anhalten
        "#]],
    );
}

#[test]
fn each_phase_has_its_words_its_switch_and_its_face() {
    for (phase, words, switch, face) in [
        (Phase::Running, "(Running, no sessions)", "Stop the gateway", Face::Running),
        (Phase::Starting, "(Starting)", "(Start the gateway)", Face::Stopped),
        (Phase::Stopping, "(Stopping)", "(Stop the gateway)", Face::Stopped),
        (Phase::Stopped, "(Stopped)", "Start the gateway", Face::Stopped),
        (Phase::Failed, "(Not running: open Headgate to see why)", "Start the gateway", Face::Trouble),
    ] {
        let known = Known { phase, ..Known::default() };
        let drawn = drawn(&known, &WISHES);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!((lines[0], lines[2], super::face(&known)), (words, switch, face), "{phase:?}");
    }
}

#[test]
fn a_click_means_what_its_entry_says() {
    let mut known = running(0, &[("github", UpstreamState::Failed)]);
    known.questions.insert("q1".to_owned(), "github".parse().unwrap());
    for entry in entries(&known, &WISHES).into_iter().filter(|entry| entry.action != Action::None) {
        assert_eq!(Action::of(&entry.action.id()), Some(entry.action));
    }
    assert_eq!(Action::of("none"), None);
    assert_eq!(Action::of("else"), None);
}

#[test]
fn only_words_change_while_the_same_things_can_be_done() {
    let same = |one: &Known, other: &Known| {
        let (one, other) = (entries(one, &WISHES), entries(other, &WISHES));
        one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.has_shape_of(other))
    };
    assert!(same(&running(0, &[]), &running(7, &[("a", UpstreamState::Ready)])));
    assert!(!same(&running(0, &[]), &running(0, &[("a", UpstreamState::Failed)])));
    assert!(!same(&running(0, &[]), &Known { phase: Phase::Stopped, ..Known::default() }));
}
