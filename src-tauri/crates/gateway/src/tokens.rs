//! What tools cost a model's context, in tokens. A tokenizer needs tens of MiB for its vocabulary, so a
//! child of this program counts what is new and ends; only numbers stay here, by definition. Nothing is
//! counted before somebody asks, and nothing on the way of a call.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use headgate_model::UpstreamName;
use headgate_protocol::Raw;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};

use crate::{
    catalog::{Catalog, Kind, Part},
    environment::Environment,
    gateway::Gateway,
    machine::Machine,
    process::{Child, Launch, Streams, describe},
    router::Scope,
};

/// The hidden command of this program that counts: a JSON string in each line in; a number out, or `-` for
/// a text that the tokenizer cannot take.
const COMMAND: &str = "count-tokens";
/// Counting takes well under a second; who asked waits no longer than this and is answered without.
const COUNT_TIMEOUT: Duration = Duration::from_secs(20);
/// After a failure nobody waits for another try for as long.
const REST: Duration = Duration::from_secs(60);
/// What clients put into a model's context of a tool; the rest of a definition is for programs.
const READ_BY_MODELS: [&str; 3] = ["name", "description", "inputSchema"];

/// A definition that is longer is no tool's; it is not counted, so that it cannot hold up the others.
const MAX_BYTES: usize = 1024 * 1024;

/// Counts of the definitions that are listed now.
#[derive(Default)]
pub(crate) struct Tokens {
    counts: Mutex<Counts>,
    /// Held while a child counts; holds until when none is to be tried.
    turn: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Counts {
    /// `None` for what cannot be counted.
    known: HashMap<Key, Option<u64>>,
    /// The sums of the catalog with this serial. To find a count is to hash a definition, and faces look again
    /// and again, so that they are added up once for each catalog and each count.
    sums: Option<(u64, Sums)>,
}

/// What the tools of each upstream that are on cost, when all of them were counted.
type Sums = HashMap<UpstreamName, Option<u64>>;

impl Counts {
    fn of(&self, definition: &Raw) -> Option<u64> {
        self.known.get(&key(definition)).copied().flatten()
    }

    fn sums(&self, catalog: &Catalog) -> Sums {
        let sum = |upstream| {
            let tools = catalog.items_of(Kind::Tool, upstream).iter();
            tools.map(|item| self.of(&item.definition)).sum()
        };
        let upstreams = catalog.parts().iter().map(|part| &part.upstream);
        upstreams.map(|upstream| (upstream.clone(), sum(upstream))).collect()
    }
}

/// A definition's digest.
type Key = [u8; 32];

impl Tokens {
    /// The count of a definition, if there is one.
    pub(crate) fn of(&self, definition: &Raw) -> Option<u64> {
        self.lock().of(definition)
    }

    /// The sum of an upstream in the catalog with this serial.
    fn sum(&self, serial: u64, catalog: &Catalog, upstream: &UpstreamName) -> Option<u64> {
        let mut counts = self.lock();
        let sums = match counts.sums.take().filter(|(added_up, _)| *added_up == serial) {
            Some((_, sums)) => sums,
            None => counts.sums(catalog),
        };
        let sum = sums.get(upstream).copied();
        counts.sums = Some((serial, sums));
        // Who offers nothing costs nothing.
        sum.unwrap_or(Some(0))
    }

    /// Counts those of `definitions` that were not, and forgets all others.
    pub(crate) async fn count(&self, machine: &Machine, definitions: &[Raw]) {
        let mut rest = self.turn.lock().await;
        let missing = self.missing(definitions);
        if missing.is_empty() || rest.is_some_and(|until| Instant::now() < until) {
            return;
        }
        let (keys, texts): (Vec<Key>, Vec<String>) =
            missing.into_iter().map(|(key, definition)| (key, text(definition))).unzip();
        match ask(machine, &texts).await {
            Ok(counts) => {
                *rest = None;
                let listed: HashSet<Key> = definitions.iter().map(key).collect();
                let mut known = self.lock();
                known.known.retain(|key, _| listed.contains(key));
                known.known.extend(keys.into_iter().zip(counts));
                known.sums = None;
            }
            Err(error) => {
                *rest = Some(Instant::now() + REST);
                tracing::warn!("the tokens of tools could not be counted: {error}");
            }
        }
    }

    fn missing<'a>(&self, definitions: &'a [Raw]) -> Vec<(Key, &'a Raw)> {
        let counts = self.lock();
        let short = definitions.iter().filter(|definition| definition.as_bytes().len() <= MAX_BYTES);
        let keyed = short.map(|definition| (key(definition), definition));
        keyed.filter(|(key, _)| !counts.known.contains_key(key)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Counts the tokens of all tools, also of those that are off or held back, unless they were counted.
    /// It goes on to its end when nobody waits for it any more.
    pub async fn count_tokens(self: &Arc<Self>) {
        let gateway = self.clone();
        let counting = tokio::spawn(async move {
            let catalog = gateway.published(&Scope::All);
            let tools = catalog.parts().iter().flat_map(Part::tools);
            let definitions: Vec<Raw> = tools.map(|item| item.definition).collect();
            gateway.tokens.count(&gateway.machine, &definitions).await;
        });
        // It fails only when the gateway ends.
        let _ = counting.await;
    }

    /// The tokens of a tool's definition; `None` when they were not counted, or could not be.
    pub fn tokens(&self, definition: &Raw) -> Option<u64> {
        self.tokens.of(definition)
    }

    /// What the tools of an upstream that are on cost, when all of them were counted.
    pub fn tokens_of(&self, upstream: &UpstreamName) -> Option<u64> {
        // The serial first: sums of a newer catalog under it are added up again, and none of an older one stay.
        let serial = self.catalog_serial();
        self.tokens.sum(serial, &self.published(&Scope::All), upstream)
    }
}

fn key(definition: &Raw) -> Key {
    Sha256::digest(definition.as_bytes()).into()
}

/// The part of a definition that models read, as compact JSON.
fn text(definition: &Raw) -> String {
    let mut members: Map<String, Value> = definition.read().unwrap_or_default();
    members.retain(|name, _| READ_BY_MODELS.contains(&name.as_str()));
    Value::Object(members).to_string()
}

/// Has a child count the tokens of each text.
async fn ask(machine: &Machine, texts: &[String]) -> io::Result<Vec<Option<u64>>> {
    let launch = Launch {
        program: machine.program.clone(),
        args: vec![COMMAND.to_owned()],
        env: machine.environment.with([]).await,
        cwd: Environment::home(),
    };
    let (child, streams) = Child::spawn(&launch, &machine.warden)?;
    let answered = timeout(COUNT_TIMEOUT, exchange(streams, texts)).await;
    let status = child.end().await;
    let late =
        || io::Error::new(io::ErrorKind::TimedOut, format!("no answer in {} s", COUNT_TIMEOUT.as_secs()));
    let counts = numbers(&answered.unwrap_or_else(|_| Err(late()))?);
    match counts.len() == texts.len() {
        true => Ok(counts),
        false => Err(io::Error::other(format!("the child that counts {}", describe(&status)))),
    }
}

/// Writes and reads at once, so that neither side waits for the other with a full pipe.
async fn exchange(Streams { mut stdin, mut stdout, .. }: Streams, texts: &[String]) -> io::Result<String> {
    let write = async move {
        for text in texts {
            stdin.write_all(format!("{}\n", Value::from(text.as_str())).as_bytes()).await?;
        }
        stdin.shutdown().await
    };
    let mut answer = String::new();
    let (written, read) = tokio::join!(write, stdout.read_to_string(&mut answer));
    written?;
    read?;
    Ok(answer)
}

fn numbers(answer: &str) -> Vec<Option<u64>> {
    answer.lines().map(|line| line.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(definition: &'static str, expected: &str) {
        assert_eq!(text(&Raw::constant(definition)), expected);
    }

    #[test]
    fn what_models_do_not_read_is_not_counted() {
        check(
            r#"{ "name": "a", "icons": [{"src":"data:..."}], "description":"d\u00e9", "inputSchema": {"type": "object"}, "_meta": {} }"#,
            r#"{"description":"dé","inputSchema":{"type":"object"},"name":"a"}"#,
        );
        check(r#"{"name":"a"}"#, r#"{"name":"a"}"#);
        check("[1]", "{}");
    }

    #[test]
    fn a_text_that_cannot_be_counted_keeps_its_place() {
        assert_eq!(numbers("12\n-\n7\n"), [Some(12), None, Some(7)]);
        assert_eq!(numbers(""), [None; 0]);
    }
}
