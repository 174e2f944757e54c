//! Sends requests to one server, by a client that never takes a secret elsewhere.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Method, Response, header::HeaderMap, redirect};
use url::{Host, Url};

use crate::upstream::link::Failure;

/// A server that takes longer to connect to is down for a person who waits.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The way to one server.
pub(super) struct Sender {
    client: Client,
    url: Url,
}

impl Sender {
    /// Prepares a client; nothing is sent yet.
    pub(super) fn new(url: &Url) -> Result<Self, reqwest::Error> {
        let origin = url.origin();
        let same_origin = redirect::Policy::custom(move |attempt| {
            // Header secrets must not follow a redirect to somebody else.
            match attempt.url().origin() == origin && attempt.previous().len() < 5 {
                true => attempt.follow(),
                false => attempt.stop(),
            }
        });
        let builder = Client::builder()
            .user_agent(concat!("headgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            .tcp_nodelay(true)
            .redirect(same_origin);
        let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build()?, url: url.clone() })
    }

    /// Sends a request. A failure tells whether the server may have taken it.
    pub(super) async fn send(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Response, Failure> {
        let request = self.client.request(method, self.url.clone()).headers(headers);
        let request = match body {
            Some(body) => request.body(body),
            None => request,
        };
        request.send().await.map_err(|error| match error.is_connect() {
            true => Failure::NotTaken(sentence("cannot connect", &error)),
            false => Failure::Lost(sentence("the HTTP exchange broke", &error)),
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An error's causes. The error itself names the URL, which may hold a key.
pub(super) fn sentence(what: &str, problem: &reqwest::Error) -> String {
    let mut text = what.to_owned();
    let mut source = std::error::Error::source(problem);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
