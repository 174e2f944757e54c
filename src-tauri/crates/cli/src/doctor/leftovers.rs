//! Processes that an earlier daemon left: every child of a daemon carries the home folder and that
//! daemon's mark. Only Linux lets a person see the environment of a process so plainly.

use headgate_api::Home;

use super::Check;

/// More do not help a person who reads.
const SHOWN: usize = 5;

/// One process that should not be there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leftover {
    pid: u32,
    name: String,
}

/// The children of daemons for this home other than the one that lives.
#[cfg(target_os = "linux")]
pub(super) fn find(home: &Home, living: Option<&str>) -> Vec<Leftover> {
    let own = std::process::id();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own).filter_map(|pid| leftover(pid, home, living)).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn find(_: &Home, _: Option<&str>) -> Vec<Leftover> {
    Vec::new()
}

/// What belongs to other people cannot be read.
#[cfg(target_os = "linux")]
fn leftover(pid: u32, home: &Home, living: Option<&str>) -> Option<Leftover> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    if !is_left(&environment, home.folder().as_os_str().as_encoded_bytes(), living) {
        return None;
    }
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(Leftover { pid, name: name.trim().to_owned() })
}

/// A face has no mark, and so is no child.
#[cfg(target_os = "linux")]
fn is_left(environment: &[u8], home: &[u8], living: Option<&str>) -> bool {
    let value = |name: &[u8]| environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(name));
    let instance = value(b"HEADGATE_INSTANCE=");
    value(b"HEADGATE_HOME=") == Some(home)
        && instance.is_some_and(|mark| Some(mark) != living.map(str::as_bytes))
}

/// Silent when nothing is left, and where nobody looks.
pub(super) fn check(leftovers: &[Leftover]) -> Option<Check> {
    if leftovers.is_empty() {
        return cfg!(target_os = "linux")
            .then(|| Check::ok("leftovers", "no process of an earlier daemon is left"));
    }
    let named = leftovers.iter().take(SHOWN).map(|left| format!("`{}` (process {})", left.name, left.pid));
    let mut found = format!("an earlier daemon left {}", named.collect::<Vec<_>>().join(", "));
    if leftovers.len() > SHOWN {
        found.push_str(&format!(" and {} more", leftovers.len() - SHOWN));
    }
    let pids = leftovers.iter().map(|left| left.pid.to_string());
    Some(Check::warning("leftovers", found, format!("kill {}", pids.collect::<Vec<_>>().join(" "))))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::doctor::tests;

    #[test]
    fn a_child_is_known_by_home_and_mark() {
        for (environment, living, expected) in [
            ("A=b\0HEADGATE_HOME=/h\0HEADGATE_INSTANCE=old\0", Some("new"), true),
            ("HEADGATE_INSTANCE=old\0HEADGATE_HOME=/h\0", None, true),
            ("HEADGATE_HOME=/h\0HEADGATE_INSTANCE=new\0", Some("new"), false),
            ("HEADGATE_HOME=/other\0HEADGATE_INSTANCE=old\0", Some("new"), false),
            ("HEADGATE_HOME=/h\0", Some("new"), false),
            ("", None, false),
        ] {
            assert_eq!(
                is_left(environment.as_bytes(), b"/h", living),
                expected,
                "{environment:?} {living:?}"
            );
        }
    }

    #[test]
    fn what_is_left_is_named() {
        let left =
            |number| (1..=number).map(|pid| Leftover { pid, name: "npx".to_owned() }).collect::<Vec<_>>();
        tests::check(
            &Vec::from_iter(check(&left(0))),
            expect!["ok leftovers: no process of an earlier daemon is left"],
        );
        tests::check(
            &Vec::from_iter(check(&left(2))),
            expect![
                "warning leftovers: an earlier daemon left `npx` (process 1), `npx` (process 2) -> kill 1 2"
            ],
        );
        tests::check(
            &Vec::from_iter(check(&left(7))),
            expect![
                "warning leftovers: an earlier daemon left `npx` (process 1), `npx` (process 2), `npx` (process 3), `npx` (process 4), `npx` (process 5) and 2 more -> kill 1 2 3 4 5 6 7"
            ],
        );
    }
}
