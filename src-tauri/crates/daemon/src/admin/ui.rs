//! `/api/ui`: lets a browser in. A holder of the admin token makes a link with a code, and the page trades
//! the code for a token of its own. No cookie is set: every server of this machine would receive it.

use std::{
    borrow::Cow,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use headgate_api::{NewUiCode, NewUiToken, Problem, UiCode, UiToken, code};
use hyper::{Request, body::Incoming};
use tokio::time::{Instant, sleep, timeout};

use super::{Admin, Answer, Face, body_within, created};
use crate::{
    keys,
    mcp::Limits,
    ui::{
        page,
        passes::{CODE_LIFE, Passes, Refused},
    },
};

/// Strangers who are listened to at once: a person opens one page after the other, and each needs moments.
pub(super) const MAX_STRANGERS: usize = 8;
/// How long others wait: as long as those before them may take.
const PLACE_LIMIT: Duration = Duration::from_secs(6);

impl Admin {
    pub(super) fn post_ui_code(&self, face: Face, new_code: &NewUiCode) -> Answer {
        if face != Face::Program {
            // A page that somebody took over must not let in others, who would stay when it is closed.
            let detail = "a page of the web UI cannot let in another one; run `headgate ui` for that";
            return Err(Problem::new(403, code::FORBIDDEN, detail));
        }
        let broken = |what: &str, error: anyhow::Error| {
            tracing::error!("cannot {what}: {error:#}");
            Problem::new(500, code::INTERNAL, format!("cannot {what}: {error:#}"))
        };
        let secret = keys::generate("hgc").map_err(|error| broken("make a code", error))?;
        let url = format!("{}/#code={secret}", reachable(&self.manifest.url));
        let page = match new_code.page {
            true => {
                let page = page::write(&self.pages, &url);
                Some(page.map_err(|error| broken("write the page that leads to the web UI", error.into()))?)
            }
            false => None,
        };
        let path = page.as_ref().map(|page| page.to_path_buf());
        self.passes().open(&secret, page, Instant::now());
        let passes = self.passes.clone();
        tokio::spawn(async move {
            sleep(CODE_LIFE).await;
            passes.lock().unwrap_or_else(PoisonError::into_inner).tidy(Instant::now());
        });
        created(&UiCode { url, page: path, valid_s: CODE_LIFE.as_secs() })
    }

    /// The one thing that strangers may ask for, so that little is read of them, and of few at once. Others wait
    /// for a place with nothing read, since whoever sends slowly must not shut out who has a link.
    pub(super) async fn post_ui_token(&self, request: Request<Incoming>) -> Answer {
        let Ok(Ok(_place)) = timeout(PLACE_LIMIT, self.strangers.acquire()).await else {
            let detail = "too many pages are being let in at once; open the link again, or make a new one with \
                          `headgate ui`";
            return Err(Problem::new(429, code::TOO_MANY, detail));
        };
        let new_token: NewUiToken = body_within(Limits::STRANGERS, request).await?;
        let token = keys::generate("hgu")
            .map_err(|error| Problem::new(500, code::INTERNAL, format!("cannot make a token: {error:#}")))?;
        match self.passes().trade(&new_token.code, &token, Instant::now()) {
            Ok(()) => created(&UiToken { token }),
            Err(Refused::Unknown) => {
                let detail =
                    "this link was used before or is older than a minute; `headgate ui` makes a new one";
                Err(Problem::new(401, code::UNAUTHORIZED, detail))
            }
            Err(Refused::TooManyWrong) => {
                let detail = "too many links that do not work were tried; wait a minute, and make a new one with \
                              `headgate ui`";
                Err(Problem::new(429, code::TOO_MANY, detail))
            }
        }
    }

    /// Keeps a page that watches from being forgotten; false when it is not let in any more.
    pub(super) fn stays(&self, face: Face) -> bool {
        match face {
            Face::Page(pass) => self.passes().is_used(pass, Instant::now()),
            Face::Program | Face::Anybody => true,
        }
    }

    pub(super) fn passes(&self) -> MutexGuard<'_, Passes> {
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URL as a browser of this machine reaches it: a gateway that listens everywhere has an address that leads
/// nowhere.
fn reachable(url: &str) -> Cow<'_, str> {
    let everywhere = [("http://0.0.0.0:", "http://127.0.0.1:"), ("http://[::]:", "http://[::1]:")];
    let found = everywhere.iter().find_map(|(all, here)| Some((here, url.strip_prefix(all)?)));
    found.map_or(url.into(), |(here, port)| format!("{here}{port}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_this_machine() {
        for (url, expected) in [
            ("http://127.0.0.1:4283", "http://127.0.0.1:4283"),
            ("http://0.0.0.0:4283", "http://127.0.0.1:4283"),
            ("http://[::]:4283", "http://[::1]:4283"),
            ("http://192.168.0.2:4283", "http://192.168.0.2:4283"),
        ] {
            assert_eq!(reachable(url), expected);
        }
    }
}
