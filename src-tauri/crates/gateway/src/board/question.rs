//! What an upstream asks (client/elicitation, 2025-11-25), read within bounds: it is a stranger's text, and
//! hangs in the memory of the gateway and of every face.

use headgate_protocol::Raw;
use url::Url;

use super::form::Form;

/// Words for a person; more than fills a window is cut.
const MAX_MESSAGE_CHARS: usize = 4_000;
/// A form that a person can fill is smaller by far.
const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// Browsers take no longer ones either.
const MAX_URL_BYTES: usize = 8 * 1024;
/// An id that only its upstream reads.
const MAX_ELICITATION_ID_BYTES: usize = 1024;

/// A question that a person can be shown.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) message: String,
    pub(super) wanted: Wanted,
}

/// What a question wants of a person.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// To fill a form; its schema as it came.
    Form(Raw),
    /// To open a page.
    Page {
        /// Where it is, as it came.
        url: String,
        /// By which name the upstream will say that they are done there.
        elicitation: Option<String>,
    },
}

/// True when the parameters ask a person to open a page; without a mode they ask to fill a form.
pub(crate) fn wants_page(params: Option<&Raw>) -> bool {
    params.and_then(|params| params.text_at(&["mode"])).is_some_and(|mode| mode == "url")
}

impl Question {
    /// Reads the parameters of `elicitation/create`; an error is a sentence for the upstream.
    pub(super) fn read(params: Option<&Raw>) -> Result<Self, String> {
        let params = params.ok_or("a question needs parameters")?;
        let message = params.text_at(&["message"]).ok_or("a question needs a string `message`")?;
        let wanted = match params.text_at(&["mode"]).as_deref() {
            None | Some("form") => form(params)?,
            Some("url") => page(params)?,
            Some(_) => return Err("this `mode` is not known; there are `form` and `url`".to_owned()),
        };
        Ok(Self { message: cut(message), wanted })
    }
}

fn form(params: &Raw) -> Result<Wanted, String> {
    let schema = params.at(&["requestedSchema"]).unwrap_or_else(|| Raw::constant("{}"));
    if schema.as_bytes().len() > MAX_SCHEMA_BYTES {
        return Err(format!("`requestedSchema` is longer than {MAX_SCHEMA_BYTES} bytes"));
    }
    Form::read(&schema).map_err(|why| format!("`requestedSchema` cannot be shown: {why}"))?;
    Ok(Wanted::Form(schema.detached()))
}

fn page(params: &Raw) -> Result<Wanted, String> {
    let url = params.text_at(&["url"]).ok_or("a question of mode `url` needs a string `url`")?;
    let elicitation = params.text_at(&["elicitationId"]);
    if url.len() > MAX_URL_BYTES {
        return Err(format!("`url` is longer than {MAX_URL_BYTES} bytes"));
    }
    if elicitation.as_ref().is_some_and(|id| id.len() > MAX_ELICITATION_ID_BYTES) {
        return Err(format!("`elicitationId` is longer than {MAX_ELICITATION_ID_BYTES} bytes"));
    }
    // Other schemes run programs or read files.
    match Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        true => Ok(Wanted::Page { url, elicitation }),
        false => Err("`url` must be the whole address of a page, with http or https".to_owned()),
    }
}

fn cut(mut message: String) -> String {
    if let Some((at, _)) = message.char_indices().nth(MAX_MESSAGE_CHARS) {
        message.truncate(at);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(params: &str, expected: &str) {
        let read = Question::read(Some(&Raw::parse(params.to_owned()).unwrap()));
        let found = match read {
            Ok(Question { message, wanted: Wanted::Form(schema) }) => format!("{message}: {schema:?}"),
            Ok(Question { message, wanted: Wanted::Page { url, .. } }) => format!("{message}: {url}"),
            Err(why) => why,
        };
        assert_eq!(found, expected, "{params}");
    }

    #[test]
    fn what_can_be_shown_is_read() {
        check(r#"{"message":"Who?"}"#, "Who?: {}");
        check(
            r#"{"mode":"form","message":"Who?","requestedSchema":{"b":1,"a":2}}"#,
            r#"Who?: {"b":1,"a":2}"#,
        );
        check(r#"{"mode":"url","message":"Go","url":"https://a.example/x"}"#, "Go: https://a.example/x");
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        check("{}", "a question needs a string `message`");
        check(r#"{"message":"?","mode":"dance"}"#, "this `mode` is not known; there are `form` and `url`");
        check(r#"{"message":"?","mode":"url"}"#, "a question of mode `url` needs a string `url`");
        for url in ["javascript:alert(1)", "file:///etc/passwd", "/relative", "data:text/html,x"] {
            let params = format!(r#"{{"message":"?","mode":"url","url":"{url}"}}"#);
            check(&params, "`url` must be the whole address of a page, with http or https");
        }
        let form = r#"{"message":"?","requestedSchema":[]}"#;
        check(form, "`requestedSchema` cannot be shown: it is no object");
        let large =
            format!(r#"{{"message":"?","requestedSchema":{{"x":"{}"}}}}"#, "y".repeat(MAX_SCHEMA_BYTES));
        check(&large, "`requestedSchema` is longer than 65536 bytes");
    }

    #[test]
    fn a_long_message_is_cut() {
        let message = "é".repeat(MAX_MESSAGE_CHARS);
        check(&format!(r#"{{"message":"{message}"}}"#), &format!("{message}: {{}}"));
        check(&format!(r#"{{"message":"{message}x"}}"#), &format!("{message}…: {{}}"));
    }
}
