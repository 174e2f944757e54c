//! The command line as clap reads it.

use std::net::Ipv4Addr;

use clap::{CommandFactory, error::ErrorKind};

use super::*;

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

fn check(words: &str, expected: Result<(), ErrorKind>) {
    let result = Args::try_parse_from(words.split_whitespace());
    assert_eq!(result.map(drop).map_err(|e| e.kind()), expected, "{words}");
}

#[test]
fn every_command_of_the_help_is_there() {
    check("headgate serve --port 0 --host localhost --secret-store file --log-level warn", Ok(()));
    check("headgate list --json", Ok(()));
    check("headgate show a --json", Ok(()));
    check("headgate set a --memory-limit 0", Ok(()));
    check("headgate set a --memory-limit default", Ok(()));
    check("headgate set a --memory-limit much", Err(ErrorKind::ValueValidation));
    check("headgate test a --json", Ok(()));
    check("headgate enable a", Ok(()));
    check("headgate disable a", Ok(()));
    check("headgate start a", Ok(()));
    check("headgate stop a", Ok(()));
    check("headgate remove a", Ok(()));
    check("headgate logs a", Ok(()));
    check("headgate logs a -f -n 5", Ok(()));
    check("headgate logs --follow", Ok(()));
    check("headgate up --json", Ok(()));
    check("headgate down --json", Ok(()));
    check("headgate restart", Ok(()));
    check("headgate status --json", Ok(()));
    check("headgate serve --detached", Ok(()));
    check("headgate ui", Ok(()));
    check("headgate ui --print --json", Ok(()));
    check("headgate openapi", Ok(()));
    check("headgate tools", Ok(()));
    check("headgate tools --json", Ok(()));
    check("headgate tools off a x y --json", Ok(()));
    check("headgate tools on a x", Ok(()));
    check("headgate tools rename a x y", Ok(()));
    check("headgate tools describe a x y", Ok(()));
    check("headgate tools reset a", Ok(()));
    check("headgate tools reset a x y", Ok(()));
    check("headgate count-tokens", Ok(()));
    check("headgate sessions", Ok(()));
    check("headgate sessions --json", Ok(()));
    check("headgate sessions end 0f0e0d0c --json", Ok(()));
    check("headgate questions -f", Ok(()));
    check("headgate questions --json", Ok(()));
    check("headgate questions answer 3 --accept", Ok(()));
    check("headgate questions answer 3 --accept a=b c=d=e --json", Ok(()));
    check("headgate questions answer 3 --decline", Ok(()));
    check("headgate questions answer 3 --cancel", Ok(()));
    check("headgate questions answer 3", Err(ErrorKind::MissingRequiredArgument));
    check("headgate questions answer 3 --accept --decline", Err(ErrorKind::ArgumentConflict));
    check("headgate questions answer 3 --accept a", Err(ErrorKind::ValueValidation));
    check("headgate call echo {}", Ok(()));
    check("headgate call echo --json", Ok(()));
    check("headgate client add a --json", Ok(()));
    check("headgate client list", Ok(()));
    check("headgate client revoke a", Ok(()));
    check("headgate autostart", Ok(()));
    check("headgate autostart on --json", Ok(()));
    check("headgate serve --at-login --home /x", Ok(()));
    check("headgate doctor --json", Ok(()));
    check("headgate completions zsh", Ok(()));
    check("headgate manual /x", Ok(()));
    check("headgate demo", Ok(()));
    check("headgate warden", Ok(()));
}

#[test]
fn wrong_words_are_refused() {
    check("headgate serve --port 70000", Err(ErrorKind::ValueValidation));
    check("headgate serve --log-level loud", Err(ErrorKind::InvalidValue));
    check("headgate serve --secret-store cloud", Err(ErrorKind::InvalidValue));
    check("headgate show a/b", Err(ErrorKind::ValueValidation));
    check("headgate add", Err(ErrorKind::MissingRequiredArgument));
    check("headgate tools off a", Err(ErrorKind::MissingRequiredArgument));
    check("headgate tools rename a x", Err(ErrorKind::MissingRequiredArgument));
    check("headgate tools forget a", Err(ErrorKind::InvalidSubcommand));
    check("headgate add time uvx mcp-server-time", Err(ErrorKind::UnknownArgument));
    check("headgate add a --header nocolon http://e.com", Err(ErrorKind::ValueValidation));
    check("headgate logs -f --json", Err(ErrorKind::ArgumentConflict));
    check("headgate autostart maybe", Err(ErrorKind::InvalidValue));
    check("headgate sessions end", Err(ErrorKind::MissingRequiredArgument));
    check("headgate nonsense", Err(ErrorKind::InvalidSubcommand));
}

#[test]
fn an_address_may_be_a_name() {
    assert_eq!(address("localhost").map(|a| a.is_loopback()), Ok(true));
    assert_eq!(address("0.0.0.0"), Ok(Ipv4Addr::UNSPECIFIED.into()));
    assert_eq!(address("[::1]").map(|a| a.is_ipv6()), Ok(true));
    assert!(address("no such host").is_err());
}
