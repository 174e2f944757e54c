//! Tools that ask inside their result and finish when the call is repeated with the answers
//! (modern era). A missing or malformed answer is simply asked for again.

use rmcp::{
    ErrorData,
    model::{
        CreateMessageResult, ElicitResult, InputRequest, InputRequests, InputRequiredResult, ListRootsResult,
    },
};
use serde::{Deserialize, Serialize};

use super::{Call, Entry, Reply, invalid, no_arguments, success};
use crate::forms;

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "test_input_required_result_elicitation",
        description: "Needs the user's name",
        input_schema: no_arguments,
        run: |call| Box::pin(elicitation(call)),
    },
    Entry {
        name: "test_input_required_result_sampling",
        description: "Needs the client's model",
        input_schema: no_arguments,
        run: |call| Box::pin(sampling(call)),
    },
    Entry {
        name: "test_input_required_result_list_roots",
        description: "Needs the client's roots",
        input_schema: no_arguments,
        run: |call| Box::pin(list_roots(call)),
    },
    Entry {
        name: "test_input_required_result_request_state",
        description: "Needs a confirmation and its own state back",
        input_schema: no_arguments,
        run: |call| Box::pin(confirmation(call)),
    },
    Entry {
        name: "test_input_required_result_tampered_state",
        description: "Refuses a state that was tampered with",
        input_schema: no_arguments,
        run: |call| Box::pin(confirmation(call)),
    },
    Entry {
        name: "test_input_required_result_multiple_inputs",
        description: "Needs three answers in one round",
        input_schema: no_arguments,
        run: |call| Box::pin(multiple_inputs(call)),
    },
    Entry {
        name: "test_input_required_result_multi_round",
        description: "Needs two rounds of answers",
        input_schema: no_arguments,
        run: |call| Box::pin(multi_round(call)),
    },
    Entry {
        name: "test_input_required_result_capabilities",
        description: "Asks only what the client can answer",
        input_schema: no_arguments,
        run: |call| Box::pin(capabilities(call)),
    },
    Entry {
        name: "test_streaming_elicitation",
        description: "Asks inside a result, also on a stream",
        input_schema: no_arguments,
        run: |call| Box::pin(elicitation(call)),
    },
];

/// Where a call stands, as it travels through the client.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Progress {
    AskedOnce,
    AskedTwice,
}

async fn elicitation(call: Call) -> Reply {
    match forms::answer::<ElicitResult>(&call.answers, "user_name") {
        Some(answer) => {
            let greeting = format!("Hello, {}!", forms::field(&answer, "name"));
            Ok(success(greeting).into())
        }
        None => ask([name_question()?]),
    }
}

async fn sampling(call: Call) -> Reply {
    match forms::answer::<CreateMessageResult>(&call.answers, "capital_question") {
        Some(answer) => {
            let text = format!("Sampling response: {}", forms::sampled_text(&answer));
            Ok(success(text).into())
        }
        None => {
            let question = forms::sampling_question("What is the capital of France?", 100);
            ask([("capital_question", question)])
        }
    }
}

async fn list_roots(call: Call) -> Reply {
    match forms::answer::<ListRootsResult>(&call.answers, "client_roots") {
        Some(answer) => {
            let uris: Vec<&str> = answer.roots.iter().map(|root| root.uri.as_str()).collect();
            Ok(success(format!("Client roots: {}", uris.join(", "))).into())
        }
        None => ask([("client_roots", forms::roots_question())]),
    }
}

async fn confirmation(call: Call) -> Reply {
    let progress = open_progress(&call)?;
    let answer = forms::answer::<ElicitResult>(&call.answers, "confirm");
    if progress.is_some() && answer.is_some() {
        return Ok(success("Confirmed: state-ok").into());
    }
    let question = ("confirm", forms::yes_no_question("Please confirm", "ok")?);
    ask_and_keep(&call, [question], Progress::AskedOnce)
}

async fn multiple_inputs(call: Call) -> Reply {
    let progress = open_progress(&call)?;
    let name = forms::answer::<ElicitResult>(&call.answers, "user_name");
    let greeting = forms::answer::<CreateMessageResult>(&call.answers, "greeting");
    let roots = forms::answer::<ListRootsResult>(&call.answers, "client_roots");
    if let (Some(_), Some(name), Some(greeting), Some(roots)) = (progress, name, greeting, roots) {
        let text = format!(
            "{}, {} with {} roots",
            forms::sampled_text(&greeting),
            forms::field(&name, "name"),
            roots.roots.len(),
        );
        return Ok(success(text).into());
    }
    let questions = [name_question()?, greeting_question(), roots_question()];
    ask_and_keep(&call, questions, Progress::AskedOnce)
}

async fn multi_round(call: Call) -> Reply {
    let progress = open_progress(&call)?;
    let first = forms::answer::<ElicitResult>(&call.answers, "step1");
    let second = forms::answer::<ElicitResult>(&call.answers, "step2");
    match (progress, first, second) {
        (Some(Progress::AskedTwice), _, Some(answer)) => {
            let color = forms::field(&answer, "color");
            Ok(success(format!("Both steps answered, the color is {color}")).into())
        }
        (Some(Progress::AskedTwice), _, None) | (Some(Progress::AskedOnce), Some(_), _) => {
            let message = "Step 2: What is your favorite color?";
            let question = ("step2", forms::text_question(message, "color")?);
            ask_and_keep(&call, [question], Progress::AskedTwice)
        }
        (None, _, _) | (Some(Progress::AskedOnce), None, _) => {
            let message = "Step 1: What is your name?";
            let question = ("step1", forms::text_question(message, "name")?);
            ask_and_keep(&call, [question], Progress::AskedOnce)
        }
    }
}

async fn capabilities(call: Call) -> Reply {
    if !call.answers.is_empty() {
        return Ok(success("Answered what was asked").into());
    }
    let declared = call.context.client_capabilities().unwrap_or_default();
    let mut questions = Vec::new();
    if declared.elicitation.is_some() {
        questions.push(name_question()?);
    }
    if declared.sampling.is_some() {
        questions.push(greeting_question());
    }
    if declared.roots.is_some() {
        questions.push(roots_question());
    }
    if questions.is_empty() {
        return Ok(success("Nothing this client could answer").into());
    }
    ask(questions)
}

type Question = (&'static str, InputRequest);

fn name_question() -> Result<Question, ErrorData> {
    Ok(("user_name", forms::text_question("What is your name?", "name")?))
}

fn greeting_question() -> Question {
    ("greeting", forms::sampling_question("Generate a greeting", 50))
}

fn roots_question() -> Question {
    ("client_roots", forms::roots_question())
}

/// Asks without keeping anything: also used by tools of other files.
pub(super) fn ask(questions: impl IntoIterator<Item = Question>) -> Reply {
    Ok(InputRequiredResult::from_input_requests(keyed(questions)).into())
}

fn ask_and_keep(call: &Call, questions: impl IntoIterator<Item = Question>, progress: Progress) -> Reply {
    let codec = &call.fixture.shared.request_states;
    let sealed =
        codec.seal_json(&progress).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(InputRequiredResult::new(Some(keyed(questions)), Some(sealed)).into())
}

fn keyed(questions: impl IntoIterator<Item = Question>) -> InputRequests {
    let owned = |(key, question): Question| (key.to_owned(), question);
    questions.into_iter().map(owned).collect()
}

/// What came back is a stranger's until its signature is verified.
fn open_progress(call: &Call) -> Result<Option<Progress>, ErrorData> {
    let codec = &call.fixture.shared.request_states;
    let open = |sealed: &String| codec.open_json(sealed);
    let progress = call.request_state.as_ref().map(open).transpose();
    progress.map_err(|error| invalid(format!("request state refused: {error}")))
}
