//! `/api/settings`: what a person may tune. What can hold at once does.

use headgate_api::{SettingList, SettingsPatch};
use headgate_store::SettingChanges;

use super::{Admin, Answer, internal, ok};
use crate::settings::checked;

impl Admin {
    pub(super) fn settings(&self) -> Answer {
        ok(&SettingList { settings: self.tuning.views() })
    }

    pub(super) async fn patch_settings(&self, patch: SettingsPatch) -> Answer {
        let changes = checked(&patch.0)?;
        let _commit = self.committing.lock().await;
        self.store.write_settings(changes.clone()).await.map_err(internal)?;
        self.tune(&changes);
        self.settings()
    }

    /// Makes what was just written hold.
    pub(super) fn tune(&self, changes: &SettingChanges) {
        self.tuning.written(changes);
        let settings = self.tuning.settings();
        self.activity.tune(&settings);
        self.gateway.tune(settings);
    }
}
