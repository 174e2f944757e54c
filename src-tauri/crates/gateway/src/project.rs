//! The folder of the project that a session works in: how a client names it, and what of a definition it
//! fills in. Who shares a copy by project is decided with the upstream.

use std::path::{Component, Path, PathBuf, Prefix};

use headgate_model::{Isolation, PROJECT_ROOT, UpstreamSpec};
use headgate_protocol::Raw;
use url::Url;

use crate::environment::Environment;

/// Where one copy runs.
pub(crate) struct Place {
    /// What stands for the project's folder.
    root: PathBuf,
    /// The folder to run in when the definition names none.
    default: PathBuf,
}

impl Place {
    /// For a copy of this project. One without a project only tells what it offers, or serves clients that
    /// work in none; it runs in the person's home.
    pub(crate) fn of(spec: &UpstreamSpec, project: Option<&Path>) -> Self {
        let root = project.map_or_else(Environment::home, Path::to_owned);
        let default = match spec.isolation {
            Isolation::Project => root.clone(),
            Isolation::Shared | Isolation::Session => Environment::home(),
        };
        Self { root, default }
    }

    /// A text of the definition with the folder in it.
    pub(crate) fn fill(&self, text: &str) -> String {
        match text.contains(PROJECT_ROOT) {
            true => text.replace(PROJECT_ROOT, &self.root.to_string_lossy()),
            false => text.to_owned(),
        }
    }

    /// The working directory of a definition.
    pub(crate) fn working_directory(&self, defined: Option<&Path>) -> PathBuf {
        match defined.map(|folder| (folder, folder.to_str())) {
            None => self.default.clone(),
            Some((_, Some(text))) => self.fill(text).into(),
            Some((folder, None)) => folder.to_owned(),
        }
    }
}

/// A folder that a client named, without detours; `None` unless it is the absolute path of a folder here. On
/// Windows that is one on a drive: to look at a share would tell its server who we are.
pub fn project_folder(named: &Path) -> Option<PathBuf> {
    let folder: PathBuf = named.components().filter(|part| *part != Component::CurDir).collect();
    let is_elsewhere = folder.components().any(|part| match part {
        Component::ParentDir => true,
        Component::Prefix(prefix) => !matches!(prefix.kind(), Prefix::Disk(_)),
        _ => false,
    });
    (folder.is_absolute() && !is_elsewhere && folder.is_dir()).then_some(folder)
}

/// The first folder among a client's roots (client/roots).
pub(crate) fn first_root(roots: &Raw) -> Option<PathBuf> {
    let roots = roots.at(&["roots"])?.elements()?;
    let folders = roots.iter().filter_map(|root| {
        let url = Url::parse(&root.text_at(&["uri"])?).ok().filter(|url| url.scheme() == "file")?;
        project_folder(&url.to_file_path().ok()?)
    });
    folders.into_iter().next()
}

/// The answer to `roots/list` where the project is known and the client cannot be asked.
pub(crate) fn roots_of(project: Option<&Path>) -> Raw {
    let root = project.and_then(|folder| {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        Some(serde_json::json!({ "uri": Url::from_file_path(folder).ok()?.as_str(), "name": name }))
    });
    Raw::of(&serde_json::json!({ "roots": root.into_iter().collect::<Vec<_>>() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(isolation: &str, args: &[&str], cwd: Option<&str>) -> UpstreamSpec {
        let transport = serde_json::json!({ "type": "stdio", "command": "x", "args": args, "cwd": cwd });
        let spec = serde_json::json!({ "name": "a", "transport": transport, "isolation": isolation, "enabled": true });
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn the_folder_is_filled_in() {
        let place = Place::of(&spec("project", &[], None), Some(Path::new("/work/a")));
        assert_eq!(place.fill("--root=${PROJECT_ROOT}/src"), "--root=/work/a/src");
        assert_eq!(place.fill("$PROJECT_ROOT"), "$PROJECT_ROOT");
        assert_eq!(place.working_directory(None), Path::new("/work/a"));
        assert_eq!(place.working_directory(Some(Path::new("${PROJECT_ROOT}/b"))), Path::new("/work/a/b"));
        let shared = Place::of(&spec("shared", &[], None), Some(Path::new("/work/a")));
        assert_eq!(shared.working_directory(None), Environment::home());
    }

    #[test]
    fn only_folders_here_are_projects() {
        let folder = std::env::temp_dir();
        assert_eq!(project_folder(&folder.join(".")), project_folder(&folder));
        assert!(project_folder(&folder).is_some());
        for wrong in ["", "relative", "/no/such/folder", "/tmp/.."] {
            assert_eq!(project_folder(Path::new(wrong)), None, "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_first_root_that_is_a_folder_counts() {
        let folder = std::env::temp_dir();
        let uri = Url::from_file_path(&folder).unwrap();
        let roots = Raw::of(&serde_json::json!({ "roots": [
            { "uri": "https://example.com/" }, { "uri": "file:///no/such/folder" }, { "uri": uri.as_str() },
        ]}));
        assert_eq!(first_root(&roots), project_folder(&folder));
        assert_eq!(first_root(&Raw::constant(r#"{"roots":[]}"#)), None);
    }

    #[test]
    fn a_known_project_is_told() {
        assert_eq!(format!("{:?}", roots_of(None)), r#"{"roots":[]}"#);
        #[cfg(unix)]
        assert_eq!(
            format!("{:?}", roots_of(Some(Path::new("/work/a b")))),
            r#"{"roots":[{"name":"a b","uri":"file:///work/a%20b"}]}"#
        );
    }
}
