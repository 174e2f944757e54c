//! Messages as raw text, and where they go.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

/// The members of a message that the server acts on, as their text.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    pub(crate) id: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) params: Option<String>,
    /// The whole message.
    pub(crate) text: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(default)]
    method: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
}

/// A null is a value, too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Incoming {
    pub(crate) fn read(text: String) -> Result<Self, serde_json::Error> {
        let Envelope { id, method, params } = serde_json::from_str(&text)?;
        let own = |value: Option<&RawValue>| value.map(|value| value.get().to_owned());
        let (id, params) = (own(id), own(params));
        Ok(Self { id, method, params, text })
    }

    /// The value at a path in the parameters, as text.
    pub(crate) fn at(&self, path: &[&str]) -> Option<String> {
        let mut value = self.params.clone()?;
        for key in path {
            value = member(&value, key)?;
        }
        Some(value)
    }

    /// The string at a path in the parameters.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<String> {
        serde_json::from_str(&self.at(path)?).ok()
    }
}

fn member(object: &str, key: &str) -> Option<String> {
    let members: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(object).ok()?;
    members.get(key).map(|value| value.get().to_owned())
}

/// Something to write.
#[derive(Debug)]
pub(crate) enum Out {
    /// A message on the way.
    Message(String),
    /// The answer, after which nothing follows on an answer stream.
    Answer(String),
    /// Bytes that are no message; on the standard streams only.
    Bytes(Vec<u8>),
}

/// Where messages go: the standard output, the stream of one POST, or the stream that listens.
#[derive(Debug, Clone)]
pub(crate) struct Outlet(pub(crate) mpsc::UnboundedSender<Out>);

impl Outlet {
    pub(crate) fn put(&self, out: Out) {
        // Whoever read it may be gone; then nobody misses it.
        let _ = self.0.send(out);
    }

    pub(crate) fn notify(&self, method: &str, params: &str) {
        self.put(Out::Message(format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#)));
    }

    /// Answers; the id comes last, as some servers write it.
    pub(crate) fn answer(&self, id: &str, result: &str) {
        self.put(Out::Answer(format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#)));
    }

    pub(crate) fn refuse(&self, id: &str, code: i64, sentence: &str) {
        let error = serde_json::json!({ "code": code, "message": sentence });
        self.put(Out::Answer(format!(r#"{{"jsonrpc":"2.0","error":{error},"id":{id}}}"#)));
    }
}
