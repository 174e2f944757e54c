//! How an upstream would better be shared, told by what it offers and what it asked for. Pure: names of
//! servers and tools are strong hints and no proof, so a person decides.

use headgate_model::{Isolation, Suggestion};

use crate::upstream::listing::Offer;

/// Parts of server names, in lower case, that are known to keep something open between calls.
const SERVERS: [(&str, &str); 15] = [
    ("playwright", "a browser"),
    ("puppeteer", "a browser"),
    ("selenium", "a browser"),
    ("browser", "a browser"),
    ("chrome", "a browser"),
    ("appium", "a device"),
    ("desktop-commander", "processes"),
    ("terminal", "a terminal"),
    ("tmux", "a terminal"),
    ("iterm", "a terminal"),
    ("ssh", "a connection"),
    ("jupyter", "a kernel"),
    ("ipython", "a kernel"),
    ("debugger", "a debugger"),
    ("sequential-thinking", "a train of thought"),
];

/// First words of tools that drive one browser or one connection.
const DRIVERS: [&str; 4] = ["browser", "puppeteer", "playwright", "connect"];

/// What a tool opens for later calls to use.
const LIVE: [&str; 16] = [
    "session",
    "process",
    "page",
    "tab",
    "browser",
    "terminal",
    "shell",
    "repl",
    "kernel",
    "connection",
    "debugger",
    "transaction",
    "sandbox",
    "console",
    "container",
    "context",
];
const OPENS: [&str; 7] = ["start", "open", "begin", "launch", "new", "attach", "create"];
/// What only makes sense with something open.
const GOES_ON: [&str; 9] =
    ["close", "end", "stop", "kill", "terminate", "quit", "detach", "commit", "navigate"];

/// What services also keep for good under these names, such as the pages of a wiki: to make one opens
/// nothing, unless there is a tool that goes on with it.
const ALSO_DOCUMENTS: [&str; 5] = ["page", "transaction", "container", "context", "connection"];

/// Another isolation that would fit better, and why. Who has a copy for itself needs no advice.
/// `disturbing` is what [`why_disturbing`] says of its offer.
pub fn suggest(isolation: Isolation, disturbing: Option<&str>, asked_roots: bool) -> Option<Suggestion> {
    if isolation != Isolation::Shared {
        return None;
    }
    if let Some(reason) = disturbing {
        return Some(Suggestion { isolation: Isolation::Session, reason: reason.to_owned() });
    }
    asked_roots.then(|| Suggestion {
        isolation: Isolation::Project,
        reason: "it asks for the folders that its client works in (roots), which differ from project to \
                 project"
            .to_owned(),
    })
}

/// Why clients that share a copy would disturb each other. It looks at every tool.
pub fn why_disturbing(offer: &Offer) -> Option<String> {
    if let Some(reason) = keeps_state(offer) {
        return Some(format!("{reason}; clients that share one copy get in each other's way"));
    }
    let lists_tasks = offer.initialize.at(&["capabilities", "tasks", "list"]).is_some();
    lists_tasks
        .then(|| "it lists its tasks, and clients that share one copy would see each other's".to_owned())
}

/// Why one call to this upstream may depend on an earlier one: to end it in between would lose something.
pub fn keeps_state(offer: &Offer) -> Option<String> {
    let server = offer.initialize.text_at(&["serverInfo", "name"]).unwrap_or_default();
    let lower = server.to_lowercase().replace(['_', ' '], "-");
    if let Some((_, what)) = SERVERS.iter().find(|(part, _)| has_part(&lower, part)) {
        return Some(format!("`{server}` keeps {what} open between calls"));
    }
    let tools: Vec<String> = offer.tools.iter().filter_map(|tool| tool.text_at(&["name"])).collect();
    let telling = telling_tool(&tools)?;
    Some(format!("`{telling}` opens or goes on with something that stays between calls"))
}

/// `ssh` is a part of `mcp-ssh-server` and none of `dssh`.
fn has_part(name: &str, part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    name.match_indices(part).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + part.len()..]);
        !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

fn telling_tool(tools: &[String]) -> Option<&String> {
    let words: Vec<Vec<String>> = tools.iter().map(|tool| words(tool)).collect();
    let goes_on = |thing: &str| words.iter().any(|words| acts_on(words, &GOES_ON, thing));
    let opens = |words: &[String]| {
        LIVE.iter()
            .any(|thing| acts_on(words, &OPENS, thing) && (!ALSO_DOCUMENTS.contains(thing) || goes_on(thing)))
    };
    let drives = |words: &[String]| words.first().is_some_and(|word| DRIVERS.contains(&word.as_str()));
    tools.iter().zip(&words).find(|(_, words)| drives(words) || opens(words)).map(|(tool, _)| tool)
}

/// True for `start_process`, and not for `start_the_process` of something else.
fn acts_on(words: &[String], verbs: &[&str], thing: &str) -> bool {
    words.windows(2).any(|pair| verbs.contains(&pair[0].as_str()) && pair[1] == thing)
}

/// `startProcess`, `start-process` and `start_process` are the same words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests;
