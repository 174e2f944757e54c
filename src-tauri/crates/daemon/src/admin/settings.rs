//! `/api/settings`: what a person may tune. What can hold at once does.

use std::net::{Ipv4Addr, SocketAddr};

use headgate_api::{Problem, SettingList, SettingsPatch, code};
use headgate_store::SettingChanges;

use super::{Admin, Answer, internal, ok};
use crate::{port, serve::PORT, settings::checked};

impl Admin {
    pub(super) fn settings(&self) -> Answer {
        ok(&SettingList { settings: self.tuning.views() })
    }

    pub(super) async fn patch_settings(&self, patch: SettingsPatch) -> Answer {
        let changes = checked(&patch.0)?;
        let _commit = self.committing.lock().await;
        self.try_port(&changes).await?;
        self.store.write_settings(changes.clone()).await.map_err(internal)?;
        self.tune(&changes);
        self.settings()
    }

    /// Refuses a new port on which the next start could not listen: nobody would find the gateway then.
    pub(super) async fn try_port(&self, changes: &SettingChanges) -> Result<(), Problem> {
        let Some(port) = changes.get(PORT).cloned().flatten().and_then(|text| text.parse().ok()) else {
            return Ok(());
        };
        let address = self.manifest.url.strip_prefix("http://").and_then(|url| url.parse().ok());
        let address = address.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let is_kept = self.tuning.kept_values().get(PORT).is_some_and(|kept| *kept == port);
        if is_kept || port == address.port() {
            return Ok(());
        }
        port::try_out(address.ip(), port).await.map_err(|why| {
            let advice = "the setting is as it was; end that program, or choose another port";
            Problem::new(409, code::PORT_TAKEN, format!("{why}; {advice}"))
        })
    }

    /// Makes what was just written hold.
    pub(super) fn tune(&self, changes: &SettingChanges) {
        self.tuning.written(changes);
        let settings = self.tuning.settings();
        self.activity.tune(&settings);
        self.gateway.tune(settings);
    }
}
