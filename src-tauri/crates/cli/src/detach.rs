//! `headgate serve --detached`: before anything else the daemon lets go of what belongs to whoever
//! started it. Its streams and its environment were chosen by the face that started it.

#[cfg_attr(unix, path = "detach/unix.rs")]
#[cfg_attr(windows, path = "detach/windows.rs")]
mod platform;

use std::ffi::OsStr;

/// The command and its hidden flag, as `headgate_api` starts it.
const WORDS: [&str; 2] = ["serve", "--detached"];

/// True for the words behind the program's name that ask for a detached daemon.
pub(crate) fn is_asked<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> bool {
    words.into_iter().take(WORDS.len()).eq(WORDS)
}

/// Lets go. Only while this process has one thread and has opened nothing.
pub(crate) fn detach() {
    platform::detach();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_detached_daemon_lets_go() {
        let check = |words: &str, expected| {
            let words: Vec<_> = words.split_whitespace().map(OsStr::new).collect();
            assert_eq!(is_asked(words.clone()), expected, "{words:?}");
        };
        check("serve --detached", true);
        check("serve --detached --port 0", true);
        check("serve", false);
        check("call --detached", false);
        check("proxy -- serve --detached", false);
    }
}
