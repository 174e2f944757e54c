//! `headgate questions`: what upstreams ask of people whose clients cannot show it, and the answers.

#[cfg(test)]
mod tests;

use std::{
    fmt::Write,
    io::{self, Read},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, anyhow};
use headgate_api::{
    Client, Event, Home, QuestionAction, QuestionAnswer, QuestionKind, QuestionState, QuestionView, Questions,
};
use headgate_protocol::Raw;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    args::{self, Accepted, AnswerArgs, QuestionCommand},
    failure::Failure,
    output::{self, age, plain},
};

/// A form is filled by hand; what is larger is another file.
const MAX_INPUT_BYTES: u64 = 1024 * 1024;

/// Shows or answers questions.
pub(crate) async fn run(args: args::Questions) -> Result<(), Failure> {
    let client = Client::attach(&Home::locate()?).await?;
    match &args.command {
        Some(QuestionCommand::Answer(answer)) => give(&client, answer).await,
        None if args.follow => follow(&client).await,
        None => list(&client.questions().await?, args.output.json),
    }
}

fn list(questions: &Questions, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(questions);
    }
    if questions.questions.is_empty() {
        output::tell("no questions; they are kept while the window or `headgate questions -f` shows them");
        return Ok(());
    }
    let now_ms = now_ms();
    let texts: Vec<_> = questions.questions.iter().map(|question| text(question, now_ms)).collect();
    output::print(&texts.join("\n"))
}

/// Shows each question as it comes. The gateway keeps questions for whoever watches like this.
async fn follow(client: &Client) -> Result<(), Failure> {
    let mut watch = client.events_with_questions().await?;
    output::tell("waiting for questions, until Ctrl-C");
    let mut last = 0;
    while let Some(event) = watch.next().await? {
        let questions = match event {
            Event::State(state) => state.questions.unwrap_or_default(),
            Event::Questions(questions) => questions,
            _ => continue,
        };
        for question in questions {
            // Their numbers rise.
            let number = question.id.parse::<u64>().unwrap_or_default();
            if number > last {
                last = number;
                output::print(&text(&question, now_ms()))?;
            }
        }
    }
    Err(anyhow!("the gateway has ended").into())
}

async fn give(client: &Client, args: &AnswerArgs) -> Result<(), Failure> {
    let id = args.id.to_string();
    let answer = match (&args.accept, args.decline) {
        (Some(accepted), _) => {
            let given = given(accepted, io::stdin())?;
            let questions = client.questions().await?.questions;
            let schema =
                questions.iter().find(|question| question.id == id).and_then(|q| q.schema.as_deref());
            let content = schema.map(|schema| content(schema, &given)).filter(|content| !content.is_empty());
            let content = content.map(|content| serde_json::value::to_raw_value(&content)).transpose();
            let content = content.map_err(anyhow::Error::from)?;
            if schema.is_none() && !given.is_empty() {
                let sentence = format!("question {id} has no form to fill; accept it without values");
                return Err(Failure::Usage(sentence));
            }
            QuestionAnswer { action: QuestionAction::Accept, content }
        }
        (None, true) => QuestionAnswer { action: QuestionAction::Decline, content: None },
        (None, false) => QuestionAnswer { action: QuestionAction::Cancel, content: None },
    };
    client.answer_question(&id, &answer).await?;
    match args.output.json {
        true => output::print_json(&json!({ "answered": id, "action": answer.action })),
        false => output::print(&format!("answered question {id}")),
    }
}

/// The values as they were given, with those of `input` where that was named.
fn given(accepted: &[Accepted], mut input: impl Read) -> Result<Vec<(String, String)>, Failure> {
    let mut given = Vec::new();
    for accepted in accepted {
        match accepted {
            Accepted::Value(name, value) => given.push((name.clone(), value.clone())),
            Accepted::Input => given.extend(from_lines(&mut input)?),
        }
    }
    Ok(given)
}

/// A line that is wrong is told by its number, since it may hold a secret.
fn from_lines(input: impl Read) -> Result<Vec<(String, String)>, Failure> {
    let mut text = String::new();
    input.take(MAX_INPUT_BYTES + 1).read_to_string(&mut text).context("read standard input")?;
    if text.len() as u64 > MAX_INPUT_BYTES {
        let sentence = format!("standard input has more than {MAX_INPUT_BYTES} bytes, too many for a form");
        return Err(Failure::Usage(sentence));
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line)| {
        args::field(line).map_err(|why| {
            Failure::Usage(format!("line {} of standard input does not fill a form: {why}", at + 1))
        })
    };
    lines.map(read).collect()
}

/// The fields of a schema in their order.
fn fields(schema: &RawValue) -> Vec<(String, Value)> {
    let properties = Raw::of(schema).at(&["properties"]).and_then(|properties| properties.members());
    let read = |(name, field): (String, Raw)| (name, field.read().unwrap_or_default());
    properties.into_iter().flatten().map(read).collect()
}

/// The content of a form: what was given, as the types that the schema names, and the defaults of the rest.
/// What does not fit stays text; the gateway says what belongs there.
fn content(schema: &RawValue, given: &[(String, String)]) -> Map<String, Value> {
    let fields = fields(schema);
    let default = |(name, field): &(String, Value)| Some((name.clone(), field.get("default")?.clone()));
    let mut content: Map<_, _> = fields.iter().filter_map(default).collect();
    for (name, _) in given {
        content.remove(name);
    }
    for (name, text) in given {
        let field = fields.iter().find(|(known, _)| known == name).map(|(_, field)| field);
        let kind = field.and_then(|field| field.get("type")).and_then(Value::as_str).unwrap_or_default();
        match (kind, content.get_mut(name)) {
            ("array", Some(Value::Array(chosen))) => chosen.push(text.clone().into()),
            ("array", _) => _ = content.insert(name.clone(), json!([text])),
            (kind, _) => _ = content.insert(name.clone(), typed(kind, text)),
        }
    }
    content
}

fn typed(kind: &str, text: &str) -> Value {
    let read = match kind {
        "integer" | "number" => serde_json::from_str(text).ok().map(Value::Number),
        "boolean" => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

/// A question in a few lines. It is a stranger's text, and steers no terminal.
fn text(question: &QuestionView, now_ms: u64) -> String {
    let QuestionView { id, session, client, upstream, .. } = question;
    let tool = question.tool.as_ref().map(|tool| format!(", tool `{}`", plain(tool))).unwrap_or_default();
    let left = age(question.expires_ms.saturating_sub(now_ms));
    let mut text = format!(
        "question {id}: `{upstream}` asks `{}` (session {session}{tool}), {left} left\n",
        plain(client)
    );
    let _ = writeln!(text, "  {}", plain(&question.message));
    for line in question.schema.as_deref().map(field_lines).unwrap_or_default() {
        let _ = writeln!(text, "    {line}");
    }
    if let Some(url) = &question.url {
        let _ = writeln!(text, "  {}", plain(url));
    }
    let way = match (question.state, question.kind) {
        (QuestionState::Waiting, _) => "accepted; open the page".to_owned(),
        (QuestionState::Done, _) => "done".to_owned(),
        (QuestionState::Open, QuestionKind::Form) => {
            format!("headgate questions answer {id} --accept [NAME=VALUE]... | --decline")
        }
        (QuestionState::Open, QuestionKind::Url) => {
            format!("headgate questions answer {id} --accept | --decline, then open the page")
        }
    };
    let _ = writeln!(text, "  {way}");
    text
}

fn field_lines(schema: &RawValue) -> Vec<String> {
    let required: Vec<String> =
        Raw::of(schema).at(&["required"]).and_then(|list| list.read().ok()).unwrap_or_default();
    let line = |(name, field): (String, Value)| {
        let word = |key: &str| field.get(key).and_then(Value::as_str).map(plain);
        let needed = if required.contains(&name) { ", needed" } else { "" };
        let kind = word("type").unwrap_or_else(|| "any value".to_owned());
        let default = field.get("default").map(|value| format!(" [default: {}]", plain(&value.to_string())));
        let about = word("description").or_else(|| word("title")).map(|about| format!(": {about}"));
        let choices = choices(&field).map(|choices| format!(" ({choices})"));
        let parts = [choices, default, about].map(Option::unwrap_or_default).concat();
        format!("{} {kind}{needed}{parts}", plain(&name))
    };
    fields(schema).into_iter().map(line).collect()
}

/// The values that may be chosen.
fn choices(field: &Value) -> Option<String> {
    let of = field.get("items").unwrap_or(field);
    let plain_ones = of.get("enum").and_then(Value::as_array).map(|values| values.iter().collect::<Vec<_>>());
    let titled = || {
        let list = of.get("oneOf").or_else(|| of.get("anyOf")).and_then(Value::as_array)?;
        Some(list.iter().filter_map(|choice| choice.get("const")).collect::<Vec<_>>())
    };
    let words = plain_ones.or_else(titled)?.into_iter().map(|value| match value.as_str() {
        Some(text) => plain(text),
        None => plain(&value.to_string()),
    });
    Some(words.collect::<Vec<_>>().join(" | "))
}

fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
