//! Programs that are there, and such that are not, in words.

use super::*;

#[test]
fn programs_are_found_by_name_and_by_path() {
    let path = OsStr::new("/bin:/usr/bin");
    assert!(resolve("sh", path, Path::new("/")).is_some());
    assert!(resolve("/bin/sh", OsStr::new(""), Path::new("/")).is_some());
    assert!(resolve("no-such-program-here", path, Path::new("/")).is_none());
}

#[track_caller]
fn check(command: &str, place: Option<(&str, Option<Origin>)>, sentence: &str, advice: Option<&str>) {
    let place = place.map(|(path, origin)| Place { path: path.into(), origin, fault: None });
    let program = in_words(command, place);
    assert_eq!((program.origin_sentence.as_str(), program.advice.as_deref()), (sentence, advice));
}

#[test]
fn findings_are_told_in_words() {
    let nvm = Origin { name: "nvm", is_passing: false };
    check("npx", Some(("/x/bin/npx", Some(nvm))), "/x/bin/npx, from nvm", None);
    check("npx", Some(("/opt/npx", None)), "/opt/npx", None);
    let fnm = Origin { name: "fnm", is_passing: true };
    check("npx", Some(("/run/1/npx", Some(fnm))), "/run/1/npx, from fnm", Some(PASSING));
    let install = advice("my-server");
    check("my-server", None, "there is no program `my-server` on the PATH that servers get", Some(&install));
    let install = advice("/opt/my-server");
    check("/opt/my-server", None, "there is no program at `/opt/my-server`", Some(&install));
}
