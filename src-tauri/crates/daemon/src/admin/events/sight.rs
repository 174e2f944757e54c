//! What is told to watchers, seen once for all of them: a look goes over every upstream and every session, on the
//! thread that carries the calls.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use headgate_api::{CatalogCounts, Figures, State, Usage};
use headgate_gateway::{Kind, Scope};
use headgate_model::UpstreamName;
use tokio::time::{Instant, sleep_until};

use crate::admin::Admin;

/// However many watchers there are, and whatever changes.
pub(super) const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(100);
/// What changes without a signal may be told so much later.
const FRESH: Duration = Duration::from_millis(500);

/// The state at one moment.
pub(in crate::admin) struct Sight {
    pub(super) at: Instant,
    /// How many changes there had been before.
    changes: u64,
    /// With the questions of upstreams, and without what these take.
    pub(super) state: State,
    /// What things take, which is never the same twice.
    pub(super) figures: Figures,
}

impl Sight {
    pub(super) fn new(at: Instant, changes: u64, mut state: State) -> Self {
        let views = state.upstreams.iter_mut();
        let usages = views.filter_map(|view| Some((view.spec.name.clone(), view.usage.take()?)));
        let upstreams: BTreeMap<UpstreamName, Usage> = usages.collect();
        let status = &state.status;
        let (gateway, total) = (status.gateway.clone(), status.total.clone());
        let figures = Figures { gateway, total, saving: status.saving.clone(), upstreams };
        Self { at, changes, state, figures }
    }

    /// Everything, for who has been told nothing yet.
    pub(super) fn whole(&self, shows_questions: bool) -> State {
        let mut state = self.state.clone();
        for view in &mut state.upstreams {
            view.usage = self.figures.upstreams.get(&view.spec.name).cloned();
        }
        state.questions = state.questions.filter(|_| shows_questions);
        state
    }
}

impl Admin {
    /// What there is to see: what another watcher has just seen, unless something changed since.
    pub(super) async fn sight(&self) -> Arc<Sight> {
        // Whoever comes during a look waits for it, and has it.
        let mut last = self.sight.lock().await;
        if let Some(sight) =
            last.upgrade().filter(|sight| sight.state.status.stopping == self.drain.is_closed())
        {
            if sight.changes == self.change_count() && sight.at.elapsed() < FRESH {
                return sight;
            }
            sleep_until(sight.at + LOOK_AT_MOST_EVERY).await;
        }
        let sight = Arc::new(self.look().await);
        *last = Arc::downgrade(&sight);
        sight
    }

    pub(super) async fn look(&self) -> Sight {
        self.usage.look().await;
        self.look_up_programs().await;
        // Counted first: what changes meanwhile is seen, and looked at again.
        let (at, changes) = (Instant::now(), self.change_count());
        let catalog = self.gateway.published(&Scope::All);
        let count = |kind| catalog.items(kind).len();
        let sessions = self.session_views();
        let state = State {
            status: self.status_view(),
            upstreams: self.upstream_views(),
            clients: self.client_views(&sessions),
            sessions,
            settings: self.tuning.views(),
            catalog: CatalogCounts {
                serial: self.gateway.catalog_serial(),
                tools: count(Kind::Tool),
                resources: count(Kind::Resource),
                resource_templates: count(Kind::Template),
                prompts: count(Kind::Prompt),
            },
            questions: Some(self.question_views()),
        };
        Sight::new(at, changes, state)
    }

    fn change_count(&self) -> u64 {
        *self.gateway.changes().borrow()
    }
}
