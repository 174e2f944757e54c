//! The file of `export` and `apply`: TOML (or JSON of the same shape) that people write by hand. Each
//! upstream is a table with its command or URL; every other key of it is a key of the definition.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use headgate_api::{Backup, read_strictly};
use headgate_model::{ConfigValue, Transport, UpstreamSpec, setting};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const HEAD: &str = "# The setup of Headgate: `headgate apply FILE` makes it so.\n\
    # Secrets are not here, only their names (secret_env, secret_headers).\n\n";

/// The keys of an upstream's table that say how it is reached. The others belong to the definition.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Reach {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    demo: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    env: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secret_env: Vec<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secret_headers: Vec<String>,
}

/// The names of the fields of [`Reach`].
const REACH: [&str; 8] = ["command", "url", "demo", "cwd", "env", "secret_env", "headers", "secret_headers"];

fn is_false(value: &bool) -> bool {
    !value
}

// ---- from a file -------------------------------------------------------------------------------------

/// Reads a file as a document for the gateway; an error is a sentence.
pub(super) fn backup(text: &str) -> Result<Backup, String> {
    let table: toml::Table = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => toml::from_str(text).map_err(|error| error.to_string())?,
    };
    if table.contains_key("format") {
        return Err("it is a backup; put it back with `headgate restore`".to_owned());
    }
    let mut backup = Backup::empty(0);
    for (section, value) in table {
        match (section.as_str(), value) {
            ("settings", toml::Value::Table(settings)) => {
                let settings = settings.into_iter().map(|(key, value)| Ok((key, from_toml(value)?)));
                backup.settings = Some(settings.collect::<Result<_, String>>()?);
            }
            ("upstreams", toml::Value::Table(upstreams)) => {
                let upstreams = upstreams.into_iter().map(|(name, value)| upstream(&name, value));
                backup.upstreams = Some(upstreams.collect::<Result<_, String>>()?);
            }
            ("settings" | "upstreams", _) => return Err(format!("`{section}` is no table")),
            _ => return Err(format!("nobody knows `{section}`; there are `settings` and `upstreams`")),
        }
    }
    Ok(backup)
}

fn upstream(name: &str, table: toml::Value) -> Result<UpstreamSpec, String> {
    let wrong = |why: String| format!("upstream `{name}`: {why}");
    let Value::Object(mut table) = from_toml(table)? else { return Err(wrong("it is no table".to_owned())) };
    let reach: Map<String, Value> =
        REACH.iter().filter_map(|key| Some(((*key).to_owned(), table.remove(*key)?))).collect();
    let reach: Reach = serde_json::from_value(reach.into()).map_err(|error| wrong(error.to_string()))?;
    let transport = reach.transport().map_err(wrong)?;
    let transport: Transport = serde_json::from_value(transport).map_err(|error| wrong(error.to_string()))?;
    for (key, value) in [
        ("name", json!(name)),
        ("isolation", json!(transport.default_isolation())),
        ("transport", json!(transport)),
        ("enabled", json!(true)),
    ] {
        let is_ours = matches!(key, "name" | "transport");
        if is_ours && table.contains_key(key) {
            return Err(wrong(format!("`{key}` does not belong here")));
        }
        table.entry(key).or_insert(value);
    }
    read_strictly(Value::Object(table).to_string().as_bytes()).map_err(wrong)
}

impl Reach {
    fn transport(self) -> Result<Value, String> {
        let for_commands = self.cwd.is_some() || !self.env.is_empty() || !self.secret_env.is_empty();
        let for_urls = !self.headers.is_empty() || !self.secret_headers.is_empty();
        match (self.command.split_first(), self.url, self.demo) {
            (Some(_), None, false) if for_urls => {
                Err("`headers` and `secret_headers` are for a `url`".to_owned())
            }
            (Some((command, args)), None, false) => {
                let mut transport = json!({
                    "type": "stdio", "command": command, "args": args, "env": values(self.env, self.secret_env)?,
                });
                if let Some(cwd) = self.cwd {
                    transport["cwd"] = cwd.into();
                }
                Ok(transport)
            }
            (None, _, _) if for_commands => {
                Err("`cwd`, `env` and `secret_env` are for a `command`".to_owned())
            }
            (None, Some(url), false) => Ok(
                json!({ "type": "http", "url": url, "headers": values(self.headers, self.secret_headers)? }),
            ),
            (None, None, true) if !for_urls => Ok(json!({ "type": "demo" })),
            _ => Err("it needs one of `command` (a list of words), `url` and `demo = true`".to_owned()),
        }
    }
}

/// Readable values, and names in the place of secrets.
fn values(mut plain: Map<String, Value>, secret: Vec<String>) -> Result<Map<String, Value>, String> {
    for value in plain.values_mut().filter(|value| value.is_number() || value.is_boolean()) {
        *value = value.to_string().into();
    }
    if let Some((name, _)) = plain.iter().find(|(_, value)| !value.is_string()) {
        return Err(format!("`{name}` is no text"));
    }
    for name in secret {
        let needed = json!(ConfigValue::Needed { secret_needed: name.clone() });
        if plain.insert(name.clone(), needed).is_some() {
            return Err(format!("`{name}` is given twice"));
        }
    }
    Ok(plain)
}

fn from_toml(value: toml::Value) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

// ---- to a file ---------------------------------------------------------------------------------------

/// The file for a setup. Clients are not in it: they have keys, which are made one by one.
pub(super) fn text(backup: &Backup) -> anyhow::Result<String> {
    let mut upstreams = toml::Table::new();
    for spec in backup.upstreams.iter().flatten() {
        upstreams.insert(spec.name.to_string(), toml::Value::try_from(table(spec)?)?);
    }
    let mut file = toml::Table::new();
    file.insert("settings".to_owned(), toml::Value::try_from(travelling(backup))?);
    file.insert("upstreams".to_owned(), toml::Value::Table(upstreams));
    Ok(format!("{HEAD}{}", toml::to_string_pretty(&file)?))
}

/// The settings without those of one machine: its port, and where it keeps secrets.
fn travelling(backup: &Backup) -> BTreeMap<&String, &Value> {
    let stays = |key: &str| setting(key).is_some_and(|row| row.at_start);
    backup.settings.iter().flatten().filter(|(key, _)| !stays(key)).collect()
}

/// One upstream: how it is reached, and the rest of its definition as far as it is no default.
fn table(spec: &UpstreamSpec) -> anyhow::Result<toml::Table> {
    let mut table = toml::Table::try_from(reach(&spec.transport))?;
    let Value::Object(mut rest) = serde_json::to_value(spec)? else { return Ok(table) };
    rest.retain(|key, _| !matches!(key.as_str(), "name" | "transport"));
    if spec.isolation == spec.transport.default_isolation() {
        rest.remove("isolation");
    }
    if spec.enabled {
        rest.remove("enabled");
    }
    rest.retain(|_, value| !value.is_null());
    table.extend(toml::Table::try_from(rest)?);
    Ok(table)
}

fn reach(transport: &Transport) -> Reach {
    match transport {
        Transport::Stdio { command, args, env, cwd } => {
            let (env, secret_env) = split(env);
            Reach {
                command: [command].into_iter().chain(args).cloned().collect(),
                cwd: cwd.as_ref().map(|cwd| cwd.to_string_lossy().into_owned()),
                env,
                secret_env,
                ..Reach::default()
            }
        }
        Transport::Http { url, headers } => {
            let (headers, secret_headers) = split(headers);
            Reach { url: Some(url.to_string()), headers, secret_headers, ..Reach::default() }
        }
        Transport::Demo => Reach { demo: true, ..Reach::default() },
    }
}

fn split<'a>(
    values: impl IntoIterator<Item = (&'a String, &'a ConfigValue)>,
) -> (Map<String, Value>, Vec<String>) {
    let (mut plain, mut secret) = (Map::new(), Vec::new());
    for (name, value) in values {
        match value {
            ConfigValue::Plain(text) => {
                plain.insert(name.clone(), text.clone().into());
            }
            ConfigValue::Secret { .. } | ConfigValue::Needed { .. } => secret.push(name.clone()),
        }
    }
    (plain, secret)
}
