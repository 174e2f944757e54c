//! `headgate proxy`: flags into options, after the one check that needs two of them: whoever opens
//! it to other machines says who may come in.

use std::time::Duration;

use headgate_daemon::ProxyOptions;

use crate::{args::Proxy, failure::Failure, logging};

/// Serves one stdio server over HTTP until it is told to stop.
pub(crate) async fn run(args: Proxy) -> Result<(), Failure> {
    let log_file = args.log_file.clone();
    let log_level = args.log_level;
    let options = options(args).map_err(Failure::Usage)?;
    logging::start(log_level, log_file.as_deref())?;
    Ok(headgate_daemon::proxy(options).await?)
}

fn options(args: Proxy) -> Result<ProxyOptions, String> {
    if !args.host.is_loopback() && args.key.is_none() && !args.no_auth {
        return Err(format!(
            "other machines can reach {}; give a `--key` that clients must send, or say `--no-auth`",
            args.host
        ));
    }
    let mut words = args.command.into_iter();
    let command = words.next().ok_or("say which command to run")?;
    Ok(ProxyOptions {
        host: args.host,
        port: args.port,
        timeout: Duration::from_secs(args.timeout),
        request_timeout: Duration::from_secs(args.request_timeout),
        max_sessions: args.max_sessions,
        key: args.key,
        no_auth: args.no_auth,
        allow_hosts: args.allow_host,
        command,
        args: words.collect(),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    fn parse(words: &str) -> Result<ProxyOptions, String> {
        let words = ["headgate", "proxy"].into_iter().chain(words.split_whitespace());
        match Args::try_parse_from(words).map_err(|e| e.to_string())?.command {
            Command::Proxy(args) => options(args),
            other => panic!("{other:?}"),
        }
    }

    fn check(words: &str, command: &str, args: &[&str]) {
        let options = parse(words).unwrap();
        assert_eq!((options.command.as_str(), options.port), (command, 3001), "{words}");
        assert_eq!(options.args, args, "{words}");
    }

    #[test]
    fn everything_after_the_command_is_its_own() {
        check("--port 3001 npx -y server", "npx", &["-y", "server"]);
        check("--port 3001 -- npx -y server", "npx", &["-y", "server"]);
        check("--port 3001 srv --port 5 --help --key k", "srv", &["--port", "5", "--help", "--key", "k"]);
        check("--port 3001 srv -- --port 5", "srv", &["--", "--port", "5"]);
        check("--port 3001 -- --odd-name -V", "--odd-name", &["-V"]);
        assert!(parse("--prot 3001 npx").is_err_and(|sentence| sentence.contains("--prot")));
        assert!(parse("--port 3001").is_err());
    }

    #[test]
    fn beyond_loopback_somebody_says_who_may_come_in() {
        let check = |flags: &str, fine: bool| {
            assert_eq!(parse(&format!("{flags} srv")).is_ok(), fine, "{flags}");
        };
        check("", true);
        check("--host localhost", true);
        check("--host ::1", true);
        check("--host 0.0.0.0", false);
        check("--host 0.0.0.0 --no-auth", true);
        check("--host [::] --key k --allow-host box --allow-host box.lan", true);
        check("--key k --no-auth", false);
        check("--timeout 0", false);
    }
}
