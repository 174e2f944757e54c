//! What upstreams get from us: an environment that never depends on who started the daemon.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use headgate_model::environment;
use tokio::sync::watch;

use crate::process::{ChildPath, LoginPath, Teller};

/// The key of `headgate proxy`, which is not its child's business.
const PROXY_KEY: &str = "HEADGATE_PROXY_KEY";

/// The variables every child starts with.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
    /// The PATH of children, once it is known.
    path: watch::Receiver<Option<ChildPath>>,
    /// Who can be asked for it again.
    login_path: Option<Arc<LoginPath>>,
}

impl Environment {
    /// Filters our own environment and adds `extra`, by which children can be told to be ours. The login
    /// shell is asked for its PATH meanwhile, which may take seconds; `cache` keeps the answer for the
    /// next run.
    pub fn read(extra: &[(&str, OsString)], cache: &Path) -> Self {
        let own = std::env::vars_os();
        let mut variables: Vec<_> =
            own.filter(|(name, _)| environment::passes_to_upstream(&name.to_string_lossy())).collect();
        variables.extend(extra.iter().map(|(name, value)| (OsString::from(name), value.clone())));
        let login_path = LoginPath::ask(cache, extra);
        Self { variables, path: login_path.told(), login_path: Some(Arc::new(login_path)) }
    }

    /// Our own environment as it is, and `extra`.
    pub fn inherited(extra: &[(&str, OsString)]) -> Self {
        let value = std::env::var_os("PATH").unwrap_or_default();
        let path = ChildPath { value, teller: Teller::System };
        let own = std::env::vars_os();
        let mut variables: Vec<_> = own.filter(|(name, _)| name != PROXY_KEY && name != "PATH").collect();
        variables.extend(extra.iter().map(|(name, value)| (OsString::from(name), value.clone())));
        Self { variables, path: watch::channel(Some(path)).1, login_path: None }
    }

    /// The PATH of children. The first child may have to wait until the login shell told it.
    pub async fn path(&self) -> OsString {
        self.told_path().await.map(|path| path.value).unwrap_or_default()
    }

    /// The same, and who told it.
    pub async fn told_path(&self) -> Option<ChildPath> {
        let mut path = self.path.clone();
        path.wait_for(Option::is_some).await.ok().and_then(|path| path.clone())
    }

    /// The PATH of children, if it is known by now.
    pub fn path_now(&self) -> Option<OsString> {
        self.path.borrow().as_ref().map(|path| path.value.clone())
    }

    /// Asks the login shell again: a program that is missing may have been installed since.
    pub async fn ask_again(&self) {
        if let Some(login_path) = &self.login_path {
            login_path.ask_again().await;
        }
    }

    /// The variables of a child whose definition adds `defined`.
    pub async fn with(
        &self,
        defined: impl IntoIterator<Item = (String, String)>,
    ) -> Vec<(OsString, OsString)> {
        let mut variables = self.variables.clone();
        variables.push(("PATH".into(), self.path().await));
        for (name, value) in defined {
            variables.retain(|(known, _)| *known != *name);
            variables.push((name.into(), value.into()));
        }
        variables
    }

    /// Where a child runs whose definition names no folder.
    pub fn home() -> PathBuf {
        std::env::home_dir().filter(|home| home.is_dir()).unwrap_or_else(std::env::temp_dir)
    }
}
