//! The project that a face works in: the git repository around the folder it was started in, else that
//! folder, unless it is one in which programs are started that belong to no project.

use std::{
    env,
    path::{Path, PathBuf},
};

use reqwest::header::HeaderValue;
use url::Url;

/// The header by which the gateway is told.
pub(crate) const HEADER: &str = "x-headgate-project";

/// The project around the current folder.
pub(crate) fn here() -> Option<PathBuf> {
    of(&env::current_dir().ok()?)
}

/// The project around a folder.
pub(crate) fn of(folder: &Path) -> Option<PathBuf> {
    around(folder, env::home_dir().as_deref(), |folder| folder.join(".git").exists())
}

/// The value of the header; a URL, since a path may hold what a header may not.
pub(crate) fn header_value(project: &Path) -> Option<HeaderValue> {
    HeaderValue::from_str(Url::from_file_path(project).ok()?.as_str()).ok()
}

/// Desktop applications start their servers in the root, in the person's home or beside themselves.
const STARTED_ANYWHERE: &[&str] = &[
    "/Applications",
    "/usr",
    "/opt",
    "/snap",
    "/System",
    r"C:\Windows",
    r"C:\Program Files",
    r"C:\Program Files (x86)",
];

fn around(folder: &Path, home: Option<&Path>, is_repository: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    if let Some(root) = folder.ancestors().find(|folder| is_repository(folder)) {
        return Some(root.to_owned());
    }
    let anywhere = folder.parent().is_none()
        || home.is_some_and(|home| home.starts_with(folder))
        || STARTED_ANYWHERE.iter().any(|place| folder.starts_with(place));
    (!anywhere).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, repository: &str, expected: Option<&str>) {
        let home = Path::new("/home/ada");
        let found = around(Path::new(folder), Some(home), |folder| folder == Path::new(repository));
        assert_eq!(found.as_deref(), expected.map(Path::new), "{folder}");
    }

    #[cfg(unix)]
    #[test]
    fn a_project_is_a_repository_or_the_folder() {
        check("/home/ada/work/a/src", "/home/ada/work/a", Some("/home/ada/work/a"));
        check("/home/ada/work/a", "", Some("/home/ada/work/a"));
        check("/srv/site", "", Some("/srv/site"));
        check("/home/ada", "/home/ada", Some("/home/ada"));
    }

    #[cfg(unix)]
    #[test]
    fn where_programs_are_started_is_no_project() {
        for folder in ["/", "/home/ada", "/home", "/opt/app", "/Applications/X.app/Contents", "/usr/bin"] {
            check(folder, "", None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn any_path_fits_a_header() {
        assert_eq!(header_value(Path::new("/a b/ü")).unwrap(), "file:///a%20b/%C3%BC");
    }
}
