//! What the app knows of the gateway, and how it starts and stops it: by the program `headgate` beside it.
//! It attaches by the manifest and then listens. One task owns this; everybody else asks it, or looks at
//! what it published last.

mod keeper;
mod known;
mod versions;

use headgate_api::{Client, Home, HomeError};
use tauri::{AppHandle, async_runtime};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    failure::{self, Failure},
    sidecar,
    words::Language,
};
use keeper::Keeper;
#[cfg(test)]
pub(crate) use known::Seen;
pub(crate) use known::{Known, Phase, Trouble};

/// A person clicks, and waits for what comes of it.
const MAX_WORDS: usize = 8;

/// The handle of the task.
#[derive(Clone)]
pub(crate) struct Gateway {
    words: mpsc::Sender<Word>,
    known: watch::Receiver<Known>,
    client: watch::Receiver<Option<Client>>,
}

/// What a person wants of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    Run,
    Stop,
}

struct Wish {
    goal: Goal,
    answer: oneshot::Sender<Result<(), Failure>>,
}

/// What the task is told.
enum Word {
    Wish(Wish),
    /// Another version of the app lies on the disk by now.
    Installed(String),
}

impl Gateway {
    /// Looks for the gateway and, unless a person stopped it, starts it.
    pub(crate) fn begin(app: &AppHandle, home: Result<Home, HomeError>) -> Self {
        let (words, words_of_others) = mpsc::channel(MAX_WORDS);
        let (publish_known, known) = watch::channel(Known::default());
        let (publish_client, client) = watch::channel(None);
        match home {
            Ok(home) => {
                let keeper = Keeper::new(app.clone(), home, words_of_others, publish_known, publish_client);
                async_runtime::spawn(keeper.run());
            }
            Err(error) => {
                publish_known.send_modify(|known| known.failed(error.to_string()));
            }
        }
        Self { words, known, client }
    }

    /// What is known now.
    pub(crate) fn known(&self) -> Known {
        self.known.borrow().clone()
    }

    /// Tells of changes. Who is slow misses what came between.
    pub(crate) fn watch(&self) -> watch::Receiver<Known> {
        self.known.clone()
    }

    /// The gateway, if it runs.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let client = self.client.borrow().clone();
        client.ok_or_else(|| Failure::new(failure::NOT_RUNNING, Language::spoken().gateway_is_away()))
    }

    /// Returns when the gateway runs, or is gone.
    pub(crate) async fn become_so(&self, goal: Goal) -> Result<(), Failure> {
        let nobody = || {
            let reason = self.known().reason.unwrap_or_default();
            Failure::new(failure::SYSTEM, Language::spoken().gateway_out_of_reach(&reason))
        };
        let (answer, answered) = oneshot::channel();
        self.words.send(Word::Wish(Wish { goal, answer })).await.map_err(|_| nobody())?;
        answered.await.map_err(|_| nobody())?
    }

    /// Looks whether the app was updated while it runs: whoever starts the new version meets this one.
    pub(crate) async fn look_for_update(&self, app: &AppHandle) {
        let installed = sidecar::version(app).await.ok().filter(|version| versions::is_news(version));
        if let Some(version) = installed {
            // Without a home nothing works, which is said already.
            let _ = self.words.send(Word::Installed(version)).await;
        }
    }
}
