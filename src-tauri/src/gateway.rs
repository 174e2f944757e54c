//! What the app knows of the gateway, and how it starts and stops it: by the program `headgate` beside it.
//! It attaches by the manifest and then listens. One task owns this; everybody else asks it, or looks at
//! what it published last.

mod keeper;
mod known;

use headgate_api::{Client, Home, HomeError};
use tauri::{AppHandle, async_runtime};
use tokio::sync::{mpsc, oneshot, watch};

use crate::failure::{self, Failure};
use keeper::Keeper;
pub(crate) use known::{Known, Phase, Seen};

/// A person clicks, and waits for what comes of it.
const MAX_WISHES: usize = 8;

/// The handle of the task.
#[derive(Clone)]
pub(crate) struct Gateway {
    wishes: mpsc::Sender<Wish>,
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

impl Gateway {
    /// Looks for the gateway and, unless a person stopped it, starts it.
    pub(crate) fn begin(app: &AppHandle, home: Result<Home, HomeError>) -> Self {
        let (wishes, wishes_of_others) = mpsc::channel(MAX_WISHES);
        let (publish_known, known) = watch::channel(Known::default());
        let (publish_client, client) = watch::channel(None);
        match home {
            Ok(home) => {
                let keeper = Keeper::new(app.clone(), home, wishes_of_others, publish_known, publish_client);
                async_runtime::spawn(keeper.run());
            }
            Err(error) => {
                publish_known.send_modify(|known| known.failed(error.to_string()));
            }
        }
        Self { wishes, known, client }
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
        client.ok_or_else(|| Failure::new(failure::NOT_RUNNING, "the gateway is not running; start it"))
    }

    /// Returns when the gateway runs, or is gone.
    pub(crate) async fn become_so(&self, goal: Goal) -> Result<(), Failure> {
        let nobody = || {
            let reason = self.known().reason.unwrap_or_default();
            Failure::new(failure::SYSTEM, format!("the gateway cannot be reached from here: {reason}"))
        };
        let (answer, answered) = oneshot::channel();
        self.wishes.send(Wish { goal, answer }).await.map_err(|_| nobody())?;
        answered.await.map_err(|_| nobody())?
    }
}
