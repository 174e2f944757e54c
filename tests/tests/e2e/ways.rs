//! One gateway with the fake upstream behind it twice: over stdio, shared, and over HTTP.

use e2e::{HttpUpstream, Mcp, Sandbox, UpstreamOptions};
use serde_json::Value;

/// A gateway that reaches the fake upstream both ways.
pub(crate) struct Ways {
    pub(crate) sandbox: Sandbox,
    _http: HttpUpstream,
    key: String,
}

impl Ways {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With more flags for both.
    pub(crate) async fn open_with(flags: &[&str]) -> Self {
        let sandbox = Sandbox::start().await;
        sandbox.add_fake("stdio", flags, UpstreamOptions::prefixed("stdio")).await;
        let _http = sandbox.add_fake_http("http", flags, UpstreamOptions::prefixed("http")).await;
        let key = sandbox.client_key("tester").await;
        Self { sandbox, _http, key }
    }

    /// A client of each way, under the upstream's own names.
    pub(crate) async fn clients(&self) -> [(&'static str, Mcp); 2] {
        [("stdio", self.client("/mcp/stdio").await), ("http", self.client("/mcp/http").await)]
    }

    /// A client at this path.
    pub(crate) async fn client(&self, path: &str) -> Mcp {
        Mcp::open(&self.sandbox.at(path), &self.key).await
    }

    /// A client that says this in `initialize`.
    pub(crate) async fn client_with(&self, path: &str, parameters: Value) -> Mcp {
        Mcp::open_with(&self.sandbox.at(path), &self.key, parameters).await
    }

    /// A client that has not said `initialize`.
    pub(crate) fn stranger(&self, path: &str) -> Mcp {
        Mcp::new(&self.sandbox.at(path), &self.key)
    }
}

/// A gateway with one shared fake upstream over stdio, and a client of it.
pub(crate) async fn one(flags: &[&str]) -> (Sandbox, Mcp) {
    let sandbox = Sandbox::start().await;
    sandbox.add_fake("fake", flags, UpstreamOptions::default()).await;
    let client = sandbox.client("tester", "/mcp").await;
    (sandbox, client)
}

/// The text of an array of strings.
pub(crate) fn words(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("not a list: {value}"));
    list.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect()
}

/// One member of every entry of a list.
pub(crate) fn column(value: &Value, member: &str) -> Vec<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("not a list: {value}"));
    list.iter().map(|entry| entry[member].as_str().unwrap_or_default().to_owned()).collect()
}
