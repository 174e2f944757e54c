//! `/api/clients/known`: which AI clients are on this machine. Only looks; no file of theirs is opened.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use headgate_api::{ClientReach, KnownClient, KnownClients};
use headgate_clients::{Folders, KNOWN_CLIENTS};
use headgate_gateway::programs;

use crate::admin::{Admin, Answer, internal_failure, ok};

impl Admin {
    pub(in crate::admin) async fn known_clients(&self) -> Answer {
        let path = self.gateway.child_path().await;
        // Folders may be slow, and calls in flight must not wait for them.
        let looking = tokio::task::spawn_blocking(move || look(&folders(), &path));
        let clients = looking.await.map_err(|_| internal_failure("looking for clients broke off"))?;
        ok(&KnownClients { clients })
    }
}

fn look(folders: &Folders, path: &OsStr) -> Vec<KnownClient> {
    let is_there = |known: &headgate_clients::KnownClient| {
        known.signs(folders).iter().any(|sign| sign.exists())
            || known.programs.iter().any(|program| programs::resolve(program, path, &folders.home).is_some())
    };
    let view = |known: &headgate_clients::KnownClient| KnownClient {
        id: known.id.to_owned(),
        title: known.title.to_owned(),
        installed: known.is_somebody() && is_there(known),
        how: if known.speaks_http() { ClientReach::Http } else { ClientReach::Stdio },
        file: known.file(folders).map(|file| file.to_string_lossy().into_owned()),
    };
    KNOWN_CLIENTS.iter().map(view).collect()
}

/// The person's folders, as the environment of the daemon tells them.
pub(super) fn folders() -> Folders {
    let home = env::home_dir().unwrap_or_default();
    let named =
        |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let applications = match env::consts::OS {
        "windows" => named("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming")),
        "macos" => home.join(Path::new("Library/Application Support")),
        _ => named("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
    };
    Folders { home, applications, is_windows: cfg!(windows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_there_when_its_settings_are() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".cursor")).unwrap();
        let applications = home.path().join(".config");
        let folders = Folders { home: home.path().to_owned(), applications, is_windows: false };
        let clients = look(&folders, OsStr::new(""));
        let installed: Vec<_> =
            clients.iter().filter(|client| client.installed).map(|c| c.id.as_str()).collect();
        assert_eq!(installed, ["cursor"]);
        assert_eq!(clients.last().unwrap().id, "generic");
    }
}
