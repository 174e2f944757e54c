//! Where things lie: Headgate's home folder, and the manifest by which faces find the daemon.
//!
//! The manifest is written by the daemon alone, and only while it holds its lock.

#[cfg_attr(unix, path = "manifest/unix.rs")]
#[cfg_attr(windows, path = "manifest/windows.rs")]
mod platform;
#[cfg(test)]
mod tests;

use std::{
    env,
    ffi::OsString,
    fmt, fs,
    io::{self, Write},
    path::{self, Path, PathBuf},
};

use directories::ProjectDirs;
use serde::{Deserialize, Serialize};

/// The folder that holds everything Headgate keeps. `HEADGATE_HOME` overrides the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

/// Names the home folder; every child of the gateway carries it too.
const HOME_VARIABLE: &str = "HEADGATE_HOME";

/// The file name of our program.
const PROGRAM: &str = if cfg!(windows) { "headgate.exe" } else { "headgate" };

/// Why there is no home folder.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The system names no folder for this person's data.
    #[error("cannot tell where to keep Headgate's data; set HEADGATE_HOME to a folder")]
    Unknown,
    /// The folder cannot be made.
    #[error("cannot create the folder {}", .path.display())]
    Create {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Home {
    /// The folder that `HEADGATE_HOME` names, else the usual one for this person's data.
    pub fn locate() -> Result<Self, HomeError> {
        let usual = ProjectDirs::from("", "", "headgate");
        let usual = usual.map(|folders| folders.data_local_dir().to_owned());
        choose(env::var_os(HOME_VARIABLE), usual).ok_or(HomeError::Unknown)
    }

    /// A home at this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Makes the folder, readable for this person only; one that is there stays as it is.
    pub fn create(&self) -> Result<(), HomeError> {
        platform::create_private_folder(&self.0)
            .map_err(|source| HomeError::Create { path: self.0.clone(), source })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where the running daemon says where it is.
    pub fn manifest(&self) -> PathBuf {
        self.0.join("manifest.json")
    }

    /// Locked by the daemon for as long as it lives.
    pub fn daemon_lock(&self) -> PathBuf {
        self.0.join("daemon.lock")
    }

    /// Locked by the face that starts a daemon, and by the one that stops it, while it does so.
    pub fn start_lock(&self) -> PathBuf {
        self.0.join("start.lock")
    }

    /// There while a person wants no daemon to be started.
    pub fn stopped_mark(&self) -> PathBuf {
        self.0.join("stopped")
    }

    /// Why the last start failed, for those who waited for it.
    pub fn start_failure(&self) -> PathBuf {
        self.0.join("start-failed.json")
    }

    /// The folder of logs.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// What a detached daemon writes.
    pub fn daemon_log(&self) -> PathBuf {
        self.logs().join("daemon.log")
    }

    /// The login shell's PATH as it was last told.
    pub fn path_cache(&self) -> PathBuf {
        self.0.join("path-cache.json")
    }

    /// The program by the name that stays: what settings of clients and the login name.
    pub fn program(&self) -> PathBuf {
        self.programs().join(PROGRAM)
    }

    /// The program of one version, from which daemons run.
    pub fn program_of(&self, version: &str) -> PathBuf {
        self.programs().join(version).join(PROGRAM)
    }

    fn programs(&self) -> PathBuf {
        self.0.join("bin")
    }

    /// The folder of pages that lead a browser to the web UI.
    pub fn pages(&self) -> PathBuf {
        self.0.join("pages")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("headgate.db")
    }

    /// The opt-in secret file.
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets.json")
    }
}

/// An empty variable counts as none. The result is absolute, because children inherit it and run
/// in other folders.
fn choose(named: Option<OsString>, usual: Option<PathBuf>) -> Option<Home> {
    let named = named.filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = named.or(usual)?;
    Some(Home(path::absolute(&folder).unwrap_or(folder)))
}

/// What the daemon writes after it listens (mode 0600, replaced atomically).
#[derive(Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Base URL without a trailing slash, for example `http://127.0.0.1:4283`.
    pub url: String,
    /// The daemon's process id.
    pub pid: u32,
    /// The daemon's version.
    pub version: String,
    /// Random for each run of the daemon.
    pub instance: String,
    /// Opens `/api` and MCP; only faces hold it.
    pub admin_token: String,
}

/// Without the token: what is printed or logged must not open anything.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("url", &self.url)
            .field("pid", &self.pid)
            .field("version", &self.version)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// Why a manifest could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Nobody wrote one: no gateway runs here.
    #[error("no gateway is running for {}; start one with `headgate up`", .home.display())]
    NotRunning {
        /// The home folder that was looked at.
        home: PathBuf,
    },
    /// It is there but cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The manifest's path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written or removed.
    #[error("cannot write {}", .path.display())]
    Unwritable {
        /// The manifest's path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Manifest {
    /// Reads the manifest of `home`.
    pub fn read(home: &Home) -> Result<Self, ManifestError> {
        let path = home.manifest();
        let unreadable = |source| ManifestError::Unreadable { path: path.clone(), source };
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| unreadable(e.into())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Err(ManifestError::NotRunning { home: home.folder().to_owned() })
            }
            Err(e) => Err(unreadable(e)),
        }
    }

    /// Writes the manifest of `home`: a reader sees the old one or this one, never half of it.
    pub fn write(&self, home: &Home) -> Result<(), ManifestError> {
        let path = home.manifest();
        self.replace(&path).map_err(|source| ManifestError::Unwritable { path, source })
    }

    fn replace(&self, path: &Path) -> io::Result<()> {
        write_private(path, &serde_json::to_vec_pretty(self)?)
    }

    /// Removes what a daemon left that did not end by itself. Only for the holder of the daemon's lock:
    /// from then on a manifest that is there is that of whoever holds the lock.
    pub fn remove_stale(home: &Home) -> Result<(), ManifestError> {
        let path = home.manifest();
        remove_if_there(&path).map_err(|source| ManifestError::Unwritable { path, source })
    }

    /// Removes the manifest of `home` if it is still that of this run; a successor's stays.
    pub fn remove(home: &Home, instance: &str) -> Result<(), ManifestError> {
        let path = home.manifest();
        match Self::read(home) {
            Ok(manifest) if manifest.instance == instance => {
                remove_if_there(&path).map_err(|source| ManifestError::Unwritable { path, source })
            }
            Ok(_) | Err(ManifestError::NotRunning { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Replaces a file by one that only this person can read. A lock makes its caller the only writer,
/// so a draft that is there is from a crash.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("json.new");
    remove_if_there(&draft)?;
    let mut file = platform::create_private_file(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&draft, path)
}

/// Opens a file to write at its end, and makes one that only this person can read when there is none.
pub(crate) fn append_private(path: &Path) -> io::Result<fs::File> {
    platform::append_private_file(path)
}

/// Opens a file to write, and makes one that only this person can open when there is none.
pub(crate) fn open_private(path: &Path) -> io::Result<fs::File> {
    platform::open_private_file(path)
}

/// Makes a folder below the home, closed to other people.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    platform::create_private_folder(path)
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
