//! `headgate add`: turns what a person typed into a definition, registers it, and shows what the
//! server says while it starts.

mod paste;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    env,
    path::{self, Path, PathBuf},
};

use anyhow::Context;
use headgate_api::{Client, ClientError, Heard, Home, NewUpstream, Problem, UpstreamView};
use headgate_model::{
    ConfigValue, PROJECT_ROOT, Program, SecretRef, Transport, command_line, quoted, switched_off,
};
use url::Url;

use crate::{
    args::Add,
    failure::Failure,
    output::{self, count, plain},
    progress::Progress,
    project, secrets,
    upstreams::suggestion_text,
};

/// Registers an upstream.
pub(crate) async fn run(args: Add) -> Result<(), Failure> {
    if args.paste || args.from.is_some() {
        return paste::run(&args).await;
    }
    let folder = env::current_dir().context("cannot tell the current folder")?;
    let mut new_upstream = definition(&args, &folder).map_err(Failure::Usage)?;
    new_upstream.project = project::of(&folder);
    // Attached before anything is asked: nobody types a secret for a gateway that is not there.
    let client = Client::attach(&Home::locate()?).await?;
    let secret_names = [&args.secret_env[..], &args.secret_header[..]].concat();
    new_upstream.secrets = secrets::read(&secret_names)?;
    output::tell(&format!("runs {}", whole_line(&new_upstream)));
    let upstream = register(&client, &new_upstream).await?;
    match args.output.json {
        true => output::print_json(&upstream),
        false => output::print(&summary(&upstream)),
    }
}

async fn register(client: &Client, new_upstream: &NewUpstream) -> Result<UpstreamView, Failure> {
    let mut progress = Progress::new();
    let hear = |heard: Heard<'_>| match heard {
        Heard::Program(program) => output::tell(&program_text(program)),
        Heard::Said(line) => progress.show(line),
        // A registration tells none.
        Heard::Step(_) => {}
    };
    let result = client.register(new_upstream, hear).await;
    result.map_err(|error| match error {
        ClientError::Problem(problem) if !problem.clashes.is_empty() => {
            Failure::Refused { ways_out: ways_out(new_upstream, &problem), problem }
        }
        other => other.into(),
    })
}

/// Reads the command line as one definition, still without the values of its secrets.
fn definition(args: &Add, folder: &Path) -> Result<NewUpstream, String> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => "demo".parse().map_err(|e| format!("{e}"))?,
    };
    Ok(NewUpstream {
        name,
        transport: transport(args, folder)?,
        isolation: args.isolation.map(Into::into),
        prefix: args.prefix.clone(),
        tool_choices: switched_off(args.off.iter().cloned()),
        keep_warm: args.keep_warm,
        enabled: !args.disabled,
        memory_limit_mib: args.memory_limit,
        project: None,
        secrets: BTreeMap::new(),
    })
}

fn transport(args: &Add, folder: &Path) -> Result<Transport, String> {
    let for_commands = !args.env.is_empty() || !args.secret_env.is_empty() || args.cwd.is_some();
    let for_urls = !args.header.is_empty() || !args.secret_header.is_empty();
    match (&args.url, args.command.split_first()) {
        _ if args.demo => match for_commands || for_urls {
            true => Err("the demo takes no environment, folder or headers".to_owned()),
            false => Ok(Transport::Demo),
        },
        (Some(_), _) if for_commands => {
            Err("`--env`, `--secret-env` and `--cwd` are for commands; a URL takes `--header` and \
                 `--secret-header`"
                .to_owned())
        }
        (None, Some(_)) if for_urls => Err("`--header` and `--secret-header` are for URLs; a \
             command takes `--env` and `--secret-env`"
            .to_owned()),
        (Some(url), None) => endpoint(args, url),
        (None, Some((command, rest))) => child(args, folder, command, rest),
        (Some(url), Some(_)) => {
            Err(format!("`{url}` stands before `--` and a command after it; give one of the two"))
        }
        (None, None) => Err("say what to add: a URL, or `--` and a command".to_owned()),
    }
}

fn endpoint(args: &Add, text: &str) -> Result<Transport, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url.filter(Url::has_host) else {
        return Err(format!(
            "`{text}` is no http:// or https:// URL; a command goes after `--`, as in \
             `headgate add NAME -- {text}`"
        ));
    };
    if url.password().is_some() {
        return Err("the URL holds a password, which would be kept readable; leave it out and use \
             `--secret-header Authorization`"
            .to_owned());
    }
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    Ok(Transport::Http { url, headers: values(&args.header, &args.secret_header, same)? })
}

fn child(args: &Add, folder: &Path, command: &str, rest: &[String]) -> Result<Transport, String> {
    // What begins with the project's folder is meant from there.
    let in_project = |cwd: &Path| cwd.starts_with(PROJECT_ROOT);
    let cwd = args.cwd.as_deref().map(|cwd| match in_project(cwd) {
        true => cwd.to_owned(),
        false => normal(&folder.join(cwd)),
    });
    let from = cwd.as_deref().filter(|cwd| !in_project(cwd)).unwrap_or(folder);
    Ok(Transport::Stdio {
        command: program(command, from),
        args: rest.to_vec(),
        env: values(&args.env, &args.secret_env, |a, b| a == b)?,
        cwd,
    })
}

/// A bare name is looked up on the PATH, later. A relative path means a file near the person who
/// types it, and the gateway runs elsewhere.
fn program(command: &str, folder: &Path) -> String {
    match Path::new(command).components().count() > 1 || command.starts_with("./") {
        true => normal(&folder.join(command)).to_string_lossy().into_owned(),
        false => command.to_owned(),
    }
}

/// The path without `.` parts.
fn normal(path: &Path) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The readable values; no name may be given twice, as a secret or not.
fn values(
    plain: &[(String, String)],
    secret: &[String],
    same: impl Fn(&str, &str) -> bool,
) -> Result<BTreeMap<String, ConfigValue>, String> {
    let names: Vec<&String> = plain.iter().map(|(name, _)| name).chain(secret).collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].iter().any(|earlier| same(earlier, name)) {
            return Err(format!("`{name}` is given twice"));
        }
    }
    Ok(plain.iter().map(|(name, value)| (name.clone(), ConfigValue::Plain(value.clone()))).collect())
}

/// What will run or be called, with nothing left out but the values of secrets.
fn whole_line(new_upstream: &NewUpstream) -> String {
    let mut transport = new_upstream.transport.clone();
    let values = match &mut transport {
        Transport::Stdio { env, .. } => env,
        Transport::Http { headers, .. } => headers,
        Transport::Demo => &mut BTreeMap::new(),
    };
    // Only the name is shown.
    let secret = |name: &String| (name.clone(), ConfigValue::Secret { secret: SecretRef(name.clone()) });
    values.extend(new_upstream.secrets.keys().map(secret));
    command_line(&transport)
}

/// Where the program comes from, and what is wrong with it.
pub(crate) fn program_text(program: &Program) -> String {
    let advice = program.advice.iter().map(|advice| format!("\n  {}", plain(advice)));
    format!("program {}{}", plain(&program.origin_sentence), advice.collect::<String>())
}

fn summary(upstream: &UpstreamView) -> String {
    let spec = &upstream.spec;
    if !spec.enabled {
        return format!("added `{0}`, switched off; `headgate enable {0}` switches it on", spec.name);
    }
    let mut text = format!(
        "added `{}`: {}, {}, {}",
        spec.name,
        count(upstream.tools, "tool"),
        count(upstream.resources, "resource"),
        count(upstream.prompts, "prompt"),
    );
    if let Some(server) = &upstream.server {
        text.push_str(&format!(" ({})", plain(server)));
    }
    if let Some(suggestion) = &upstream.suggestion {
        text.push_str(&format!("\nbetter: {}", plain(&suggestion_text(suggestion))));
    }
    text
}

/// What to type instead when names clash.
fn ways_out(new_upstream: &NewUpstream, problem: &Problem) -> String {
    let mut text = format!("Nothing was added. Add it under a prefix:\n  --prefix {}", new_upstream.name);
    if problem.clashes.iter().all(|clash| clash.kind == "tool") {
        let off: Vec<String> =
            problem.clashes.iter().map(|clash| format!("--off {}", quoted(&clash.name))).collect();
        text.push_str(&format!("\nor leave these tools out:\n  {}", off.join(" ")));
    }
    text
}
