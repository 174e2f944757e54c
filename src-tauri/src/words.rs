//! What the app says outside its window, in every language that it speaks: the tray, notices, and sentences about
//! what went wrong. A word without a translation does not compile. The page has its own words.

use std::{
    env,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use headgate_model::UpstreamState;
use serde::{Deserialize, Serialize};

/// A language of the app. The page has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    En,
    De,
}

/// The language that the app speaks now, as a process has one locale: what goes wrong is told from everywhere.
static SPEAKS_GERMAN: AtomicBool = AtomicBool::new(false);

impl Language {
    /// The language of the system, as far as its environment tells. The first page that opens knows better.
    pub(crate) fn of_system() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self::of(&["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default())
    }

    /// The language of a locale such as `de_AT.UTF-8`.
    fn of(locale: &str) -> Self {
        match locale.split(['_', '-', '.', '@']).next() {
            Some("de") => Self::De,
            _ => Self::En,
        }
    }

    /// The one that is spoken now.
    pub(crate) fn spoken() -> Self {
        if SPEAKS_GERMAN.load(Relaxed) { Self::De } else { Self::En }
    }

    pub(crate) fn speak(self) {
        SPEAKS_GERMAN.store(self == Self::De, Relaxed);
    }
}

/// Writes a function for each thing that is said, with a sentence for each language. What stands in braces are its
/// arguments.
macro_rules! words {
    ($($name:ident($($part:ident: $kind:ty),*): $en:literal, $de:literal;)*) => {
        impl Language {
            $(pub(crate) fn $name(self, $($part: $kind),*) -> String {
                match self {
                    Self::En => format!($en),
                    Self::De => format!($de),
                }
            })*
        }
    };
}

words! {
    running(sessions: &str): "Running, {sessions}", "Läuft, {sessions}";
    no_sessions(): "no sessions", "keine Sitzungen";
    one_session(): "1 session", "1 Sitzung";
    many_sessions(count: usize): "{count} sessions", "{count} Sitzungen";
    starting(): "Starting", "Startet";
    stopping(): "Stopping", "Hält an";
    stopped(): "Stopped", "Angehalten";
    not_running(): "Not running: open Headgate to see why", "Läuft nicht: Headgate öffnen, um zu sehen, warum";
    start_gateway(): "Start the gateway", "Gateway starten";
    stop_gateway(): "Stop the gateway", "Gateway anhalten";
    copy_url(): "Copy URL", "URL kopieren";
    open(): "Open Headgate", "Headgate öffnen";
    start_at_login(): "Start at login", "Bei der Anmeldung starten";
    one_question(): "1 question waits for you", "1 Frage wartet auf Sie";
    many_questions(count: usize): "{count} questions wait for you", "{count} Fragen warten auf Sie";
    more(count: usize): "{count} more", "{count} weitere";
    quit(): "Quit", "Beenden";
    quit_and_stop(): "Quit and stop the gateway", "Beenden und Gateway anhalten";
    quit_and_leave(): "Quit, leave the gateway running", "Beenden, Gateway läuft weiter";
    names_clash(): "names clash", "Namen stoßen zusammen";

    crash_title(): "The gateway ended unexpectedly", "Das Gateway endete unerwartet";
    crash_for_good():
        "Open Headgate to see why, and to start it.",
        "Öffnen Sie Headgate, um zu sehen, warum, und um es zu starten.";
    crash_passing(): "It is being started again.", "Es wird neu gestartet.";
    failure_title(name: &str): "{name} failed", "{name} ist fehlgeschlagen";
    failure_text(): "Open Headgate to see why.", "Öffnen Sie Headgate, um zu sehen, warum.";
    question_title(name: &str): "{name} asks something", "{name} fragt etwas";
    question_text(): "Open Headgate to answer.", "Öffnen Sie Headgate, um zu antworten.";

    updated(newer: &str, own: &str):
        "Headgate was updated to version {newer}, and this app is still version {own}; quit it and open it again",
        "Headgate wurde auf Version {newer} aktualisiert, und diese App ist noch Version {own}; beenden und öffnen Sie sie neu";
    gateway_is_older(older: &str, own: &str):
        "the gateway is still version {older}, and this app is version {own}; it is replaced as soon as no call is in flight",
        "das Gateway ist noch Version {older}, und diese App ist Version {own}; es wird ersetzt, sobald kein Aufruf läuft";
    gateway_is_stopping(): "the gateway is stopping", "das Gateway hält gerade an";
    gateway_is_replaced(): "the gateway is being replaced", "das Gateway wird gerade ersetzt";
    gateway_crashed():
        "the gateway ended unexpectedly and is started again",
        "das Gateway endete unerwartet und wird neu gestartet";
    gateway_crashed_often(times: u32):
        "the gateway ended unexpectedly {times} times; `headgate doctor` in a terminal may tell why",
        "das Gateway endete {times}-mal unerwartet; `headgate doctor` in einem Terminal sagt vielleicht, warum";
    gateway_ended(): "the gateway ended", "das Gateway endete";
    gateway_is_away(): "the gateway is not running; start it", "das Gateway läuft nicht; starten Sie es";
    gateway_out_of_reach(why: &str):
        "the gateway cannot be reached from here: {why}",
        "das Gateway ist von hier nicht erreichbar: {why}";

    cannot_run(line: &str, why: &str): "`{line}` cannot be run: {why}", "`{line}` lässt sich nicht ausführen: {why}";
    install_again(line: &str, why: &str):
        "`{line}` cannot be run: {why}; install Headgate again",
        "`{line}` lässt sich nicht ausführen: {why}; installieren Sie Headgate neu";
    endless(line: &str, seconds: u64):
        "`{line}` did not end within {seconds} s",
        "`{line}` endete nicht innerhalb von {seconds} s";
    ended_without_a_reason(program: &str):
        "`{program}` ended without a reason",
        "`{program}` endete, ohne einen Grund zu nennen";

    no_web_link(url: &str):
        "`{url}` is no link to a web page, so it was not opened",
        "`{url}` ist kein Link auf eine Webseite und wurde deshalb nicht geöffnet";
    cannot_open(url: &str, why: &str):
        "cannot open {url} in a browser: {why}",
        "{url} lässt sich nicht im Browser öffnen: {why}";
    cannot_copy(why: &str):
        "cannot copy to the clipboard: {why}",
        "Kopieren in die Zwischenablage gelang nicht: {why}";
    cannot_write(file: &str, why: &str): "cannot write {file}: {why}", "{file} lässt sich nicht schreiben: {why}";
    no_file(): "it is no file on this machine", "es ist keine Datei auf diesem Rechner";
    dialog_broke_off(why: &str): "the file dialog broke off: {why}", "der Dateidialog brach ab: {why}";
    cannot_keep(file: &str, why: &str):
        "cannot keep this in {file}: {why}; nothing was changed",
        "das lässt sich nicht in {file} festhalten: {why}; nichts wurde geändert";

    too_many_requests(count: usize):
        "{count} requests are under way; wait for one of them, or end one",
        "{count} Anfragen laufen schon; warten Sie auf eine davon, oder beenden Sie eine";
    answer_broke_off(why: &str):
        "the gateway's answer broke off: {why}; it may have ended, try again",
        "die Antwort des Gateways brach ab: {why}; es endete vielleicht, versuchen Sie es noch einmal";
    no_such_method(method: &str):
        "the page may not use the method `{method}`",
        "die Seite darf die Methode `{method}` nicht verwenden";
    outside_of_api(path: &str):
        "the page may ask for what is below /api/, and not for `{path}`",
        "die Seite darf nach dem fragen, was unter /api/ liegt, und nicht nach `{path}`";
}

impl Language {
    pub(crate) fn sessions(self, count: usize) -> String {
        match count {
            0 => self.no_sessions(),
            1 => self.one_session(),
            _ => self.many_sessions(count),
        }
    }

    pub(crate) fn questions(self, count: usize) -> String {
        match count {
            1 => self.one_question(),
            _ => self.many_questions(count),
        }
    }

    /// How an upstream does, in a word or two.
    pub(crate) fn state(self, state: UpstreamState) -> &'static str {
        use UpstreamState::{Asleep, BackingOff, Configured, Failed, Known, Ready, Starting, Stopped};
        match (self, state) {
            (Self::En, state) => state.word(),
            (Self::De, Configured) => "eingetragen",
            (Self::De, Known | Asleep) => "ruht",
            (Self::De, Starting) => "startet",
            (Self::De, Ready) => "läuft",
            (Self::De, BackingOff) => "wartet auf neuen Versuch",
            (Self::De, Failed) => "fehlgeschlagen",
            (Self::De, Stopped) => "angehalten",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language_first() {
        for (locale, expected) in [
            ("de_AT.UTF-8", Language::De),
            ("de", Language::De),
            ("de-CH", Language::De),
            ("den_CA", Language::En),
            ("en_GB.UTF-8", Language::En),
            ("C.UTF-8", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of(locale), expected, "{locale}");
        }
    }

    #[test]
    fn sentences_carry_their_parts() {
        assert_eq!(Language::De.sessions(2), "2 Sitzungen");
        assert_eq!(Language::En.sessions(0), "no sessions");
        assert!(Language::De.endless("headgate up", 3).contains("`headgate up`"));
    }
}
