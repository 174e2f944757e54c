//! Tools of the tasks extension: work that a client follows with `tasks/get` when it
//! declared the extension, and waits for otherwise. Some cannot do without a task and
//! refuse clients that did not declare it.

use std::time::Duration;

use rmcp::{
    ErrorData,
    model::{ClientCapabilities, CreateTaskResult, ElicitResult, InputResponses},
    task_manager::{TaskContext, TaskExit, TaskFuture, TaskOptions},
};
use serde_json::{Value, json};

use super::{Call, Entry, Reply, failure, invalid, no_arguments, one_text, pause, rounds, success};
use crate::forms;

/// Clients are told to ask this often; the suite's jobs take about a second.
const POLL_INTERVAL_MS: u64 = 200;

pub(super) const TOOLS: &[Entry] = &[
    Entry {
        name: "greet",
        description: "Greets at once, never as a task",
        input_schema: || one_text("name", "Whom to greet"),
        run: |call| Box::pin(greet(call)),
    },
    Entry {
        name: "slow_compute",
        description: "Takes as many seconds as it is told to",
        input_schema: slow_compute_schema,
        run: |call| Box::pin(slow_compute(call)),
    },
    Entry {
        name: "failing_job",
        description: "A task that ends with a tool error",
        input_schema: no_arguments,
        run: |call| Box::pin(failing_job(call)),
    },
    Entry {
        name: "protocol_error_job",
        description: "Work that ends with a protocol error",
        input_schema: no_arguments,
        run: |call| Box::pin(protocol_error_job(call)),
    },
    Entry {
        name: "confirm_delete",
        description: "A task that waits for one answer",
        input_schema: || json!({ "type": "object", "properties": { "filename": { "type": "string" } } }),
        run: |call| Box::pin(confirm_delete(call)),
    },
    Entry {
        name: "multi_input",
        description: "A task that waits for two answers at once",
        input_schema: no_arguments,
        run: |call| Box::pin(multi_input(call)),
    },
    Entry {
        name: "test_tool_with_task",
        description: "Asks inside its result first, then becomes a task",
        input_schema: no_arguments,
        run: |call| Box::pin(question_then_task(call)),
    },
];

async fn greet(call: Call) -> Reply {
    Ok(success(format!("Hello, {}!", call.text_argument("name")?)).into())
}

async fn slow_compute(call: Call) -> Reply {
    let seconds = call.arguments.get("seconds").and_then(Value::as_f64);
    let duration = Duration::try_from_secs_f64(seconds.unwrap_or(1.0))
        .map_err(|error| invalid(format!("argument `seconds`: {error}")))?;
    let label = call.text_argument("label").unwrap_or("compute");
    let text = format!("slow_compute({label}) took {duration:?}");

    if !declares_tasks(&call) {
        tokio::time::sleep(duration).await;
        return Ok(success(text).into());
    }
    begin(&call, move |task| {
        Box::pin(async move {
            tokio::select! {
                () = task.cancelled() => Err(TaskExit::Cancelled),
                () = tokio::time::sleep(duration) => Ok(success(text)),
            }
        })
    })
}

async fn failing_job(call: Call) -> Reply {
    require_tasks(&call)?;
    begin(&call, |_| {
        Box::pin(async {
            pause(1_000).await;
            Ok(failure("This job fails on purpose"))
        })
    })
}

async fn protocol_error_job(call: Call) -> Reply {
    if !declares_tasks(&call) {
        return Err(break_down().await);
    }
    begin(&call, |_| Box::pin(async { Err(break_down().await.into()) }))
}

async fn break_down() -> ErrorData {
    pause(200).await;
    ErrorData::internal_error("this job breaks down on purpose", None)
}

async fn confirm_delete(call: Call) -> Reply {
    require_tasks(&call)?;
    let filename = call.text_argument("filename").unwrap_or("file.txt").to_owned();
    let question = forms::yes_no_question(&format!("Delete {filename}?"), "confirm")?;
    begin(&call, move |task| {
        Box::pin(async move {
            let answer = task.request_input("confirm", question).await?;
            let confirmed = field_of(answer, "confirm")?;
            Ok(success(format!("Delete {filename}: {confirmed}")))
        })
    })
}

async fn multi_input(call: Call) -> Reply {
    require_tasks(&call)?;
    let first = forms::text_question("The first value", "value")?;
    let second = forms::text_question("The second value", "value")?;
    begin(&call, move |task| {
        Box::pin(async move {
            let (first, second) =
                tokio::try_join!(task.request_input("first", first), task.request_input("second", second),)?;
            let (first, second) = (field_of(first, "value")?, field_of(second, "value")?);
            Ok(success(format!("Got {first} and {second}")))
        })
    })
}

async fn question_then_task(call: Call) -> Reply {
    require_tasks(&call)?;
    let Some(name) = answered_name(&call.answers) else {
        let question = forms::text_question("What is your name?", "name")?;
        return rounds::ask([("user_name", question)]);
    };
    begin(&call, |_| {
        Box::pin(async move {
            pause(200).await;
            Ok(success(format!("Hello, {name}!")))
        })
    })
}

fn answered_name(answers: &InputResponses) -> Option<String> {
    let answer: ElicitResult = forms::answer(answers, "user_name")?;
    Some(forms::field(&answer, "name"))
}

fn field_of(answer: Value, name: &str) -> Result<String, TaskExit> {
    let answer: ElicitResult = serde_json::from_value(answer)
        .map_err(|error| invalid(format!("answer is no elicitation result: {error}")))?;
    Ok(forms::field(&answer, name))
}

/// Turns the call into a task that the client asks about from now on.
fn begin(call: &Call, work: impl FnOnce(TaskContext) -> TaskFuture) -> Reply {
    let options = TaskOptions::default().with_poll_interval_ms(POLL_INTERVAL_MS);
    let task = call.fixture.shared.tasks.spawn(options, work);
    Ok(CreateTaskResult::new(task).into())
}

fn declares_tasks(call: &Call) -> bool {
    let declared = call.context.client_capabilities();
    declared.is_some_and(|capabilities| capabilities.supports_tasks())
}

fn require_tasks(call: &Call) -> Result<(), ErrorData> {
    if declares_tasks(call) {
        return Ok(());
    }
    let required = ClientCapabilities::builder().enable_tasks().build();
    Err(ErrorData::missing_required_client_capability(required))
}

fn slow_compute_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "seconds": { "type": "number", "minimum": 0 },
            "label": { "type": "string" },
        },
    })
}
