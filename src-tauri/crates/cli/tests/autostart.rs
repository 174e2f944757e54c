//! `headgate autostart` as a person runs it, with a `systemctl` that notes what it is told: this machine
//! may have no user manager, or a real one that must not be touched.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// Says yes to everything, and makes and removes the link as the real one does.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$*" >> "$HOME/told"
units="$XDG_CONFIG_HOME/systemd/user"
case "$2" in
  enable) mkdir -p "$units/default.target.wants"
          ln -sf "$units/$3" "$units/default.target.wants/$3" ;;
  disable) rm -f "$units/default.target.wants/$3" ;;
esac
"#;

struct Person {
    folder: TempDir,
}

impl Person {
    fn new() -> Self {
        let person = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(person.path("programs")).unwrap();
        person
    }

    fn with_systemctl(self, script: &str) -> Self {
        let path = self.path("programs/systemctl");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headgate"));
        command.args(words).env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("HEADGATE_HOME", self.path("the home"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("programs").display()));
        command.output().unwrap()
    }

    #[track_caller]
    fn state(&self, words: &[&str]) -> Value {
        let output = self.run(&[&["autostart", "--json"], words].concat());
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn unit(&self) -> PathBuf {
        self.path("config/systemd/user/headgate.service")
    }

    fn link(&self) -> PathBuf {
        self.path("config/systemd/user/default.target.wants/headgate.service")
    }

    fn told(&self) -> String {
        fs::read_to_string(self.path("told")).unwrap_or_default()
    }
}

fn is_there(path: &Path) -> bool {
    path.exists() || path.is_symlink()
}

#[test]
fn systemd_is_told() {
    let person = Person::new().with_systemctl(SYSTEMCTL);
    assert_eq!(person.state(&[])["on"], false);
    for _ in 0..2 {
        let state = person.state(&["on"]);
        assert_eq!((&state["on"], &state["notes"]), (&Value::Bool(true), &Value::Array(vec![])));
    }
    assert!(
        person.told().contains("--user daemon-reload\n--user enable headgate.service\n"),
        "{}",
        person.told()
    );
    let unit = fs::read_to_string(person.unit()).unwrap();
    let home = format!("Environment=\"HEADGATE_HOME={}\"\n", person.path("the home").display());
    assert!(unit.contains(&home), "{unit}");
    assert_eq!(person.state(&[])["place"], person.unit().to_str().unwrap());
    assert_eq!(person.state(&["off"])["on"], false);
    assert!(person.told().contains("--user disable headgate.service\n"), "{}", person.told());
    assert!(!is_there(&person.unit()) && !is_there(&person.link()));
    assert_eq!(person.state(&["off"])["on"], false);
}

#[test]
fn the_place_that_stays_is_started() {
    let person = Person::new().with_systemctl(SYSTEMCTL);
    let stable = person.path("the home/bin/headgate");
    fs::create_dir_all(stable.parent().unwrap()).unwrap();
    fs::write(&stable, "").unwrap();
    person.state(&["on"]);
    let unit = fs::read_to_string(person.unit()).unwrap();
    assert!(unit.contains(&format!("ExecStart=\"{}\" serve --at-login\n", stable.display())), "{unit}");
}

#[test]
fn a_link_is_made_when_enabling_fails() {
    let script = "#!/bin/sh\ntest \"$2\" != enable\n";
    let person = Person::new().with_systemctl(script);
    let state = person.state(&["on"]);
    assert!(state["notes"][0].as_str().unwrap().contains("made the link"), "{state}");
    assert!(person.link().exists());
    person.state(&["off"]);
    assert!(!is_there(&person.link()));
}

#[test]
fn without_systemd_the_desktop_starts_it() {
    if Path::new("/run/systemd/system").exists() {
        return;
    }
    let person = Person::new().with_systemctl("#!/bin/sh\nexit 1\n");
    let entry = person.path("config/autostart/headgate.desktop");
    assert_eq!(person.state(&["on"])["place"], entry.to_str().unwrap());
    assert!(fs::read_to_string(&entry).unwrap().contains("\nExec=env \"HEADGATE_HOME="));
    person.state(&["off"]);
    assert!(!is_there(&entry));
}

#[test]
fn a_foreign_unit_is_not_touched() {
    let person = Person::new().with_systemctl(SYSTEMCTL);
    fs::create_dir_all(person.unit().parent().unwrap()).unwrap();
    fs::write(person.unit(), "[Service]\n").unwrap();
    for word in ["on", "off"] {
        let output = person.run(&["autostart", word]);
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("was not made by `headgate autostart on`"), "{text}");
    }
    assert!(person.state(&[])["notes"][0].as_str().unwrap().contains("did not make it"));
    assert_eq!(fs::read_to_string(person.unit()).unwrap(), "[Service]\n");
    assert!(!person.told().contains("able headgate"), "{}", person.told());
}

#[test]
fn a_login_starts_nothing_after_a_stop() {
    let person = Person::new();
    let home = person.path("the home");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("stopped"), "").unwrap();
    let output = person.run(&["serve", "--at-login", "--port", "0"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let left: Vec<_> = fs::read_dir(&home).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["stopped"]);
}
