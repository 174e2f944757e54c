//! The home folder: whether it can be used, whether the database is one, whether there is room.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use headgate_api::Home;

use super::Check;

/// What every SQLite database begins with.
const DATABASE_HEAD: &[u8; 16] = b"SQLite format 3\0";

/// Below this a database cannot grow for long.
const MIN_FREE_BYTES: u64 = 100 * MEGABYTE;

/// Logs make room for new ones long before this; more says that something writes without end.
const MAX_LOG_BYTES: u64 = 100 * MEGABYTE;

const MEGABYTE: u64 = 1024 * 1024;

/// What was found in and about the folder.
pub(super) struct Facts {
    path: PathBuf,
    folder: Folder,
    database: Database,
    /// Unknown where the system is not asked.
    free_bytes: Option<u64>,
    log_bytes: u64,
}

enum Folder {
    Absent,
    NotOne,
    Unwritable(String),
    /// With its mode, where there are modes.
    Usable(Option<u32>),
}

enum Database {
    Absent,
    Unreadable(String),
    Foreign,
    Fine(u64),
}

impl Facts {
    pub(super) fn collect(home: &Home) -> Self {
        Self {
            path: home.folder().to_owned(),
            folder: folder(home.folder()),
            database: database(&home.database()),
            free_bytes: free_bytes(home.folder()),
            log_bytes: bytes_in(&home.folder().join("logs")),
        }
    }
}

/// Everything about the folder; what lies in it does not matter before it can be used.
pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![folder_check(facts)];
    if matches!(facts.folder, Folder::Usable(_) | Folder::Unwritable(_)) {
        checks.extend([database_check(facts), room_check(facts)]);
    }
    checks
}

fn folder_check(facts: &Facts) -> Check {
    let path = facts.path.display();
    match &facts.folder {
        Folder::Absent => Check::ok("home", format!("{path} is not there yet; the first start makes it")),
        Folder::NotOne => Check::problem(
            "home",
            format!("{path} is no folder"),
            "move it away, or set HEADGATE_HOME to a folder",
        ),
        Folder::Unwritable(why) => Check::problem(
            "home",
            format!("{path} cannot be written: {why}"),
            format!(
                "make it yours and writable, as by `chmod u+rwx {path}`, or set HEADGATE_HOME to another"
            ),
        ),
        Folder::Usable(Some(mode)) if mode & 0o077 != 0 => Check::warning(
            "home",
            format!("other people can look into {path} (mode {mode:03o})"),
            format!("chmod 700 {path}"),
        ),
        Folder::Usable(_) => Check::ok("home", path.to_string()),
    }
}

fn database_check(facts: &Facts) -> Check {
    let way_out = "move it away; the next start makes a new one, without your servers and clients";
    match &facts.database {
        Database::Absent => Check::ok("database", "not there yet; the first start makes it"),
        Database::Unreadable(why) => {
            Check::problem("database", format!("cannot be read: {why}"), "make it yours and readable")
        }
        Database::Foreign => Check::problem("database", "is no SQLite database", way_out),
        Database::Fine(bytes) => Check::ok("database", format!("is there ({})", size(*bytes))),
    }
}

fn room_check(facts: &Facts) -> Check {
    if let Some(free) = facts.free_bytes.filter(|free| *free < MIN_FREE_BYTES) {
        let found = format!("only {} are free on the disk of {}", size(free), facts.path.display());
        return Check::problem("disk", found, "make room on that disk");
    }
    if facts.log_bytes > MAX_LOG_BYTES {
        let found = format!("the logs take {}", size(facts.log_bytes));
        let fix =
            format!("see what fills them, then remove old ones in {}", facts.path.join("logs").display());
        return Check::warning("disk", found, fix);
    }
    let free = facts.free_bytes.map_or_else(String::new, |free| format!("{} free, ", size(free)));
    Check::ok("disk", format!("{free}logs take {}", size(facts.log_bytes)))
}

fn size(bytes: u64) -> String {
    match bytes / MEGABYTE {
        0 => format!("{} kB", bytes.div_ceil(1024)),
        megabytes @ 1..10_240 => format!("{megabytes} MB"),
        megabytes => format!("{} GB", megabytes / 1024),
    }
}

fn folder(path: &Path) -> Folder {
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Folder::Absent,
        Err(e) => Folder::Unwritable(e.to_string()),
        Ok(metadata) if !metadata.is_dir() => Folder::NotOne,
        Ok(metadata) => match try_to_write(path) {
            Err(e) => Folder::Unwritable(e.to_string()),
            Ok(()) => Folder::Usable(mode(&metadata)),
        },
    }
}

/// Modes do not tell of a disk that is read-only or full.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!("doctor-{}.tmp", std::process::id()));
    fs::write(&path, "x").and_then(|()| fs::remove_file(&path))
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn mode(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}

/// What is inside is the daemon's business, so only its head is looked at. A new one may be empty.
fn database(path: &Path) -> Database {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| {
        let length = file.metadata()?.len();
        file.take(DATABASE_HEAD.len() as u64).read_to_end(&mut head).map(|_| length)
    });
    match read {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Database::Absent,
        Err(e) => Database::Unreadable(e.to_string()),
        Ok(length) if length == 0 || head == DATABASE_HEAD => Database::Fine(length),
        Ok(_) => Database::Foreign,
    }
}

#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "the types differ between systems")]
fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(u64::from(disk.f_bavail).saturating_mul(u64::from(disk.f_frsize)))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).filter(fs::Metadata::is_file).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::doctor::tests::check;

    fn facts(folder: Folder) -> Facts {
        let database = Database::Fine(5000);
        Facts { path: "/h".into(), folder, database, free_bytes: Some(1 << 40), log_bytes: 2048 }
    }

    #[track_caller]
    fn check_folder(folder: Folder, expected: Expect) {
        check(&[folder_check(&facts(folder))], expected);
    }

    #[test]
    fn a_folder_must_be_there_and_ours() {
        check_folder(Folder::Absent, expect!["ok home: /h is not there yet; the first start makes it"]);
        check_folder(
            Folder::NotOne,
            expect!["problem home: /h is no folder -> move it away, or set HEADGATE_HOME to a folder"],
        );
        check_folder(
            Folder::Unwritable("Read-only file system".into()),
            expect![
                "problem home: /h cannot be written: Read-only file system -> make it yours and writable, as by `chmod u+rwx /h`, or set HEADGATE_HOME to another"
            ],
        );
        check_folder(
            Folder::Usable(Some(0o755)),
            expect!["warning home: other people can look into /h (mode 755) -> chmod 700 /h"],
        );
    }

    #[test]
    fn a_home_in_use_is_shown_whole() {
        check(
            &checks(&facts(Folder::Usable(Some(0o700)))),
            expect![[r#"
            ok home: /h
            ok database: is there (5 kB)
            ok disk: 1024 GB free, logs take 2 kB"#]],
        );
    }

    #[test]
    fn a_full_disk_and_a_broken_database_are_problems() {
        let full =
            Facts { free_bytes: Some(7 << 20), database: Database::Foreign, ..facts(Folder::Usable(None)) };
        check(
            &checks(&full),
            expect![[r#"
            ok home: /h
            problem database: is no SQLite database -> move it away; the next start makes a new one, without your servers and clients
            problem disk: only 7 MB are free on the disk of /h -> make room on that disk"#]],
        );
        let loud = Facts { log_bytes: 300 << 20, database: Database::Absent, ..facts(Folder::Usable(None)) };
        check(
            &checks(&loud),
            expect![[r#"
            ok home: /h
            ok database: not there yet; the first start makes it
            warning disk: the logs take 300 MB -> see what fills them, then remove old ones in /h/logs"#]],
        );
    }

    #[test]
    fn a_folder_is_looked_at_without_a_trace() {
        let temp = tempfile::tempdir().unwrap();
        let home = Home::at(temp.path());
        fs::write(home.database(), "no database at all").unwrap();
        let found = Facts::collect(&home);
        assert!(matches!(found.folder, Folder::Usable(_)) && matches!(found.database, Database::Foreign));
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
        assert!(matches!(folder(&home.database()), Folder::NotOne));
        assert!(matches!(folder(&temp.path().join("none")), Folder::Absent));
    }
}
