//! What the systems are told, in their own words. Pure; each system quotes in its own way.
#![cfg_attr(not(test), allow(dead_code, reason = "each system uses its own part"))]

#[cfg(test)]
mod tests;

use std::fmt::Write;

use anyhow::{Context, ensure};

use super::Startup;

/// Stands in the first lines of what we make.
pub(super) const MARK: &str = "Made by `headgate autostart on`; `headgate autostart off` removes it.";

/// What macOS calls our agent.
pub(super) const LABEL: &str = "app.headgate.daemon";

/// The command, as words behind the program.
const WORDS: &str = "serve --at-login";

/// What Windows takes as the value of a key in `Run`.
const MAX_RUN_CHARS: usize = 260;

/// A unit of systemd's user manager. It ends the daemon by a signal to it alone: the daemon then ends
/// its children one step after the other.
pub(super) fn unit(startup: &Startup) -> anyhow::Result<String> {
    let program = systemd_quoted(utf8(&startup.program)?);
    let mut environment = String::new();
    if let Some(home) = &startup.home {
        let variable = format!("HEADGATE_HOME={}", utf8(home)?);
        environment = format!("Environment={}\n", systemd_quoted(&variable));
    }
    Ok(format!(
        "# {MARK}\n\
         [Unit]\n\
         Description=Headgate, one local gate for every MCP server\n\
         \n\
         [Service]\n\
         ExecStart={program} {WORDS}\n\
         {environment}\
         Restart=on-failure\n\
         RestartSec=1\n\
         KillMode=mixed\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

/// One word of a unit (systemd.syntax, "Quoting"). `%` begins a specifier everywhere; `$` means nothing
/// in `Environment=` and in the first word of `ExecStart=`, the only places where we write a path.
fn systemd_quoted(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '%' => text.push_str("%%"),
            c if c.is_ascii_control() => _ = write!(text, "\\x{:02x}", u32::from(c)),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// An entry for desktops without systemd.
pub(super) fn desktop_entry(startup: &Startup) -> anyhow::Result<String> {
    let mut exec = String::new();
    if let Some(home) = &startup.home {
        exec = format!("env {} ", desktop_quoted(&format!("HEADGATE_HOME={}", utf8(home)?)));
    }
    exec.push_str(&desktop_quoted(utf8(&startup.program)?));
    Ok(format!(
        "# {MARK}\n\
         [Desktop Entry]\n\
         Type=Application\n\
         Name=Headgate\n\
         Comment=One local gate for every MCP server\n\
         Exec={exec} {WORDS}\n\
         Terminal=false\n\
         NoDisplay=true\n"
    ))
}

/// One argument of `Exec` (Desktop Entry Specification, "The Exec key"): quoted, and then once more
/// escaped, because the value is a string.
fn desktop_quoted(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '`' | '$' => text.extend(['\\', '\\', c]),
            '\\' => text.push_str(r"\\\\"),
            '%' => text.push_str("%%"),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A LaunchAgent.
pub(super) fn plist(startup: &Startup) -> anyhow::Result<String> {
    let program = xml_escaped(utf8(&startup.program)?);
    let words = WORDS.split(' ').map(|word| format!("\n\t\t<string>{word}</string>"));
    let mut environment = String::new();
    if let Some(home) = &startup.home {
        let home = xml_escaped(utf8(home)?);
        environment = format!(
            "\t<key>EnvironmentVariables</key>\n\t<dict>\n\
             \t\t<key>HEADGATE_HOME</key>\n\t\t<string>{home}</string>\n\t</dict>\n"
        );
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!-- {MARK} -->\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         \t<key>Label</key>\n\t<string>{LABEL}</string>\n\
         \t<key>ProgramArguments</key>\n\t<array>\n\t\t<string>{program}</string>{words}\n\t</array>\n\
         {environment}\
         \t<key>RunAtLoad</key>\n\t<true/>\n\
         \t<key>KeepAlive</key>\n\t<dict>\n\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>\n\
         </dict>\n</plist>\n",
        words = words.collect::<String>(),
    ))
}

fn xml_escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&apos;")
}

/// The value of a key in `Run`: a command line, which carries no environment.
pub(super) fn run_value(startup: &Startup) -> anyhow::Result<String> {
    let mut text = format!("{} {WORDS}", windows_quoted(utf8(&startup.program)?));
    if let Some(home) = &startup.home {
        let _ = write!(text, " --home {}", windows_quoted(utf8(home)?));
    }
    let length = text.encode_utf16().count();
    ensure!(length <= MAX_RUN_CHARS, "Windows takes {MAX_RUN_CHARS} characters, and `{text}` has {length}");
    Ok(text)
}

/// True for a value that [`run_value`] made: it holds no comment, but nobody else starts this.
pub(super) fn is_run_value(text: &str) -> bool {
    text.starts_with('"') && text.split_once("\" ").is_some_and(|(_, words)| words.starts_with(WORDS))
}

/// A path holds no quotes there; backslashes at its end would swallow ours.
fn windows_quoted(path: &str) -> String {
    let at_end = path.len() - path.trim_end_matches('\\').len();
    format!("\"{path}{}\"", "\\".repeat(at_end))
}

fn utf8(path: &std::path::Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("the path {} is not UTF-8", path.display()))
}
