use super::*;
use crate::gateway::Seen;

fn known(upstreams: &[(&str, UpstreamState)]) -> Known {
    let seen = |(name, state): &(&str, UpstreamState)| {
        (name.parse().unwrap(), Seen { state: *state, is_on: true, clashes: false })
    };
    Known { phase: Phase::Running, upstreams: upstreams.iter().map(seen).collect(), ..Known::default() }
}

/// Goes through states of an upstream and answers how many notices each brought.
fn counts(states: &[UpstreamState]) -> Vec<usize> {
    let mut notices = Notices::default();
    let mut before = known(&[]);
    let mut count = |state: &UpstreamState| {
        let now = known(&[("github", *state)]);
        let count = notices.of(&before, &now, true, Language::En).len();
        before = now;
        count
    };
    states.iter().map(&mut count).collect()
}

#[test]
fn a_failure_is_told_once_until_it_recovers() {
    use UpstreamState::{BackingOff, Failed, Ready, Starting};
    assert_eq!(counts(&[Ready, BackingOff, Failed, Failed]), [0, 0, 1, 0]);
    assert_eq!(counts(&[Ready, Failed, Starting, Failed]), [0, 1, 0, 0]);
    assert_eq!(counts(&[Ready, Failed, Ready, Failed]), [0, 1, 0, 1]);
    assert_eq!(counts(&[Starting, Failed]), [0, 1]);
    // It had failed before the app looked.
    assert_eq!(counts(&[Failed, Starting, Failed, Ready, Failed]), [0, 0, 0, 0, 1]);
}

#[test]
fn a_notice_names_the_upstream_and_says_nothing_in_its_words() {
    let (before, now) = (known(&[("a", UpstreamState::Ready)]), known(&[("a", UpstreamState::Failed)]));
    let body = "Open Headgate to see why.".to_owned();
    let expected = Notice { title: "a failed".to_owned(), body, page: Some("/upstreams/a".to_owned()) };
    assert_eq!(Notices::default().of(&before, &now, true, Language::En), [expected]);
}

#[test]
fn an_end_without_a_word_is_told_and_a_stop_is_not() {
    let running = known(&[]);
    let crashed = Known { phase: Phase::Starting, crashes: 1, ..Known::default() };
    let stopped = Known { phase: Phase::Stopped, ..Known::default() };
    let mut notices = Notices::default();
    assert_eq!(notices.of(&running, &stopped, true, Language::En), []);
    assert_eq!(notices.of(&running, &crashed, true, Language::En).len(), 1);
    assert_eq!(notices.of(&crashed, &Known { crashes: 1, ..running.clone() }, true, Language::En), []);
}

#[test]
fn a_gateway_that_comes_back_tells_no_failure_twice() {
    let failed = known(&[("a", UpstreamState::Failed)]);
    let mut notices = Notices::default();
    notices.of(&known(&[("a", UpstreamState::Ready)]), &failed, true, Language::En);
    let gone = Known { phase: Phase::Starting, ..Known::default() };
    for (before, now) in [(&failed, &gone), (&gone, &known(&[])), (&known(&[]), &failed)] {
        assert_eq!(notices.of(before, now, true, Language::En), []);
    }
}

#[test]
fn a_question_is_told_once_and_only_where_no_window_shows_it() {
    let nothing = known(&[]);
    let mut asked = known(&[]);
    asked.questions.insert("q1".to_owned(), "github".parse().unwrap());
    let mut notices = Notices::default();
    assert_eq!(notices.of(&nothing, &asked, true, Language::En), []);
    assert_eq!(notices.of(&nothing, &asked, false, Language::En)[0].title, "github asks something");
    assert_eq!(notices.of(&asked, &asked, false, Language::En), []);
}

#[test]
fn an_upstream_that_asks_and_asks_is_told_once_until_nothing_of_it_is_open() {
    let asking = |ids: &[(&str, &str)]| {
        let mut known = known(&[]);
        known.questions = ids.iter().map(|(id, name)| ((*id).to_owned(), name.parse().unwrap())).collect();
        known
    };
    let mut notices = Notices::default();
    let mut told = |before: &Known, now: &Known| {
        notices
            .of(before, now, false, Language::En)
            .into_iter()
            .map(|notice| notice.title)
            .collect::<Vec<_>>()
    };
    let (nothing, one) = (asking(&[]), asking(&[("1", "github")]));
    let flood = asking(&[("2", "github"), ("3", "github"), ("4", "docs")]);
    assert_eq!(told(&nothing, &one), ["github asks something"]);
    assert_eq!(told(&one, &flood), ["docs asks something"]);
    assert_eq!(told(&flood, &nothing), [] as [&str; 0]);
    assert_eq!(told(&nothing, &one), ["github asks something"]);
}
