//! `/api/questions`: what upstreams ask of people whose clients cannot show it.

use headgate_api::{
    FieldFault, Problem, QuestionAction, QuestionAnswer, QuestionKind, QuestionState, QuestionView,
    Questions, code,
};
use headgate_gateway::{Posted, Stage, Unanswered, Verdict, Wanted};
use headgate_protocol::Raw;

use super::{Admin, Answer, done, ok};

impl Admin {
    pub(super) fn questions(&self) -> Answer {
        ok(&Questions { questions: self.question_views() })
    }

    pub(super) fn question_views(&self) -> Vec<QuestionView> {
        self.gateway.questions().iter().map(|posted| view(posted)).collect()
    }

    pub(super) async fn answer_question(&self, id: &str, answer: QuestionAnswer) -> Answer {
        let verdict = verdict(answer)?;
        let number = id.parse().map_err(|_| problem(id, &Unanswered::Gone))?;
        self.gateway.answer_question(number, verdict).await.map_err(|why| problem(id, &why))?;
        done()
    }
}

fn verdict(answer: QuestionAnswer) -> Result<Verdict, Problem> {
    // It was read as JSON, so that it is one value of it.
    let content = answer.content.map(|content| Raw::of(&content));
    match (answer.action, content) {
        (QuestionAction::Accept, content) => Ok(Verdict::Accept(content)),
        (QuestionAction::Decline, None) => Ok(Verdict::Decline),
        (QuestionAction::Cancel, None) => Ok(Verdict::Cancel),
        (QuestionAction::Decline | QuestionAction::Cancel, Some(_)) => {
            Err(Problem::new(400, code::INVALID, "`content` belongs to the action `accept` alone"))
        }
    }
}

fn problem(id: &str, why: &Unanswered) -> Problem {
    let id: String = id.chars().take(32).collect();
    let detail = format!("question `{id}`: {why}");
    match why {
        Unanswered::Gone => Problem::new(404, code::NOT_FOUND, detail),
        Unanswered::Answered => Problem::new(409, code::ANSWERED, detail),
        Unanswered::Misplaced(_) => Problem::new(400, code::INVALID, detail),
        Unanswered::Faults(faults) => {
            let fields = faults
                .iter()
                .map(|fault| FieldFault { field: fault.field.clone(), reason: fault.reason.clone() });
            Problem { fields: fields.collect(), ..Problem::new(422, code::CONTENT, detail) }
        }
    }
}

fn view(posted: &Posted) -> QuestionView {
    let (kind, schema, url) = match &posted.wanted {
        Wanted::Form(schema) => (QuestionKind::Form, schema.read().ok(), None),
        Wanted::Page { url, .. } => (QuestionKind::Url, None, Some(url.clone())),
    };
    QuestionView {
        id: posted.number.to_string(),
        session: posted.session.clone(),
        client: posted.client.clone(),
        upstream: posted.upstream.clone(),
        tool: posted.tool.clone(),
        message: posted.message.clone(),
        kind,
        state: match posted.stage {
            Stage::Open => QuestionState::Open,
            Stage::Waiting => QuestionState::Waiting,
            Stage::Done => QuestionState::Done,
        },
        schema,
        url,
        began_ms: posted.began_ms,
        expires_ms: posted.expires_ms,
    }
}
