//! What a text says of one server, and how it becomes a definition: what is secret is told from what is not,
//! and what an editor or a shell would have filled in is either filled in or asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use headgate_model::{ConfigValue, Isolation, PROJECT_ROOT, Transport, UpstreamName, secrecy};
use url::Url;

use super::{Proposal, Surroundings, naming};

/// One server as somebody wrote it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) name: Option<String>,
    pub(super) reach: Reach,
    /// Variables, or headers; `None` for what is named and not given.
    pub(super) values: BTreeMap<String, Option<String>>,
    /// Values that are secret whatever their names and looks are.
    pub(super) secret: BTreeSet<String>,
    pub(super) isolation: Option<Isolation>,
    pub(super) prefix: Option<String>,
    pub(super) keep_warm: bool,
    pub(super) is_disabled: bool,
    pub(super) off: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// How it is reached.
#[derive(Default)]
pub(super) enum Reach {
    #[default]
    Demo,
    Command {
        program: String,
        args: Vec<String>,
        cwd: Option<String>,
    },
    Site(Url),
}

impl Found {
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The definition that a person may agree to.
    pub(super) fn propose(
        mut self,
        surroundings: &Surroundings,
        taken: &mut BTreeSet<UpstreamName>,
    ) -> Proposal {
        self.take_credentials();
        self.fill_in(surroundings);
        let (plain, secrets) = self.divide();
        self.judge_arguments();
        let wanted = self.name.clone().unwrap_or_else(|| naming::derived(&self.reach));
        let name = naming::free(&wanted, taken);
        if self.name.as_deref().is_some_and(|given| given != name.as_str()) {
            self.note(format!("it is called `{name}`, since `{wanted}` is taken or no name for an upstream"));
        }
        taken.insert(name.clone());
        let needed = |name: &String| (name.clone(), ConfigValue::Needed { secret_needed: name.clone() });
        let plain = plain.into_iter().map(|(name, value)| (name, ConfigValue::Plain(value)));
        let values = plain.chain(secrets.keys().map(needed)).collect();
        let transport = match self.reach {
            Reach::Demo => Transport::Demo,
            Reach::Site(url) => Transport::Http { url, headers: values },
            Reach::Command { program, args, cwd } => {
                Transport::Stdio { command: program, args, env: values, cwd: cwd.map(PathBuf::from) }
            }
        };
        let Self { isolation, prefix, keep_warm, is_disabled, off, notes, .. } = self;
        let enabled = !is_disabled;
        Proposal { name, wanted, transport, secrets, isolation, prefix, keep_warm, enabled, off, notes }
    }

    /// A name and password in a URL would be kept readable.
    fn take_credentials(&mut self) {
        let Reach::Site(url) = &mut self.reach else { return };
        let Some(password) = url.password().map(str::to_owned) else { return };
        let credentials = STANDARD.encode(format!("{}:{password}", url.username()));
        // Both only fail for URLs that cannot have credentials.
        let _ = (url.set_username(""), url.set_password(None));
        self.values.entry("Authorization".to_owned()).or_insert(Some(format!("Basic {credentials}")));
        self.note("the name and password in the URL became the header Authorization, which is kept secret");
    }

    /// Puts in what editors would have.
    fn fill_in(&mut self, surroundings: &Surroundings) {
        // Programs do not know what only shells put in.
        if let (Some(home), Reach::Command { .. }) = (&surroundings.home, &self.reach) {
            let home = home.to_string_lossy();
            for value in self.values.values_mut().flatten() {
                *value = with_home(value, &home);
                if value == "~" || value.starts_with("~/") {
                    value.replace_range(..1, &home);
                }
            }
        }
        let values = self.values.values_mut().flatten();
        let words = match &mut self.reach {
            Reach::Command { program, args, cwd } => {
                [program].into_iter().chain(args).chain(cwd).collect::<Vec<_>>()
            }
            Reach::Site(_) | Reach::Demo => Vec::new(),
        };
        let mut runs_in_project = false;
        for text in values.chain(words) {
            if text.contains("${") {
                *text = filled_in(text, surroundings);
                runs_in_project |= text.contains(PROJECT_ROOT);
            }
        }
        if runs_in_project {
            self.note(format!(
                "it names the folder of a project ({PROJECT_ROOT}), so that each project has its own copy"
            ));
        }
    }

    /// Tells secrets from other values.
    fn divide(&mut self) -> (BTreeMap<String, String>, BTreeMap<String, Option<String>>) {
        let (mut plain, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        let is_command = matches!(self.reach, Reach::Command { .. });
        let may_steer = |name: &str| is_command && secrecy::steers(name);
        for (name, value) in std::mem::take(&mut self.values) {
            match value {
                // What steers the program is never hidden, and is not asked for like a password.
                None if may_steer(&name) => self.note(left_out(&name)),
                None => _ = secrets.insert(name, None),
                Some(value) => match reference(&value) {
                    Asked::Yes if may_steer(&name) && is_one_word(&value) => self.note(left_out(&name)),
                    Asked::No | Asked::Yes if may_steer(&name) => _ = plain.insert(name, value),
                    Asked::No
                        if self.secret.contains(&name)
                            || secrecy::holds_secret(&name)
                            || is_token(&value) =>
                    {
                        secrets.insert(name, Some(value).filter(|value| !value.is_empty()));
                    }
                    Asked::No => {
                        if let Some(reference) = embedded(&value) {
                            self.note(format!(
                                "`{reference}` in `{name}` is passed on as it is written: Headgate runs programs \
                                 without a shell"
                            ));
                        }
                        if has_token(&value) {
                            self.note(format!(
                                "`{name}` has a part that looks secret, and is kept readable for what stands beside it"
                            ));
                        }
                        plain.insert(name, value);
                    }
                    Asked::Default(value) => {
                        self.note(format!(
                            "`{name}` has the value that the text gives for want of another one"
                        ));
                        plain.insert(name, value);
                    }
                    Asked::Yes => {
                        if value.contains(' ') {
                            self.note(format!(
                                "`{name}` read `{value}`: give the whole value, not only the token"
                            ));
                        }
                        secrets.insert(name, None);
                    }
                },
            }
        }
        (plain, secrets)
    }

    /// What stays in arguments and in the URL is kept readable and seen by others.
    fn judge_arguments(&mut self) {
        let mut notes = Vec::new();
        match &self.reach {
            Reach::Command { args, .. } => {
                for (at, arg) in args.iter().enumerate() {
                    let (option, value) = match arg.split_once('=') {
                        Some((option, value)) => (option, value),
                        None if at > 0 && !arg.starts_with('-') => (args[at - 1].as_str(), arg.as_str()),
                        None => ("", arg.as_str()),
                    };
                    let is_named = option.starts_with('-') && secrecy::holds_secret(option);
                    if (is_named && !value.is_empty()) || has_token(value) {
                        let which = if option.starts_with('-') {
                            option.to_owned()
                        } else {
                            format!("number {}", at + 1)
                        };
                        notes.push(format!(
                            "the argument {which} looks secret, and arguments are kept readable and seen by other \
                             programs; give it by a variable if the server can take one"
                        ));
                    }
                    if !matches!(reference(arg), Asked::No) || has_question(arg) {
                        notes.push(format!(
                            "the argument `{arg}` has a place that is to be filled in by hand"
                        ));
                    }
                }
            }
            Reach::Site(url) => {
                for (name, value) in url.query_pairs() {
                    if secrecy::holds_secret(&name) || has_token(&value) {
                        notes.push(format!("`{name}` in the URL looks secret, and URLs are kept readable"));
                    }
                }
            }
            Reach::Demo => {}
        }
        self.notes.append(&mut notes);
    }
}

/// Whether a value stands for another one.
enum Asked {
    No,
    Yes,
    /// It does, and tells what to take for want of it.
    Default(String),
}

fn reference(value: &str) -> Asked {
    let value = value.trim();
    // What follows the scheme of a credential.
    let core = value.rsplit(' ').next().unwrap_or(value);
    if let Some(name) = core.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        if core == PROJECT_ROOT {
            return Asked::No;
        }
        return match name.split_once(":-") {
            Some((_, default)) if core == value && !default.is_empty() => Asked::Default(default.to_owned()),
            _ => Asked::Yes,
        };
    }
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_variable =
        core.strip_prefix('$').is_some_and(|name| is_name(name.strip_prefix("env:").unwrap_or(name)))
            || core.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(is_name)
            || (core.starts_with("{{") && core.ends_with("}}"))
            || core.strip_prefix("{env:").is_some_and(|rest| rest.ends_with('}'));
    if is_variable || is_placeholder(core) { Asked::Yes } else { Asked::No }
}

/// Text that instructions put where a person's own value belongs.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let enclosed = |open, close| value.len() > 2 && value.starts_with(open) && value.ends_with(close);
    let is_run = |c: char| value.len() >= 3 && value.chars().all(|other| other.eq_ignore_ascii_case(&c));
    let begins =
        ["your-", "your_", "my-api-key", "my_api_key", "insert", "paste", "replace", "changeme", "change-me"];
    enclosed('<', '>')
        || (enclosed('[', ']') && value.chars().any(char::is_alphabetic) && !value.contains(['"', ',']))
        || ['x', '*', '.'].into_iter().any(is_run)
        || begins.iter().any(|start| lower.starts_with(start))
        || ["_your_", "-your-", "_your-", "_here", "-here", "yourtoken", "yourapikey"]
            .iter()
            .any(|part| lower.contains(part))
}

/// A question that an editor would have asked.
fn has_question(text: &str) -> bool {
    ["${input:", "${env:", "${config:", "${command:"].iter().any(|start| text.contains(start))
}

/// True when a value is a token and nothing else, but for the scheme of a credential. What has other words
/// is not hidden for the sake of one of them: those might be what runs.
fn is_token(value: &str) -> bool {
    let is_scheme =
        |word: &str| ["bearer", "basic", "token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
    let mut words = value.split_whitespace().peekable();
    words.next_if(|word| is_scheme(word));
    words.next().is_some_and(tells_secret) && words.next().is_none()
}

/// True when a token stands somewhere in a value.
fn has_token(value: &str) -> bool {
    value.split_whitespace().any(tells_secret)
}

fn tells_secret(word: &str) -> bool {
    secrecy::looks_secret(word) || secrecy::has_password(word)
}

/// True for a variable whose value is hidden.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    secrecy::holds_secret(name) || is_token(value)
}

/// True when a value stands for one that a person is to give.
pub(super) fn is_asked(value: &str) -> bool {
    matches!(reference(value), Asked::Yes)
}

/// The first `$NAME` or `${NAME}` in a text that a shell would have put something else for.
pub(super) fn embedded(text: &str) -> Option<&str> {
    text.match_indices('$').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let length = match rest.strip_prefix('{') {
            Some(name) => name.find('}')? + 2,
            None => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()),
        };
        let whole = &text[at..=at + length];
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{');
        (rest.starts_with(begins) && whole != PROJECT_ROOT).then_some(whole)
    })
}

/// The text with the home folder where it stands for it.
pub(super) fn with_home(text: &str, home: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("$HOME") {
        let (before, after) = (&rest[..at], &rest[at + "$HOME".len()..]);
        let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        filled.extend([before, if goes_on { "$HOME" } else { home }]);
        rest = after;
    }
    filled.push_str(rest);
    filled.replace("${HOME}", home)
}

fn is_one_word(value: &str) -> bool {
    value.split_whitespace().count() == 1
}

fn left_out(name: &str) -> String {
    format!("`{name}` was left out: it steers what runs, and the text does not tell its value")
}

/// What editors write for folders that we know.
fn filled_in(text: &str, surroundings: &Surroundings) -> String {
    let replaced =
        |text: String, names: &[&str], by: &str| names.iter().fold(text, |text, name| text.replace(name, by));
    let text = replaced(text.to_owned(), &["${workspaceFolder}", "${workspaceRoot}"], PROJECT_ROOT);
    match &surroundings.home {
        Some(home) => {
            let names = ["${userHome}", "${env:HOME}", "${HOME}", "${env:USERPROFILE}"];
            replaced(text, &names, &home.to_string_lossy())
        }
        None => text,
    }
}
